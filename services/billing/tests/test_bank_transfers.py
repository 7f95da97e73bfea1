"""The platform's own transfers, as statements show them; and what a client's payment sets going (BL-10)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from billing_months import MissionMonth
from billing_payments import BACK_TO_BACK, Finance
from camt_builder import Line
from issued_invoices import Seller
from sqlalchemy import select

from billing.ledger.domain import Account
from billing.ledger.posting import balance
from billing.payment.domain import OrderStatus, PaymentOrder
from contracts.billing import InvoicePaid, PaymentScheduled
from contracts.contracting import PaymentOption
from contracts.roles import Role
from contracts.values import CENT

DUE = MissionMonth().with_(option=PaymentOption.FLASH)


@pytest.fixture
def finance(h, given):
    return Finance(h, given)


async def transfers_account(h):
    async with h.tx() as tx:
        return (await balance(tx, Account.TRANSFERS)).amount


async def paid(finance, count=1):
    """So many payables, handed to the bank in one run; each with its order."""
    payables = [await finance.payable() for _ in range(count)]
    run = await finance.pay()
    orders = await finance.orders(run)
    return run, [(each, orders[each.id]) for each in payables]


def out(order, **changes):
    return Line(order["amount"]["amount"], credit=False, end_to_end=order["end_to_end_id"], **changes)


def back(order, **changes):
    return Line(order["amount"]["amount"], end_to_end=order["end_to_end_id"], **changes)


class TestTransfers:
    @pytest.mark.req("BL-24")
    async def test_the_banks_reference_pays_the_invoice_and_its_provider_sees_it(self, h, desk, finance):
        _, ((payable, order),) = await paid(finance)
        before = await transfers_account(h) + Decimal(order["amount"]["amount"])
        await desk.receive(out(order))
        await desk.match()
        assert (await payable.read())["status"] == "paid"
        assert await transfers_account(h) == before
        shown = await h.client.get(f"/invoices/{payable.id}/matches", headers=payable.given.seller())
        (transfer,) = shown.json()["transfers"]
        assert (transfer["direction"], transfer["amount"]) == ("out", order["amount"])
        assert transfer["end_to_end_id"] == order["end_to_end_id"]
        told = [event for event in await h.emitted(InvoicePaid) if str(event.invoice_id) == payable.id]
        assert [event.paid_on for event in told] == [date.fromisoformat(transfer["booked_on"])]

    async def test_another_company_and_another_sales_manager_see_nothing(self, h, desk, finance):
        _, ((payable, _),) = await paid(finance)
        for headers in (
            h.headers(h.member(Role.GERANT)),
            await payable.given.supervising(h.member().member_id),
        ):
            answer = await h.client.get(f"/invoices/{payable.id}/matches", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "invoice_not_found")
        followed = await payable.given.selling(Role.COMMERCIAL)
        assert (await h.client.get(f"/invoices/{payable.id}/matches", headers=followed)).status_code == 200

    async def test_a_file_booked_as_one_movement_pays_all_of_its_invoices(self, desk, finance):
        run, payments = await paid(finance, 3)
        total = (await finance.get(f"/staff/payment-runs/{run['id']}")).json()["amount"]["amount"]
        await desk.receive(Line(total, credit=False, batch=run["id"].replace("-", "")))
        await desk.match()
        assert [(await payable.read())["status"] for payable, _ in payments] == ["paid"] * 3

    async def test_another_amount_waits_for_somebody(self, desk, finance):
        _, ((payable, order),) = await paid(finance)
        less = Decimal(order["amount"]["amount"]) - 1
        (movement,) = await desk.receive(Line(f"{less}", credit=False, end_to_end=order["end_to_end_id"]))
        await desk.match()
        assert (await desk.movement(movement))["status"] == "unmatched"
        assert (await payable.read())["status"] == "in_payment"

    async def test_one_movement_of_several_is_matched_by_hand_one_by_one(self, desk, finance):
        _, payments = await paid(finance, 2)
        total = sum(Decimal(order["amount"]["amount"]) for _, order in payments)
        (movement,) = await desk.receive(Line(f"{total}", credit=False))
        await desk.match()
        for payable, order in payments:
            answer = await desk.put(movement, "transfer", order["id"], order["amount"]["amount"])
            assert answer.status_code == 201, answer.text
            assert (await payable.read())["status"] == "paid"
        assert (await desk.movement(movement))["status"] == "matched"

    async def test_a_transfer_is_matched_whole_once_and_not_taken_back(self, desk, finance):
        _, ((_, order),) = await paid(finance)
        movements = await desk.receive(out(order), Line(order["amount"]["amount"], credit=False))
        assert (await desk.put(movements[1], "transfer", order["id"], "1.00")).json()["code"] == "too_much_matched"
        match = await desk.put(movements[1], "transfer", order["id"], order["amount"]["amount"])
        assert (await desk.undo(match.json())).json()["code"] == "match_stands"
        again = await desk.put(movements[0], "transfer", order["id"], order["amount"]["amount"])
        assert (again.status_code, again.json()["code"]) == (409, "illegal_move")
        await desk.match()
        assert (await desk.movement(movements[0]))["status"] == "unmatched"

    async def test_one_that_comes_back_is_paid_again_by_the_next_run(self, h, desk, finance):
        _, ((payable, order),) = await paid(finance)
        before = await transfers_account(h) + Decimal(order["amount"]["amount"])
        await desk.receive(back(order, remittance="AC04 CLOSED ACCOUNT"))
        await desk.match()
        assert (await payable.read())["status"] == "in_payment"
        await desk.receive(out(order))
        for minutes in (1, 2):
            await desk.match(h.clock() + timedelta(minutes=minutes))
        assert (await payable.read())["status"] == "scheduled"
        assert await transfers_account(h) == before
        async with h.tx() as tx:
            row = await tx.scalar(select(PaymentOrder).where(PaymentOrder.end_to_end_id == order["end_to_end_id"]))
        assert (row.status, row.return_reason) == (OrderStatus.RETURNED, "AC04 CLOSED ACCOUNT")
        again = (await finance.orders(await finance.pay()))[payable.id]
        assert again["end_to_end_id"] == order["end_to_end_id"] + "-2"

    async def test_one_that_somebody_called_returned_before_the_money_came_is_matched_with_it(self, h, desk, finance):
        _, ((payable, order),) = await paid(finance)
        before = await transfers_account(h) + Decimal(order["amount"]["amount"])
        await desk.receive(out(order))
        await desk.match()
        assert (await finance.post(f"/staff/payment-orders/{order['id']}/return", reason="AC04")).status_code == 200
        await desk.receive(back(order))
        await desk.match()
        assert await transfers_account(h) == before
        assert (await payable.read())["status"] == "scheduled"


class TestBackToBack:
    """The client's invoice of the provider's month: its source is the BPF."""

    async def month(self, h, finance, terms=BACK_TO_BACK, **changes):
        payable = await finance.payable(terms, **changes)
        invoice = await Seller(h).of_month(payable.given.bpf)
        return payable, invoice

    @pytest.mark.req("BL-10")
    async def test_the_clients_payment_in_full_schedules_the_providers(self, h, desk, finance):
        payable, invoice = await self.month(h, finance)
        assert (await payable.read())["status"] == "awaiting_client_payment"
        await desk.receive(Line(f"{invoice.gross.amount - CENT}", remittance=invoice.number))
        await desk.match()
        assert (await payable.read())["status"] == "awaiting_client_payment"
        (last,) = await desk.receive(Line("0.01", remittance=invoice.number))
        await desk.match()
        found = await payable.read()
        assert (found["status"], found["payment_on"]) == ("scheduled", last["booked_on"])
        told = [event for event in await h.emitted(PaymentScheduled) if str(event.invoice_id) == payable.id]
        assert [str(event.payment_on) for event in told] == [last["booked_on"]]

    @pytest.mark.req("BL-10")
    async def test_a_match_taken_back_makes_it_wait_again(self, h, desk, finance):
        payable, invoice = await self.month(h, finance)
        (movement,) = await desk.receive(Line(f"{invoice.gross.amount}"))
        match = (await desk.settle(movement, invoice, f"{invoice.gross.amount}")).json()
        assert (await payable.read())["status"] == "scheduled"
        await desk.undo(match)
        found = await payable.read()
        assert (found["status"], found["payment_on"]) == ("awaiting_client_payment", None)

    @pytest.mark.req("BL-18", "BL-19")
    async def test_a_guaranteed_date_stays_whenever_the_client_pays(self, h, desk, finance):
        payable, invoice = await self.month(h, finance, DUE)
        before = await payable.read()
        (movement,) = await desk.receive(Line(f"{invoice.gross.amount}"))
        match = (await desk.settle(movement, invoice, f"{invoice.gross.amount}")).json()
        assert await payable.read() == before
        await desk.undo(match)
        assert await payable.read() == before
