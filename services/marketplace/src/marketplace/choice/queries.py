"""What a choice is measured against."""

from decimal import Decimal

from chassis import Tx
from marketplace.budget.domain import SpendingLine
from marketplace.rfp.domain import Rfp


async def threshold_of(tx: Tx, rfp: Rfp) -> Decimal | None:
    """The amount, without VAT, above which the buyer validates; none without a spending line."""
    line = await tx.get(SpendingLine, rfp.spending_line_id) if rfp.spending_line_id else None
    return None if line is None else line.buyer_threshold
