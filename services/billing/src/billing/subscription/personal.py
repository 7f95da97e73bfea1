"""Who subscribed and cancelled for a company (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from billing.subscription.domain import Subscription
from chassis import Tx
from chassis.clock import instant_of
from chassis.personal_data import ACCOUNTING_YEARS, NOBODY, Basis, DataClass, Records, record_of, years_before


async def _subscriptions(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Subscription.accepted_by == member_id, Subscription.cancelled_by == member_id)
    shown = ("plan", "offer_code", "terms_version", "terms_sha256", "accepted_at", "cancelled_at")
    return [record_of(row, *shown) for row in await tx.scalars(select(Subscription).where(mine))]


async def _forget(tx: Tx, as_of: datetime) -> None:
    """What was accepted stays with the invoices; by whom is forgotten."""
    over = Subscription.ended_at < instant_of(years_before(as_of, ACCOUNTING_YEARS))
    await tx.execute(update(Subscription).where(over).values(accepted_by=NOBODY, cancelled_by=None, end_remark=None))


DATA = [
    DataClass(
        "subscriptions",
        purpose="Prove who accepted which terms of sale for a company, and who cancelled",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the subscription's end",
        tables=(Subscription,),
        gather=_subscriptions,
        forget=_forget,
    ),
]
