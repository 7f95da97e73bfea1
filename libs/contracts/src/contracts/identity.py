"""Events of the identity service."""

from datetime import datetime
from uuid import UUID

from contracts.event import Event
from contracts.roles import ProfileType
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
