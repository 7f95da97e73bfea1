"""A request for proposals: drafted, published, then awarded; what was published never changes (MK-23)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import CheckConstraint, Computed, Index, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import business_date
from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.roles import BUYERS, Role
from contracts.values import CountryCode, Money, Name, Period, Value
from marketplace.actor import Actor, Platform
from marketplace.directory.domain import Affiliation
from marketplace.rfp.words import SEARCH_VECTOR
from marketplace.values import Price, Prose, Skill, WorkedDays


class RfpStatus(StrEnum):
    """Where a request stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    AWARDED = "awarded"


class Category(StrEnum):
    """The trades that the platform serves (MK-24)."""

    IT = "it"
    ENGINEERING = "engineering"


OPEN = frozenset({RfpStatus.PUBLISHED})
"""Where a provider may answer."""

_BUYERS: set[Role | Platform] = set(BUYERS)
_STAFF: set[Role | Platform] = {Platform.STAFF}

MOVES: dict[RfpStatus, Move[RfpStatus, Role | Platform]] = {
    RfpStatus.PUBLISHED: moves({RfpStatus.DRAFT}, _BUYERS) | moves({RfpStatus.AWARDED}, _STAFF),
    RfpStatus.AWARDED: moves({RfpStatus.PUBLISHED}, _BUYERS),
}


class RfpNotFound(NotFound):
    """No such request, or not yours to see."""

    code, title = "rfp_not_found", "There is no such request for proposals"


class RfpAlreadyPublished(Conflict):
    """What was published never changes."""

    code, title = "rfp_already_published", "The request is published and cannot change"


class RfpAlreadyAwarded(Conflict):
    """A proposal was retained already."""

    code, title = "rfp_already_awarded", "The request was awarded already"


REGULARISED = timedelta(days=31)
"""How long before its publication a mission may have begun: work often starts while its papers are still missing."""


class RfpStartsInThePast(Conflict):
    """The period begins too long before the day of publication."""

    code, title = "rfp_starts_in_the_past", "The period started more than 31 days ago"


class UnknownOperationalManager(Unprocessable):
    """Nobody who may follow a mission for this client."""

    code, title = "unknown_operational_manager", "The operational manager must be a buyer of your company"


class RfpContent(Value):
    """What a client writes; frozen by the publication."""

    title: Name
    description: Prose
    category: Category
    skills: Annotated[list[Skill], Field(min_length=1, max_length=20)]
    city: Name
    country: CountryCode
    remote_share: Annotated[int, Field(ge=0, le=100, strict=True)]
    """Percentage of the days that may be worked elsewhere."""
    period: Period
    days: WorkedDays
    """Days expected, in halves."""
    operational_manager_id: UUID
    """Who will follow the mission and validate the work."""
    max_daily_rate: Price | None = None
    """Proposals above it are refused; without VAT."""
    market_after_days: Annotated[int, Field(ge=0, le=90, strict=True)] = 0
    """Days that the client's preferred providers have before the market sees it; none for everybody at once."""


class Rfp(Base):
    """A client's request for proposals."""

    __tablename__ = "rfps"
    __table_args__ = (
        Index(None, "client_company_id", "listing_id"),
        Index(None, "status", "listing_id"),
        Index(None, "search", postgresql_using="gin"),
        CheckConstraint("days > 0", name="days_positive"),
        CheckConstraint("period_end >= period_start", name="period_in_order"),
        CheckConstraint("(status = 'draft') = (number IS NULL)", name="number_once_published"),
    )
    __mapper_args__ = {"eager_defaults": False}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    listing_id: Mapped[UUID] = mapped_column(unique=True)
    """Given at creation and again at publication, so that lists run from the newest."""
    number: Mapped[int | None] = mapped_column(unique=True)
    edition: Mapped[int]
    client_company_id: Mapped[UUID]
    client_name: Mapped[str | None]
    author_id: Mapped[UUID]
    title: Mapped[str]
    description: Mapped[str]
    category: Mapped[str] = mapped_column(String(20))
    skills: Mapped[list[str]] = mapped_column(JSONB)
    city: Mapped[str]
    country: Mapped[str] = mapped_column(String(2))
    remote_share: Mapped[int]
    period_start: Mapped[date]
    period_end: Mapped[date]
    days: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    operational_manager_id: Mapped[UUID]
    max_daily_rate_amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    market_after_days: Mapped[int]
    market_opens_on: Mapped[date | None]
    """The business date from which providers see it that are on no preferred list."""
    addressee_id: Mapped[UUID | None]
    """The one provider asked, where it is no request to the market."""
    awarded_at: Mapped[datetime | None]
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
        """From the first to the last day, both included."""
        return Period(start=self.period_start, end=self.period_end)

    @property
    def max_daily_rate(self) -> Money | None:
        """The highest daily rate that a proposal may ask, without VAT."""
        return None if self.max_daily_rate_amount is None else Money(amount=self.max_daily_rate_amount)

    @classmethod
    def draft(cls, content: RfpContent, manager: Affiliation | None, by: Actor, at: datetime) -> Rfp:
        """Begin a request for the author's company (MK-15). Raises UnknownOperationalManager."""
        rfp = cls(
            id=new_id(),
            version=1,
            status=RfpStatus.DRAFT,
            listing_id=new_id(),
            edition=1,
            client_company_id=by.company_id,
            author_id=by.member_id,
            created_at=at,
        )
        rfp._write(content, manager)
        return rfp

    def edit(self, content: RfpContent, manager: Affiliation | None) -> None:
        """Replace the whole content of a draft. Raises RfpAlreadyPublished, UnknownOperationalManager."""
        require(self.status == RfpStatus.DRAFT, RfpAlreadyPublished())
        self._write(content, manager)
        self.version += 1

    def check_publishable(self, manager: Affiliation | None, today: date) -> None:
        """Refuse a publication that would be void from its first day.

        Raises:
            RfpAlreadyPublished: it is no draft any more.
            RfpStartsInThePast: the period began more than 31 days before `today`, the business date.
            UnknownOperationalManager: the manager follows missions for the client no more.

        """
        require(self.status == RfpStatus.DRAFT, RfpAlreadyPublished())
        require(self.period_start >= today - REGULARISED, RfpStartsInThePast())
        _check_manager(manager, self.client_company_id)

    def publish(self, number: int, client_name: str, by: Actor, at: datetime) -> None:
        """Show it to providers under its number; from now on its content is frozen (MK-17, MK-23)."""
        self._move_to(RfpStatus.PUBLISHED, by.role)
        self.number, self.client_name = number, client_name
        self.listing_id = new_id()
        self.published_at = at
        self.market_opens_on = business_date(at) + timedelta(days=self.market_after_days)

    def check_open(self) -> None:
        """Refuse what needs a request still open. Raises RfpAlreadyAwarded."""
        require(self.status != RfpStatus.AWARDED, RfpAlreadyAwarded())

    def award(self, by: Actor, at: datetime) -> None:
        """Close it on the proposal just retained. Raises RfpAlreadyAwarded."""
        self.check_open()
        self._move_to(RfpStatus.AWARDED, by.role)
        self.awarded_at = at

    def reopen(self) -> None:
        """The platform did not agree to the proposal just retained: the client may choose another (MK-22)."""
        self._move_to(RfpStatus.PUBLISHED, Platform.STAFF)
        self.awarded_at = None

    def _move_to(self, target: RfpStatus, by: Role | Platform) -> None:
        self.status = check_move(MOVES, RfpStatus(self.status), target, by)
        self.version += 1

    def _write(self, content: RfpContent, manager: Affiliation | None) -> None:
        _check_manager(manager, self.client_company_id)
        self.title, self.description = content.title, content.description
        self.category, self.skills = content.category, list(content.skills)
        self.city, self.country, self.remote_share = content.city, content.country, content.remote_share
        self.period_start, self.period_end = content.period.start, content.period.end
        self.days = content.days
        self.operational_manager_id = content.operational_manager_id
        self.max_daily_rate_amount = content.max_daily_rate.amount if content.max_daily_rate else None
        self.market_after_days = content.market_after_days


def _check_manager(manager: Affiliation | None, client_company_id: UUID) -> None:
    follows = manager is not None and manager.company_id == client_company_id and Role(manager.role) in BUYERS
    require(follows, UnknownOperationalManager(field="operational_manager_id"))
