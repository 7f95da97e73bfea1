"""A request for proposals, from its draft to its end; what was published never changes, but by editions (MK-23)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, Numeric, String, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import business_date
from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.roles import BUYERS, CLIENT_ROLES, SELLERS, Role
from contracts.values import Money, Period
from marketplace.actor import Actor, Platform
from marketplace.directory.domain import Affiliation
from marketplace.rfp.content import RfpContent, StepState, completeness
from marketplace.rfp.words import SEARCH_VECTOR


class RfpStatus(StrEnum):
    """Where a request stands (domain facts 1.2); what its proposals add to that is `stage_of`'s to say."""

    DRAFT = "draft"
    WORKFLOW_IN_PROGRESS = "workflow_in_progress"
    PUBLICATION_REJECTED = "publication_rejected"
    PUBLISHED = "published"
    AWAITING_EXTENSION_APPROVAL = "awaiting_extension_approval"
    EXTENSION_REFUSED = "extension_refused"
    AWARDED = "awarded"
    CLOSED = "closed"


class RfpStage(StrEnum):
    """How its client reads a request: the status, and what the proposals add to it (domain facts 1.2)."""

    DRAFT = "draft"
    WORKFLOW_IN_PROGRESS = "workflow_in_progress"
    PUBLICATION_REJECTED = "publication_rejected"
    PUBLISHED_WITHOUT_PROPOSALS = "published_without_proposals"
    PUBLISHED_WITH_PROPOSALS = "published_with_proposals"
    AWAITING_BUYER_VALIDATION = "awaiting_buyer_validation"
    AWAITING_EXTENSION_APPROVAL = "awaiting_extension_approval"
    EXTENSION_REFUSED = "extension_refused"
    AWARDED = "awarded"
    CLOSED = "closed"


class ClosingReason(StrEnum):
    """Why a client closes a request."""

    AWARDED_ELSEWHERE = "awarded_elsewhere"
    CANCELLED = "cancelled"
    FILLED = "filled"
    NO_SUITABLE_PROPOSAL = "no_suitable_proposal"
    OTHER = "other"


UNPUBLISHED = frozenset({RfpStatus.DRAFT, RfpStatus.WORKFLOW_IN_PROGRESS, RfpStatus.PUBLICATION_REJECTED})
"""Where only the client sees it; it has no number yet."""
_WRITABLE = frozenset({RfpStatus.DRAFT, RfpStatus.PUBLICATION_REJECTED})
OPEN = frozenset({RfpStatus.PUBLISHED, RfpStatus.AWAITING_EXTENSION_APPROVAL})
"""Where a provider may answer."""

_BUYERS: set[Role | Platform] = set(BUYERS)
_VALIDATORS: set[Role | Platform] = set(CLIENT_ROLES)
_SELLERS: set[Role | Platform] = set(SELLERS)
_STAFF: set[Role | Platform] = {Platform.STAFF}

MOVES: dict[RfpStatus, Move[RfpStatus, Role | Platform]] = {
    RfpStatus.WORKFLOW_IN_PROGRESS: moves(set(_WRITABLE), _BUYERS),
    RfpStatus.PUBLICATION_REJECTED: moves({RfpStatus.WORKFLOW_IN_PROGRESS}, _VALIDATORS),
    RfpStatus.PUBLISHED: moves(set(_WRITABLE), _BUYERS)
    | moves({RfpStatus.WORKFLOW_IN_PROGRESS}, _VALIDATORS)
    | moves({RfpStatus.AWAITING_EXTENSION_APPROVAL}, _SELLERS)
    | moves({RfpStatus.AWARDED}, _STAFF),
    RfpStatus.AWAITING_EXTENSION_APPROVAL: moves(set(_WRITABLE), _BUYERS)
    | moves({RfpStatus.WORKFLOW_IN_PROGRESS}, _VALIDATORS),
    RfpStatus.EXTENSION_REFUSED: moves({RfpStatus.AWAITING_EXTENSION_APPROVAL}, _SELLERS),
    RfpStatus.AWARDED: moves({RfpStatus.PUBLISHED}, _BUYERS),
    RfpStatus.CLOSED: moves(set(OPEN) | {RfpStatus.EXTENSION_REFUSED}, _BUYERS),
}
"""A request whose publication needs validators waits for them; an extension waits for its one provider."""


def stage_of(status: RfpStatus, buyer_waits: bool | None) -> RfpStage:
    """The stage of a request, given whether one of its proposals waits for the buyer; None without proposals."""
    if status is not RfpStatus.PUBLISHED:
        return RfpStage(status)
    if buyer_waits is None:
        return RfpStage.PUBLISHED_WITHOUT_PROPOSALS
    return RfpStage.AWAITING_BUYER_VALIDATION if buyer_waits else RfpStage.PUBLISHED_WITH_PROPOSALS


class RfpNotFound(NotFound):
    """No such request, or not yours to see."""

    code, title = "rfp_not_found", "There is no such request for proposals"


class RfpAlreadyPublished(Conflict):
    """What was published never changes."""

    code, title = "rfp_already_published", "The request is published and cannot change"


class RfpAlreadyAwarded(Conflict):
    """A proposal was retained already."""

    code, title = "rfp_already_awarded", "The request was awarded already"


class RfpClosed(Conflict):
    """Nobody may answer, correct or award it."""

    code, title = "rfp_closed", "The request is not open"


class ClosingUnexplained(Unprocessable):
    """`other` explains nothing by itself."""

    code, title = "closing_unexplained", "This reason needs a comment"


REGULARISED = timedelta(days=31)
"""How long before its publication a mission may have begun: work often starts while its papers are still missing."""


class RfpStartsInThePast(Conflict):
    """The period begins too long before the day of publication."""

    code, title = "rfp_starts_in_the_past", "The period started more than 31 days ago"


class UnknownOperationalManager(Unprocessable):
    """Nobody who may follow a mission for this client."""

    code, title = "unknown_operational_manager", "The operational manager must be a buyer of your company"


class Rfp(Base):
    """A client's request for proposals."""

    __tablename__ = "rfps"
    __table_args__ = (
        Index(None, "client_company_id", "listing_id"),
        Index(None, "status", "listing_id"),
        Index(None, "search", postgresql_using="gin"),
        Index(None, "period_start"),
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
    """The clauses that an answer accepts, as they stood at the publication."""
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
        return completeness(self.content) if self.status in _WRITABLE else []

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
        require(self.status in _WRITABLE, RfpAlreadyPublished())
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
        """Hand it to the validators (domain facts 1.2)."""
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
    "skills", "deliverables", "pricing", "city", "country", "remote_share", "days", "market_after_days",
)  # fmt: skip
"""What is kept in columns as it is written."""


def _check_manager(manager: Affiliation | None, client_company_id: UUID) -> None:
    follows = manager is not None and manager.company_id == client_company_id and Role(manager.role) in BUYERS
    require(follows, UnknownOperationalManager(field="operational_manager_id"))
