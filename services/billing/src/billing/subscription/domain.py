"""A company's paid subscription: a fixed term, renewed for the same one unless cancelled (BL-32 to BL-35)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.columns import word
from billing.subscription.catalogue import EndsAt, PaidPlan, SubscriptionOffer
from chassis.clock import months_after
from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from contracts.billing import SubscriptionChanged, SubscriptionStatus
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import HEADS
from contracts.values import Money, Period


class SubscriptionNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "subscription_not_found", "There is no such subscription"


class OfferNotFound(NotFound):
    """It is not sold today."""

    code, title = "subscription_offer_not_found", "This subscription is not on offer"


class AlreadySubscribed(Conflict):
    """The company has this plan until its subscription ends."""

    code, title = "already_subscribed", "Your company has this subscription already"


class SaleTermsNotAccepted(Unprocessable):
    """The box was not ticked."""

    code, title = "sale_terms_not_accepted", "Accept the terms of sale to subscribe"


class SaleTermsChanged(Conflict):
    """Other terms were read than those in force today."""

    code, title = "sale_terms_changed", "The terms of sale have changed; read them again"


class AlreadyCancelled(Conflict):
    """It was cancelled before."""

    code, title = "subscription_already_cancelled", "This subscription is cancelled already"


class TermOver(Conflict):
    """Its last day has passed: the next term, for which it is too late to cancel the last, is about to begin."""

    code, title = "subscription_term_over", "The term has ended; try again within the hour"


class SubscriptionActor(StrEnum):
    """Who may try to move it."""

    MEMBER = "member"
    STAFF = "staff"
    CALENDAR = "calendar"


_S, _A = SubscriptionStatus, SubscriptionActor
ALLOWED = {
    _S.ACTIVE: moves({_S.ACTIVE}, {_A.CALENDAR}),
    _S.CANCELLED: moves({_S.ACTIVE, _S.CANCELLED}, {_A.MEMBER}),
    _S.ENDED: moves({_S.CANCELLED}, {_A.CALENDAR}) | moves({_S.ACTIVE, _S.CANCELLED}, {_A.STAFF}),
}


_RUNNING = "status <> 'ended'"


class EndReason(StrEnum):
    """Why it ended."""

    NOT_RENEWED = "not_renewed"
    UNSUBSCRIBED = "unsubscribed"
    BREACH = "breach"


class Subscription(Base):
    """What a company subscribed to, on which terms of sale, and until when the running term lasts."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        Index("uq_subscriptions_running", "company_id", "plan", unique=True, postgresql_where=text(_RUNNING)),
        Index("ix_subscriptions_company_id_id", "company_id", "id"),
        Index("ix_subscriptions_status_ends_on", "status", "ends_on"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_its_start"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    plan: Mapped[PaidPlan] = mapped_column(word(PaidPlan))
    offer_code: Mapped[str] = mapped_column(String(40))
    months: Mapped[int]
    """Length of each term."""
    terms_version: Mapped[str] = mapped_column(String(40))
    terms_text: Mapped[str] = mapped_column(Text)
    terms_sha256: Mapped[str] = mapped_column(String(64))
    unsubscribing: Mapped[EndsAt] = mapped_column(word(EndsAt))
    accepted_by: Mapped[UUID]
    accepted_at: Mapped[datetime]
    first_day: Mapped[date]
    """Of the first term: later ones begin on the same day of the month, or on the last of a shorter one."""
    term: Mapped[int]
    """Number of the running term, from 1."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    status: Mapped[SubscriptionStatus] = mapped_column(word(SubscriptionStatus))
    noticed_term: Mapped[int]
    """The last term before whose end the company was told of the renewal."""
    cancelled_by: Mapped[UUID | None]
    cancelled_at: Mapped[datetime | None]
    end_reason: Mapped[EndReason | None] = mapped_column(word(EndReason))
    end_remark: Mapped[str | None] = mapped_column(String(1000))
    ended_at: Mapped[datetime | None]
    version: Mapped[int]

    @classmethod
    def take_out(
        cls, company_id: UUID, offer: SubscriptionOffer, *, by: UUID, at: datetime, today: date
    ) -> Subscription:
        """Subscribe today; the first term begins at once (BL-32)."""
        return cls(
            id=new_id(),
            company_id=company_id,
            plan=offer.plan,
            offer_code=offer.code,
            months=offer.months,
            terms_version=offer.terms.version,
            terms_text=offer.terms.binding,
            terms_sha256=offer.terms.sha256,
            unsubscribing=offer.terms.unsubscribing,
            accepted_by=by,
            accepted_at=at,
            first_day=today,
            term=1,
            starts_on=today,
            ends_on=_last_day(today, offer.months),
            status=SubscriptionStatus.ACTIVE,
            noticed_term=0,
            version=1,
        )

    @property
    def renewed_at_term(self) -> bool:
        """Whether another term follows the running one."""
        return self.status is SubscriptionStatus.ACTIVE

    def renew(self) -> None:
        """Begin the next term, as long as the first (BL-33). Raises IllegalMove."""
        self._move_to(SubscriptionStatus.ACTIVE, SubscriptionActor.CALENDAR)
        self.term += 1
        self.starts_on = self.ends_on + timedelta(days=1)
        self.ends_on = _last_day(self.first_day, self.term * self.months)

    def cancel(self, by: UUID, at: datetime, today: date) -> None:
        """Do not renew it: it ends with the running term (BL-33). Raises IllegalMove, AlreadyCancelled, TermOver."""
        require(self.end_reason is None, AlreadyCancelled())
        require(today <= self.ends_on, TermOver())
        self._leave(EndReason.NOT_RENEWED, by, at)

    def unsubscribe(self, by: UUID, at: datetime, today: date) -> None:
        """End it as early as the accepted terms of sale say (BL-34); no price is paid back.

        Raises:
            IllegalMove: it has ended.
            AlreadyCancelled: the company unsubscribed before.
            TermOver: another term is about to begin.

        """
        require(self.end_reason is not EndReason.UNSUBSCRIBED, AlreadyCancelled())
        require(today <= self.ends_on or self.status is SubscriptionStatus.ENDED, TermOver())
        self._leave(EndReason.UNSUBSCRIBED, by, at)
        if self.unsubscribing is EndsAt.END_OF_MONTH:
            self.ends_on = min(self.ends_on, self._end_of_month(today))

    def terminate(self, at: datetime, today: date, remark: str) -> None:
        """End it at once for the company's breach; nothing is paid back (BL-35). Raises IllegalMove."""
        self._move_to(SubscriptionStatus.ENDED, SubscriptionActor.STAFF)
        self.end_reason, self.end_remark, self.ended_at = EndReason.BREACH, remark, at
        self.ends_on = max(self.starts_on, min(self.ends_on, today))

    def run_out(self, at: datetime) -> None:
        """Its last day has passed. Raises IllegalMove."""
        self._move_to(SubscriptionStatus.ENDED, SubscriptionActor.CALENDAR)
        self.ended_at = at

    def _leave(self, reason: EndReason, by: UUID, at: datetime) -> None:
        self._move_to(SubscriptionStatus.CANCELLED, SubscriptionActor.MEMBER)
        self.end_reason, self.cancelled_by, self.cancelled_at = reason, by, at

    def _end_of_month(self, today: date) -> date:
        """The last day of the running month, counted from the first day of the subscription."""
        passed = (today.year - self.first_day.year) * 12 + today.month - self.first_day.month
        return next(end for n in (passed, passed + 1) if (end := _last_day(self.first_day, n)) >= today)

    def _move_to(self, target: SubscriptionStatus, actor: SubscriptionActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, actor)
        self.version += 1

    def changed(self, at: datetime) -> SubscriptionChanged:
        """What other services need to know of it."""
        return SubscriptionChanged(
            version=self.version,
            subscription_id=self.id,
            company_id=self.company_id,
            plan=self.plan.value,
            status=self.status,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            changed_at=at,
        )

    def told(self, template: str, **context: str) -> NotificationRequested:
        """Tell whoever runs the company's affairs."""
        return NotificationRequested(
            subject_id=self.id,
            template=template,
            roles=[RoleInCompany(company_id=self.company_id, roles=sorted(HEADS))],
            context={"plan": self.plan.value, "ends_on": self.ends_on.isoformat(), **context},
        )


class SubscriptionTerm(Base):
    """One term that was or is paid for; its invoice is made once."""

    __tablename__ = "subscription_terms"
    __table_args__ = (UniqueConstraint("subscription_id", "term"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey(Subscription.id))
    term: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    price_amount: Mapped[Decimal] = mapped_column("price", Numeric(14, 2))
    issued_invoice_id: Mapped[UUID] = mapped_column(unique=True)

    @property
    def price(self) -> Money:
        """Without VAT."""
        return Money(amount=self.price_amount)

    @property
    def period(self) -> Period:
        """First to last day."""
        return Period(start=self.starts_on, end=self.ends_on)


def check_subscription(offer: SubscriptionOffer, *, terms_version: str, accepted: bool) -> None:
    """Whether the company subscribes, knowing the terms (BL-32).

    Raises:
        SaleTermsNotAccepted: the box was not ticked.
        SaleTermsChanged: other terms were read.

    """
    require(accepted, SaleTermsNotAccepted(field="accepted"))
    require(terms_version == offer.terms.version, SaleTermsChanged(field="terms_version"))


def _last_day(first_day: date, months: int) -> date:
    return months_after(first_day, months) - timedelta(days=1)
