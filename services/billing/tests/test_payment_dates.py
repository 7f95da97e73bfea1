"""When a payment falls due: guaranteed, after the client's, or at once; and what the client's payment moves."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from billing_months import MissionMonth
from billing_payments import BACK_TO_BACK, TODAY, Finance, fresh
from facturx_builder import invoice_pdf

from billing.payment.progress import client_has_paid, client_payment_undone
from contracts.billing import PaymentScheduled
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.notification import NotificationRequested
from contracts.roles import Role

MONDAY = date(2026, 11, 23)


@pytest.fixture
def finance(h, given):
    return Finance(h, given)


async def client_pays(h, found, on=TODAY):
    async with h.tx() as tx:
        await client_has_paid(tx, found.given.bpf["id"], on)


async def choose(given, mission_id=None, headers=None):
    path = f"/missions/{mission_id or given.month.mission_id}/immediate-payment"
    return await given.h.client.post(path, headers=headers or given.seller())


async def scheduled(h, found):
    return [event for event in await h.emitted(PaymentScheduled) if str(event.invoice_id) == found.id]


class TestBackToBack:
    @pytest.mark.req("BL-10", "BL-13")
    async def test_waits_for_the_client_and_is_payable_once_they_paid(self, h, finance):
        waiting = await finance.payable(BACK_TO_BACK)
        assert (waiting.invoice["status"], waiting.invoice["payment_on"]) == ("awaiting_client_payment", None)
        assert waiting.invoice["fee"]["amount"] == "0.00"
        other = await finance.payable()
        assert waiting.id not in await finance.orders(await finance.propose())
        await client_pays(h, waiting, date(2026, 11, 21))
        shown = await waiting.read()
        assert (shown["status"], shown["payment_on"]) == ("scheduled", str(MONDAY))
        (event,) = await scheduled(h, waiting)
        assert (event.payment_on, event.cra_id) == (MONDAY, waiting.given.month.cra_id)
        told = [e for e in await h.emitted(NotificationRequested) if str(e.subject_id) == waiting.id]
        assert [(e.template, e.context["payment_date"]) for e in told] == [("payment_scheduled", str(MONDAY))]
        assert (await other.read())["status"] == "scheduled"

    @pytest.mark.req("BL-10")
    async def test_an_invoice_that_comes_after_the_clients_payment_is_payable_at_once(self, h, given):
        month = await given(fresh(BACK_TO_BACK))
        async with h.tx() as tx:
            await client_has_paid(tx, month.bpf["id"], TODAY)
        said = (await month.post(invoice_pdf(month.bpf))).json()
        assert (said["status"], said["payment_on"]) == ("scheduled", str(TODAY))

    async def test_is_scheduled_once_however_often_the_client_is_said_to_have_paid(self, h, finance):
        waiting = await finance.payable(BACK_TO_BACK)
        await asyncio.gather(*(client_pays(h, waiting, on) for on in (TODAY, TODAY, MONDAY)))
        assert len(await scheduled(h, waiting)) == 1

    async def test_an_import_and_the_clients_payment_at_once_leave_it_payable(self, h, given):
        for _ in range(5):
            month = await given(fresh(BACK_TO_BACK))

            async def pays(bpf=month.bpf):
                async with h.tx() as tx:
                    await client_has_paid(tx, bpf["id"], TODAY)

            answer, _ = await asyncio.gather(month.post(invoice_pdf(month.bpf)), pays())
            shown = await h.client.get(f"/invoices/{answer.json()['id']}", headers=month.seller())
            assert (shown.json()["status"], shown.json()["payment_on"]) == ("scheduled", str(TODAY))

    async def test_waits_again_when_the_match_is_taken_back_unless_it_is_in_payment(self, h, finance):
        waiting, leaving = [await finance.payable(BACK_TO_BACK) for _ in range(2)]
        await client_pays(h, leaving)
        await finance.pay()
        await client_pays(h, waiting)
        for each in (waiting, leaving):
            async with h.tx() as tx:
                await client_payment_undone(tx, each.given.bpf["id"])
        assert ((await waiting.read())["status"], (await waiting.read())["payment_on"]) == (
            "awaiting_client_payment",
            None,
        )
        assert (await leaving.read())["status"] == "in_payment"

    async def test_on_hold_it_learns_its_date_and_stays_on_hold(self, h, finance):
        held = await finance.payable(BACK_TO_BACK)
        await finance.post(f"/staff/invoices/{held.id}/hold", reason="contested")
        await client_pays(h, held)
        shown = await held.read()
        assert (shown["status"], shown["payment_on"], shown["hold_reason"]) == ("on_hold", str(TODAY), "contested")
        await finance.post(f"/staff/invoices/{held.id}/release")
        assert (await held.read())["status"] == "scheduled"

    async def test_released_without_a_date_it_waits_for_the_client(self, finance):
        held = await finance.payable(BACK_TO_BACK)
        await finance.post(f"/staff/invoices/{held.id}/hold", reason="contested")
        answer = await finance.post(f"/staff/invoices/{held.id}/release")
        assert answer.json()["status"] == "awaiting_client_payment"
        again = await finance.post(f"/staff/invoices/{held.id}/release")
        assert again.json()["code"] == "illegal_move"


class TestGuaranteed:
    @pytest.mark.req("BL-18", "BL-19")
    @pytest.mark.parametrize("paid_on", [date(2026, 11, 3), date(2027, 3, 1)])
    async def test_does_not_move_whenever_the_client_pays(self, h, finance, paid_on):
        due = await finance.payable(option=PaymentOption.EXPRESS)
        await client_pays(h, due, paid_on)
        shown = await due.read()
        assert (shown["status"], shown["payment_on"]) == ("scheduled", "2026-12-02")
        assert await scheduled(h, due) == []

    @pytest.mark.req("BL-19")
    async def test_is_paid_though_the_client_has_not(self, finance):
        due = await finance.payable()
        await finance.pay()
        assert (await due.read())["status"] == "in_payment"

    @pytest.mark.req("BL-25")
    async def test_two_missions_of_one_provider_each_keep_their_own_regime(self, h, given):
        guaranteed = MissionMonth().with_(option=PaymentOption.EXPRESS)
        first = await given(guaranteed)
        said = (await first.post(invoice_pdf(first.bpf, number="A-1"))).json()
        second = fresh(BACK_TO_BACK).with_(provider_id=guaranteed.provider_id, identity=guaranteed.identity)
        later = await given(second)
        other = (await later.post(invoice_pdf(later.bpf, number="A-2"))).json()
        assert (said["payment_regime"], said["payment_on"]) == ("guaranteed_date", "2026-12-02")
        assert (other["payment_regime"], other["payment_on"]) == ("back_to_back", None)


class TestImmediate:
    @pytest.mark.req("BL-11", "BL-12")
    async def test_overrides_back_to_back_for_twenty_euros_a_day(self, h, given):
        month = await given(fresh(BACK_TO_BACK))
        chosen = await choose(month)
        assert (chosen.status_code, chosen.json()["immediate_from"]) == (201, str(TODAY))
        said = (await month.post(invoice_pdf(month.bpf))).json()
        assert (said["fee"]["amount"], said["net_after_fee"]["amount"]) == ("360.00", "8640.00")
        assert (said["status"], said["payment_on"], said["immediate"]) == ("scheduled", "2026-11-25", True)

    @pytest.mark.req("BL-11")
    async def test_runs_from_the_validation_when_it_was_chosen_before(self, h, given):
        terms = fresh(BACK_TO_BACK, validated_at=datetime(2026, 11, 20, 9, tzinfo=UTC), month="2026-10")
        month = await given(terms)
        await choose(month)
        said = (await month.post(invoice_pdf(month.bpf, issued_on=TODAY))).json()
        assert said["payment_on"] == "2026-11-25"

    async def test_changes_no_invoice_that_is_there(self, finance):
        waiting = await finance.payable(BACK_TO_BACK)
        assert (await choose(waiting.given)).status_code == 201
        assert (await waiting.read())["status"] == "awaiting_client_payment"

    async def test_is_chosen_once(self, given):
        month = await given(fresh(BACK_TO_BACK))
        answers = await asyncio.gather(*(choose(month) for _ in range(4)))
        assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]

    async def test_is_not_for_a_guaranteed_date(self, given):
        answer = await choose(await given())
        assert (answer.status_code, answer.json()["code"]) == (422, "immediate_payment_not_available")

    async def test_is_for_the_missions_own_sellers(self, h, given):
        month = await given(fresh(BACK_TO_BACK))
        assert (await choose(month, headers=h.headers(h.member(Role.GERANT)))).json()["code"] == "mission_not_found"
        assert (await choose(month, headers=month.seller(Role.CONSULTANT))).status_code == 403
        assert (await choose(month, headers=month.seller(Role.COMMERCIAL))).status_code == 404
        assert (await choose(month, mission_id=uuid4())).status_code == 404
        assert (await choose(month, headers=await month.supervising(month.month.consultant_id))).status_code == 201


async def test_fees_are_withheld_whatever_the_regime(finance):
    paid = {}
    for option in PaymentOption:
        found = await finance.payable(option=option)
        paid[option] = Decimal(found.invoice["payable"]["amount"])
    assert list(paid.values()) == [Decimal(10800), Decimal(10575), Decimal(10350)]
    free = await finance.payable(BACK_TO_BACK, option=PaymentOption.FLASH, regime=PaymentRegime.BACK_TO_BACK)
    assert free.invoice["payable"]["amount"] == "10800.00"
