"""What a request names is there, and the client's own."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from chassis import Tx
from chassis.errors import Conflict, Unprocessable, require
from contracts.permissions import Permission, allows
from contracts.roles import Role
from marketplace.budget.domain import SpendingLine
from marketplace.budget.queries import usable_line, uses_budgets
from marketplace.directory.domain import Affiliation
from marketplace.directory.entities import UnknownEntity, active_entities
from marketplace.directory.queries import affiliation_of
from marketplace.rfp.content import RfpContent


class UnknownSpendingLine(Unprocessable):
    """Absent, not to be spent today, or of another entity."""

    code, title = "unknown_spending_line", "The entity has no such spending line in use"


class UnknownBuyer(Unprocessable):
    """Nobody of the client who may approve spending."""

    code, title = "unknown_buyer", "The buyer must be somebody of your company who approves spending"


class SpendingLineNeeded(Conflict):
    """The client plans its spending here, so that each request is paid from somewhere."""

    code, title = "spending_line_needed", "The request needs an entity and one of its spending lines"


NAMED: Sequence[type[Unprocessable]] = (UnknownEntity, UnknownSpendingLine, UnknownBuyer)
"""How `check_named` refuses."""


async def manager_of(tx: Tx, company_id: UUID, content: RfpContent) -> Affiliation | None:
    """The operational manager's affiliation, if one is named and there."""
    named = content.operational_manager_id
    return await affiliation_of(tx, company_id, named) if named is not None else None


async def check_named(tx: Tx, company_id: UUID, content: RfpContent) -> SpendingLine | None:
    """Return the spending line, if one is named.

    Raises:
        UnknownEntity: closed, or not the client's.
        UnknownSpendingLine: not one that the entity may spend today.
        UnknownBuyer: nobody who approves the client's spending.

    """
    if content.entity_id is not None:
        await active_entities(tx, company_id, [content.entity_id], field="entity_id")
    if content.buyer_id is not None:
        buyer = await affiliation_of(tx, company_id, content.buyer_id)
        approves = buyer is not None and allows(Permission.APPROVE_SPENDING, Role(buyer.role))
        require(approves, UnknownBuyer(field="buyer_id"))
    if content.spending_line_id is None:
        return None
    line = await usable_line(tx, company_id, content.spending_line_id, tx.today)
    if line is None or line.entity_id != content.entity_id:
        raise UnknownSpendingLine(field="spending_line_id")
    return line


async def line_to_publish(tx: Tx, company_id: UUID, content: RfpContent) -> SpendingLine | None:
    """The line that will pay; none for a client without budgets. Raises as `check_named`, or SpendingLineNeeded."""
    line = await check_named(tx, company_id, content)
    if line is None:
        require(not await uses_budgets(tx, company_id, tx.today), SpendingLineNeeded(field="spending_line_id"))
    return line


async def threshold_of(tx: Tx, spending_line_id: UUID | None) -> Decimal | None:
    """The amount, without VAT, above which the buyer has a say; none without a spending line."""
    line = await tx.get(SpendingLine, spending_line_id) if spending_line_id else None
    return line.buyer_threshold if line else None
