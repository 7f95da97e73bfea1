"""The platform's order: each gate alone open stops it, all closed issue it once, with a number of its own."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text

from chassis.numbering import next_number
from chassis.testing import eventually
from contracting.bdc.domain import Bdc
from contracting.mission.consumers import record_compliance_on_ComplianceChanged
from contracts.contracting import BdcIssued
from contracts.notification import NotificationRequested
from contracts.roles import Role, StaffScope
from contracts.values import Money, Period

OPEN_GATES = [
    ("validate_client", "documents", "company_not_validated", "platform"),
    ("validate_provider", "documents", "company_not_validated", "platform"),
    ("comply_client", "documents", "documents_not_reviewed", "client"),
    ("comply_provider", "documents", "documents_not_reviewed", "provider"),
    ("sign_client", "signatory_capacity", "contract_not_signed", "client"),
    ("order", "client_order", "client_order_missing", "client"),
    ("bank", "platform_order", "bank_details_missing", "provider"),
    ("option", "platform_order", "payment_option_missing", "provider"),
]


async def refused(deal) -> list[tuple[str, str, str]]:
    """What the refusal names: gate, code, side. Nothing must have happened."""
    answer = await deal.issue()
    assert (answer.status_code, answer.json()["code"]) == (409, "gates_open"), answer.text
    assert await deal.of(BdcIssued) == []
    assert (await deal.mission())["status"] == "legal_verification"
    return [(one["field"], one["code"], one["detail"].split(":")[0]) for one in answer.json()["errors"]]


@pytest.mark.req("CT-10", "CT-12")
class TestGates:
    @pytest.mark.req("CO-14", "CO-50", "CT-07", "CT-08", "CT-09")
    @pytest.mark.parametrize(("left_out", "gate", "code", "side"), OPEN_GATES)
    async def test_each_one_open_stops_the_order_and_is_named(self, deal, left_out, gate, code, side):
        await deal.ready(left_out)
        assert (gate, code, side) in await refused(deal)

    @pytest.mark.req("CT-08")
    async def test_an_unsigned_framework_contract_stops_the_order(self, deal):
        await deal.ready("sign_provider", option="basic")
        assert await refused(deal) == [("signatory_capacity", "contract_not_signed", "provider")]

    @pytest.mark.req("CT-08", "CT-03")
    @pytest.mark.parametrize("side", ["client", "provider"])
    async def test_a_signatory_whom_staff_did_not_verify_stops_the_order(self, h, deal, side):
        await deal.ready()
        await h.deliver(getattr(deal, side).validated(version=3, verified_signatories=[]))
        assert await refused(deal) == [("signatory_capacity", "signatory_not_verified", "platform")]

    @pytest.mark.req("CT-11", "CO-50", "CO-37")
    @pytest.mark.parametrize("side", ["client", "provider"])
    async def test_documents_are_judged_on_the_day_of_the_order(self, h, deal, side):
        await deal.ready()
        await h.deliver(getattr(deal, side).compliance(version=2, valid_until=date(2026, 11, 16)))
        h.clock.set(datetime(2026, 11, 16, 23, 30, tzinfo=UTC))  # the 17th in Paris
        assert await refused(deal) == [("documents", "documents_expired", side)]
        h.clock.set(datetime(2026, 11, 16, 22, 30, tzinfo=UTC))  # still the 16th
        assert (await deal.issue()).status_code == 201

    async def test_an_option_that_the_country_does_not_have_any_more_stops_the_order(self, h, deal):
        await deal.ready()
        await h.deliver(deal.provider.changed(version=3, country="BE"))
        assert await refused(deal) == [("platform_order", "payment_option_not_available", "provider")]

    async def test_everything_open_at_once_is_named_at_once(self, deal):
        await deal.retain()
        gates = {gate for gate, _, _ in await refused(deal)}
        assert gates == {"documents", "signatory_capacity", "client_order", "platform_order"}

    @pytest.mark.req("CT-11")
    async def test_a_gate_that_opens_between_check_and_order_is_caught(self, h, deal):
        await deal.ready()
        async with h.tx() as tx:
            lost = deal.provider.compliance(version=2, missing=["urssaf_attestation"])
            await record_compliance_on_ComplianceChanged(lost, tx)
            issuing = asyncio.create_task(deal.issue())
            await eventually(lambda: somebody_waits(h))
        answer = await issuing
        assert (answer.status_code, answer.json()["code"]) == (409, "gates_open")
        assert await deal.of(BdcIssued) == []


async def somebody_waits(h) -> bool:
    async with h.tx() as other:
        blocked = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(await other.scalar(text(blocked)))


class TestIssue:
    @pytest.mark.req("CT-10", "CT-22", "CT-30")
    async def test_the_event_carries_the_frozen_terms(self, deal):
        await deal.ready()
        bdc = (await deal.issue()).json()
        [event] = await deal.of(BdcIssued)
        mission = await deal.mission()
        assert (str(event.bdc_id), event.reference, str(event.mission_id)) == (
            bdc["id"],
            bdc["reference"],
            deal.mission_id,
        )
        assert (event.client_company_id, event.provider_company_id) == (deal.client.id, deal.provider.id)
        assert (event.consultant_id, event.consultant_name) == (deal.consultant_id, "Ada L.")
        assert str(event.operational_manager_id) == mission["operational_manager_id"]
        assert (event.daily_rate, event.days) == (Money.of("500"), 18)
        assert event.period == Period(start=date(2026, 12, 1), end=date(2026, 12, 31))
        assert (event.payment_option, event.payment_regime) == ("express", "guaranteed_date")
        assert (event.client_order_reference, event.title, event.version) == ("CMD-42", "Data platform", 1)
        assert (mission["bdc_id"], mission["bdc_reference"]) == (bdc["id"], bdc["reference"])
        assert not mission["ready_to_issue"]

    async def test_the_event_tells_kind_of_work_and_workplace_as_they_were_asked_for(self, deal):
        await deal.ready(work_type="fixed_price", workplace="FR-67")
        assert (await deal.issue()).status_code == 201
        [event] = await deal.of(BdcIssued)
        assert (event.work_type, event.workplace) == ("fixed_price", "FR-67")

    @pytest.mark.req("CT-22")
    async def test_the_order_states_fee_base_and_settlement(self, deal):
        await deal.ready(option="flash")
        bdc = (await deal.issue()).json()
        assert bdc["total"]["amount"] == "9000.00"
        assert bdc["fee"] == {
            "type": "percentage_of_daily_rate",
            "rate_percent": "5.0",
            "base": {"amount": "9000.00", "currency": "EUR"},
            "amount": {"amount": "450.00", "currency": "EUR"},
        }
        assert bdc["settlement"] == {"trigger": "cra_validated", "days": 3, "counted_in": "business_days"}

    @pytest.mark.req("CT-22")
    async def test_a_provider_abroad_is_settled_once_the_client_has_paid(self, deal_from):
        deal = deal_from("BE")
        await deal.ready(option="basic")
        bdc = (await deal.issue()).json()
        assert (bdc["payment_regime"], bdc["fee"]["type"], bdc["fee"]["amount"]["amount"]) == (
            "back_to_back",
            "none",
            "0.00",
        )
        assert bdc["settlement"] == {"trigger": "client_paid", "days": None, "counted_in": None}

    async def test_both_sides_are_told(self, h, deal):
        await deal.ready()
        bdc = (await deal.issue()).json()
        [told] = [one for one in await h.emitted(NotificationRequested) if str(one.subject_id) == bdc["id"]]
        assert told.template == "bdc_issued"
        assert {one.company_id for one in told.roles} == {deal.client.id, deal.provider.id}
        assert told.context == {
            "bdc_reference": bdc["reference"],
            "title": "Data platform",
            "consultant_name": "Ada L.",
            "start": "2026-12-01",
            "end": "2026-12-31",
        }

    async def test_refused_a_second_time(self, deal):
        await deal.ready()
        await deal.issue()
        again = await deal.issue()
        assert (again.status_code, again.json()["code"]) == (409, "bdc_already_issued")
        assert len(await deal.of(BdcIssued)) == 1

    async def test_ten_requests_at_once_issue_exactly_one(self, deal):
        await deal.ready()
        answers = await asyncio.gather(*(deal.issue() for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
        assert len(await deal.of(BdcIssued)) == 1

    async def test_the_same_request_sent_again_gets_the_same_order(self, deal):
        await deal.ready()
        key = {"headers": {"Idempotency-Key": deal.mission_id}}
        first, second = await deal.issue(**key), await deal.issue(**key)
        assert (first.status_code, first.json()) == (second.status_code, second.json())

    @pytest.mark.parametrize("role", Role)
    async def test_is_for_staff_only(self, deal, role):
        await deal.ready()
        side = deal.provider if role in {"consultant", "commercial", "gerant", "freelance"} else deal.client
        assert (await deal.issue(by=side.member(role))).status_code == 403

    @pytest.mark.parametrize("scope", [StaffScope.COMPLIANCE, StaffScope.SUPPORT])
    async def test_is_for_the_contracts_scope_only(self, h, deal, scope):
        await deal.ready()
        assert (await deal.issue(by=h.staff(scope))).status_code == 403

    async def test_an_unknown_mission_is_not_found(self, deal):
        deal.mission_id = str(deal.proposal_id)
        assert (await deal.issue()).status_code == 404


class TestNumber:
    async def test_orders_at_once_and_refusals_between_leave_no_gap(self, h, deal, deal_from):
        deals = [deal_from("FR") for _ in range(4)]
        for one in deals:
            await one.ready()
        await deal.ready("order")
        async with h.tx() as tx:
            before = await next_number(tx, "PO") - 1
            await tx.rollback()
        answers = await asyncio.gather(*(one.issue() for one in [*deals, deal]))
        references = [answer.json()["reference"] for answer in answers[:-1]]
        assert answers[-1].status_code == 409
        assert sorted(references) == [f"PO-{before + n:05d}-1" for n in range(1, 5)]

    @pytest.mark.parametrize(
        ("number", "reference"), [(1, "PO-00001-1"), (99999, "PO-99999-1"), (100000, "PO-100000-1")]
    )
    async def test_has_five_digits_as_long_as_they_last(self, h, deal, number, reference):
        await deal.ready()
        await deal.issue()
        async with h.tx() as tx:
            [bdc] = await tx.scalars(select(Bdc).where(Bdc.provider_company_id == deal.provider.id))
            bdc.number(number)
            assert bdc.reference == reference
            await tx.rollback()
