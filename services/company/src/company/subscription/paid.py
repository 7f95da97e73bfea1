"""Paid subscriptions, copied from billing: a company's plan comes from one while it runs (CO-47, BL-32)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Index, and_, or_
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from company.subscription.plans import Plan
from company.words import words
from contracts.billing import SubscriptionStatus


class PaidSubscription(Base):
    """A subscription as billing last told of it."""

    __tablename__ = "paid_subscriptions"
    __table_args__ = (Index("ix_paid_subscriptions_company_id", "company_id"),)

    subscription_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    plan: Mapped[Plan] = mapped_column(words(Plan))
    status: Mapped[SubscriptionStatus] = mapped_column(words(SubscriptionStatus))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    version: Mapped[int]


def runs_on(day: date) -> ColumnElement[bool]:
    """Whether it gives its plan on that day: until it has ended, and if it is not renewed no later than its term."""
    renewed = PaidSubscription.status == SubscriptionStatus.ACTIVE
    running_out = and_(PaidSubscription.status == SubscriptionStatus.CANCELLED, PaidSubscription.ends_on >= day)
    return and_(PaidSubscription.starts_on <= day, or_(renewed, running_out))
