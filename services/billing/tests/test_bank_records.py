"""What bank statements keep about people, and for how long."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from bank_desk import BankDesk
from camt_builder import Line
from sqlalchemy import select

from billing.bank.domain import BankMatch, BankMovement, BankStatement
from billing.invariants import broken
from chassis.audit import audit_log
from chassis.personal_data import NOBODY


@pytest.mark.req("PL-06")
async def test_an_export_says_what_a_member_of_staff_imported_and_matched(h, seller):
    desk = BankDesk(h)
    (movement,) = await desk.receive(Line("120.00"))
    await desk.undo((await desk.settle(movement, await seller.invoice(), "120.00")).json(), "somebody else's")
    found = await h.exported(desk.member.member_id)
    assert len(found["bank statements"]) == 1
    assert [each["undone_reason"] for each in found["bank matches"]] == ["somebody else's"]
    stranger = await h.exported(h.member().member_id)
    assert stranger["bank statements"] == stranger["bank matches"] == []


async def test_imports_matches_and_reversals_are_audited(h, seller):
    desk = BankDesk(h)
    (movement,) = await desk.receive(Line("120.00", name="Jeanne Dupont"))
    await desk.undo((await desk.settle(movement, await seller.invoice(), "120.00")).json())
    async with h.tx() as tx:
        mine = select(audit_log.c.action, audit_log.c.details).where(audit_log.c.actor == str(desk.member.member_id))
        found = (await tx.execute(mine.order_by(audit_log.c.id))).all()
    assert [row.action for row in found] == ["bank_statement.import", "bank_match.make", "bank_match.undo"]
    assert "Jeanne" not in str(found)


@pytest.mark.req("PL-08")
async def test_who_paid_is_forgotten_ten_years_after_the_statement_and_the_sums_stay(h, seller):
    desk = BankDesk(h)
    (movement,) = await desk.receive(Line("120.00", name="Jeanne Dupont", remittance="merci", end_to_end="E"))
    await desk.settle(movement, await seller.invoice(), "120.00")
    closed = (await desk.account()).on
    for days, forgotten in ((0, False), (1, True)):
        as_of = datetime(closed.year + 10, closed.month, closed.day, 12, tzinfo=UTC) + timedelta(days=days)
        async with h.forgetting(as_of) as tx:
            row = await tx.get(BankMovement, UUID(movement["id"]))
            statement = await tx.get(BankStatement, row.statement_row_id)
            said = (row.counterparty_name, row.counterparty_iban, row.end_to_end_id, row.remittance)
            assert (said == (None, None, None, "")) is forgotten
            assert (statement.imported_by == NOBODY) is forgotten
            assert f"{row.amount:.2f}" == "120.00"
            assert await broken(tx) == {}


@pytest.mark.req("PL-08")
async def test_who_matched_it_is_forgotten_ten_years_after_the_match(h, seller):
    desk = BankDesk(h)
    (movement,) = await desk.receive(Line("120.00"))
    match = (await desk.settle(movement, await seller.invoice(), "120.00")).json()
    made = datetime.fromisoformat(match["matched_at"])
    for days, forgotten in ((0, False), (1, True)):
        async with h.forgetting(made.replace(year=made.year + 10) + timedelta(days=days)) as tx:
            row = await tx.get(BankMatch, UUID(match["id"]))
            assert (row.matched_by is None) is forgotten
