"""What the calendar does with subscriptions: announce a renewal, renew, let run out (BL-33, BL-34)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from billing.settings import BillingSettings
from billing.subscription.billing import bill_term
from billing.subscription.catalogue import offer_of
from billing.subscription.domain import Subscription
from chassis import Tx, audit, emit
from chassis.clock import business_date
from chassis.sweeps import Sweep
from contracts.billing import SubscriptionStatus

_AT_ONCE = 20
"""How many a transaction takes: invoices of one series are issued one after the other."""


async def renew_or_end(tx: Tx, as_of: datetime) -> bool:
    """Begin the next term, and invoice it, of what renews; end what was cancelled. True while some are left."""
    over = Subscription.ends_on < business_date(as_of)
    live = Subscription.status.in_([SubscriptionStatus.ACTIVE, SubscriptionStatus.CANCELLED])
    query = select(Subscription).where(live, over).order_by(Subscription.ends_on, Subscription.id).limit(_AT_ONCE)
    due = (await tx.scalars(query.with_for_update(skip_locked=True))).all()
    for subscription in due:
        if subscription.renewed_at_term:
            subscription.renew()
            await bill_term(tx, BillingSettings(), subscription)
            audit(tx, "subscription.renew", subscription.id, term=subscription.term)
        else:
            subscription.run_out(tx.now)
            audit(tx, "subscription.end", subscription.id)
            emit(tx, subscription.told("subscription_changed", status=subscription.status.value))
        emit(tx, subscription.changed(tx.now))
    return bool(due)


async def announce(tx: Tx, as_of: datetime) -> None:
    """Tell each company once a term that its subscription is about to be renewed, and at what price."""
    until = business_date(as_of) + timedelta(days=BillingSettings().subscription_notice_days)
    untold = Subscription.noticed_term < Subscription.term
    query = select(Subscription).where(
        Subscription.status == SubscriptionStatus.ACTIVE, untold, Subscription.ends_on <= until
    )
    for subscription in (await tx.scalars(query.with_for_update(skip_locked=True))).all():
        subscription.noticed_term = subscription.term
        next_day = subscription.ends_on + timedelta(days=1)
        offer = offer_of(subscription.offer_code, next_day)
        price = f"{offer.price.amount:.2f}" if offer else ""
        emit(tx, subscription.told("subscription_renewing", price=price, months=str(subscription.months)))


SWEEPS = [
    Sweep("renew_subscriptions", timedelta(hours=1), renew_or_end),
    Sweep("announce_renewals", timedelta(hours=6), announce),
]
