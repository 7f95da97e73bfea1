"""What people match by hand and take back, and two who do so at once (lettrage)."""

import asyncio
from datetime import date
from uuid import uuid4

import pytest
from camt_builder import Line

from billing.issuing.domain import IssuedStatus
from billing.issuing.sheet import Kind
from contracts.values import Money


class TestByHand:
    @pytest.mark.req("BL-24")
    async def test_a_movement_that_says_nothing_is_matched_and_explained(self, desk, seller):
        invoice = await seller.invoice()
        (movement,) = await desk.receive(Line("120.00", on=date(2026, 11, 30), name="La Mère Poulard"))
        answer = await desk.settle(movement, invoice, "120.00")
        assert answer.status_code == 201, answer.text
        found = await desk.matches(invoice)
        assert (found["status"], found["paid"]["amount"], found["open"]["amount"]) == ("paid", "120.00", "0.00")
        (match,) = found["matches"]
        assert (match["rule"], match["booked_on"]) == ("by_hand", "2026-11-30")
        assert match["counterparty_name"] == "La Mère Poulard"
        assert match["matched_by"] == str(desk.member.member_id)
        assert "service comptable" in match["why"]
        assert "accounting" in (await desk.matches(invoice, language="en"))["matches"][0]["why"]

    async def test_it_is_taken_back_with_a_reason_and_both_are_open_again(self, desk, seller):
        invoice = await seller.invoice()
        (movement,) = await desk.receive(Line("120.00"))
        match = (await desk.settle(movement, invoice, "120.00")).json()
        answer = await desk.undo(match, "somebody else's")
        assert (answer.status_code, answer.json()["undone_reason"]) == (201, "somebody else's")
        assert (await seller.read(invoice)).status is IssuedStatus.ISSUED
        assert (await desk.movement(movement))["status"] == "unmatched"
        assert await seller.account(invoice.party_id) == ("120.00", "0.00")
        assert [each["undone_reason"] for each in (await desk.matches(invoice))["matches"]] == ["somebody else's"]
        assert (await desk.undo(match)).json()["code"] == "match_undone"

    @pytest.mark.parametrize(
        ("moved", "asked", "code"),
        [("200.00", "120.01", "too_much_matched"), ("100.00", "100.01", "too_much_matched")],
    )
    async def test_never_more_than_either_side_has(self, desk, seller, moved, asked, code):
        invoice = await seller.invoice()
        (movement,) = await desk.receive(Line(moved))
        answer = await desk.settle(movement, invoice, asked)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert answer.json()["errors"][0]["field"] == "amount"

    @pytest.mark.parametrize("amount", ["0", "-1.00", "1.001", "x"])
    async def test_an_amount_is_above_zero(self, desk, seller, amount):
        (movement,) = await desk.receive(Line("10.00"))
        answer = await desk.settle(movement, await seller.invoice(), amount)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith("amount")

    async def test_what_is_on_account_pays_the_next_invoice(self, desk, seller):
        first = await seller.invoice()
        (movement,) = await desk.receive(Line("200.00", remittance=first.number))
        await desk.match()
        following = await seller.invoice(first.party_id, gross="60.00")
        assert (await desk.settle(movement, following, "60.00")).status_code == 201
        assert (await seller.read(following)).status is IssuedStatus.PAID
        assert await seller.account(first.party_id) == ("0.00", "20.00")
        assert (await desk.movement(movement))["status"] == "matched"

    async def test_another_companys_account_pays_nothing(self, desk, seller):
        first, other = await seller.invoice(), await seller.invoice()
        (movement,) = await desk.receive(Line("200.00", remittance=first.number))
        await desk.match()
        assert (await desk.settle(movement, other, "60.00")).json()["code"] == "too_much_matched"

    async def test_money_can_be_put_on_a_companys_account(self, desk, seller):
        company = await seller.company()
        (movement,) = await desk.receive(Line("75.00"))
        assert (await desk.put(movement, "on_account", company, "75.00")).status_code == 201
        assert await seller.account(company) == ("0.00", "75.00")
        assert (await desk.put(movement, "on_account", uuid4(), "1.00")).json()["code"] == "company_unknown"

    async def test_money_that_went_out_settles_no_debt(self, desk, seller):
        invoice = await seller.invoice()
        (movement,) = await desk.receive(Line("120.00", credit=False))
        assert (await desk.settle(movement, invoice, "120.00")).json()["code"] == "wrong_direction"
        assert (await desk.put(movement, "on_account", invoice.party_id, "1.00")).json()["code"] == "wrong_direction"

    async def test_what_is_not_there_is_not_found(self, desk, seller):
        invoice, fee = await seller.invoice(), await seller.invoice(kind=Kind.FEE)
        (movement,) = await desk.receive(Line("120.00"))
        nothing = {"id": str(uuid4())}
        assert (await desk.settle(nothing, invoice, "1.00")).json()["code"] == "movement_not_found"
        assert (await desk.settle(movement, fee, "1.00")).json()["code"] == "issued_invoice_not_found"
        assert (await desk.put(movement, "transfer", uuid4(), "1.00")).json()["code"] == "payment_order_not_found"
        assert (await desk.undo(nothing)).json()["code"] == "match_not_found"


class TestAtOnce:
    async def test_an_invoice_is_never_paid_twice(self, desk, seller):
        invoice = await seller.invoice()
        movements = await desk.receive(*[Line("120.00") for _ in range(4)])
        answers = await asyncio.gather(*(desk.settle(each, invoice, "120.00") for each in movements))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert await seller.account(invoice.party_id) == ("0.00", "0.00")

    async def test_a_movement_is_never_used_twice(self, desk, seller):
        invoices = [await seller.invoice() for _ in range(4)]
        (movement,) = await desk.receive(Line("120.00"))
        answers = await asyncio.gather(*(desk.settle(movement, each, "120.00") for each in invoices))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]

    async def test_a_match_is_taken_back_once(self, desk, seller):
        invoice = await seller.invoice()
        (movement,) = await desk.receive(Line("120.00"))
        match = (await desk.settle(movement, invoice, "120.00")).json()
        answers = await asyncio.gather(*(desk.undo(match) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert await seller.account(invoice.party_id) == ("120.00", "0.00")

    async def test_rules_and_people_do_not_pay_the_same_invoice_both(self, desk, seller):
        invoice = await seller.invoice()
        _, by_hand = await desk.receive(Line("120.00", remittance=invoice.number), Line("120.00"))
        await asyncio.gather(desk.match(), desk.settle(by_hand, invoice, "120.00"))
        assert (await seller.read(invoice)).paid == Money.of("120.00")
