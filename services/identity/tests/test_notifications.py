"""Messages to people: in the inbox at once, by mail until the relay takes them."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import uuid4

import pytest
from jinja2 import Environment, FileSystemLoader, meta
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from chassis.errors import NotReady
from chassis.inbox import inbox as claims
from contracts.company import AffiliationGranted
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import CompanyKind, Role
from identity.notification.domain import (
    ACCOUNT_EXISTS,
    ACTIVATE_ACCOUNT,
    LONGEST_PAUSE,
    MAIL_ONLY,
    MAILBOX_REFUSES,
    TEMPLATES,
    IncompleteContext,
    Notification,
    UnknownTemplate,
)
from identity.notification.outgoing import Letter, render, send_due
from identity.own import TEMPLATES as FOLDER
from identity.own import own_of

CONTEXT = {"title": "Data platform", "month": "2026-11", "consultant_name": "Zoé Lefèvre", "days": "18.5"}


def asked(members=(), roles=(), template="cra_submitted", context=None):
    return NotificationRequested(
        subject_id=uuid4(), template=template, members=list(members), roles=list(roles), context=context or CONTEXT
    )


async def affiliated(world, company_id, role, account=None):
    account = account or await world.activated()
    await world.h.deliver(
        AffiliationGranted(
            affiliation_id=uuid4(),
            member_id=account.id,
            display_name="Ada Lovelace",
            company_id=company_id,
            company_kind=CompanyKind.CLIENT,
            role=role,
            granted_at=datetime(2026, 11, 21, tzinfo=UTC),
        )
    )
    return account


async def inbox(world, account):
    return (await world.client.get("/notifications", headers=account.headers)).json()["items"]


async def rows_of(world, account):
    async with world.h.tx() as tx:
        query = select(Notification).where(Notification.member_id == account.id, Notification.link_id.is_(None))
        return (await tx.scalars(query.order_by(Notification.id))).all()


class TestMail:
    async def test_arrives_with_both_parts_and_our_message_id(self, world):
        account = await world.activated()
        await world.h.deliver(asked([account.id]))
        mail = (await world.mails(account.email))[-1]
        (row,) = await rows_of(world, account)
        assert mail["Message-ID"] == f"<{row.id}@maillon.example>"
        assert mail["From"] == "mail@maillon.example"
        assert mail["Subject"] == "CRA à valider : Data platform, novembre 2026"
        assert "Bonjour Ada Lovelace," in world.text_of(mail)
        assert "Zoé Lefèvre a soumis son CRA de novembre 2026" in world.text_of(mail)
        assert "Zoé Lefèvre a soumis son CRA de novembre 2026" in world.html_of(mail)
        assert '<html lang="fr"' in world.html_of(mail)

    async def test_speaks_the_members_language(self, world):
        account = await world.activated(language="en")
        await world.h.deliver(asked([account.id]))
        mail = (await world.mails(account.email))[-1]
        assert mail["Subject"] == "CRA to validate: Data platform, November 2026"

    async def test_shows_markup_in_a_name_as_text(self, world):
        account = await world.activated()
        evil = '<script>alert("x")</script><mj-raw>&'
        await world.h.deliver(asked([account.id], context=CONTEXT | {"consultant_name": evil}))
        html = world.html_of((await world.mails(account.email))[-1])
        assert "<script>" not in html
        assert "&lt;script&gt;" in html

    async def test_is_sent_once(self, world):
        account = await world.activated()
        await world.h.deliver(asked([account.id]))
        await asyncio.gather(*(send_due(world.h.platform) for _ in range(5)))
        assert len(await world.mails(account.email)) == 2

    async def test_waits_for_a_relay_that_is_down_and_keeps_its_message_id(self, world):
        account = await world.activated()
        await world.h.deliver(asked([account.id]))
        world.mailbox.down = True
        before = len(await world.mails(account.email))
        (row,) = await rows_of(world, account)
        assert (row.attempts, row.sent_at) == (1, None)
        assert row.error.startswith("SMTP")
        assert "@" not in row.error
        world.mailbox.down = False
        assert len(await world.mails(account.email)) == before
        world.h.clock.set(row.next_attempt_at)
        mails = await world.mails(account.email)
        assert len(mails) == before + 1
        assert str(row.id) in mails[-1]["Message-ID"]
        (row,) = await rows_of(world, account)
        assert row.sent_at
        assert (row.next_attempt_at, row.error) == (None, None)

    async def test_one_that_a_dead_process_took_is_taken_again(self, world):
        account = await world.activated()
        await world.h.deliver(asked([account.id]))
        (row,) = await rows_of(world, account)
        async with world.h.tx() as tx:
            (await tx.get_one(Notification, row.id)).take(tx.now, b"")
        assert len(await world.mails(account.email)) == 1
        world.h.clock.offset = timedelta(minutes=3)
        assert len(await world.mails(account.email)) == 2

    def test_pauses_grow_to_a_day_and_never_end(self):
        now = datetime(2026, 11, 21, tzinfo=UTC)
        row = Notification.to(uuid4(), "cra_refused", subject_id=uuid4(), at=now)
        pauses = []
        for _ in range(200):
            row.take(now, b"")
            row.failed(now, "SMTPServerDisconnected")
            pauses.append(row.next_attempt_at - now)
        assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
        assert pauses == sorted(pauses)
        assert pauses[-1] == LONGEST_PAUSE


class TestRecipients:
    async def test_named_and_by_role_get_it_once_each(self, world):
        company = uuid4()
        buyer = await affiliated(world, company, Role.ACHETEUR)
        head = await affiliated(world, company, Role.DIRECTEUR_ACHATS)
        other = await affiliated(world, company, Role.RESPONSABLE_PROJET)
        rival = await affiliated(world, uuid4(), Role.ACHETEUR)
        roles = [RoleInCompany(company_id=company, roles=[Role.ACHETEUR, Role.DIRECTEUR_ACHATS])]
        await world.h.deliver(asked([buyer.id, buyer.id], roles))
        counts = [len(await inbox(world, account)) for account in (buyer, head, other, rival)]
        assert counts == [1, 1, 0, 0]

    async def test_the_same_event_twice_is_one_message(self, world):
        account = await world.activated()
        event = asked([account.id])
        event_id = await world.h.deliver(event)
        await world.h.deliver(event, event_id=event_id)
        assert len(await inbox(world, account)) == 1

    async def test_even_long_after_its_claim_was_forgotten(self, world):
        account, other = await world.activated(), await world.activated()
        event_id = await world.h.deliver(asked([account.id]))
        async with world.h.tx() as tx:
            await tx.execute(delete(claims).where(claims.c.event_id == event_id))
        await world.h.deliver(asked([account.id, other.id]), event_id=event_id)
        assert [len(await inbox(world, one)) for one in (account, other)] == [1, 1]
        with pytest.raises(IntegrityError):
            async with world.h.tx() as tx:
                tx.add(Notification.to(other.id, "cra_submitted", subject_id=uuid4(), at=tx.now, event_id=event_id))

    async def test_a_role_that_nobody_holds_is_nobody(self, world):
        company = uuid4()
        other = await affiliated(world, company, Role.COMMERCIAL)
        await world.h.deliver(asked(roles=[RoleInCompany(company_id=company, roles=[Role.GERANT])]))
        assert await inbox(world, other) == []

    async def test_a_member_not_known_yet_is_waited_for(self, world):
        account = await world.activated()
        with pytest.raises(NotReady):
            await world.h.deliver(asked([account.id, uuid4()]))
        assert await inbox(world, account) == []


class TestInbox:
    async def test_shows_own_messages_newest_first_in_pages_and_no_links(self, world):
        account, rival = await world.activated(), await world.activated()
        events = [asked([account.id]) for _ in range(3)]
        for event in events:
            await world.h.deliver(event)
        first = (await world.client.get("/notifications?limit=2", headers=account.headers)).json()
        rest = await world.client.get(f"/notifications?limit=2&cursor={first['next']}", headers=account.headers)
        seen = [item["subject_id"] for item in first["items"] + rest.json()["items"]]
        assert seen == [str(event.subject_id) for event in reversed(events)]
        assert first["items"][0]["template"] == "cra_submitted"
        assert first["items"][0]["context"] == CONTEXT
        assert first["items"][0]["title"] == "CRA à valider : Data platform, novembre 2026"
        assert first["items"][0]["category"] == "activity"
        assert await inbox(world, rival) == []

    async def unread(self, world, account):
        count = (await world.client.get("/notifications/unread-count", headers=account.headers)).json()["unread"]
        listed = (await world.client.get("/notifications?unread=true", headers=account.headers)).json()["items"]
        assert len(listed) == count
        return count

    async def test_a_message_is_read_and_unread_again(self, world):
        account = await world.activated()
        for _ in range(2):
            await world.h.deliver(asked([account.id]))
        path = f"/notifications/{(await inbox(world, account))[0]['id']}/reading"
        for _ in range(2):
            assert (await world.client.put(path, headers=account.headers)).status_code == 204
        assert await self.unread(world, account) == 1
        assert [bool(item["read_at"]) for item in await inbox(world, account)] == [True, False]
        await world.client.delete(path, headers=account.headers)
        assert await self.unread(world, account) == 2

    async def test_all_are_read_at_once_and_nobody_elses(self, world):
        account, rival = await world.activated(), await world.activated()
        await world.h.deliver(asked([account.id, rival.id]))
        answer = await world.client.post("/notifications/readings", headers=account.headers)
        assert answer.json() == {"unread": 0}
        assert [await self.unread(world, one) for one in (account, rival)] == [0, 1]

    async def test_anothers_message_is_not_there(self, world):
        account, rival = await world.activated(), await world.activated()
        await world.h.deliver(asked([account.id]))
        path = f"/notifications/{(await inbox(world, account))[0]['id']}/reading"
        for method in ("PUT", "DELETE"):
            answer = await world.client.request(method, path, headers=rival.headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "notification_not_found")
        assert await self.unread(world, account) == 1

    async def test_a_mailed_link_is_in_no_inbox(self, world):
        account = await world.activated()
        assert await inbox(world, account) == []
        assert await self.unread(world, account) == 0


WRITTEN = sorted({file.name.split(".")[0] for file in FOLDER.iterdir() if not file.name.startswith("_")})
GIVEN_TO_ALL = {"name", "public_url", "token"}
VALUES = {"day": "2026-12-01", "month": "2026-11", "euros": "1234.50", "number": "18.5", "days": "18.5"}
"""What a macro of `_words` reads; everything else is shown as it is."""


def source_of(template, language, kind):
    return (FOLDER / f"{template}.{language}.{kind}").read_text()


def shown_by(template, language, kind):
    """The names that a text shows, its layout's apart."""
    return meta.find_undeclared_variables(Environment().parse(source_of(template, language, kind))) - GIVEN_TO_ALL


def context_of(template, value="the {}"):
    """A value for everything that any of its texts shows, or that was promised."""
    every = [(language, kind) for language in ("fr", "en") for kind in ("txt", "mjml")]
    names = set(TEMPLATES.get(template, ())).union(*(shown_by(template, *one) for one in every))
    read = dict[str, str]()
    for one in every:
        calls = re.findall(r"(?:words\.)?(\w+)\((\w+)\)", source_of(template, *one))
        read |= {name: VALUES[macro] for macro, name in calls if macro in VALUES}
    return {name: read.get(name, value.format(name.replace("_", " "))) for name in names}


def written(world, template, language, context):
    whole = context | {"name": "Ada", "public_url": "https://maillon.example", "token": "abc"}
    letter = Letter(uuid4(), "ada@example.com", template, language, whole, datetime.now(UTC))
    return render(own_of(world.h.platform), letter)


class TestTemplates:
    @pytest.mark.parametrize("template", WRITTEN)
    def test_each_has_two_parts_in_two_languages_that_show_the_same(self, template):
        parts = {f"{template}.{language}.{kind}" for language in ("fr", "en") for kind in ("txt", "mjml")}
        assert parts == {file.name for file in FOLDER.glob(f"{template}.*")}
        shown = {
            (language, kind): shown_by(template, language, kind)
            for language in ("fr", "en")
            for kind in ("txt", "mjml")
        }
        assert len({frozenset(names) for names in shown.values()}) == 1, shown
        if template in TEMPLATES:
            assert shown["fr", "txt"] <= TEMPLATES[template], "a text shows what nobody must give"

    def test_each_that_may_be_asked_for_is_written(self):
        assert {*TEMPLATES, *MAIL_ONLY, MAILBOX_REFUSES} <= set(WRITTEN)

    @pytest.mark.parametrize("language", ["fr", "en"])
    @pytest.mark.parametrize("template", WRITTEN)
    async def test_each_is_filled_whole(self, world, template, language):
        context = context_of(template)
        mail = written(world, template, language, context)
        assert mail.subject
        assert "\n" not in mail.subject
        for part in (mail.subject, mail.text, mail.html):
            assert "{{" not in part
            assert "{%" not in part
        source = source_of(template, language, "txt")
        read_by_macros = set(re.findall(r"(?:if|\() *(\w+)", source))
        for name in shown_by(template, language, "txt") - read_by_macros:
            assert context[name] in mail.subject + mail.text
            assert context[name] in mail.html
        assert "mj-" not in mail.html.replace("mj-column", "").replace("mj-outlook", "")

    @pytest.mark.parametrize("language", ["fr", "en"])
    @pytest.mark.parametrize("template", WRITTEN)
    async def test_markup_stays_text_and_no_value_reaches_the_headers(self, world, template, language):
        evil = '<b id="{}">&\r\nBcc: eve@example.com\r\n\r\nx'
        mail = written(world, template, language, context_of(template, evil))
        assert "<b id" not in mail.html
        assert not re.search(r"[\r\n\x00]", mail.subject)
        message = EmailMessage()
        message["Subject"] = mail.subject
        assert message["Bcc"] is None
        assert len(message.as_bytes().strip().split(b"\n\n")) == 1

    @pytest.mark.parametrize(
        ("language", "macro", "value", "words"),
        [
            ("fr", "day", "2026-12-01", "1er décembre 2026"),
            ("fr", "day", "2027-02-09", "9 février 2027"),
            ("en", "day", "2026-12-01", "1 December 2026"),
            ("fr", "month", "2026-08", "août 2026"),
            ("en", "month", "2026-08", "August 2026"),
            ("fr", "euros", "1234567.50", "1\u202f234\u202f567,50\u00a0€"),
            ("en", "euros", "1234567.50", "€1,234,567.50"),
            ("fr", "euros", "650.00", "650,00\u00a0€"),
            ("fr", "days", "18.5", "18,5\u00a0jours"),
            ("fr", "days", "1.5", "1,5\u00a0jour"),
            ("fr", "days", "2.0", "2\u00a0jours"),
            ("fr", "days", "1.0", "1\u00a0jour"),
            ("en", "days", "1.0", "1 day"),
            ("en", "days", "20.0", "20 days"),
            ("en", "days", "0.5", "0.5 days"),
        ],
    )
    def test_dates_and_amounts_are_written_as_the_language_writes_them(self, language, macro, value, words):
        known = Environment(loader=FileSystemLoader(FOLDER))
        read = known.from_string(f'{{% import "_words.{language}.jinja" as words %}}{{{{ words.{macro}("{value}") }}}}')
        assert read.render() == words

    async def test_one_that_nobody_has_written_is_refused(self, world):
        with pytest.raises(UnknownTemplate):
            await world.h.deliver(asked(template="no_such_text"))

    @pytest.mark.parametrize("own", [ACTIVATE_ACCOUNT, ACCOUNT_EXISTS])
    async def test_our_own_cannot_be_asked_for(self, world, own):
        with pytest.raises(UnknownTemplate):
            await world.h.deliver(asked(template=own))

    @pytest.mark.parametrize("missing", sorted(TEMPLATES["cra_submitted"]))
    async def test_a_context_that_lacks_something_is_refused(self, world, missing):
        context = {key: value for key, value in CONTEXT.items() if key != missing}
        with pytest.raises(IncompleteContext):
            await world.h.deliver(asked(context=context))
