"""How a member asks to act for a company, and who decides (CO-02, CO-03, CO-04)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from company.affiliation.domain import Affiliation, CompanyOfOne, RoleNotOffered
from company.company.domain import KIND_OF, Company
from company.directory.domain import KnownMember
from company.words import words
from contracts.company import AffiliationGranted
from contracts.roles import CompanyKind, ProfileType, Role

ROLES_TO_ASK_FOR = {
    CompanyKind.PROVIDER: frozenset({Role.CONSULTANT, Role.COMMERCIAL}),
    CompanyKind.CLIENT: frozenset({Role.RESPONSABLE_PROJET, Role.ACHETEUR}),
}
"""What a member may ask to become; heads are made by heads only (CO-04)."""

KEPT_AFTER_DECISION = timedelta(days=365)
"""How long a decided request can still be read by both sides (PL-08)."""


class JoinStatus(StrEnum):
    """Where a request to join stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class JoinActor(StrEnum):
    """Who may try to move a request to join."""

    HEAD = "head"
    REQUESTER = "requester"


ALLOWED = {
    JoinStatus.PENDING: moves(set(), set()),
    JoinStatus.ACCEPTED: moves({JoinStatus.PENDING}, {JoinActor.HEAD}),
    JoinStatus.REJECTED: moves({JoinStatus.PENDING}, {JoinActor.HEAD}),
    JoinStatus.WITHDRAWN: moves({JoinStatus.PENDING}, {JoinActor.REQUESTER}),
}


class JoinRequestNotFound(NotFound):
    """Absent, or addressed to another company."""

    code, title = "join_request_not_found", "There is no such request"


class JoinRequestPending(Conflict):
    """One request at a time and company."""

    code, title = "join_request_pending", "A request to join this company is waiting already"


class OtherSide(Conflict):
    """The member signed up for the other side (ID-18)."""

    code, title = "other_side", "This company stands on the other side than your profile"


class JoinRequest(Base):
    """A member asks a company for a role in it (CO-02, CO-04)."""

    __tablename__ = "join_requests"
    __table_args__ = (
        Index(
            "uq_join_requests_pending",
            "company_id",
            "member_id",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_join_requests_company_id_id", "company_id", "id"),
        Index("ix_join_requests_member_id_id", "member_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    member_id: Mapped[UUID]
    member_name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(words(Role))
    status: Mapped[JoinStatus] = mapped_column(words(JoinStatus))
    requested_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]

    @classmethod
    def ask(cls, member: KnownMember, company: Company, role: Role | None, at: datetime) -> JoinRequest:
        """A request by a member of the company's side for one of its roles; by default a consultant's (ID-08).

        Raises:
            OtherSide: a client asks a provider, or the reverse.
            CompanyOfOne: the company is a freelance's.
            RoleNotOffered: the role is not one to ask for.

        """
        require(KIND_OF[member.profile_type] is company.kind, OtherSide())
        require(company.profile_type is not ProfileType.FREELANCE, CompanyOfOne())
        role = role or Role.CONSULTANT
        require(role in ROLES_TO_ASK_FOR[company.kind], RoleNotOffered(field="role"))
        return cls(
            id=new_id(),
            company_id=company.id,
            member_id=member.member_id,
            member_name=member.display_name,
            role=role,
            status=JoinStatus.PENDING,
            requested_at=at,
        )

    def accept(self, head_id: UUID, company: Company, at: datetime) -> tuple[Affiliation, AffiliationGranted]:
        """Affiliate the requester with the role asked for (CO-03). Raises IllegalMove."""
        self._decide(JoinStatus.ACCEPTED, head_id, at)
        return Affiliation.grant(self.member_id, self.member_name, company, self.role, at)

    def reject(self, head_id: UUID, at: datetime) -> None:
        """Turn the requester down (CO-03). Raises IllegalMove."""
        self._decide(JoinStatus.REJECTED, head_id, at)

    def withdraw(self, at: datetime) -> None:
        """The requester does not ask any more, or acts for another company by now. Raises IllegalMove."""
        self._move_to(JoinStatus.WITHDRAWN, JoinActor.REQUESTER)
        self.decided_by, self.decided_at = self.member_id, at

    def _decide(self, target: JoinStatus, head_id: UUID, at: datetime) -> None:
        self._move_to(target, JoinActor.HEAD)
        self.decided_by, self.decided_at = head_id, at

    def _move_to(self, target: JoinStatus, actor: JoinActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, actor)
