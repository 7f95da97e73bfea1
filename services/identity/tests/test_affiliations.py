"""The copy of affiliations, and what it puts into access tokens."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from contracts.company import AffiliationChanged, AffiliationEnded, AffiliationGranted
from contracts.identity import MemberAccessRevoked
from contracts.roles import CompanyKind, Role
from identity.directory.affiliations import Affiliation

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def granted(member_id, role=Role.GERANT, *, kind=CompanyKind.PROVIDER, at=NOW, version=1, affiliation_id=None):
    return AffiliationGranted(
        affiliation_id=affiliation_id or uuid4(),
        member_id=member_id,
        display_name="Ada Lovelace",
        company_id=uuid4(),
        company_kind=kind,
        role=role,
        granted_at=at,
        version=version,
    )


async def next_claims(world, account):
    answer = await world.client.post("/sessions/refresh", json={"refresh_token": account.tokens["refresh_token"]})
    account.tokens = answer.json()
    return world.caller(account.tokens)


class TestClaims:
    @pytest.mark.parametrize("role", list(Role))
    async def test_show_an_affiliation_at_the_next_refresh(self, world, role):
        account = await world.activated()
        assert world.caller(account.tokens).company_id is None
        event = granted(account.id, role)
        await world.h.deliver(event)
        caller = await next_claims(world, account)
        assert (caller.company_id, caller.company_kind, caller.role) == (event.company_id, event.company_kind, role)
        me = (await world.client.get("/members/me", headers=account.headers)).json()
        assert me["affiliation"] == {
            "company_id": str(event.company_id),
            "company_kind": "provider",
            "role": role,
        }

    @pytest.mark.parametrize("later_first", [True, False])
    async def test_follow_the_latest_grant_in_whatever_order_they_arrive(self, world, later_first):
        account = await world.activated()
        early = granted(account.id, Role.CONSULTANT)
        late = granted(account.id, Role.ACHETEUR, kind=CompanyKind.CLIENT, at=NOW + timedelta(days=1))
        for event in [late, early] if later_first else [early, late]:
            await world.h.deliver(event)
        assert (await next_claims(world, account)).company_id == late.company_id

    async def test_are_those_of_a_log_in_too(self, world):
        account = await world.activated()
        await world.h.deliver(granted(account.id, Role.COMMERCIAL))
        assert world.caller((await world.log_in(account.email)).json()).role == Role.COMMERCIAL


class TestCopy:
    async def rows(self, world, affiliation_id):
        async with world.h.tx() as tx:
            query = select(Affiliation.role, Affiliation.version).where(Affiliation.affiliation_id == affiliation_id)
            return [tuple(row) for row in await tx.execute(query)]

    async def test_the_same_event_twice_has_one_effect(self, world):
        event = granted(uuid4())
        event_id = await world.h.deliver(event)
        await world.h.deliver(event, event_id=event_id)
        assert await self.rows(world, event.affiliation_id) == [("gerant", 1)]

    async def test_an_older_version_is_ignored_and_a_newer_one_kept(self, world):
        key, member = uuid4(), uuid4()
        for version, role in ((2, Role.COMMERCIAL), (1, Role.CONSULTANT), (3, Role.GERANT)):
            await world.h.deliver(granted(member, role, version=version, affiliation_id=key))
            expected = Role.GERANT if version == 3 else Role.COMMERCIAL
            assert await self.rows(world, key) == [(expected, max(version, 2))]


def changed(event, role, version=2):
    return AffiliationChanged(
        version=version,
        affiliation_id=event.affiliation_id,
        member_id=event.member_id,
        company_id=event.company_id,
        company_kind=event.company_kind,
        role=role,
        changed_at=NOW,
    )


def ended(event, version=3):
    return AffiliationEnded(
        version=version,
        affiliation_id=event.affiliation_id,
        member_id=event.member_id,
        company_id=event.company_id,
        ended_at=NOW,
    )


async def revocations(world, member_id):
    found = await world.h.emitted(MemberAccessRevoked)
    return [event.session_id for event in found if event.member_id == member_id]


class TestChange:
    @pytest.mark.req("ID-09")
    async def test_voids_access_tokens_and_shows_at_the_next_refresh(self, world):
        account = await world.activated()
        event = granted(account.id, Role.CONSULTANT)
        await world.h.deliver(event)
        before = await revocations(world, account.id)
        await world.h.deliver(changed(event, Role.COMMERCIAL))
        assert await revocations(world, account.id) == [*before, None]
        assert (await next_claims(world, account)).role == Role.COMMERCIAL

    async def test_that_is_older_changes_nothing(self, world):
        account = await world.activated()
        event = granted(account.id, Role.CONSULTANT)
        for one in (event, changed(event, Role.GERANT, 3), changed(event, Role.COMMERCIAL, 2)):
            await world.h.deliver(one)
        assert await revocations(world, account.id) == [None]
        assert (await next_claims(world, account)).role == Role.GERANT

    async def test_may_arrive_before_the_grant(self, world):
        account = await world.activated()
        event = granted(account.id, Role.CONSULTANT)
        for one in (changed(event, Role.GERANT), event):
            await world.h.deliver(one)
        assert (await next_claims(world, account)).role == Role.GERANT


class TestEnd:
    @pytest.mark.req("ID-38", "CO-23")
    async def test_voids_access_tokens_and_leaves_the_session(self, world):
        account = await world.activated()
        event = granted(account.id, Role.CONSULTANT)
        await world.h.deliver(event)
        event_id = await world.h.deliver(ended(event))
        await world.h.deliver(ended(event), event_id=event_id)
        assert await revocations(world, account.id) == [None]
        assert (await next_claims(world, account)).company_id is None

    @pytest.mark.parametrize("order", [(2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 2, 0)])
    async def test_is_for_good_in_whatever_order_events_arrive(self, world, order):
        account = await world.activated()
        event = granted(account.id, Role.CONSULTANT)
        events = [event, changed(event, Role.GERANT), ended(event)]
        for number in order:
            await world.h.deliver(events[number])
        assert (await next_claims(world, account)).company_id is None

    async def test_makes_way_for_another_company(self, world):
        account = await world.activated()
        former, present = granted(account.id, Role.CONSULTANT), granted(account.id, Role.COMMERCIAL)
        for one in (former, present, ended(former)):
            await world.h.deliver(one)
        assert (await next_claims(world, account)).company_id == present.company_id
