"""A proposal: a provider's answer to a request, qualified and perhaps retained by the client."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.marketplace import ProposalRetained
from contracts.roles import BUYERS, CLIENT_ROLES, SELLERS, Role
from contracts.values import Money, Value
from marketplace.actor import Actor
from marketplace.directory.domain import Affiliation, Company
from marketplace.rfp.domain import Rfp
from marketplace.values import Price, Prose


class ProposalStatus(StrEnum):
    """What the client has made of a proposal so far; the provider sees it too (MK-08)."""

    UNREAD = "unread"
    ONGOING = "ongoing"
    INTERESTING = "interesting"
    NOT_INTERESTING = "not_interesting"
    APPOINTED = "appointed"
    CANCELLED = "cancelled"


class Qualification(StrEnum):
    """The client's opinion of a proposal (MK-06)."""

    INTERESTING = "interesting"
    NOT_INTERESTING = "not_interesting"


class CancellationReason(StrEnum):
    """Why a provider withdraws."""

    OTHER_PROJECT = "other_project"
    PREFERRED_CLIENT = "preferred_client"
    OTHER = "other"


_READ = {ProposalStatus.ONGOING, ProposalStatus.INTERESTING, ProposalStatus.NOT_INTERESTING}

MOVES: dict[ProposalStatus, Move[ProposalStatus, Role]] = {
    ProposalStatus.ONGOING: moves({ProposalStatus.UNREAD}, set(CLIENT_ROLES)),
    ProposalStatus.INTERESTING: moves(_READ, set(BUYERS)),
    ProposalStatus.NOT_INTERESTING: moves(_READ, set(BUYERS)),
    ProposalStatus.APPOINTED: moves({ProposalStatus.INTERESTING}, set(BUYERS)),
    ProposalStatus.CANCELLED: moves({ProposalStatus.UNREAD} | _READ, set(SELLERS)),
}


class ProposalNotFound(NotFound):
    """No such proposal, or not yours to see."""

    code, title = "proposal_not_found", "There is no such proposal"


class ConsultantAlreadyProposed(Conflict):
    """One live proposal per request and consultant."""

    code, title = "consultant_already_proposed", "This consultant is proposed for this request already"


class UnknownConsultant(Unprocessable):
    """Nobody of the provider's own company."""

    code, title = "unknown_consultant", "The consultant must be a member of your company"


class DailyRateAboveMaximum(Unprocessable):
    """The request says what it may cost at most."""

    code, title = "daily_rate_above_maximum", "The daily rate is above what the request allows"


class CancellationUnexplained(Unprocessable):
    """`other` explains nothing by itself."""

    code, title = "cancellation_unexplained", "This reason needs a comment"


class ProposalContent(Value):
    """What a provider offers."""

    consultant_id: UUID
    daily_rate: Price
    """Price of a day, without VAT."""
    pitch: Prose
    """Why this consultant."""
    available_on: date
    """The first day on which the consultant can start."""


class Proposal(Base):
    """A provider's answer to a request for proposals."""

    __tablename__ = "proposals"
    __table_args__ = (
        Index(
            "uq_proposals_live_consultant",
            "rfp_id",
            "consultant_id",
            unique=True,
            postgresql_where=text("status <> 'cancelled'"),
        ),
        Index(
            "uq_proposals_one_appointed",
            "rfp_id",
            unique=True,
            postgresql_where=text("status = 'appointed'"),
        ),
        Index(None, "rfp_id", "id"),
        Index(None, "provider_company_id", "id"),
        CheckConstraint("daily_rate_amount > 0", name="daily_rate_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    rfp_id: Mapped[UUID] = mapped_column(ForeignKey("rfps.id"))
    rfp_reference: Mapped[str]
    rfp_title: Mapped[str]
    client_company_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    provider_name: Mapped[str]
    author_id: Mapped[UUID]
    consultant_id: Mapped[UUID]
    consultant_name: Mapped[str]
    daily_rate_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    pitch: Mapped[str]
    available_on: Mapped[date]
    submitted_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    qualified_at: Mapped[datetime | None]
    retained_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(String(20))
    cancellation_comment: Mapped[str | None]

    @property
    def daily_rate(self) -> Money:
        """Price of a day, without VAT."""
        return Money(amount=self.daily_rate_amount)

    @classmethod
    def submit(
        cls,
        content: ProposalContent,
        rfp: Rfp,
        *,
        provider: Company,
        consultant: Affiliation | None,
        by: Actor,
        at: datetime,
    ) -> Proposal:
        """Answer an open request with one of the provider's own people (MK-14).

        Raises:
            RfpAlreadyAwarded: the request is not open any more.
            UnknownConsultant: the consultant is not a member of the company.
            DailyRateAboveMaximum: the client said what it may cost at most.

        """
        rfp.check_open()
        if consultant is None or consultant.company_id != by.company_id:
            raise UnknownConsultant(field="consultant_id")
        ceiling = rfp.max_daily_rate
        affordable = ceiling is None or content.daily_rate.amount <= ceiling.amount
        require(affordable, DailyRateAboveMaximum(field="daily_rate.amount"))
        return cls(
            id=new_id(),
            version=1,
            status=ProposalStatus.UNREAD,
            rfp_id=rfp.id,
            rfp_reference=rfp.reference,
            rfp_title=rfp.title,
            client_company_id=rfp.client_company_id,
            provider_company_id=by.company_id,
            provider_name=provider.name,
            author_id=by.member_id,
            consultant_id=consultant.member_id,
            consultant_name=consultant.display_name,
            daily_rate_amount=content.daily_rate.amount,
            pitch=content.pitch,
            available_on=content.available_on,
            submitted_at=at,
        )

    def open(self, by: Actor, at: datetime) -> bool:
        """Mark it as read by the client; say whether this was the first time."""
        if self.status != ProposalStatus.UNREAD:
            return False
        self._move_to(ProposalStatus.ONGOING, by)
        self.opened_at = at
        return True

    def qualify(self, qualification: Qualification, rfp: Rfp, by: Actor, at: datetime) -> bool:
        """Say what the client thinks of it (MK-06); tell whether the opinion is new.

        Raises:
            RfpAlreadyAwarded: the choice is made.
            IllegalMove: nobody has opened the proposal, or it is cancelled.

        """
        rfp.check_open()
        before = self.status
        self._move_to(ProposalStatus(qualification), by)
        self.qualified_at = at
        return self.status != before

    def retain(self, rfp: Rfp, consultant: Affiliation | None, by: Actor, at: datetime) -> ProposalRetained:
        """Appoint it and award the request; its terms are the request's frozen ones (MK-12, MK-23).

        Raises:
            RfpAlreadyAwarded: another proposal was retained first.
            IllegalMove: the client has not found it interesting.

        """
        rfp.award(by, at)
        self._move_to(ProposalStatus.APPOINTED, by)
        self.retained_at = at
        if consultant is not None:
            self.consultant_name = consultant.display_name
        return ProposalRetained(
            version=self.version,
            proposal_id=self.id,
            rfp_id=rfp.id,
            rfp_reference=self.rfp_reference,
            title=rfp.title,
            client_company_id=self.client_company_id,
            provider_company_id=self.provider_company_id,
            operational_manager_id=rfp.operational_manager_id,
            consultant_id=self.consultant_id,
            consultant_name=self.consultant_name,
            daily_rate=self.daily_rate,
            days=rfp.days,
            period=rfp.period,
            retained_by=by.member_id,
            retained_at=at,
        )

    def cancel(self, reason: CancellationReason, comment: str | None, by: Actor, at: datetime) -> None:
        """Withdraw it, until it is appointed (MK-09). Raises CancellationUnexplained or IllegalMove."""
        explained = reason != CancellationReason.OTHER or comment is not None
        require(explained, CancellationUnexplained(field="comment"))
        self._move_to(ProposalStatus.CANCELLED, by)
        self.cancelled_at, self.cancellation_reason, self.cancellation_comment = at, reason, comment

    def _move_to(self, target: ProposalStatus, by: Actor) -> None:
        self.status = check_move(MOVES, ProposalStatus(self.status), target, by.role)
        self.version += 1
