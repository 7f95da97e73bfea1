"""The local copies: what opens the market, once, and never by an older version."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from chassis.errors import NotReady
from contracts.company import CompanyDetailsChanged
from contracts.contracting import ContractKind
from contracts.roles import CompanyKind, Role
from marketplace.directory.domain import Affiliation, Company, Contract
from marketplace.directory.queries import affiliation_of


class TestCompanies:
    async def test_an_older_version_is_ignored(self, market):
        company_id = uuid4()
        await market.validate(company_id, CompanyKind.CLIENT, name="New", version=3)
        await market.validate(company_id, CompanyKind.CLIENT, name="Old", version=2)
        async with market.h.tx() as tx:
            assert (await tx.get(Company, company_id)).name == "New"

    async def test_a_newer_version_replaces(self, market):
        company_id = uuid4()
        await market.validate(company_id, CompanyKind.CLIENT, name="Old", version=2)
        await market.validate(company_id, CompanyKind.CLIENT, name="New", version=3)
        async with market.h.tx() as tx:
            assert (await tx.get(Company, company_id)).name == "New"


class TestRenamedCompanies:
    def _changed(self, company_id, name, version):
        return CompanyDetailsChanged(
            version=version,
            company_id=company_id,
            legal={
                "name": name,
                "country": "FR",
                "siret": "73282932000074",
                "vat_number": None,
                "tax_status": "vat_exempt",
                "address": {"line1": "1 rue A", "postcode": "75001", "city": "Paris", "country": "FR"},
            },
            bank_details_on_file=True,
            changed_at=datetime.now(UTC),
        )

    async def _name(self, market, company_id):
        async with market.h.tx() as tx:
            return (await tx.get(Company, company_id)).name

    async def test_show_their_new_name_and_never_an_older_one(self, market):
        company_id = uuid4()
        await market.validate(company_id, CompanyKind.PROVIDER, name="Old", version=2)
        await market.h.deliver(self._changed(company_id, "New", 4))
        await market.h.deliver(self._changed(company_id, "Between", 3))
        assert await self._name(market, company_id) == "New"
        await market.validate(company_id, CompanyKind.PROVIDER, name="Old", version=2)
        assert await self._name(market, company_id) == "New"

    async def test_wait_for_their_validation(self, market):
        company_id = uuid4()
        with pytest.raises(NotReady):
            await market.h.deliver(self._changed(company_id, "New", 4))


class TestAffiliations:
    async def test_the_same_event_twice_has_one_effect(self, market):
        caller = market.h.member(Role.CONSULTANT)
        event = await market.affiliate(caller)
        event_id = await market.h.deliver(event)
        await market.h.deliver(event, event_id=event_id)
        async with market.h.tx() as tx:
            count = select(func.count()).where(Affiliation.member_id == caller.member_id)
            assert await tx.scalar(count) == 1

    async def test_an_older_version_is_ignored(self, market):
        caller, affiliation_id = market.h.member(Role.CONSULTANT), uuid4()
        await market.affiliate(caller, "New", affiliation_id=affiliation_id, version=2)
        await market.affiliate(caller, "Old", affiliation_id=affiliation_id, version=1)
        async with market.h.tx() as tx:
            assert (await affiliation_of(tx, caller.company, caller.member_id)).display_name == "New"

    async def test_a_changed_role_counts_at_once(self, market):
        buyer, affiliation_id = market.h.member(Role.RESPONSABLE_PROJET), uuid4()
        await market.affiliate(buyer, affiliation_id=affiliation_id)
        rfp = await market.drafted(buyer)
        await market.validate(buyer.company, CompanyKind.CLIENT)
        await market.sign(buyer.company, ContractKind.PRINCIPAL)
        await market.affiliate(buyer, affiliation_id=affiliation_id, role=Role.ACHETEUR, version=2)
        answer = await market.call("POST", f"/rfps/{rfp['id']}/publication", buyer)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_operational_manager")

    async def test_the_latest_of_two_affiliations_counts(self, market):
        caller = market.h.member(Role.CONSULTANT)
        first = await market.affiliate(caller, "Then")
        await market.affiliate(caller, "Now", granted_at=first.granted_at + timedelta(seconds=1))
        async with market.h.tx() as tx:
            assert (await affiliation_of(tx, caller.company, caller.member_id)).display_name == "Now"


class TestContracts:
    @pytest.mark.parametrize("kind", list(ContractKind))
    async def test_the_same_event_twice_has_one_effect(self, market, kind):
        company_id = uuid4()
        event = await market.sign(company_id, kind)
        await market.h.deliver(event)
        async with market.h.tx() as tx:
            kinds = (await tx.scalars(select(Contract.kind).where(Contract.company_id == company_id))).all()
        assert kinds == [kind]
