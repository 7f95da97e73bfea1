"""Messages to people: in the inbox at once, by mail until the relay takes them."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from chassis.errors import NotReady
from contracts.company import AffiliationGranted
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import CompanyKind, Role
from identity.notification.domain import (
    ACCOUNT_EXISTS,
    ACTIVATE_ACCOUNT,
    LONGEST_PAUSE,
    TEMPLATES,
    IncompleteContext,
    Notification,
    UnknownTemplate,
)
from identity.notification.outgoing import Letter, render, send_due
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
        assert await inbox(world, rival) == []


class TestTemplates:
    def samples(self, template):
        values = {"month": "2026-11", "role": "gerant", "decision": "accepted", "qualification": "not_interesting"}
        dates = dict.fromkeys(("start", "end", "expires_on", "payment_date", "ends_on", "returns_until"), "2026-12-01")
        return {key: (values | dates).get(key, f"the {key.replace('_', ' ')}") for key in TEMPLATES.get(template, ())}

    @pytest.mark.parametrize("language", ["fr", "en"])
    @pytest.mark.parametrize("template", sorted({*TEMPLATES, ACTIVATE_ACCOUNT, ACCOUNT_EXISTS}))
    async def test_each_is_written_in_each_language_and_shows_its_whole_context(self, world, template, language):
        own = own_of(world.h.platform)
        context = self.samples(template)
        whole = context | {"name": "Ada", "public_url": "https://maillon.example", "token": "abc"}
        letter = Letter(uuid4(), "ada@example.com", template, language, whole, datetime.now(UTC))
        written = render(own, letter)
        assert written.subject
        for part in (written.text, written.html):
            assert "{{" not in part
            for value in context.values():
                assert value in part or not value.startswith("the ")
        assert "mj-" not in written.html.replace("mj-column", "").replace("mj-outlook", "")

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
