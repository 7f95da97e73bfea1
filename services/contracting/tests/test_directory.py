"""The local copies: any order, any repetition, only the newest counts."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from chassis.errors import NotReady
from contracting.contract.domain import Contract
from contracting.directory.domain import CompanyCompliance, CompanyDetails, CompanyValidation
from contracting.mission.domain import Mission
from contracts.company import Signatory
from contracts.notification import NotificationRequested


async def stored(h, row, company_id):
    async with h.tx() as tx:
        return await tx.get(row, company_id)


class TestCompany:
    async def test_a_validation_brings_details_and_signatories(self, h, deal):
        await h.deliver(deal.provider.validated())
        details = await stored(h, CompanyDetails, deal.provider.id)
        validation = await stored(h, CompanyValidation, deal.provider.id)
        assert (details.country, details.bank_details_on_file) == ("FR", True)
        assert validation.capacities == {deal.provider.head.member_id: "legal_representative"}

    async def test_a_change_of_details_that_overtakes_the_validation_is_kept_and_hides_nothing(self, h, deal):
        side = deal.provider
        await h.deliver(side.changed(version=3, bank=True, name="New name"))
        await h.deliver(side.validated(version=2, bank=False))
        details = await stored(h, CompanyDetails, side.id)
        assert (details.name, details.bank_details_on_file, details.version) == ("New name", True, 3)
        assert (await stored(h, CompanyValidation, side.id)).capacities

    async def test_a_change_alone_does_not_validate_the_company(self, h, deal):
        await h.deliver(deal.provider.changed(version=3))
        assert await stored(h, CompanyValidation, deal.provider.id) is None

    async def test_stale_versions_change_nothing(self, h, deal):
        side = deal.provider
        await h.deliver(side.validated(version=4))
        await h.deliver(side.changed(version=5, name="Newest"))
        await h.deliver(side.changed(version=3, name="Older", bank=False))
        await h.deliver(side.validated(version=2, verified_signatories=[], bank=False))
        details = await stored(h, CompanyDetails, side.id)
        assert (details.name, details.bank_details_on_file) == ("Newest", True)
        assert (await stored(h, CompanyValidation, side.id)).capacities

    async def test_a_second_validation_replaces_the_signatories(self, h, deal):
        await h.deliver(deal.provider.validated(version=2))
        await h.deliver(deal.provider.validated(version=3, verified_signatories=[]))
        assert (await stored(h, CompanyValidation, deal.provider.id)).capacities == {}

    @pytest.mark.req("CO-48")
    async def test_a_newly_verified_signatory_may_sign(self, h, deal):
        side, later = deal.provider, uuid4()
        both = [*side.validated().verified_signatories, Signatory(member_id=later, capacity="delegation")]
        with pytest.raises(NotReady):
            await h.deliver(side.changed(version=5).model_copy(update={"verified_signatories": both}))
        await h.deliver(side.validated(version=2))
        await h.deliver(side.changed(version=5).model_copy(update={"verified_signatories": both}))
        await h.deliver(side.changed(version=4).model_copy(update={"verified_signatories": both[:1]}))
        await h.deliver(side.changed(version=6))
        capacities = (await stored(h, CompanyValidation, side.id)).capacities
        assert capacities == {side.head.member_id: "legal_representative", later: "delegation"}


class TestCompliance:
    async def test_only_a_newer_review_counts(self, h, deal):
        await h.deliver(deal.client.compliance(version=2))
        await h.deliver(deal.client.compliance(version=1, missing=["kbis"]))
        assert (await stored(h, CompanyCompliance, deal.client.id)).compliant
        await h.deliver(deal.client.compliance(version=3, missing=["kbis"]))
        found = await stored(h, CompanyCompliance, deal.client.id)
        assert (found.compliant, found.missing) == (False, ["kbis"])


@pytest.mark.req("CT-01")
class TestContract:
    @pytest.mark.parametrize(("side", "kind"), [("provider", "framework"), ("client", "principal")])
    async def test_a_company_is_led_to_the_contract_of_its_side(self, h, deal, side, kind):
        await h.deliver(getattr(deal, side).registered())
        contract = await deal.contract_of(getattr(deal, side))
        assert (contract["kind"], contract["status"]) == (kind, "to_sign")

    async def test_the_same_registration_twice_drafts_one_contract(self, h, deal):
        event = deal.provider.registered()
        event_id = await h.deliver(event)
        await h.deliver(event, event_id=event_id)
        await h.deliver(event)
        async with h.tx() as tx:
            count = select(func.count()).select_from(Contract).where(Contract.company_id == deal.provider.id)
            assert await tx.scalar(count) == 1


class TestMission:
    async def test_the_same_retained_proposal_twice_opens_one_mission_and_tells_each_side_once(self, h, deal):
        event = deal.retained()
        event_id = await h.deliver(event)
        await h.deliver(event, event_id=event_id)
        await h.deliver(event)
        async with h.tx() as tx:
            [mission] = await tx.scalars(select(Mission).where(Mission.proposal_id == deal.proposal_id))
        told = [one for one in await h.emitted(NotificationRequested) if one.subject_id == mission.id]
        assert {one.roles[0].company_id for one in told} == {deal.client.id, deal.provider.id}
        assert len(told) == 2
