"""A provider's credit note: it alone cancels an imported invoice, and what was paid is set off (BL-22)."""

import asyncio
from datetime import date
from uuid import uuid4

import pytest
from billing_payments import BACK_TO_BACK, FLASH, TODAY, Finance, Payable, account_of, fresh
from facturx_builder import invoice_pdf

from billing.ledger.domain import Account
from billing.ledger.posting import balance
from contracts.billing import InvoiceCancelled, InvoicePaid
from contracts.roles import Role


@pytest.fixture
def finance(h, given):
    return Finance(h, given)


async def owed_to(h, provider_id):
    async with h.tx() as tx:
        return -(await balance(tx, Account.PROVIDERS, provider_id)).amount


async def another(finance, given, former, number, **changes):
    """Another invoice of the same provider."""
    terms = fresh(FLASH, **changes).with_(provider_id=former.provider_id, identity=former.given.month.identity)
    month = await given(terms)
    answer = await month.post(invoice_pdf(month.bpf, number=number))
    assert answer.status_code == 201, answer.text
    return Payable(month, answer.json())


@pytest.mark.req("BL-22")
class TestCancel:
    async def test_a_credit_note_cancels_the_invoice_and_both_net_to_zero(self, h, finance):
        due = await finance.payable()
        assert await owed_to(h, due.provider_id) == 10350
        said = await due.credit()
        assert (said.status_code, said.json()["number"]) == (201, "AV-1")
        assert (await due.read())["status"] == "cancelled"
        assert await owed_to(h, due.provider_id) == 0
        (event,) = [e for e in await h.emitted(InvoiceCancelled) if str(e.invoice_id) == due.id]
        assert (event.credit_note_number, event.cra_id) == ("AV-1", due.given.month.cra_id)
        path = f"/invoices/{due.id}/credit-note"
        assert (await h.client.get(path, headers=due.given.seller())).json() == said.json()
        file = await h.client.get(f"{path}/file", headers=due.given.seller())
        assert file.content.startswith(b"%PDF-")

    async def test_another_invoice_may_be_imported_then(self, finance):
        wrong = await finance.payable()
        await wrong.credit()
        right = await wrong.given.post(invoice_pdf(wrong.given.bpf, number="FA-2", issued_on=TODAY))
        assert right.status_code == 201
        found = Payable(wrong.given, right.json())
        orders = await finance.orders(await finance.propose())
        assert (found.id in orders, wrong.id in orders) == (True, False)

    async def test_once_of_two_at_the_same_time(self, h, finance):
        due = await finance.payable()
        answers = await asyncio.gather(*(due.credit(f"AV-{n}") for n in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert await owed_to(h, due.provider_id) == 0

    async def test_not_while_its_money_is_on_the_way(self, finance):
        due = await finance.payable()
        await finance.pay()
        assert (await due.credit()).json()["code"] == "illegal_move"
        assert (await due.read())["status"] == "in_payment"

    async def test_a_cancelled_invoice_falls_out_of_the_run_that_holds_it(self, finance):
        due, other = await finance.payable(), await finance.payable()
        run = await finance.propose()
        await due.credit()
        await finance.approve(run)
        orders = await finance.orders(run)
        assert (orders[due.id]["status"], orders[other.id]["status"]) == ("dropped", "ordered")

    async def test_one_that_waits_or_is_held_may_be_cancelled(self, finance):
        waiting, held = await finance.payable(BACK_TO_BACK), await finance.payable()
        await finance.post(f"/staff/invoices/{held.id}/hold", reason="contested")
        for each in (waiting, held):
            assert (await each.credit()).status_code == 201
            shown = await each.read()
            assert (shown["status"], shown["hold_reason"]) == ("cancelled", None)

    @pytest.mark.parametrize("issued_on", [date(2026, 11, 19), date(2026, 11, 21)])
    async def test_is_dated_between_its_invoice_and_today(self, finance, issued_on):
        answer = await (await finance.payable()).credit(issued_on=issued_on)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "issued_on")

    async def test_is_confirmed_and_has_a_number_of_its_own(self, finance):
        due = await finance.payable()
        assert (await due.credit(confirmed="false")).json()["code"] == "not_confirmed"
        assert (await due.credit(number=due.invoice["number"])).json()["code"] == "invoice_number_used"
        assert (await due.credit(number="avoir 1")).status_code == 422

    async def test_is_for_those_who_sell_for_its_provider(self, h, finance):
        due = await finance.payable()
        for headers in (h.headers(h.member(Role.GERANT)), due.given.seller(Role.COMMERCIAL)):
            assert (await due.credit(headers=headers)).json()["code"] == "invoice_not_found"
            shown = await h.client.get(f"/invoices/{due.id}/credit-note", headers=headers)
            assert shown.json()["code"] == "invoice_not_found"
        assert (await due.credit(headers=due.given.seller(Role.CONSULTANT))).status_code == 403
        none = await h.client.get(f"/invoices/{due.id}/credit-note", headers=due.given.seller())
        assert none.json()["code"] == "credit_note_not_found"
        due.invoice = due.invoice | {"id": str(uuid4())}
        assert (await due.credit()).status_code == 404


class TestSetOff:
    async def test_what_was_paid_is_taken_off_the_next_payments_until_it_is_even(self, h, given, finance):
        paid = await finance.paid()
        await paid.credit()
        assert await owed_to(h, paid.provider_id) == -10350
        small = await another(finance, given, paid, "B-1", days="8")  # 4800 gross less 200 of fee: 4600
        run = await finance.pay()
        order = (await finance.orders(run))[small.id]
        assert (order["amount"]["amount"], order["set_off"]["amount"], order["status"]) == (
            "0.00",
            "4600.00",
            "executed",
        )
        assert (await small.read())["status"] == "paid"
        assert [e.paid_on for e in await h.emitted(InvoicePaid) if str(e.invoice_id) == small.id] == [TODAY]
        large = await another(finance, given, paid, "B-2")
        order = (await finance.orders(await finance.pay()))[large.id]
        assert (order["amount"]["amount"], order["set_off"]["amount"]) == ("4600.00", "5750.00")
        assert await owed_to(h, paid.provider_id) == 0

    async def test_two_runs_at_once_take_it_off_once(self, h, given, finance):
        paid = await finance.paid()
        await paid.credit()
        first, second = [await another(finance, given, paid, f"C-{n}") for n in range(2)]
        run = await finance.propose()
        await finance.post(f"/staff/payment-runs/{run['id']}/rejection")
        path = "/staff/payment-runs"
        answers = await asyncio.gather(*(finance.post(path, executes_on=str(TODAY)) for _ in range(3)))
        (made,) = [answer.json() for answer in answers if answer.status_code == 201]
        orders = await finance.orders(made)
        assert sorted(orders[each.id]["set_off"]["amount"] for each in (first, second)) == ["0.00", "10350.00"]

    async def test_a_company_with_another_account_keeps_the_one_of_its_import(self, h, finance):
        due = await finance.payable()
        await h.deliver(account_of(due.provider_id, h.clock(), iban="FR1420041010050500013M02606", version=9))
        order = (await finance.orders(await finance.pay()))[due.id]
        assert order["by_hand"] is False
        file = await finance.file((await finance.get("/staff/payment-runs?limit=1")).json()["items"][0])
        assert b"FR7630006000011234567890189" in file.content
        assert b"FR1420041010050500013M02606" not in file.content
