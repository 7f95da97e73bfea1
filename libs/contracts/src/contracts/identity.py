"""Events of the identity service."""

from datetime import datetime
from uuid import UUID

from contracts.event import Event
from contracts.roles import ProfileType, Role
from contracts.values import Name


class MemberActivated(Event, type="identity.MemberActivated.v1", subject="member_id"):
    """A member proved an address, chose a profile type and may now act (ID-15, ID-17)."""

    member_id: UUID
    display_name: Name
    """The member's name as colleagues see it."""
    profile_type: ProfileType
    activated_at: datetime


class MemberAccessRevoked(Event, type="identity.MemberAccessRevoked.v1", subject="member_id"):
    """Access tokens issued up to `revoked_at` are void: all of a member's, or one session's."""

    member_id: UUID
    session_id: UUID | None = None
    """The session that ended; absent when all of the member's are void."""
    revoked_at: datetime


class MemberRenamed(Event, type="identity.MemberRenamed.v1", subject="member_id"):
    """A member goes by another name from now on; documents issued before keep the old one (ID-21)."""

    member_id: UUID
    display_name: Name
    """The member's name as colleagues see it."""
    renamed_at: datetime


class MemberErased(Event, type="identity.MemberErased.v1", subject="member_id"):
    """An account is gone for good: what names the person goes or becomes anonymous, invoices stay (ID-41, PL-08)."""

    member_id: UUID
    erased_at: datetime


class InvitationAccepted(Event, type="identity.InvitationAccepted.v1", subject="invitation_id"):
    """Somebody took up the invitation of a company's head, which needs no further approval (ID-07)."""

    invitation_id: UUID
    member_id: UUID
    display_name: Name
    """The member's name as colleagues see it."""
    profile_type: ProfileType
    company_id: UUID
    role: Role
    """The role that the invitation offered."""
    invited_by: UUID
    accepted_at: datetime


class DataExportRequested(Event, type="identity.DataExportRequested.v1", subject="request_id"):
    """A member asked for all that the platform knows of them; every service answers with its part (PL-06).

    Personal data never crosses the broker in clear: each part is sealed for `public_key`.
    """

    request_id: UUID
    member_id: UUID
    public_key: str
    """JSON Web Key (P-256) that only this request can open."""
    requested_at: datetime
