"""Four eyes: where money or access moves, one person proposes and another one agrees."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from company.words import words

LASTS = timedelta(days=30)
"""A proposal that nobody decided lapses."""


class ApprovalKind(StrEnum):
    """What is proposed."""

    IDENTITY_CHANGE = "identity_change"
    BANK_CHANGE = "bank_change"
    PLAN_CHANGE = "plan_change"


class ApprovalStatus(StrEnum):
    """Where a proposal stands."""

    PENDING = "pending"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ApprovalActor(StrEnum):
    """Who may try to move it."""

    APPROVER = "approver"
    PROPOSER = "proposer"
    CALENDAR = "calendar"


_S, _A = ApprovalStatus, ApprovalActor
ALLOWED = {
    _S.PENDING: moves(set(), set()),
    _S.GIVEN: moves({_S.PENDING}, {_A.APPROVER}),
    _S.REFUSED: moves({_S.PENDING}, {_A.APPROVER}),
    _S.WITHDRAWN: moves({_S.PENDING}, {_A.PROPOSER, _A.CALENDAR}),
    _S.EXPIRED: moves({_S.PENDING}, {_A.CALENDAR}),
}


class OwnProposal(Conflict):
    """Whoever proposes does not decide."""

    code, title = "own_proposal", "Somebody else has to decide on what you proposed"


class ApprovalExpired(Conflict):
    """It waited too long; it has to be proposed again."""

    code, title = "approval_expired", "This waited too long and has to be proposed again"


class Approval(Base):
    """One proposal and the decision of a second person; at most one waits for each subject."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index("uq_approvals_pending", "kind", "subject_id", unique=True, postgresql_where=text("status = 'pending'")),
        Index("ix_approvals_company_id_id", "company_id", "id"),
        CheckConstraint("status <> 'given' OR decided_by <> proposed_by", name="four_eyes"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[ApprovalKind] = mapped_column(words(ApprovalKind))
    subject_id: Mapped[UUID]
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    reason: Mapped[str] = mapped_column(String(1000))
    status: Mapped[ApprovalStatus] = mapped_column(words(ApprovalStatus))
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    remark: Mapped[str | None] = mapped_column(String(1000))

    @classmethod
    def propose(
        cls, kind: ApprovalKind, subject_id: UUID, company_id: UUID, *, by: UUID, reason: str, at: datetime
    ) -> Approval:
        """A proposal that somebody else is to decide within 30 days."""
        return cls(
            id=new_id(),
            kind=kind,
            subject_id=subject_id,
            company_id=company_id,
            reason=reason,
            status=ApprovalStatus.PENDING,
            proposed_by=by,
            proposed_at=at,
            expires_at=at + LASTS,
        )

    def give(self, by: UUID, at: datetime, remark: str | None = None) -> None:
        """Agree. Raises OwnProposal, ApprovalExpired or IllegalMove."""
        self._decide(ApprovalStatus.GIVEN, by, at, remark)

    def refuse(self, by: UUID, at: datetime, remark: str | None = None) -> None:
        """Disagree. Raises OwnProposal, ApprovalExpired or IllegalMove."""
        self._decide(ApprovalStatus.REFUSED, by, at, remark)

    def withdraw(self, by: ApprovalActor, at: datetime) -> None:
        """It is proposed no more. Raises IllegalMove."""
        self._move_to(ApprovalStatus.WITHDRAWN, by)
        self.decided_at = at

    def expire(self, at: datetime) -> None:
        """It waited too long. Raises IllegalMove."""
        self._move_to(ApprovalStatus.EXPIRED, ApprovalActor.CALENDAR)
        self.decided_at = at

    def _decide(self, target: ApprovalStatus, by: UUID, at: datetime, remark: str | None) -> None:
        require(by != self.proposed_by, OwnProposal())
        require(at < self.expires_at, ApprovalExpired())
        self._move_to(target, ApprovalActor.APPROVER)
        self.decided_by, self.decided_at, self.remark = by, at, remark

    def _move_to(self, target: ApprovalStatus, actor: ApprovalActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, actor)
