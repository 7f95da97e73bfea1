"""Numbering, fixing and booking what the platform issues."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from billing_months import MissionMonth, french_identity
from issuing_world import draft, line
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from billing.bpf.vat import NORMAL
from billing.issuing.client import with_margin
from billing.issuing.domain import IssuedInvoice, IssuedStatus, NothingToInvoice, PartyUnknown
from billing.issuing.issue import issue, issue_all
from billing.issuing.sheet import Kind
from billing.ledger.domain import Account
from billing.ledger.posting import balance
from contracts.contracting import Offer, PaymentOption
from contracts.values import Money


async def issued(h, *drafts):
    async with h.tx() as tx:
        return await issue_all(tx, h.platform.own.settings, drafts)


class TestIssue:
    async def test_is_numbered_fixed_due_and_booked(self, h, known):
        client = await known()
        (row,) = await issued(h, draft(client))
        assert row.number == f"FC-2026-{row.position}"
        assert row.due_on.toordinal() - row.issued_on.toordinal() == 30
        assert (row.net_amount, row.vat_amount, row.gross_amount) == (9000, 1800, 10800)
        async with h.tx() as tx:
            assert (await balance(tx, Account.CLIENTS, client)).amount == Decimal("10800.00")

    async def test_rounds_the_vat_of_a_rate_once(self, h, known):
        (row,) = await issued(h, draft(await known(), line("1", "10.03"), line("1", "10.03"), line("1", "10.02")))
        assert (row.net_amount, row.vat_amount) == (Decimal("30.08"), Decimal("6.02"))

    async def test_needs_a_party_that_is_known_and_something_to_bill(self, h, known):
        with pytest.raises(PartyUnknown):
            await issued(h, draft(uuid4()))
        with pytest.raises(NothingToInvoice):
            await issued(h, draft(await known(), line("1"), line("-1")))

    async def test_bills_nothing_twice(self, h, known):
        once = draft(await known())
        await issued(h, once)
        with pytest.raises(IntegrityError):
            await issued(h, once)

    @pytest.mark.parametrize(
        "change", ["UPDATE issued_invoices SET due_on = due_on + 1", "DELETE FROM issued_invoices"]
    )
    async def test_never_changes_again(self, h, known, change):
        (row,) = await issued(h, draft(await known()))
        with pytest.raises(DBAPIError, match=r"never (changes|removed)"):
            async with h.tx() as tx:
                await tx.execute(text(f"{change} WHERE id = :id"), {"id": row.id})


class TestNumbering:
    async def test_has_no_gap_and_no_double_whoever_comes_at_once_or_fails(self, h, known):
        client = await known()

        async def fail():
            async with h.tx() as tx:
                await issue(tx, h.platform.own.settings, draft(client))
                raise ZeroDivisionError

        several = [draft(client) for _ in range(3)]
        ways = [*(issued(h, draft(client)) for _ in range(8)), *(fail() for _ in range(4)), issued(h, *several)]
        ended = await asyncio.gather(*ways, return_exceptions=True)
        assert [type(each) for each in ended] == [list] * 8 + [ZeroDivisionError] * 4 + [list]
        async with h.tx() as tx:
            query = select(IssuedInvoice.position).where(IssuedInvoice.series == "FC-2026")
            positions = sorted((await tx.scalars(query)).all())
        assert positions == list(range(1, len(positions) + 1))

    async def test_dates_never_go_back_around_midnight(self, h, known):
        client = await known()
        present = h.clock()
        try:
            h.clock.set(datetime(2031, 3, 31, 22, 0, tzinfo=UTC))  # already 1 April in Paris
            (later,) = await issued(h, draft(client))
            h.clock.set(datetime(2031, 3, 31, 21, 59, tzinfo=UTC))  # began before, comes after
            (sooner,) = await issued(h, draft(client))
        finally:
            h.clock.set(present)
        assert (later.issued_on, sooner.issued_on) == (date(2031, 4, 1), date(2031, 4, 1))
        assert sooner.position == later.position + 1

    async def test_starts_again_with_the_year_in_paris(self, h, known):
        client = await known()
        present = h.clock()
        try:
            h.clock.set(datetime(2032, 12, 31, 22, 59, tzinfo=UTC))
            (old,) = await issued(h, draft(client))
            h.clock.set(datetime(2032, 12, 31, 23, 0, tzinfo=UTC))
            (new,) = await issued(h, draft(client))
        finally:
            h.clock.set(present)
        assert (old.number, new.number) == ("FC-2032-1", "FC-2033-1")

    async def test_each_provider_has_a_series_of_its_own(self, h, known):
        firms = [french_identity(), french_identity()]
        rows = await issued(h, *[draft(await known(firm), kind=Kind.SELF_BILLED) for firm in firms])
        assert [row.number for row in rows] == [f"AF-{firm.siret.siren}-2026-1" for firm in firms]
        assert [row.type_code for row in rows] == ["389", "389"]


async def of_kind(h, kind, **scope):
    async with h.tx() as tx:
        query = select(IssuedInvoice).where(IssuedInvoice.kind == kind)
        return (await tx.scalars(query.filter_by(**scope))).all()


class TestClientInvoice:
    @pytest.mark.req("TS-15")
    async def test_comes_with_the_pre_invoice_of_a_connect_mission(self, h, given):
        month = await given(MissionMonth(days="17.5", daily_rate="487.55"))
        (row,) = await of_kind(h, Kind.CLIENT, source_id=month.bpf["id"])
        assert row.party_id == month.month.client_id
        assert row.net_amount == Decimal(month.bpf["net"]["amount"])
        assert row.sheet.order_reference == "PO-77"
        assert (row.sheet.lines[0].quantity, row.sheet.person) == (Decimal("17.5"), "Camille Martin")

    async def test_none_comes_of_a_mission_of_the_rise_offer(self, h):
        month = MissionMonth()
        for event in month.known:
            rise = event.model_copy(update={"offer": Offer.RISE}) if event == month.bdc_issued else event
            await h.deliver(rise)
        await h.deliver(month.cra_validated)
        assert await of_kind(h, Kind.CLIENT, party_id=month.client_id) == []

    async def test_the_same_month_told_twice_is_billed_once(self, h, given):
        month = await given()
        await h.deliver(month.month.cra_validated)
        assert len(await of_kind(h, Kind.CLIENT, party_id=month.month.client_id)) == 1

    @pytest.mark.parametrize(("percent", "price"), [("0", "487.55"), ("8", "526.55"), ("12.5", "548.49")])
    def test_margin_is_on_the_price_of_a_day(self, percent, price):
        assert with_margin(Money.of("487.55"), Decimal(percent)) == Money.of(price)


class TestFee:
    @pytest.mark.req("BL-15")
    async def test_is_invoiced_with_its_vat_inside_and_paid_by_set_off(self, h, given):
        from facturx_builder import invoice_pdf

        month = await given(MissionMonth(option=PaymentOption.EXPRESS))
        assert (await month.post(invoice_pdf(month.bpf))).status_code == 201
        (row,) = await of_kind(h, Kind.FEE, party_id=month.month.provider_id)
        assert (row.net_amount, row.vat_amount, row.gross_amount) == (Decimal("187.50"), Decimal("37.50"), 225)
        assert (row.status, row.open.amount) == (IssuedStatus.PAID, 0)

    @pytest.mark.parametrize("cents", range(1, 200, 7))
    async def test_is_to_the_cent_what_was_withheld(self, h, known, cents):
        gross = Money.of(Decimal(cents) / 100)
        net = Money.of(gross.amount / Decimal("1.2"))
        (row,) = await issued(h, draft(await known(), line("1", f"{net.amount}", NORMAL), kind=Kind.FEE, gross=gross))
        assert row.gross == gross
