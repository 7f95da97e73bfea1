"""What changes about people and lists, in whatever order it arrives."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from chassis.errors import NotReady
from contracts.company import AffiliationChanged, AffiliationEnded, SupplierDereferenced, SupplierReferenced
from contracts.roles import CompanyKind, Role
from marketplace.directory.queries import affiliation_of
from marketplace.directory.references import Reference

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def changed(granted, role, version=2):
    return AffiliationChanged(
        version=version,
        affiliation_id=granted.affiliation_id,
        member_id=granted.member_id,
        company_id=granted.company_id,
        company_kind=CompanyKind.PROVIDER,
        role=role,
        changed_at=NOW,
    )


def ended(granted, version=3):
    return AffiliationEnded(
        version=version,
        affiliation_id=granted.affiliation_id,
        member_id=granted.member_id,
        company_id=granted.company_id,
        ended_at=NOW,
    )


async def present(market, granted):
    async with market.h.tx() as tx:
        return await affiliation_of(tx, granted.company_id, granted.member_id)


class TestAffiliations:
    @pytest.mark.req("ID-09")
    async def test_take_another_role_and_no_older_one(self, market):
        granted = await market.affiliate(market.h.member(Role.CONSULTANT))
        await market.h.deliver(changed(granted, Role.GERANT, 3))
        await market.h.deliver(changed(granted, Role.COMMERCIAL, 2))
        assert (await present(market, granted)).role == "gerant"

    async def test_change_once_they_are_known(self, market):
        granted = await market.affiliate(market.h.member(Role.CONSULTANT))
        unknown = granted.model_copy(update={"affiliation_id": uuid4()})
        with pytest.raises(NotReady):
            await market.h.deliver(changed(unknown, Role.GERANT))

    @pytest.mark.req("ID-38", "CO-23")
    async def test_end_for_good_whatever_comes_late(self, market):
        granted = await market.affiliate(market.h.member(Role.CONSULTANT))
        event_id = await market.h.deliver(ended(granted))
        await market.h.deliver(ended(granted), event_id=event_id)
        await market.h.deliver(changed(granted, Role.GERANT))
        await market.h.deliver(granted)
        assert await present(market, granted) is None

    async def test_end_before_they_were_known(self, market):
        known = await market.affiliate(market.h.member(Role.CONSULTANT))
        granted = known.model_copy(update={"affiliation_id": uuid4(), "member_id": uuid4()})
        await market.h.deliver(ended(granted))
        await market.h.deliver(granted)
        assert await present(market, granted) is None

    async def test_end_at_the_moment_they_are_granted(self, market):
        known = await market.affiliate(market.h.member(Role.CONSULTANT))
        for _ in range(5):
            granted = known.model_copy(update={"affiliation_id": uuid4(), "member_id": uuid4()})
            await asyncio.gather(market.h.deliver(granted), market.h.deliver(ended(granted)))
            assert await present(market, granted) is None


def referenced(version=1, *, preferred=True, reference_id=None):
    return SupplierReferenced(
        version=version,
        reference_id=reference_id or uuid4(),
        client_company_id=uuid4(),
        provider_company_id=uuid4(),
        list_id=uuid4(),
        list_name="Data",
        preferred=preferred,
        referenced_at=NOW,
    )


def dereferenced(event, version):
    kept = event.model_dump(include={"reference_id", "client_company_id", "provider_company_id", "list_id"})
    return SupplierDereferenced(**kept, version=version, dereferenced_at=NOW)


@pytest.mark.req("CO-26")
class TestReferences:
    async def stored(self, market, event):
        async with market.h.tx() as tx:
            found = await tx.get(Reference, event.reference_id)
            return (found.preferred, found.off_since, found.version)

    async def test_are_kept_and_follow_the_list(self, market):
        event = referenced()
        event_id = await market.h.deliver(event)
        await market.h.deliver(event, event_id=event_id)
        assert await self.stored(market, event) == (True, None, 1)
        await market.h.deliver(event.model_copy(update={"preferred": False, "version": 2}))
        assert await self.stored(market, event) == (False, None, 2)

    @pytest.mark.parametrize("late", [True, False])
    async def test_are_off_for_good_in_whatever_order(self, market, late):
        event = referenced()
        events = [event, dereferenced(event, 2)]
        for one in reversed(events) if late else events:
            await market.h.deliver(one)
        assert await self.stored(market, event) == (False, NOW, 2)
