"""Taking money from a spending line, and which lines a client may spend today."""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select

from chassis import Tx, get_locked
from chassis.errors import require
from contracts.values import Money
from marketplace.budget.domain import (
    AnotherCurrency,
    Budget,
    Commitment,
    LineNotUsable,
    SpendingLine,
    SpendingLineNotFound,
)


def usable(company_id: UUID, today: date) -> ColumnElement[bool]:
    """Lines that the client may spend on this business date."""
    running = select(Budget.id).where(
        Budget.id == SpendingLine.budget_id, Budget.starts_on <= today, Budget.ends_on >= today
    )
    return and_(SpendingLine.company_id == company_id, SpendingLine.active, running.exists())


async def uses_budgets(tx: Tx, company_id: UUID, today: date) -> bool:
    """Whether the client plans its spending on the platform: then each request names a line."""
    return bool(await tx.scalar(select(exists().where(usable(company_id, today)))))


async def usable_line(tx: Tx, company_id: UUID, line_id: UUID, today: date) -> SpendingLine | None:
    """The client's line, if it may be spent on this business date."""
    query = select(SpendingLine).where(SpendingLine.id == line_id, usable(company_id, today))
    return (await tx.scalars(query)).one_or_none()


async def reserve(tx: Tx, line_id: UUID, amount: Money, proposal_id: UUID) -> None:
    """Set the price of a proposal aside at its retention; the line stays locked until the end (MK-28).

    Doing it again for the same proposal takes nothing more.

    Raises:
        LineNotUsable: closed, or its budget does not run today.
        AnotherCurrency: the line is not counted in the amount's currency.
        LineExhausted: what is left is too little.

    """
    line = await get_locked(tx, SpendingLine, line_id, SpendingLineNotFound())
    if await tx.get(Commitment, proposal_id) is not None:
        return
    require(await usable_line(tx, line.company_id, line_id, tx.today) is not None, LineNotUsable())
    require(line.currency == amount.currency, AnotherCurrency())
    line.take(amount.amount)
    tx.add(Commitment(proposal_id=proposal_id, line_id=line_id, reserved=amount.amount, ordered=0, invoiced=0))


async def release(tx: Tx, proposal_id: UUID) -> None:
    """Give back what was set aside for a proposal, if anything; what is ordered stays."""
    held = await hold_commitment(tx, proposal_id)
    if held is not None:
        commitment, line = held
        line.give_back(commitment.reserved)
        commitment.reserved -= commitment.reserved
        if not commitment.ordered:
            await tx.delete(commitment)


async def hold_commitment(tx: Tx, proposal_id: UUID) -> tuple[Commitment, SpendingLine] | None:
    """What a proposal takes from its line, both locked, the line first as everywhere."""
    line_id = await tx.scalar(select(Commitment.line_id).where(Commitment.proposal_id == proposal_id))
    if line_id is None:
        return None
    line = await get_locked(tx, SpendingLine, line_id, SpendingLineNotFound())
    found = select(Commitment).where(Commitment.proposal_id == proposal_id).with_for_update()
    commitment = (await tx.scalars(found, execution_options={"populate_existing": True})).one_or_none()
    return None if commitment is None else (commitment, line)
