"""Credit notes after payments, and what lateness costs, as staff read it."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from billing_payments import BACK_TO_BACK, Finance
from camt_builder import Line

from billing.bank.rules import follow_credit_notes
from billing.issuing.credit_note import Part
from billing.issuing.domain import IssuedStatus
from contracts.values import Money


async def follow(h):
    async with h.tx() as tx:
        await follow_credit_notes(tx, h.clock())


class TestCreditedAfterPayment:
    async def test_what_was_paid_goes_on_account_and_the_invoice_stays_cancelled(self, h, desk, seller):
        invoice = await seller.invoice()
        (movement,) = await desk.receive(Line("120.00", remittance=invoice.number))
        await desk.match()
        await seller.credit(invoice)
        for _ in range(2):
            await follow(h)
        found = await seller.read(invoice)
        assert (found.status, found.paid) == (IssuedStatus.CANCELLED, Money.of("0.00"))
        assert await seller.account(invoice.party_id) == ("0.00", "120.00")
        assert (await desk.movement(movement))["status"] == "matched"
        assert [each["undone_reason"] for each in (await desk.matches(invoice))["matches"]] == [
            f"{invoice.number} was credited"
        ]

    async def test_a_part_leaves_it_paid_and_takes_the_newest_payments_back_first(self, h, desk, seller):
        invoice = await seller.invoice()
        for amount in ("79.37", "40.63"):  # sums that no other test leaves unmatched, for rules to find
            await desk.receive(Line(amount, remittance=invoice.number))
            await desk.match()
        await seller.credit(invoice, [Part(0, Decimal("0.5"))])
        await follow(h)
        found = await seller.read(invoice)
        assert (found.status, found.paid) == (IssuedStatus.PAID, Money.of("60.00"))
        assert await seller.account(invoice.party_id) == ("0.00", "60.00")
        stand = [each for each in (await desk.matches(invoice))["matches"] if each["undone_at"] is None]
        assert [(each["amount"]["amount"], each["rule"]) for each in stand] == [("60.00", "reference")]

    async def test_what_is_freed_pays_the_next_invoice(self, h, desk, seller):
        invoice = await seller.invoice()
        (movement,) = await desk.receive(Line("120.00", remittance=invoice.number))
        await desk.match()
        await seller.credit(invoice)
        await follow(h)
        following = await seller.invoice(invoice.party_id)
        assert (await desk.settle(movement, following, "120.00")).status_code == 201
        assert await seller.account(invoice.party_id) == ("0.00", "0.00")

    @pytest.mark.req("BL-10")
    async def test_a_credit_note_over_the_rest_lets_the_provider_be_paid(self, h, given, desk, seller):
        payable = await Finance(h, given).payable(BACK_TO_BACK)
        invoice = await seller.of_month(payable.given.bpf)
        await desk.receive(Line(f"{invoice.gross.amount / 2}", remittance=invoice.number))
        await desk.match()
        await follow(h)
        assert (await payable.read())["status"] == "awaiting_client_payment"
        await seller.credit(invoice, [Part(0, Decimal(9))])
        await follow(h)
        assert (await payable.read())["status"] == "scheduled"


class TestLateCharges:
    async def charges(self, desk, invoice, **query):
        return await desk.get(f"/staff/issued-invoices/{invoice.id}/late-charges", **query)

    @pytest.mark.req("BL-21")
    async def test_are_nothing_on_the_due_date_and_interest_with_forty_euros_a_day_later(self, desk, seller):
        invoice = await seller.invoice(gross="36500.00", due_days=10)
        found = await self.charges(desk, invoice, on=str(invoice.due_on))
        assert (found["days"], found["total"]["amount"], found["stretches"]) == (0, "0.00", [])
        found = await self.charges(desk, invoice, on=str(invoice.due_on + timedelta(days=1)))
        assert (found["days"], found["interest"]["amount"]) == (1, "10.00")
        assert (found["indemnity"]["amount"], found["total"]["amount"]) == ("40.00", "50.00")
        assert found["stretches"][0]["rate"] == "10.00"

    async def test_count_up_to_today_unless_a_day_is_given(self, h, desk, seller):
        invoice = await seller.invoice()
        found = await self.charges(desk, invoice)
        async with h.tx() as tx:
            assert found["until"] == str(tx.today)

    @pytest.mark.req("BL-21")
    async def test_follow_what_was_paid_and_what_was_credited(self, desk, seller):
        invoice = await seller.invoice(gross="438000.00", due_days=0)
        await seller.credit(invoice, [Part(0, Decimal("0.5"))])
        on = max((await desk.account()).on, invoice.due_on) + timedelta(days=5)
        (movement,) = await desk.receive(Line("219000.00", on=on), on=on)
        answer = await desk.settle(movement, invoice, "219000.00")
        assert answer.status_code == 201, answer.text
        match = answer.json()
        late = (on - invoice.due_on).days
        found = await self.charges(desk, invoice, on=str(on + timedelta(days=50)))
        assert (found["days"], found["interest"]["amount"]) == (late, f"{60 * late}.00")
        await desk.undo(match)
        found = await self.charges(desk, invoice, on=str(on + timedelta(days=50)))
        assert found["days"] == late + 50

    async def test_are_asked_for_invoices_that_are_there_and_days_that_can_be(self, desk, seller):
        path = f"/staff/issued-invoices/{uuid4()}/late-charges"
        answer = await desk.h.client.get(path, headers=desk.headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "issued_invoice_not_found")
        invoice = await seller.invoice()
        path = f"/staff/issued-invoices/{invoice.id}/late-charges"
        answer = await desk.h.client.get(path, params={"on": str(date(1999, 1, 1))}, headers=desk.headers)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "on")
