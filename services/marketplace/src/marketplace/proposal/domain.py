"""A proposal: a provider's answer to a request, qualified by the client, and retained by client and platform."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Forbidden, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.permissions import MATRIX, Permission
from contracts.roles import BUYERS, CLIENT_ROLES, SELLERS, Role
from contracts.values import Money, Period
from marketplace.actor import Actor, Platform
from marketplace.clause.domain import check_clauses_accepted
from marketplace.directory.domain import Affiliation, Company
from marketplace.proposal.content import CancellationReason, ProposalContent
from marketplace.proposal.refusals import (
    CancellationUnexplained,
    DailyRateAboveMaximum,
    DailyRateNotEditable,
    ExtensionNotEditable,
    NotACandidate,
    UnknownConsultant,
)
from marketplace.proposal.tabs import Tab
from marketplace.rfp.domain import Rfp


class ProposalStatus(StrEnum):
    """What became of a proposal so far; the provider sees it too (MK-08)."""

    UNREAD = "unread"
    ONGOING = "ongoing"
    INTERESTING = "interesting"
    NOT_INTERESTING = "not_interesting"
    SELECTED = "selected"
    APPROVED = "approved"
    APPOINTED = "appointed"
    CANCELLED = "cancelled"
    SPAM = "spam"
    LOST = "lost"


_S = ProposalStatus
_READ = {_S.ONGOING, _S.INTERESTING, _S.NOT_INTERESTING}
_CHOSEN = {_S.SELECTED, _S.APPROVED}
LIVE = frozenset({_S.UNREAD} | _READ | _CHOSEN)
"""Statuses from which a proposal can still win without anybody's error being mended."""
_By = Role | Platform
_CLIENT: set[_By] = set(CLIENT_ROLES)
_BUYERS: set[_By] = set(BUYERS)
_APPROVERS: set[_By] = set(MATRIX[Permission.APPROVE_SPENDING])
_SELLERS: set[_By] = set(SELLERS)
_STAFF: set[_By] = {Platform.STAFF}
_CLOSING: set[_By] = {Platform.CLOSING}

MOVES: dict[ProposalStatus, Move[ProposalStatus, _By]] = {
    _S.ONGOING: moves({_S.UNREAD}, _CLIENT) | moves(_READ | _CHOSEN, _SELLERS) | moves({_S.SPAM}, _STAFF),
    _S.INTERESTING: moves(_READ | _CHOSEN, _BUYERS) | moves({_S.SELECTED}, _APPROVERS),
    _S.NOT_INTERESTING: moves(_READ | _CHOSEN, _BUYERS),
    _S.SELECTED: moves({_S.INTERESTING}, _BUYERS),
    _S.APPROVED: moves({_S.SELECTED}, _APPROVERS),
    _S.APPOINTED: moves({_S.INTERESTING} | _CHOSEN, _BUYERS),
    _S.CANCELLED: moves(set(LIVE), _SELLERS),
    _S.SPAM: moves(_READ, _BUYERS),
    _S.LOST: moves(set(LIVE), _CLOSING) | moves({_S.APPOINTED}, _STAFF),
}
"""A provider's edit makes a proposal `ongoing` again; a buyer who does not validate makes it `interesting` again."""


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
        Index("uq_proposals_one_appointed", "rfp_id", unique=True, postgresql_where=text("status = 'appointed'")),
        Index(None, "rfp_id", "id"),
        Index(None, "provider_company_id", "id"),
        Index(
            "ix_proposals_undecided",
            "id",
            postgresql_where=text("status = 'appointed' AND platform_outcome IS NULL"),
        ),
        CheckConstraint("daily_rate_amount > 0", name="daily_rate_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    history: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """Every status that it took, each with its time (MK-08)."""
    rfp_id: Mapped[UUID] = mapped_column(ForeignKey("rfps.id"))
    rfp_reference: Mapped[str]
    """With the edition that was answered: what it says is frozen in the proposal (MK-23)."""
    rfp_edition: Mapped[int]
    rfp_title: Mapped[str]
    period_start: Mapped[date]
    period_end: Mapped[date]
    days: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    client_company_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    provider_name: Mapped[str]
    author_id: Mapped[UUID]
    consultant_id: Mapped[UUID | None]
    consultant_name: Mapped[str]
    candidate: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    """Who is proposed, while that is no member."""
    daily_rate_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    pitch: Mapped[str]
    available_on: Mapped[date]
    accepted_clauses: Mapped[list[str]] = mapped_column(JSONB)
    submitted_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    qualified_at: Mapped[datetime | None]
    selected_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]
    retained_at: Mapped[datetime | None]
    retained_by: Mapped[UUID | None]
    platform_outcome: Mapped[str | None] = mapped_column(String(10))
    platform_reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    won_at: Mapped[datetime | None]
    """When the platform's order went out."""
    closed_at: Mapped[datetime | None]
    """When the request closed on another one, or on none."""
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(String(20))
    cancellation_comment: Mapped[str | None]

    @property
    def daily_rate(self) -> Money:
        """Price of a day, without VAT."""
        return Money(amount=self.daily_rate_amount)

    @property
    def period(self) -> Period:
        """When the work is asked for, by the edition that was answered."""
        return Period(start=self.period_start, end=self.period_end)

    @property
    def amount(self) -> Money:
        """What it will cost as far as the request says, without VAT."""
        return self.daily_rate.times(self.days)

    @property
    def tab(self) -> Tab:
        """Where the provider finds it: what was cancelled, or off-topic, is lost once its request closes (MK-10)."""
        if self.status == ProposalStatus.APPOINTED:
            return Tab.CONTRACTING if self.won_at is None else Tab.WON
        return Tab.IN_PROGRESS if self.closed_at is None else Tab.LOST

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
        """Answer an open request with one of the provider's own people, or a candidate (MK-14).

        Raises:
            RfpAlreadyAwarded: the request is not open any more.
            ConsultantOrCandidate: nobody, or two people, are named.
            UnknownConsultant: the consultant is not a member of the company.
            DailyRateAboveMaximum: the client said what it may cost at most.
            ClausesNotAccepted: a clause of the request is not ticked.

        """
        rfp.take_answer(by)
        proposal = cls(
            id=new_id(),
            version=1,
            status=ProposalStatus.UNREAD,
            history=[_reached(ProposalStatus.UNREAD, at)],
            rfp_id=rfp.id,
            client_company_id=rfp.client_company_id,
            provider_company_id=by.company_id,
            provider_name=provider.name,
            author_id=by.member_id,
            submitted_at=at,
        )
        proposal.check_rate(content.daily_rate, rfp)
        proposal._write(content, rfp, consultant)
        return proposal

    def edit(
        self, content: ProposalContent, rfp: Rfp, *, consultant: Affiliation | None, by: Actor, at: datetime
    ) -> None:
        """Replace what is offered, until it is appointed; the client forms its opinion anew (MK-09).

        Raises:
            RfpAlreadyAwarded, ExtensionNotEditable: the request is not open any more, or is an extension.
            IllegalMove: the proposal is appointed, or over.
            DailyRateNotEditable: the rate differs, and the client has not called the proposal not interesting.
            ConsultantOrCandidate, UnknownConsultant, DailyRateAboveMaximum: as at the submission.

        """
        rfp.check_open()
        require(rfp.addressee_id is None, ExtensionNotEditable())
        rate_changes = content.daily_rate != self.daily_rate
        editable = not rate_changes or self.status == ProposalStatus.NOT_INTERESTING
        self.reconsider(by, at)
        require(editable, DailyRateNotEditable(field="daily_rate.amount"))
        if rate_changes:
            self.check_rate(content.daily_rate, rfp)
        self._write(content, rfp, consultant)

    def reconsider(self, by: Actor, at: datetime) -> None:
        """Something in it changed: what the client thought of it counts no more. Raises IllegalMove or Forbidden."""
        require(by.role in SELLERS, Forbidden())
        if self.status == ProposalStatus.UNREAD:
            self.version += 1
        else:
            self.move_to(ProposalStatus.ONGOING, by.role, at)
        self.edited_at = at
        self.selected_by = self.approved_by = None

    def name_consultant(self, consultant: Affiliation | None) -> None:
        """Turn the candidate into a member of the provider. Raises NotACandidate or UnknownConsultant."""
        require(self.candidate is not None, NotACandidate())
        self._offer(consultant)
        self.version += 1

    def open(self, by: Actor, at: datetime) -> bool:
        """Mark it as read by the client; say whether this was the first time."""
        if self.status != ProposalStatus.UNREAD:
            return False
        self.move_to(ProposalStatus.ONGOING, by.role, at)
        self.opened_at = at
        return True

    def cancel(self, reason: CancellationReason, comment: str | None, by: Actor, at: datetime) -> None:
        """Withdraw it, until it is appointed (MK-09). Raises CancellationUnexplained or IllegalMove."""
        explained = reason != CancellationReason.OTHER or comment is not None
        require(explained, CancellationUnexplained(field="comment"))
        self.move_to(ProposalStatus.CANCELLED, by.role, at)
        self.cancelled_at, self.cancellation_reason, self.cancellation_comment = at, reason, comment

    def lose(self, at: datetime) -> None:
        """The request closed on another one, or on none; who cancelled or was off-topic stays so, under "lost"."""
        if self.status in LIVE:
            self.move_to(ProposalStatus.LOST, Platform.CLOSING, at)
        self.closed_at = at

    def check_rate(self, rate: Money, rfp: Rfp) -> None:
        """Hold the request's ceiling. Raises DailyRateAboveMaximum."""
        ceiling = rfp.max_daily_rate
        affordable = ceiling is None or rate.amount <= ceiling.amount
        require(affordable, DailyRateAboveMaximum(field="daily_rate.amount"))

    def _write(self, content: ProposalContent, rfp: Rfp, consultant: Affiliation | None) -> None:
        content.check_person()
        check_clauses_accepted(rfp.clause_ids, content.accepted_clauses)
        if content.candidate is None:
            self._offer(consultant)
        else:
            self.consultant_id, self.consultant_name = None, content.candidate.display_name
            self.candidate = content.candidate.model_dump()
        self.rfp_reference, self.rfp_edition, self.rfp_title = rfp.reference or "", rfp.edition, rfp.title
        self.period_start, self.period_end, self.days = rfp.period_start, rfp.period_end, rfp.days
        self.daily_rate_amount = content.daily_rate.amount
        self.pitch, self.available_on = content.pitch, content.available_on
        self.accepted_clauses = [str(clause) for clause in content.accepted_clauses]

    def _offer(self, consultant: Affiliation | None) -> None:
        if consultant is None or consultant.company_id != self.provider_company_id:
            raise UnknownConsultant(field="consultant_id")
        self.consultant_id, self.consultant_name = consultant.member_id, consultant.display_name
        self.candidate = None

    def move_to(self, target: ProposalStatus, by: Role | Platform, at: datetime) -> None:
        """Take a status by the one table. Raises IllegalMove or Forbidden."""
        self.status = check_move(MOVES, ProposalStatus(self.status), target, by)
        self.history = [*self.history, _reached(target, at)]
        self.version += 1


def _reached(status: ProposalStatus, at: datetime) -> dict[str, Any]:
    return {"status": status.value, "at": at.isoformat()}
