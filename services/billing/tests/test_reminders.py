"""Reminders of invoices that are late, on both sides of each step."""

from datetime import date, timedelta

import pytest
from camt_builder import Line

from billing.bank.reminders import remind
from chassis.clock import instant_of
from contracts.notification import NotificationRequested
from contracts.roles import HEADS


@pytest.fixture
def reminded(h):
    """Run the sweep on a day; the reminders of an invoice so far."""

    async def run(invoice, late):
        day: date = invoice.due_on + timedelta(days=late)
        more = True
        while more:
            async with h.tx() as tx:
                more = await remind(tx, instant_of(day))
        sent = [event for event in await h.emitted(NotificationRequested) if event.template == "invoice_overdue"]
        return [event for event in sent if event.subject_id == invoice.id]

    return run


@pytest.mark.parametrize(("late", "count"), [(0, 0), (4, 0), (5, 1), (14, 1), (15, 1), (400, 1)])
async def test_the_first_run_sends_one_for_the_latest_step(seller, reminded, late, count):
    assert len(await reminded(await seller.invoice(), late)) == count


async def test_each_step_is_told_once(seller, reminded):
    invoice = await seller.invoice()
    sent = [len(await reminded(invoice, late)) for late in (4, 5, 5, 14, 15, 16, 29, 30, 31, 100)]
    assert sent == [0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


async def test_it_says_what_is_open_to_those_who_run_the_company(desk, seller, reminded):
    invoice = await seller.invoice()
    await desk.receive(Line("50.00", remittance=invoice.number))
    await desk.match()
    (told,) = await reminded(invoice, 5)
    assert told.context == {
        "invoice_number": invoice.number,
        "open": "70.00",
        "due_date": invoice.due_on.isoformat(),
    }
    assert [(each.company_id, set(each.roles)) for each in told.roles] == [(invoice.party_id, HEADS)]


async def test_what_is_paid_or_taken_back_is_not_reminded_of(desk, seller, reminded):
    paid, credited = await seller.invoice(), await seller.invoice()
    await desk.receive(Line("120.00", remittance=paid.number))
    await desk.match()
    await seller.credit(credited)
    assert await reminded(paid, 30) == await reminded(credited, 30) == []


async def test_whoever_has_money_on_account_is_not_reminded(desk, seller, reminded):
    first = await seller.invoice()
    await desk.receive(Line("130.00", remittance=first.number))
    await desk.match()
    assert await reminded(await seller.invoice(first.party_id), 30) == []
