"""An invitation: a company's head opens the door for somebody by name and e-mail address (ID-02)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Gone, NotFound
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.identity import InvitationAccepted
from contracts.roles import CompanyKind, ProfileType, Role
from identity.link.domain import LIFETIME
from identity.member.address import Address
from identity.member.domain import Member

OFFERED: dict[CompanyKind, tuple[Role, ProfileType]] = {
    CompanyKind.PROVIDER: (Role.CONSULTANT, ProfileType.CONSULTANCY),
    CompanyKind.CLIENT: (Role.RESPONSABLE_PROJET, ProfileType.CLIENT),
}
"""What an invitation makes of somebody, by the side of the company (ID-08); a head changes the role later."""

SIDE: dict[ProfileType, CompanyKind] = {
    ProfileType.FREELANCE: CompanyKind.PROVIDER,
    ProfileType.CONSULTANCY: CompanyKind.PROVIDER,
    ProfileType.CLIENT: CompanyKind.CLIENT,
}
"""Which side each profile stands on."""


class InvitationNotFound(NotFound):
    """No such invitation of your company."""

    code, title = "invitation_not_found", "There is no such invitation"


class InvitationExists(Conflict):
    """The company invited this address already."""

    code, title = "invitation_exists", "This address is invited already; send that invitation again"


class InvitationCancelled(Gone):
    """The company took it back."""

    code, title = "invitation_cancelled", "This invitation was withdrawn"


class LogInToAccept(Conflict):
    """The account exists: its owner accepts, whoever holds the mail."""

    code, title = "log_in_to_accept", "You have an account: log in, then accept the invitation"


class ProfileDoesNotFit(Conflict):
    """A profile type never changes, so a client's member joins no provider, nor the reverse (ID-19)."""

    code, title = "profile_does_not_fit", "Your profile is of the other side; this company cannot take you in"


class ActsForCompany(Conflict):
    """One company at a time (ID-38)."""

    code, title = "acts_for_company", "You act for a company already; leave it first"


class InvitationStatus(StrEnum):
    """Where an invitation stands; one whose link expired is still open, since it can be sent again."""

    OPEN = "open"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


class InvitationActor(StrEnum):
    """Who closes an invitation."""

    HEAD = "head"
    INVITEE = "invitee"


MOVES: dict[InvitationStatus, Move[InvitationStatus, InvitationActor]] = {
    InvitationStatus.ACCEPTED: moves({InvitationStatus.OPEN}, {InvitationActor.INVITEE}),
    InvitationStatus.CANCELLED: moves({InvitationStatus.OPEN}, {InvitationActor.HEAD}),
}


class Invitation(Base):
    """One company's invitation to one person, as its head wrote it."""

    __tablename__ = "invitations"
    __table_args__ = (
        Index("ix_invitations_company_id", "company_id", "id"),
        Index("ix_invitations_member_id", "member_id", "id"),
        Index("uq_invitations_open", "company_id", "member_id", unique=True, postgresql_where="status = 'open'"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID]
    company_kind: Mapped[CompanyKind] = mapped_column(String(20))
    role: Mapped[Role] = mapped_column(String(30))
    invited_by: Mapped[UUID]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(320))
    status: Mapped[InvitationStatus] = mapped_column(String(20))
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @classmethod
    def send(
        cls,
        member: Member,
        *,
        company_id: UUID,
        company_kind: CompanyKind,
        by: UUID,
        first_name: str,
        last_name: str,
        address: Address,
        at: datetime,
    ) -> Invitation:
        """Invite the owner of an address, in the role that newcomers of the company's side have (ID-08)."""
        return cls(
            id=new_id(),
            company_id=company_id,
            company_kind=company_kind,
            role=OFFERED[CompanyKind(company_kind)][0],
            invited_by=by,
            member_id=member.id,
            first_name=first_name,
            last_name=last_name,
            email=address.written,
            status=InvitationStatus.OPEN,
            invited_at=at,
            expires_at=at + LIFETIME,
        )

    @property
    def offered_profile(self) -> ProfileType:
        """What somebody without a profile becomes by accepting."""
        return OFFERED[CompanyKind(self.company_kind)][1]

    def require_standing(self) -> None:
        """Raise InvitationCancelled when the company took it back."""
        if self.status == InvitationStatus.CANCELLED:
            raise InvitationCancelled

    def send_again(self, at: datetime) -> None:
        """A new link goes out. Raises IllegalMove unless it is open."""
        check_move(MOVES, InvitationStatus(self.status), InvitationStatus.CANCELLED, InvitationActor.HEAD)
        self.expires_at = at + LIFETIME

    def cancel(self, at: datetime) -> None:
        """Take it back. Raises IllegalMove unless it is open."""
        self._close(InvitationStatus.CANCELLED, InvitationActor.HEAD, at)

    def accept(self, member: Member, at: datetime) -> InvitationAccepted:
        """The invited member joins the company, with no further approval (ID-07).

        Raises:
            ProfileDoesNotFit: the member's profile is of the other side.
            IllegalMove: it was accepted before.

        """
        if member.profile_type is None or SIDE[ProfileType(member.profile_type)] != self.company_kind:
            raise ProfileDoesNotFit
        self._close(InvitationStatus.ACCEPTED, InvitationActor.INVITEE, at)
        return InvitationAccepted(
            invitation_id=self.id,
            member_id=member.id,
            display_name=member.display_name,
            profile_type=member.profile_type,
            company_id=self.company_id,
            role=self.role,
            invited_by=self.invited_by,
            accepted_at=at,
        )

    def _close(self, target: InvitationStatus, by: InvitationActor, at: datetime) -> None:
        self.status = check_move(MOVES, InvitationStatus(self.status), target, by)
        self.closed_at = at
