"""What rules make of movements (lettrage)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from billing_months import NOW
from camt_builder import Line

from billing.bank.references import quoted_numbers
from billing.issuing.credit_note import Part
from billing.issuing.domain import IssuedStatus
from billing.issuing.sheet import Kind
from contracts.values import Money


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("FC-2026-12", ["FC-2026-12"]),
            ("VIREMENT FACTURE FC-2026-12 MERCI", ["FC-2026-12"]),
            ("fc 2026 12", ["FC-2026-12"]),
            ("FC2026/0012", ["FC-2026-12"]),
            ("FC-2026-12 FC-2026-13,FC-2026-12", ["FC-2026-12", "FC-2026-13"]),
            ("FC-2026-12;FA-2025-7", ["FC-2026-12", "FA-2025-7"]),
            ("XFC-2026-12", ["XFC-2026-12"]),
            ("FC-2026-1234567890", []),
            ("FC-1999-12", []),
            ("FC-2026-0", []),
            ("", []),
        ],
    )
    def test_are_found_however_they_are_written(self, text, found):
        assert quoted_numbers(text) == found

    def test_end_to_end_reference_comes_first(self):
        assert quoted_numbers("FC-2026-2", "FC-2026-1 FC-2026-2") == ["FC-2026-2", "FC-2026-1"]


class TestByRule:
    @pytest.mark.req("BL-24")
    @pytest.mark.parametrize("where", ["remittance", "end_to_end"])
    async def test_a_quoted_invoice_is_paid(self, desk, seller, where):
        invoice = await seller.invoice()
        (movement,) = await desk.receive(Line("120.00", **{where: f"{invoice.number}"}))
        await desk.match()
        assert (await seller.read(invoice)).status is IssuedStatus.PAID
        assert await seller.account(invoice.party_id) == ("0.00", "0.00")
        assert (await desk.movement(movement))["status"] == "matched"

    async def test_a_part_leaves_it_partly_paid_and_the_rest_pays_it(self, desk, seller):
        invoice = await seller.invoice()
        await desk.receive(Line("50.00", remittance=invoice.number))
        await desk.match()
        assert (await seller.read(invoice)).status is IssuedStatus.PARTLY_PAID
        assert await seller.account(invoice.party_id) == ("70.00", "0.00")
        await desk.receive(Line("70.00", remittance=invoice.number))
        await desk.match()
        assert (await seller.read(invoice)).status is IssuedStatus.PAID

    async def test_several_invoices_in_one_transfer_are_paid_oldest_first(self, desk, seller):
        first = await seller.invoice()
        second = await seller.invoice(first.party_id, gross="60.00")
        await desk.receive(Line("150.00", remittance=f"{second.number} {first.number}"))
        await desk.match()
        assert (await seller.read(first)).status is IssuedStatus.PAID
        assert (await seller.read(second)).paid == Money.of("30.00")
        assert await seller.account(first.party_id) == ("30.00", "0.00")

    async def test_more_than_is_owed_is_kept_on_account(self, desk, seller):
        invoice = await seller.invoice()
        (movement,) = await desk.receive(Line("200.00", remittance=invoice.number))
        await desk.match()
        assert (await seller.read(invoice)).paid == Money.of("120.00")
        assert await seller.account(invoice.party_id) == ("0.00", "80.00")
        assert (await desk.movement(movement))["status"] == "matched"

    async def test_what_is_paid_twice_is_kept_too(self, desk, seller):
        invoice = await seller.invoice()
        for _ in range(2):
            await desk.receive(Line("120.00", remittance=invoice.number))
        await desk.match()
        assert await seller.account(invoice.party_id) == ("0.00", "120.00")

    async def test_the_rest_of_a_transfer_for_two_companies_waits(self, desk, seller):
        invoices = [await seller.invoice() for _ in range(2)]
        (movement,) = await desk.receive(Line("250.00", remittance=" ".join(each.number for each in invoices)))
        await desk.match()
        found = await desk.movement(movement)
        assert (found["status"], found["left"]["amount"]) == ("partly_matched", "10.00")

    async def test_a_credit_note_lowers_what_is_asked_for(self, desk, seller):
        invoice = await seller.invoice()
        await seller.credit(invoice, [Part(0, Decimal("0.5"))])
        await desk.receive(Line("120.00", remittance=invoice.number))
        await desk.match()
        assert (await seller.read(invoice)).paid == Money.of("60.00")
        assert await seller.account(invoice.party_id) == ("0.00", "60.00")

    async def test_the_sum_of_one_open_invoice_from_a_known_account_pays_it(self, desk, seller):
        iban = "DE89370400440532013000"
        known, other = await seller.invoice(), await seller.invoice(gross="84.00")
        await desk.receive(Line("120.00", remittance=known.number, iban=iban))
        await desk.match()
        wanted = await seller.invoice(known.party_id, gross="84.00")
        (movement,) = await desk.receive(Line("84.00", remittance="Merci", iban=iban))
        await desk.match()
        assert (await seller.read(wanted)).status is IssuedStatus.PAID
        assert (await seller.read(other)).status is IssuedStatus.ISSUED
        (match,) = (await desk.matches(wanted))["matches"]
        assert (match["rule"], match["movement_id"]) == ("amount_and_account", movement["id"])

    async def test_two_open_invoices_of_that_sum_wait_for_somebody(self, desk, seller):
        iban = "BE68539007547034"
        known = await seller.invoice()
        await desk.receive(Line("120.00", remittance=known.number, iban=iban))
        await desk.match()
        for _ in range(2):
            await seller.invoice(known.party_id, gross="36.00")
        (movement,) = await desk.receive(Line("36.00", iban=iban))
        await desk.match()
        assert (await desk.movement(movement))["status"] == "unmatched"

    async def test_what_the_platform_owes_is_not_paid_by_what_comes_in(self, desk, seller):
        fee = await seller.invoice(kind=Kind.FEE)
        (movement,) = await desk.receive(Line("120.00", remittance=fee.number))
        await desk.match()
        assert (await desk.movement(movement))["status"] == "unmatched"

    async def test_money_that_went_out_pays_no_invoice(self, desk, seller):
        invoice = await seller.invoice()
        (movement,) = await desk.receive(Line("120.00", credit=False, remittance=invoice.number))
        await desk.match()
        assert (await desk.movement(movement))["status"] == "unmatched"

    async def test_an_invoice_issued_after_the_payment_is_found_in_a_later_run(self, h, desk, seller):
        following = (await seller.invoice()).position + 1
        await desk.receive(Line("120.00", remittance=f"FC-2026-{following}"))
        await desk.match()
        invoice = await seller.invoice()
        await desk.match(h.clock() + timedelta(minutes=1))
        assert (await seller.read(invoice)).status is IssuedStatus.PAID

    async def test_running_again_changes_nothing(self, desk, seller):
        invoice = await seller.invoice()
        await desk.receive(Line("50.00", remittance=invoice.number))
        for minutes in range(3):
            await desk.match(NOW + timedelta(days=1, minutes=minutes))
        assert await seller.account(invoice.party_id) == ("70.00", "0.00")
        assert len((await desk.matches(invoice))["matches"]) == 1
