"""What two requests at the same moment, or two messages in the wrong order, must not bring about."""

import asyncio
import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from chassis.clock import system_clock
from chassis.db import new_id
from chassis.errors import NotReady
from chassis.idempotency import idempotency_keys
from contracts.company import AffiliationGranted
from contracts.identity import MemberAccessRevoked
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import CompanyKind, Role
from identity.link.domain import Link
from identity.session.domain import Session


async def revoke(world, account):
    """Let what identity said about the member's sessions come back, as the broker would."""
    for event in await world.h.emitted(MemberAccessRevoked):
        if event.member_id == account.id:
            await world.h.deliver(event)
    await world.h.platform.revocations.refresh()


class TestATokenIssuedWhileItsSessionEnds:
    """Of two requests on one session, the one that began first may end it after the other was served."""

    async def test_by_a_second_use_of_the_refresh_token_is_void(self, world):
        account = await world.activated()
        old = {"refresh_token": account.tokens["refresh_token"]}
        began = world.h.clock.offset
        world.h.clock.offset = began + timedelta(milliseconds=500)
        fresh = (await world.client.post("/sessions/refresh", json=old)).json()
        world.h.clock.offset = began
        assert (await world.client.post("/sessions/refresh", json=old)).status_code == 401
        await revoke(world, account)
        world.h.clock.offset = began + timedelta(seconds=1)
        assert (await world.client.get("/members/me", headers=world.bearer(fresh))).status_code == 401

    async def test_by_logging_out_is_void(self, world):
        account = await world.activated()
        began = world.h.clock.offset
        world.h.clock.offset = began + timedelta(milliseconds=500)
        body = {"refresh_token": account.tokens["refresh_token"]}
        fresh = (await world.client.post("/sessions/refresh", json=body)).json()
        world.h.clock.offset = began
        assert (await world.client.delete("/sessions/current", headers=account.headers)).status_code == 204
        await revoke(world, account)
        world.h.clock.offset = began + timedelta(seconds=1)
        assert (await world.client.get("/members/me", headers=world.bearer(fresh))).status_code == 401

    def test_is_void_though_two_clocks_disagree(self):
        now = system_clock()
        session = Session.open(uuid4(), "a device", now)
        session.prolong(now - timedelta(seconds=3))
        revoked = session.end(now - timedelta(seconds=2))
        assert revoked.revoked_at == now


class TestResendingTheLink:
    async def test_thirty_times_at_once_leaves_one_link_that_works_and_five_mails(self, world):
        email = await world.pending()
        body = {"email": email}
        answers = await asyncio.gather(*(world.client.post("/activations/resend", json=body) for _ in range(30)))
        assert {answer.status_code for answer in answers} == {202}
        async with world.h.tx() as tx:
            member_id = await tx.scalar(text("SELECT id FROM members WHERE email = :email"), {"email": email})
            links = (await tx.scalars(select(Link).where(Link.member_id == member_id))).all()
            assert sum(link.usable(tx.now) for link in links) == 1
        assert len(links) == 5


class TestAKeyedSignUp:
    async def test_leaves_nothing_from_which_the_password_can_be_guessed(self, world):
        """A fast digest of a body that holds it would let whoever reads the table try a million a second."""
        email = world.new_address()
        body = (
            b'{"first_name":"Ada","last_name":"Lovelace","email":"' + email.encode() + b'","password":"correct horse '
            b'battery staple","accept_terms":true,"accept_privacy":true,"is_adult":true,"is_professional":true}'
        )
        headers = {"content-type": "application/json", "Idempotency-Key": uuid4().hex}
        for _ in range(2):
            answer = await world.client.post("/members", content=body, headers=headers)
            assert (answer.status_code, answer.json()) == (202, {"status": "activation_sent"})
        async with world.h.tx() as tx:
            kept = (await tx.scalars(select(idempotency_keys.c.fingerprint))).all()
        assert hashlib.sha256(b"application/json\n" + body).digest() not in kept


class TestAMessageToARole:
    async def test_in_a_company_whose_people_are_not_known_yet_is_waited_for(self, world):
        account, company = await world.activated(), uuid4()
        asked = NotificationRequested(
            subject_id=uuid4(),
            template="company_validated",
            roles=[RoleInCompany(company_id=company, roles=[Role.GERANT])],
            context={"company_name": "Les Maçons"},
        )
        event_id = new_id()
        with pytest.raises(NotReady):
            await world.h.deliver(asked, event_id=event_id)
        await world.h.deliver(
            AffiliationGranted(
                affiliation_id=uuid4(),
                member_id=account.id,
                display_name="Ada Lovelace",
                company_id=company,
                company_kind=CompanyKind.PROVIDER,
                role=Role.GERANT,
                granted_at=world.h.clock(),
            )
        )
        await world.h.deliver(asked, event_id=event_id)
        told = (await world.client.get("/notifications", headers=account.headers)).json()["items"]
        assert [message["template"] for message in told] == ["company_validated"]
