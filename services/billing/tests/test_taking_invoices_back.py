"""Credit notes: only by reference, never more than is left, and all together exactly what was invoiced."""

import asyncio
from decimal import Decimal
from itertools import product

import pytest
from billing_months import french_identity
from hypothesis import given as any_of
from hypothesis import strategies as st
from issuing_world import OCTOBER, draft, line

from billing.bpf.vat import NORMAL, OUTLAY, VatTreatment
from billing.issuing.credit_note import Part, credit, taken_back
from billing.issuing.domain import (
    ALLOWED,
    Cause,
    IssuedInvoice,
    IssuedInvoiceNotFound,
    IssuedStatus,
    MoreThanIsLeft,
    MoreThanIsOpen,
    NotCreditable,
)
from billing.issuing.issue import issue
from billing.issuing.sheet import Kind, Language, Line, Party, Sheet, breakdown_of, totals_of
from billing.ledger.domain import Account
from billing.ledger.posting import balance
from chassis import get_locked
from chassis.errors import Forbidden, IllegalMove
from chassis.transitions import check_move
from contracts.roles import StaffScope
from contracts.values import Money

REDUCED = VatTreatment("S", Decimal("5.50"), None)
LINES = st.builds(
    lambda quantity, price, vat: line(f"{quantity / 2}", f"{Decimal(price) / 100:.2f}", vat),
    st.integers(1, 60),
    st.integers(1, 99_999),
    st.sampled_from([NORMAL, REDUCED, OUTLAY]),
)


def sheet_of(lines):
    wanted = draft(None, *lines)
    party = Party.of(french_identity())
    shown = [
        Line(
            name=each.name,
            quantity=each.quantity,
            unit=each.unit,
            unit_price=each.unit_price.amount,
            net=each.net.amount,
            category=each.vat.category,
            rate=each.vat.rate,
        )
        for each in wanted.lines
    ]
    return Sheet(
        language=Language.FR,
        title="Refonte",
        seller=party,
        buyer=party,
        lines=shown,
        vat=breakdown_of(wanted),
        period=OCTOBER,
        order_reference=None,
        notes=[],
        process="S1",
        account=None,
    )


class TestAnyCreditNotes:
    @pytest.mark.req("BL-22")
    @any_of(st.lists(LINES, min_size=1, max_size=4), st.lists(st.tuples(st.integers(0, 3), st.integers(1, 20))))
    def test_take_back_an_invoice_to_the_cent_in_whatever_parts(self, lines, takings):
        original, notes = sheet_of(lines), []
        for index, halves in takings:
            try:
                taken, groups = taken_back(original, notes, [Part(index, Decimal(halves) / 2)])
            except MoreThanIsLeft:
                continue
            notes.append(original.model_copy(update={"lines": taken, "vat": groups}))
        try:
            taken, groups = taken_back(original, notes, None)
            notes.append(original.model_copy(update={"lines": taken, "vat": groups}))
        except MoreThanIsLeft:
            pass  # the parts took all of it
        whole, back = totals_of(original.vat), totals_of([group for note in notes for group in note.vat])
        assert (back.net, back.vat) == (whole.net, whole.vat)
        with pytest.raises(MoreThanIsLeft):
            taken_back(original, notes, None)


def in_memory(paid="0", credited="0", kind=Kind.CLIENT):
    row = IssuedInvoice(kind=kind, gross_amount=Decimal(120), paid_amount=Decimal(0), credited_amount=Decimal(0))
    row.status, row.version = IssuedStatus.ISSUED, 1
    if Decimal(paid):
        row.receive(Money.of(paid))
    if Decimal(credited):
        row.take_back(Money.of(credited))
    return row


class TestStatus:
    @pytest.mark.parametrize(("target", "present", "cause"), list(product(IssuedStatus, IssuedStatus, Cause)))
    def test_moves_by_the_table_alone(self, target, present, cause):
        if (present, cause) in ALLOWED[target].pairs:
            assert check_move(ALLOWED, present, target, cause) is target
        else:
            with pytest.raises((Forbidden, IllegalMove)):
                check_move(ALLOWED, present, target, cause)

    @pytest.mark.req("BL-22")
    def test_cancelled_is_reached_by_credit_notes_alone(self):
        assert ALLOWED[IssuedStatus.CANCELLED].by == {Cause.CREDIT_NOTE}

    @pytest.mark.parametrize(
        ("paid", "credited", "status", "left"),
        [
            ("0", "0", "issued", "120"),
            ("119.99", "0", "partly_paid", "0.01"),
            ("120", "0", "paid", "0"),
            ("0", "119.99", "issued", "0.01"),
            ("20", "100", "paid", "0"),
            ("120", "20", "paid", "0"),
            ("0", "120", "cancelled", "0"),
            ("120", "120", "cancelled", "0"),
        ],
    )
    def test_follows_what_was_paid_and_credited(self, paid, credited, status, left):
        row = in_memory(paid, credited)
        assert (row.status, row.open) == (status, Money.of(left))

    def test_more_than_is_open_is_not_taken_nor_more_given_back_than_came(self):
        for paid, amount in (("100", "20.01"), ("100", "-100.01")):
            with pytest.raises(MoreThanIsOpen):
                in_memory(paid).receive(Money.of(amount))

    def test_an_undone_payment_leaves_it_as_it_was(self):
        row = in_memory("120")
        row.receive(Money.of("-120"))
        assert row.status is IssuedStatus.ISSUED

    def test_a_cancelled_invoice_takes_no_payment(self):
        with pytest.raises(MoreThanIsOpen):
            in_memory(credited="120").receive(Money.of("1"))


async def new(h, known, *lines, kind=Kind.CLIENT):
    async with h.tx() as tx:
        return await issue(tx, h.platform.own.settings, draft(await known(), *lines, kind=kind))


async def take(h, invoice, parts=None):
    async with h.tx() as tx:
        return await credit(
            tx, await get_locked(tx, IssuedInvoice, invoice.id, IssuedInvoiceNotFound()), "Motif", parts
        )


class TestCredit:
    @pytest.mark.req("BL-22")
    async def test_cancels_over_http_and_nets_to_zero_in_the_books(self, h, known):
        invoice = await new(h, known)
        path = f"/staff/issued-invoices/{invoice.id}"
        headers = h.headers(h.staff(StaffScope.FINANCE))
        answer = await h.client.post(f"{path}/credit-note", json={"reason": "Mission annulée"}, headers=headers)
        assert answer.status_code == 201
        note = answer.json()
        assert (note["kind"], note["type_code"], note["credits_id"]) == ("credit_note", "381", str(invoice.id))
        assert (note["gross"], note["reason"]) == ({"amount": "10800.00", "currency": "EUR"}, "Mission annulée")
        after = (await h.client.get(path, headers=headers)).json()
        assert (after["status"], after["open"]["amount"]) == ("cancelled", "0.00")
        async with h.tx() as tx:
            assert (await balance(tx, Account.CLIENTS, invoice.party_id)).amount == 0
        again = await h.client.post(f"{path}/credit-note", json={"reason": "Encore"}, headers=headers)
        assert (again.status_code, again.json()["code"]) == (409, "more_than_is_left")

    async def test_names_number_and_date_of_what_it_takes_back(self, h, known):
        invoice = await new(h, known)
        note = await take(h, invoice)
        assert note.sheet.credits.model_dump() == {"number": invoice.number, "issued_on": invoice.issued_on}

    async def test_takes_parts_and_never_more_than_is_left_of_a_line(self, h, known):
        invoice = await new(h, known, line("18"), line("1", "90.00", name="Astreinte"))
        first = await take(h, invoice, [Part(0, Decimal("2.5"))])
        assert (first.net_amount, first.vat_amount) == (1250, 250)
        for parts in ([Part(0, Decimal(16))], [Part(2, Decimal(1))], [Part(1, Decimal(-1))], [Part(1, Decimal(0))]):
            with pytest.raises(MoreThanIsLeft):
                await take(h, invoice, parts)
        rest = await take(h, invoice)
        assert [each.quantity for each in rest.sheet.lines] == [Decimal("15.5"), Decimal(1)]

    async def test_two_at_once_take_it_back_once(self, h, known):
        invoice = await new(h, known)
        ended = await asyncio.gather(*(take(h, invoice) for _ in range(3)), return_exceptions=True)
        assert sorted(type(each).__name__ for each in ended) == ["IssuedInvoice", "MoreThanIsLeft", "MoreThanIsLeft"]

    async def test_a_credit_note_is_final_and_a_fee_goes_with_its_invoice(self, h, known):
        note = await take(h, await new(h, known))
        with pytest.raises(NotCreditable):
            await take(h, note)
        fee = await new(h, known, kind=Kind.FEE)
        answer = await h.client.post(
            f"/staff/issued-invoices/{fee.id}/credit-note",
            json={"reason": "Geste"},
            headers=h.headers(h.staff(StaffScope.FINANCE)),
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "not_creditable")
