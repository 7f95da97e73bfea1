"""Rise missions cost their payer a price a month, invoiced by the quarter (domain facts 1.1)."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from billing_months import MissionMonth
from billing_people import choose
from sqlalchemy import select

from billing.directory.missions import MissionTerms
from billing.issuing.domain import IssuedInvoice
from billing.issuing.sheet import Kind
from billing.rise.domain import Price, Quarter, price_of, uses_of
from billing.rise.issuing import issue_due
from contracts.contracting import Offer
from contracts.notification import NotificationRequested
from contracts.roles import StaffScope
from contracts.values import Money, Month, Period


def order(start, end, mission_id=None, **more):
    terms = {"title": "Refonte", "reference": "BDC-1", "period_start": start, "period_end": end}
    return MissionTerms(mission_id=mission_id or uuid4(), **terms | more)


@pytest.fixture
def ordered(h):
    """A Rise mission of validated companies from one day to another; returns its month."""

    async def deliver(start, end, **changes):
        month = MissionMonth(**changes)
        for company_id in (month.provider_id, month.client_id):
            event = month.company_validated.model_copy(update={"company_id": company_id})
            await h.deliver(event)
        await h.deliver(
            month.bdc_issued.model_copy(update={"offer": Offer.RISE, "period": Period(start=start, end=end)})
        )
        return month

    return deliver


async def sweep(h, *day):
    async with h.tx() as tx:
        while await issue_due(tx, datetime(*day, 11, tzinfo=UTC)):
            pass


async def invoices(h, company_id):
    async with h.tx() as tx:
        mine = (IssuedInvoice.party_id == company_id) & (IssuedInvoice.kind == Kind.RISE)
        return (await tx.scalars(select(IssuedInvoice).where(mine).order_by(IssuedInvoice.id))).all()


async def agree(h, mission_id, payer, scope=StaffScope.FINANCE):
    path, headers = f"/staff/rise-missions/{mission_id}/payer", h.headers(h.staff(scope))
    answer = await h.client.put(path, json={"payer": payer}, headers=headers)
    return answer, await h.client.get(path, headers=headers)


class TestQuarterlyInvoice:
    async def test_is_issued_once_from_the_tenth_for_the_quarter_before(self, h, ordered):
        month = await ordered(date(2026, 8, 31), date(2026, 12, 31))
        await sweep(h, 2026, 10, 9)
        assert await invoices(h, month.client_id) == []
        for day in (10, 10, 15):
            await sweep(h, 2026, 10, day)
        [invoice] = await invoices(h, month.client_id)
        assert (str(invoice.net_amount), str(invoice.gross_amount)) == ("98.00", "117.60")
        assert (invoice.sheet.period.start, invoice.sheet.period.end) == (date(2026, 7, 1), date(2026, 9, 30))
        [line] = invoice.sheet.lines
        assert (line.quantity, line.unit, line.unit_price) == (2, "MON", 49)
        told = [m for m in await h.emitted(NotificationRequested) if m.subject_id == invoice.id]
        assert [(m.template, m.context["quarter"]) for m in told] == [("rise_invoice", "2026-Q3")]
        await sweep(h, 2027, 1, 10)
        assert len(await invoices(h, month.client_id)) == 2

    async def test_is_made_up_for_after_the_fifteenth(self, h, ordered):
        month = await ordered(date(2026, 4, 1), date(2026, 6, 30))
        await sweep(h, 2026, 7, 28)
        assert len(await invoices(h, month.client_id)) == 1

    async def test_goes_to_who_agreed_to_pay(self, h, ordered):
        month = await ordered(date(2027, 1, 1), date(2027, 3, 31))
        changed, read = await agree(h, month.mission_id, "provider")
        assert changed.json() == read.json() == {"mission_id": str(month.mission_id), "payer": "provider"}
        await choose(h, month.provider_id, language="en")
        await sweep(h, 2027, 4, 12)
        assert await invoices(h, month.client_id) == []
        [invoice] = await invoices(h, month.provider_id)
        assert invoice.sheet.title == "Use of the platform, Rise missions, 2027-Q1"

    async def test_lists_every_mission_of_its_payer(self, h, ordered):
        first = await ordered(date(2027, 4, 1), date(2027, 4, 1))
        await ordered(date(2027, 5, 1), date(2027, 12, 31), client_id=first.client_id)
        await sweep(h, 2027, 7, 10)
        [invoice] = await invoices(h, first.client_id)
        assert sorted(line.quantity for line in invoice.sheet.lines) == [1, 2]

    async def test_is_of_no_connect_mission(self, h):
        month = MissionMonth()
        await h.deliver(month.company_validated)
        await h.deliver(month.bdc_issued)
        refused, _ = await agree(h, month.mission_id, "provider")
        assert refused.json()["code"] == "rise_mission_not_found"
        await sweep(h, 2026, 10, 10)
        assert await invoices(h, month.client_id) + await invoices(h, month.provider_id) == []

    async def test_payer_is_for_finance_staff(self, h, ordered):
        month = await ordered(date(2026, 8, 1), date(2026, 8, 31))
        refused, unread = await agree(h, month.mission_id, "provider", StaffScope.CONTRACTS)
        assert (refused.status_code, unread.status_code) == (403, 403)
        wrong, read = await agree(h, month.mission_id, "nobody")
        assert (wrong.json()["errors"][0]["field"], read.json()["payer"]) == ("payer", "client")


class TestUse:
    @pytest.mark.parametrize(
        ("start", "end", "months"),
        [
            (date(2026, 6, 30), date(2026, 6, 30), 0),
            (date(2026, 7, 1), date(2026, 7, 1), 1),
            (date(2026, 7, 31), date(2026, 8, 1), 2),
            (date(2025, 1, 1), date(2027, 1, 1), 3),
            (date(2026, 9, 30), date(2026, 10, 1), 1),
            (date(2026, 10, 1), date(2026, 12, 31), 0),
        ],
    )
    def test_counts_each_month_that_the_order_touches(self, start, end, months):
        assert sum(use.months for use in uses_of([order(start, end)], Quarter(2026, 3))) == months

    def test_counts_a_month_once_for_two_orders_of_a_mission(self):
        mission = uuid4()
        orders = [
            order(date(2026, 7, 1), date(2026, 8, 15), mission, reference="BDC-1"),
            order(date(2026, 8, 16), date(2026, 9, 30), mission, reference="BDC-2"),
        ]
        [use] = uses_of(orders, Quarter(2026, 3))
        assert (use.months, use.reference) == (3, "BDC-2")

    def test_is_priced_by_the_month(self):
        prices = [Price(Money.of(40), Month("2026-01")), Price(Money.of(50), Month("2026-09"))]
        assert price_of(Month("2025-12"), prices) == Money.of(0)
        uses = uses_of([order(date(2026, 1, 1), date(2026, 12, 31))], Quarter(2026, 3), prices)
        assert [(use.months, use.price) for use in uses] == [(2, Money.of(40)), (1, Money.of(50))]

    @pytest.mark.parametrize(
        ("day", "quarter", "invoiced_from"),
        [
            (date(2026, 12, 31), "2026-Q3", date(2026, 10, 10)),
            (date(2027, 1, 1), "2026-Q4", date(2027, 1, 10)),
            (date(2028, 5, 31), "2028-Q1", date(2028, 4, 10)),
            (date(2028, 7, 1), "2028-Q2", date(2028, 7, 10)),
        ],
    )
    def test_of_the_quarter_before_is_due(self, day, quarter, invoiced_from):
        before = Quarter.before(day)
        assert (str(before), before.invoiced_from) == (quarter, invoiced_from)
