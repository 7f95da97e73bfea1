"""Mail that does not arrive: refused at once, refused later by a report, or taken and not written down."""

import asyncio
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiosmtplib import SMTPDataError, SMTPRecipientRefused, SMTPRecipientsRefused, SMTPSenderRefused
from sqlalchemy import select

from chassis.testing import environment_of
from contracts.notification import NotificationRequested
from identity.bounces import read_report
from identity.member.address import Address
from identity.member.domain import Member
from identity.notification.domain import PATIENCE, Notification
from identity.notification.outgoing import Failure, failure_of, send_due
from identity.notification.personal import DATA

GONE = "550 5.1.1 no such mailbox, dear someone@example.com"
CONTEXT = {"title": "Data platform", "month": "2026-11", "consultant_name": "Zoé Lefèvre", "days": "18.5"}


async def tell(world, account, template="cra_submitted", context=None):
    event = NotificationRequested(
        subject_id=uuid4(), template=template, members=[account.id], context=context or CONTEXT
    )
    await world.h.deliver(event)
    async with world.h.tx() as tx:
        return (await tx.scalars(select(Notification).where(Notification.subject_id == event.subject_id))).one()


async def again(world, row):
    async with world.h.tx() as tx:
        return await tx.get_one(Notification, row.id)


async def send_at(world, instant):
    world.h.clock.set(instant)
    while await send_due(world.h.platform):
        pass


async def mailbox_of(world, account):
    account.tokens = (await world.log_in(account.email)).json()
    return (await world.client.get("/members/me/mailbox", headers=account.headers)).json()


async def inbox(world, account):
    items = (await world.client.get("/notifications", headers=account.headers)).json()["items"]
    return [item["template"] for item in items]


def recipient(code, text):
    return SMTPRecipientsRefused([SMTPRecipientRefused(code, text, "a@example.com")])


class TestReadingAnAnswer:
    @pytest.mark.parametrize(
        ("wrong", "status", "by_mailbox"),
        [
            (recipient(550, "5.1.1 unknown"), "5.1.1", True),
            (recipient(550, "unknown"), "550", True),
            (recipient(552, "5.2.2 full"), "5.2.2", True),
            (recipient(554, "5.7.1 relay access denied"), "5.7.1", False),
            (recipient(450, "4.2.1 greylisted"), None, False),
            (SMTPDataError(554, "5.6.0 too ugly"), "5.6.0", False),
            (SMTPDataError(451, "later"), None, False),
            (SMTPSenderRefused(550, "5.1.8 bad sender", "us"), None, False),
            (ConnectionRefusedError(), None, False),
        ],
    )
    def test_only_the_last_word_on_a_mailbox_is_a_bounce(self, wrong, status, by_mailbox):
        read = failure_of(wrong)
        assert (read.status, read.by_mailbox) == (status, by_mailbox)
        assert read == Failure(type(wrong).__name__, status, by_mailbox), "no text of the server is kept"


class TestRefusedMailbox:
    async def test_is_given_up_at_once_marked_and_told_in_the_application(self, world):
        account = await world.activated()
        row = await tell(world, account)
        world.mailbox.refuses[account.email] = GONE
        await send_due(world.h.platform)
        row = await again(world, row)
        assert row.bounced_at
        assert (row.attempts, row.next_attempt_at, row.sent_at, row.error) == (1, None, None, "bounced 5.1.1")
        shown = await mailbox_of(world, account)
        assert (shown["status"], shown["reason"]) == ("refusing", "5.1.1")
        assert await inbox(world, account) == ["mailbox_refuses", "cra_submitted"]

    async def test_gets_nothing_more_but_what_concerns_the_account(self, world):
        account = await world.activated()
        world.mailbox.refuses[account.email] = GONE
        await tell(world, account)
        await send_due(world.h.platform)
        world.mailbox.refuses.clear()
        before = len(await world.mails(account.email))
        dropped = await tell(world, account)
        async with world.h.tx() as tx:
            security = Notification.to(account.id, "account_exists", subject_id=account.id, at=tx.now)
            tx.add(security)
        assert len(await world.mails(account.email)) == before + 1
        assert (await again(world, security)).sent_at
        assert (await again(world, dropped)).attempts == 0
        assert (await inbox(world, account)).count("cra_submitted") == 2, "the inbox has it all the same"

    async def test_is_tried_again_when_the_member_says_so_and_told_once_for_each_mark(self, world):
        account = await world.activated()
        for _ in range(2):
            world.mailbox.refuses[account.email] = GONE
            await tell(world, account)
            await send_due(world.h.platform)
            world.mailbox.refuses.clear()
            answer = await world.client.post("/members/me/mailbox/retry", headers=account.headers)
            assert answer.json()["status"] == "reachable"
        before = len(await world.mails(account.email))
        await tell(world, account)
        assert len(await world.mails(account.email)) == before + 1
        assert (await inbox(world, account)).count("mailbox_refuses") == 2

    async def test_another_address_starts_afresh(self, world):
        account = await world.activated()
        world.mailbox.refuses[account.email] = GONE
        await tell(world, account)
        await send_due(world.h.platform)
        address = Address.parse(world.new_address())
        async with world.h.tx() as tx:
            member = await tx.get_one(Member, account.id)
            member.email, member.email_key = address.written, address.key
        await tell(world, account)
        assert len(await world.mails(address.written)) == 1

    async def test_one_members_mark_is_not_anothers(self, world):
        account, rival = await world.activated(), await world.activated()
        world.mailbox.refuses[account.email] = GONE
        await tell(world, account)
        await send_due(world.h.platform)
        assert (await mailbox_of(world, rival))["status"] == "reachable"
        await world.client.post("/members/me/mailbox/retry", headers=rival.headers)
        assert (await mailbox_of(world, account))["status"] == "refusing"


class TestOtherAddress:
    """A mail to another address than the member's: a new one to confirm, or a last word after an erasure."""

    async def to(self, world, account, address):
        async with world.h.tx() as tx:
            row = Notification.to(account.id, "account_erased", subject_id=account.id, at=tx.now)
            row.address = address
            tx.add(row)
        return row

    async def test_that_refuses_says_nothing_of_the_members_own_mailbox(self, world):
        account, other = await world.activated(), world.new_address()
        world.mailbox.refuses[other] = GONE
        row = await self.to(world, account, other)
        await send_due(world.h.platform)
        row = await again(world, row)
        assert row.bounced_at
        assert (row.address, row.next_attempt_at) == (None, None)
        assert (await mailbox_of(world, account))["status"] == "reachable"

    async def test_is_still_told_after_the_member_was_erased(self, world):
        account, other = await world.activated(), world.new_address()
        await tell(world, account)
        last = await self.to(world, account, other)
        async with world.h.tx() as tx:
            await DATA[0].erase(tx, account.id)
            left = (await tx.scalars(select(Notification.id).where(Notification.member_id == account.id))).all()
        assert left == [last.id]
        assert len(await world.mails(other)) == 1
        assert (await again(world, last)).address is None


class TestRefusedMail:
    @pytest.mark.parametrize("refusal", ["554 5.7.1 relay access denied", "550 5.7.26 unauthenticated"])
    @pytest.mark.parametrize("at", ["RCPT", "DATA"])
    async def test_is_tried_for_three_days_and_its_mailbox_is_not_blamed(self, world, refusal, at):
        account = await world.activated()
        row = await tell(world, account)
        world.mailbox.refuses[account.email if at == "RCPT" else "DATA"] = refusal
        await send_due(world.h.platform)
        row = await again(world, row)
        assert (row.bounced_at, row.attempts) == (None, 1)
        await send_at(world, row.created_at + PATIENCE - timedelta(seconds=5))
        row = await again(world, row)
        assert row.next_attempt_at
        await send_at(world, max(row.next_attempt_at, row.created_at + PATIENCE))
        row = await again(world, row)
        assert row.bounced_at
        assert row.next_attempt_at is None
        assert (await mailbox_of(world, account))["status"] == "reachable"

    async def test_a_relay_that_is_down_is_waited_for_longer_than_that(self, world):
        account = await world.activated()
        row = await tell(world, account)
        world.mailbox.down = True
        await send_at(world, row.created_at + PATIENCE + timedelta(days=1))
        row = await again(world, row)
        assert row.next_attempt_at
        assert row.bounced_at is None


class TestCrash:
    async def test_between_sending_and_recording_repeats_the_mail_with_its_message_id(self, world):
        """The process is gone in the moment in which the server has the mail and has not said so."""
        account = await world.activated()
        before = len(await world.mails(account.email))
        row = await tell(world, account)
        loop, sending = asyncio.get_running_loop(), asyncio.ensure_future(send_due(world.h.platform))
        died = threading.Event()
        sending.add_done_callback(lambda _: died.set())

        def crash():
            loop.call_soon_threadsafe(sending.cancel)
            assert died.wait(5)

        world.mailbox.on_data = crash
        with pytest.raises(asyncio.CancelledError):
            await sending
        row = await again(world, row)
        assert (row.attempts, row.sent_at) == (1, None)
        await send_at(world, row.next_attempt_at)
        row = await again(world, row)
        assert row.sent_at
        copies = world.mailbox.to(account.email)[before:]
        assert len(copies) == 2
        assert {mail["Message-ID"] for mail in copies} == {f"<{row.id}@maillon.example>"}
        assert len({mail["Date"] for mail in copies}) == 1


def report(message_id, action="failed", status="5.1.1", returned="message/rfc822"):
    """What a mail server writes (RFC 3464)."""
    original = f"From: mail@maillon.example\r\nMessage-ID: {message_id}\r\nSubject: x\r\n"
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: mail@maillon.example\r\nMessage-ID: <report@mx.example>\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; ada@example.com\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: {returned}\r\n\r\n{original}\r\n--b--\r\n"
    ).encode()


class TestReport:
    @pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
    def test_names_the_mail_and_its_status(self, returned):
        notification_id = uuid4()
        read = read_report(report(f"<{notification_id}@maillon.example>", returned=returned))
        assert read is not None
        assert (read.notification_id, read.status, read.for_good) == (notification_id, "5.1.1", True)

    @pytest.mark.parametrize(("status", "for_good"), [("5.2.1", True), ("4.4.7", False), ("5.7.1", False)])
    def test_only_a_lasting_failure_of_the_mailbox_counts_against_it(self, status, for_good):
        read = read_report(report(f"<{uuid4()}@maillon.example>", status=status))
        assert read is not None
        assert read.for_good == for_good

    @pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
    def test_anything_but_a_failure_says_nothing(self, action):
        assert read_report(report(f"<{uuid4()}@maillon.example>", action=action)) is None

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\x00 not a mail",
            b"Subject: I am on holiday\r\n\r\nuntil Monday",
            b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nx",
            report("<somebody-elses@example.com>"),
            report(f"<{uuid4()}@maillon.example>")[:300],
        ],
    )
    def test_whatever_else_arrives_is_ignored(self, content):
        assert read_report(content) is None


class TestCommand:
    async def pipe(self, world, content, **environment):
        variables = environment_of("identity", world.h.database_url) | environment
        command = [sys.executable, "-m", "identity.bounces"]
        return await asyncio.to_thread(
            subprocess.run, command, input=content, env=variables, capture_output=True, check=False
        )

    async def test_records_the_bounce_by_message_id_once(self, world):
        account = await world.activated()
        row = await tell(world, account)
        await send_due(world.h.platform)
        content = report(f"<{row.id}@maillon.example>")
        for _ in range(2):
            done = await self.pipe(world, content)
            assert (done.returncode, done.stdout) == (0, b"recorded\n"), done.stderr
        row = await again(world, row)
        assert row.sent_at
        assert row.bounced_at
        assert (await mailbox_of(world, account))["reason"] == "5.1.1"
        assert (await inbox(world, account)).count("mailbox_refuses") == 1

    async def test_what_it_does_not_know_is_no_error(self, world):
        done = await self.pipe(world, report(f"<{uuid4()}@maillon.example>"))
        assert (done.returncode, done.stdout) == (0, b"ignored: no such message\n")

    async def test_a_database_that_is_away_makes_the_server_try_again(self, world):
        nowhere = {"MAILLON_DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"}
        done = await self.pipe(world, report(f"<{uuid4()}@maillon.example>"), **nowhere)
        assert done.returncode == os.EX_TEMPFAIL


class TestPersonalData:
    async def test_messages_and_marks_are_gathered_and_go_with_the_account(self, world):
        account = await world.activated()
        world.mailbox.refuses[account.email] = GONE
        await tell(world, account)
        await send_due(world.h.platform)
        async with world.h.tx() as tx:
            messages, mailboxes = [await kind.gather(tx, account.id) for kind in DATA]
            assert "cra_submitted" in [message["template"] for message in messages]
            assert [mark["status"] for mark in mailboxes] == ["5.1.1"]
            for kind in DATA:
                await kind.erase(tx, account.id)
        async with world.h.tx() as tx:
            assert [await kind.gather(tx, account.id) for kind in DATA] == [[], []]

    @pytest.mark.req("PL-08")
    async def test_messages_are_forgotten_after_two_years(self, world):
        account = await world.activated()
        row = await tell(world, account)
        kind = DATA[0]
        assert kind.forget is not None
        edge = row.created_at + timedelta(days=730)
        for instant, left in ((edge, True), (edge + timedelta(microseconds=1), False)):
            async with world.h.tx() as tx:
                await kind.forget(tx, instant)
            async with world.h.tx() as tx:
                assert (await tx.get(Notification, row.id) is not None) == left
                assert instant > datetime(2026, 1, 1, tzinfo=UTC)
