"""The copy of affiliations, and what it puts into access tokens."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from contracts.company import AffiliationGranted
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
