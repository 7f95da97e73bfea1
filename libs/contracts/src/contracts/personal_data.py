"""What every service answers when a member asks for their data."""

from datetime import datetime
from uuid import UUID

from contracts.event import Event


class MemberDataGathered(Event, type="platform.MemberDataGathered.v1", subject="request_id"):
    """One service's part of a member's export, sealed for whoever asked (PL-06)."""

    request_id: UUID
    member_id: UUID
    service: str
    """Which service's part it is."""
    sealed: str
    """JWE (ECDH-ES, A256GCM) of a JSON object: name of the data class to its records."""
    gathered_at: datetime
