"""A request for proposals, from its draft to its end; what was published never changes, but by editions (MK-23)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, Numeric, String, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import business_date
from chassis.errors import require
from chassis.rows import Base, new_id
from chassis.transitions import check_move
from contracts.roles import BUYERS, Role
from contracts.values import Money, Period
from marketplace.actor import Actor, Platform
from marketplace.directory.domain import Affiliation
from marketplace.rfp.content import RfpContent, StepState, completeness
from marketplace.rfp.refusals import (
    ClosingUnexplained,
    RfpAlreadyAwarded,
    RfpAlreadyPublished,
    RfpClosed,
    RfpStartsInThePast,
    UnknownOperationalManager,
)
from marketplace.rfp.status import MOVES, OPEN, UNPUBLISHED, WRITABLE, ClosingReason, RfpStatus
from marketplace.rfp.words import SEARCH_VECTOR

REGULARISED = timedelta(days=31)
"""How long before its publication a mission may have begun: work often starts while its papers are still missing."""


class Rfp(Base):
    """A client's request for proposals."""

    __tablename__ = "rfps"
    __table_args__ = (
        Index(None, "client_company_id", "listing_id"),
        Index(None, "status", "listing_id"),
        Index(None, "search", postgresql_using="gin"),
        Index(None, "period_start"),
        Index(None, "days"),
        CheckConstraint("days > 0", name="days_positive"),
        CheckConstraint("period_end >= period_start", name="period_in_order"),
        Index(None, "addressee_id", postgresql_where=text("addressee_id IS NOT NULL")),
        CheckConstraint(
            "(status IN ('draft', 'workflow_in_progress', 'publication_rejected')) = (number IS NULL)",
            name="number_once_published",
        ),
        CheckConstraint(
            "number IS NULL OR num_nulls(title, description, category, skills, city, country, remote_share,"
            " period_start, period_end, days, operational_manager_id) = 0",
            name="complete_once_published",
        ),
    )
    __mapper_args__ = {"eager_defaults": False}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(40))
    type: Mapped[str] = mapped_column(String(20))
    listing_id: Mapped[UUID] = mapped_column(unique=True)
    """Given at creation and again at publication, so that lists run from the newest."""
    number: Mapped[int | None] = mapped_column(unique=True)
    edition: Mapped[int]
    client_company_id: Mapped[UUID]
    client_name: Mapped[str | None]
    author_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(nullable=True)
    """Like all up to the operational manager: absent from an unfinished draft alone, which its client alone reads."""
    description: Mapped[str] = mapped_column(nullable=True)
    category: Mapped[str] = mapped_column(String(20), nullable=True)
    skills: Mapped[list[str]] = mapped_column(JSONB(none_as_null=True), nullable=True)
    city: Mapped[str] = mapped_column(nullable=True)
    country: Mapped[str] = mapped_column(String(2), nullable=True)
    postcode: Mapped[str | None] = mapped_column(String(10))
    remote_share: Mapped[int] = mapped_column(nullable=True)
    period_start: Mapped[date] = mapped_column(nullable=True)
    period_end: Mapped[date] = mapped_column(nullable=True)
    days: Mapped[Decimal] = mapped_column(Numeric(4, 1), nullable=True)
    operational_manager_id: Mapped[UUID] = mapped_column(nullable=True)
    max_daily_rate_amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    entity_id: Mapped[UUID | None]
    spending_line_id: Mapped[UUID | None]
    buyer_id: Mapped[UUID | None]
    deliverables: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    pricing: Mapped[str | None] = mapped_column(String(20))
    max_monthly_price_amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    market_after_days: Mapped[int]
    market_opens_on: Mapped[date | None]
    """The business date from which providers see it that are on no preferred list."""
    clause_ids: Mapped[list[str]] = mapped_column(JSONB)
    """The clauses that an answer accepts, as they stood when this edition was published."""
    mission_id: Mapped[UUID | None]
    """The running mission that it asks to extend."""
    addressee_id: Mapped[UUID | None]
    """The one provider asked, where it is no request to the market."""
    awarded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closing_reason: Mapped[str | None] = mapped_column(String(20))
    closing_comment: Mapped[str | None]
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(SEARCH_VECTOR, persisted=True),
        deferred=True,
    )

    @property
    def reference(self) -> str | None:
        """The number that people quote, RFP-<number>-<edition>, once published (MK-01)."""
        return None if self.number is None else f"RFP-{self.number}-{self.edition}"

    @property
    def period(self) -> Period:
        """From the first to the last day, both included; absent from an unfinished draft, like its columns."""
        return Period(start=self.period_start, end=self.period_end) if self.period_start else None  # type: ignore[return-value]

    @property
    def max_daily_rate(self) -> Money | None:
        """The highest daily rate that a proposal may ask, without VAT."""
        return None if self.max_daily_rate_amount is None else Money(amount=self.max_daily_rate_amount)

    @property
    def content(self) -> RfpContent:
        """What the client has written so far."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        monthly = self.max_monthly_price_amount
        return RfpContent.model_validate(
            plain
            | {
                "period": self.period,
                "max_daily_rate": self.max_daily_rate,
                "max_monthly_price": None if monthly is None else Money(amount=monthly),
            }
        )

    @property
    def steps(self) -> list[StepState]:
        """How far each step is, as long as it is being written."""
        return completeness(self.content) if self.status in WRITABLE else []

    @classmethod
    def draft(cls, content: RfpContent, manager: Affiliation | None, by: Actor, at: datetime) -> Rfp:
        """Begin a request for the author's company (MK-15). Raises what `edit` does."""
        rfp = cls(
            id=new_id(),
            version=1,
            status=RfpStatus.DRAFT,
            listing_id=new_id(),
            edition=1,
            client_company_id=by.company_id,
            author_id=by.member_id,
            created_at=at,
            clause_ids=[],
        )
        rfp._write(content, manager)
        return rfp

    def edit(self, content: RfpContent, manager: Affiliation | None) -> None:
        """Replace the whole content of what nobody has published.

        Raises:
            RfpAlreadyPublished: it is published, or with its validators.
            UnknownOperationalManager: the manager follows no missions for the client.
            FieldOfAnotherStep: a request of this type never says that.

        """
        require(self.status in WRITABLE, RfpAlreadyPublished())
        self._write(content, manager)
        self.version += 1

    def check_publishable(self, manager: Affiliation | None, today: date) -> None:
        """Refuse a publication that would be void from its first day.

        Raises:
            RfpAlreadyPublished: it is published already.
            RfpIncomplete, DeliverableOutsidePeriod: see `RfpContent.check_complete`.
            RfpStartsInThePast: the period began more than 31 days before `today`, the business date.
            UnknownOperationalManager: the manager follows missions for the client no more.

        """
        require(self.status in UNPUBLISHED, RfpAlreadyPublished())
        self.content.check_complete()
        require(self.period_start >= today - REGULARISED, RfpStartsInThePast())
        _check_manager(manager, self.client_company_id)

    def submit(self, by: Actor) -> None:
        """Hand it to the validators; once more, when those who were asked are not there any more."""
        self._move_to(RfpStatus.WORKFLOW_IN_PROGRESS, by.role)

    def reject(self, by: Actor) -> None:
        """A validator does not want it published; its author may write it anew."""
        self._move_to(RfpStatus.PUBLICATION_REJECTED, by.role)

    def publish(self, number: int, client_name: str, by: Actor, at: datetime) -> None:
        """Show it to providers under its number; from now on its content is frozen (MK-17, MK-23)."""
        asked = RfpStatus.AWAITING_EXTENSION_APPROVAL if self.addressee_id else RfpStatus.PUBLISHED
        self._move_to(asked, by.role)
        self.number, self.client_name = number, client_name
        self.listing_id = new_id()
        self.published_at = at
        self.market_opens_on = business_date(at) + timedelta(days=self.market_after_days)

    def correct(self, content: RfpContent, manager: Affiliation | None, today: date) -> None:
        """Publish another edition: whoever answers from now on answers this one (MK-23).

        Raises:
            RfpAlreadyAwarded, RfpClosed: it is not open.
            RfpIncomplete, RfpStartsInThePast, UnknownOperationalManager, FieldOfAnotherStep: as for a draft.

        """
        self.check_open()
        content.check_complete()
        self._write(content, manager)
        require(self.period_start >= today - REGULARISED, RfpStartsInThePast())
        opened = business_date(self.published_at) if self.published_at else today
        self.market_opens_on = opened + timedelta(days=self.market_after_days)
        self.edition += 1
        self.version += 1

    def check_open(self) -> None:
        """Refuse what needs a request still open. Raises RfpAlreadyAwarded or RfpClosed."""
        require(self.status != RfpStatus.AWARDED, RfpAlreadyAwarded())
        require(self.status in OPEN, RfpClosed())

    def take_answer(self, by: Actor) -> None:
        """An answer came; the provider that was asked for an extension agrees to it thereby."""
        self.check_open()
        if self.status == RfpStatus.AWAITING_EXTENSION_APPROVAL:
            self._move_to(RfpStatus.PUBLISHED, by.role)

    def refuse_extension(self, by: Actor) -> None:
        """The provider that was asked does not want more days. Raises IllegalMove."""
        self._move_to(RfpStatus.EXTENSION_REFUSED, by.role)

    def award(self, by: Actor, at: datetime) -> None:
        """Close it on the proposal just retained. Raises RfpAlreadyAwarded or RfpClosed."""
        self.check_open()
        self._move_to(RfpStatus.AWARDED, by.role)
        self.awarded_at = at

    def reopen(self) -> None:
        """The platform did not agree to the proposal just retained: the client may choose another (MK-22)."""
        self._move_to(RfpStatus.PUBLISHED, Platform.STAFF)
        self.awarded_at = None

    def close(self, reason: ClosingReason, comment: str | None, by: Actor, at: datetime) -> None:
        """End it without an award. Raises ClosingUnexplained or IllegalMove."""
        require(reason != ClosingReason.OTHER or comment is not None, ClosingUnexplained(field="comment"))
        self._move_to(RfpStatus.CLOSED, by.role)
        self.closed_at, self.closing_reason, self.closing_comment = at, reason, comment

    def _move_to(self, target: RfpStatus, by: Role | Platform) -> None:
        self.status = check_move(MOVES, RfpStatus(self.status), target, by)
        self.version += 1

    def _write(self, content: RfpContent, manager: Affiliation | None) -> None:
        content.check_belongs(content.model_fields_set)
        if content.operational_manager_id is not None:
            _check_manager(manager, self.client_company_id)
        written = content.model_dump(mode="json", include={"deliverables"})
        for name in _PLAIN:
            setattr(self, name, written[name] if name in written else getattr(content, name))
        self.period_start = content.period.start if content.period else None  # type: ignore[assignment]
        self.period_end = content.period.end if content.period else None  # type: ignore[assignment]
        self.max_daily_rate_amount = content.max_daily_rate.amount if content.max_daily_rate else None
        self.max_monthly_price_amount = content.max_monthly_price.amount if content.max_monthly_price else None


_PLAIN = (
    "type", "entity_id", "spending_line_id", "operational_manager_id", "buyer_id", "title", "category", "description",
    "skills", "deliverables", "pricing", "city", "country", "postcode", "remote_share", "days",
    "market_after_days",
)  # fmt: skip
"""What is kept in columns as it is written."""


def _check_manager(manager: Affiliation | None, client_company_id: UUID) -> None:
    follows = manager is not None and manager.company_id == client_company_id and Role(manager.role) in BUYERS
    require(follows, UnknownOperationalManager(field="operational_manager_id"))
