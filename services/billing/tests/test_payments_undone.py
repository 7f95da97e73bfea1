"""What happens to a payment when something behind it is taken back while it is on its way."""

from datetime import timedelta
from decimal import Decimal

import pytest
from billing_months import NOW, MissionMonth
from billing_payments import BACK_TO_BACK, FLASH, TODAY, Finance, Payable, account_of, fresh
from billing_people import sign
from camt_builder import Line
from facturx_builder import invoice_pdf
from issued_invoices import Seller
from self_billing_steps import contest, decide, invoice_of, issued
from test_bpf_lines import correction, work

from billing.invariants import broken
from billing.ledger.domain import Account
from billing.ledger.posting import balance
from contracts.contracting import PaymentOption


@pytest.fixture
def finance(h, given):
    return Finance(h, given)


async def owed_to(h, provider_id):
    async with h.tx() as tx:
        assert await broken(tx) == {}
        return -(await balance(tx, Account.PROVIDERS, provider_id)).amount


async def give_back(finance, order, reason="AC04"):
    return await finance.post(f"/staff/payment-orders/{order['id']}/return", reason=reason)


async def another(finance, given, former, number, **changes):
    """Another invoice of the same provider."""
    terms = fresh(FLASH, **changes).with_(provider_id=former.provider_id, identity=former.given.month.identity)
    month = await given(terms)
    answer = await month.post(invoice_pdf(month.bpf, number=number))
    assert answer.status_code == 201, answer.text
    return Payable(month, answer.json())


def out(order):
    return Line(order["amount"]["amount"], credit=False, end_to_end=order["end_to_end_id"])


def back(order):
    return Line(order["amount"]["amount"], end_to_end=order["end_to_end_id"])


class TestBeforeTheBankIsTold:
    async def approved(self, finance):
        due = await finance.payable()
        run = await finance.propose()
        assert (await finance.approve(run)).status_code == 200
        return due, run, (await finance.orders(run))[due.id]

    async def test_a_payment_is_stopped_and_nothing_is_booked(self, h, finance):
        due, run, order = await self.approved(finance)
        assert (await give_back(finance, order)).json()["status"] == "returned"
        assert await owed_to(h, due.provider_id) == 10350
        assert (await finance.export(run)).status_code == 201
        assert (await due.read())["status"] == "scheduled"
        assert await owed_to(h, due.provider_id) == 10350

    async def test_no_movement_shows_a_payment(self, h, finance, desk):
        due, _, order = await self.approved(finance)
        (movement,) = await desk.receive(Line(order["amount"]["amount"], credit=False))
        answer = await desk.put(movement, "transfer", order["id"], order["amount"]["amount"])
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
        assert (await due.read())["status"] == "in_payment"
        assert await owed_to(h, due.provider_id) == 10350


class TestSetOff:
    async def test_what_was_set_off_whole_cannot_come_back(self, h, given, finance):
        paid = await finance.paid()
        await paid.credit()
        small = await another(finance, given, paid, "S-1", days="8")
        order = (await finance.orders(await finance.pay()))[small.id]
        answer = await give_back(finance, order)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
        assert (await small.read())["status"] == "paid"
        assert await owed_to(h, paid.provider_id) == 4600 - 10350


class TestReturnOfACancelledInvoice:
    async def paid_and_cancelled(self, finance, desk):
        due = await finance.payable()
        order = (await finance.orders(await finance.pay()))[due.id]
        await desk.receive(out(order))
        await desk.match()
        assert (await due.credit()).status_code == 201
        return due, order

    @pytest.mark.req("BL-22")
    async def test_ends_what_its_provider_owes(self, h, given, finance, desk):
        due, order = await self.paid_and_cancelled(finance, desk)
        assert await owed_to(h, due.provider_id) == -10350
        (movement,) = await desk.receive(back(order))
        await desk.match()
        assert (await desk.movement(movement))["status"] == "matched"
        assert (await due.read())["status"] == "cancelled"
        assert await owed_to(h, due.provider_id) == 0
        following = await another(finance, given, due, "N-1")
        order = (await finance.orders(await finance.pay()))[following.id]
        assert (order["amount"]["amount"], order["set_off"]["amount"]) == ("10350.00", "0.00")
        assert await owed_to(h, due.provider_id) == 0

    async def test_waits_for_somebody_when_it_was_set_off_meanwhile(self, h, given, finance, desk):
        due, order = await self.paid_and_cancelled(finance, desk)
        await another(finance, given, due, "N-1")
        await finance.propose()
        assert (await give_back(finance, order)).json()["code"] == "illegal_move"
        invoice = await Seller(h).invoice()
        waits, other = await desk.receive(back(order), Line("120.00", remittance=invoice.number))
        await desk.match()
        assert (await desk.movement(waits))["status"] == "unmatched"
        assert (await desk.movement(other))["status"] == "matched"
        assert await owed_to(h, due.provider_id) == 0


class TestComingBack:
    @pytest.mark.req("BL-10")
    async def test_it_waits_for_the_client_whose_payment_was_taken_back_meanwhile(self, h, finance, desk):
        due = await finance.payable(BACK_TO_BACK)
        invoice = await Seller(h).of_month(due.given.bpf)
        gross = f"{invoice.gross.amount}"
        (movement,) = await desk.receive(Line(gross, on=TODAY))
        match = (await desk.settle(movement, invoice, gross)).json()
        order = (await finance.orders(await finance.pay()))[due.id]
        assert (await desk.undo(match)).status_code == 201
        assert (await give_back(finance, order)).status_code == 200
        found = await due.read()
        assert (found["status"], found["payment_on"]) == ("awaiting_client_payment", None)
        await desk.match()
        assert (await due.read())["status"] == "awaiting_client_payment"
        assert await owed_to(h, due.provider_id) == Decimal(found["payable"]["amount"])

    async def test_it_is_held_while_its_provider_contests_it(self, h, given, finance):
        month = MissionMonth(option=PaymentOption.FLASH, validated_at=NOW, month="2026-11")
        self_bill = await self.self_billed(h, month)
        h.clock.set(NOW + timedelta(days=5))
        try:
            later = Finance(h, given)
            order = (await later.orders(await later.pay(TODAY + timedelta(days=5))))[self_bill["invoice_id"]]
            assert (await contest(h, month, self_bill)).json()["status"] == "contested"
            assert (await give_back(later, order)).status_code == 200
            assert (await invoice_of(h, month, self_bill))["status"] == "on_hold"
            released = await later.post(f"/staff/invoices/{self_bill['invoice_id']}/release")
            assert released.json()["code"] == "illegal_move"
            await decide(h, self_bill, "settlement", upheld=True, remark="It stands")
            assert (await invoice_of(h, month, self_bill))["status"] == "scheduled"
        finally:
            h.clock.set(NOW)

    async def test_a_contest_that_ends_leaves_what_finance_holds(self, h, finance):
        month = MissionMonth(option=PaymentOption.FLASH, validated_at=NOW, month="2026-11")
        self_bill = await self.self_billed(h, month)
        await finance.post(f"/staff/invoices/{self_bill['invoice_id']}/hold", reason="seized by a court")
        await contest(h, month, self_bill)
        await decide(h, self_bill, "settlement", upheld=True, remark="It stands")
        found = await invoice_of(h, month, self_bill)
        assert (found["status"], found["hold_reason"]) == ("on_hold", "seized by a court")

    async def self_billed(self, h, month):
        await h.deliver(account_of(month.provider_id, NOW - timedelta(days=30)))
        await h.deliver(month.company_validated)
        assert (await sign(h, month.provider_id)).status_code == 201
        for event in (month.client_validated, month.bdc_issued, month.cra_validated):
            await h.deliver(event)
        return await issued(h, month)


@pytest.mark.req("BL-22")
async def test_a_credit_note_is_not_taken_back_by_another_one_and_runs_go_on(h, given, finance):
    billed = await finance.payable()
    same = {name: getattr(billed.given.month, name) for name in ("provider_id", "identity", "mission_id")}
    lines = (work("1"), correction("-3", billed.given.month.bdc_id))
    month = await given(MissionMonth(days="1", month="2026-11", lines=lines, option=PaymentOption.FLASH, **same))
    origin = {"BT-25": billed.invoice["number"], "BT-26": TODAY}
    answer = await month.post(invoice_pdf(month.bpf, lambda said: said.update({"BG-3": [origin]}), number="AV-7"))
    assert answer.status_code == 201, answer.text
    note = Payable(month, answer.json())
    order = (await finance.orders(await finance.pay()))[billed.id]
    assert order["set_off"]["amount"] == "1200.00"
    refused = await note.credit("AV-8")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_creditable")
    assert (await note.read())["status"] == "paid"
    following = await another(finance, given, billed, "N-2")
    order = (await finance.orders(await finance.pay()))[following.id]
    assert order["set_off"]["amount"] == "0.00"
    assert await owed_to(h, billed.provider_id) == 0


async def test_what_somebody_took_back_no_rule_makes_again(seller, desk):
    invoice = await seller.invoice()
    (movement,) = await desk.receive(Line("120.00", remittance=invoice.number))
    await desk.match()
    (match,) = (await desk.matches(invoice))["matches"]
    assert (await desk.undo(match)).status_code == 201
    await desk.match(NOW + timedelta(minutes=1))
    assert (await desk.movement(movement))["status"] == "unmatched"
    assert (await desk.settle(movement, invoice, "120.00")).status_code == 201
