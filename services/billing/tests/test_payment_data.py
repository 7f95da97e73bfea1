"""What payments keep about people: exported, and forgotten in time (PL-06, PL-08)."""

from datetime import UTC, datetime

import pytest
from billing_payments import Finance
from sqlalchemy import select

from billing.invoice.credit_note import ProviderCreditNote
from billing.payment.domain import PaymentRun
from chassis.personal_data import NOBODY
from contracts.roles import Role


@pytest.mark.req("PL-06")
async def test_an_export_holds_ones_own_runs_and_credit_notes(h, given):
    finance = Finance(h, given)
    due, other = await finance.payable(), await finance.payable()
    run = await finance.propose()
    await finance.approve(run)
    for person in (finance.author, finance.second):
        (shown,) = (await h.exported(person.member_id))["payment runs"]
        assert shown["executes_on"] == run["executes_on"]
    assert (await due.read())["status"] == (await other.read())["status"] == "in_payment"
    held = await finance.payable()
    seller = h.member(Role.GERANT, held.provider_id)
    await held.credit("AV-9", headers=h.headers(seller))
    assert [kept["number"] for kept in (await h.exported(seller.member_id))["credit notes"]] == ["AV-9"]


@pytest.mark.req("PL-08")
@pytest.mark.parametrize(
    ("as_of", "forgotten"),
    [(datetime(2036, 11, 20, 12, tzinfo=UTC), False), (datetime(2036, 11, 21, 12, tzinfo=UTC), True)],
)
async def test_who_stood_behind_a_payment_is_forgotten_after_ten_years(h, given, as_of, forgotten):
    finance = Finance(h, given)
    due, held = await finance.payable(), await finance.payable()
    run = await finance.propose()
    await held.credit()
    await finance.approve(run)
    async with h.forgetting(as_of) as tx:
        kept = await tx.get(PaymentRun, run["id"])
        note = (await tx.scalars(select(ProviderCreditNote).where(ProviderCreditNote.invoice_id == held.id))).one()
        assert (kept.proposed_by == NOBODY, kept.approved_by is None) == (forgotten, forgotten)
        assert (note.imported_by == NOBODY) is forgotten
    assert (await due.read())["status"] == "in_payment"
