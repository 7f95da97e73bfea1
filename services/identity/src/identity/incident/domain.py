"""What a member reports at once: somebody else used, or may use, their account (PL-13)."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import NotFound, Problem, Unprocessable
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves

INCIDENT_RECEIVED = "incident_received"
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Nothing in it is mistaken for something else when it is read out."""

Description = Annotated[
    str,
    Field(
        min_length=1, max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$"
    ),
]
"""What happened, in the member's words: several lines, none that controls or reorders the text."""


class IncidentNotFound(NotFound):
    """No such report."""

    code, title = "incident_not_found", "There is no such report"


class NobodyToSecure(Unprocessable):
    """The report names an address that has no account: nobody has a password to change."""

    code, title = "nobody_to_secure", "This report belongs to no account"


class TooManyReports(Problem):
    """Too many reports about one address, or from one network, in a quarter of an hour."""

    status, code, title = 429, "too_many_reports", "Too many reports; please try again later"


class IncidentKind(StrEnum):
    """What happened."""

    UNAUTHORISED_USE = "unauthorised_use"
    STOLEN_DEVICE = "stolen_device"
    PHISHING = "phishing"
    OTHER = "other"


class IncidentStatus(StrEnum):
    """Where a report stands."""

    OPEN = "open"
    CLOSED = "closed"


class IncidentActor(StrEnum):
    """Who moves a report on."""

    SUPPORT = "support"


MOVES = {
    IncidentStatus.OPEN: moves(set(), set()),
    IncidentStatus.CLOSED: moves({IncidentStatus.OPEN}, {IncidentActor.SUPPORT}),
}


class SecurityIncident(Base):
    """One report, from a member or from somebody who cannot log in."""

    __tablename__ = "security_incidents"
    __table_args__ = (
        Index("ix_security_incidents_member_id", "member_id", "id"),
        Index("ix_security_incidents_status", "status", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    """What people quote to each other: `SEC-7K2M9QXA`."""
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    """Whose account it is about; absent when the address given has none."""
    contact: Mapped[str | None] = mapped_column(String(320))
    """The address given by somebody without a session: an intruder may have changed the account's own."""
    kind: Mapped[IncidentKind] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(String(4000))
    status: Mapped[IncidentStatus] = mapped_column(String(20))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    outcome: Mapped[str | None] = mapped_column(String(1000))

    @classmethod
    def report(
        cls, kind: IncidentKind, description: str, at: datetime, *, member_id: UUID | None, contact: str | None = None
    ) -> SecurityIncident:
        """An open report."""
        return cls(
            id=new_id(),
            reference="SEC-" + "".join(secrets.choice(_ALPHABET) for _ in range(8)),
            member_id=member_id,
            contact=contact,
            kind=kind,
            description=description,
            status=IncidentStatus.OPEN,
            opened_at=at,
        )

    def close(self, outcome: str, by: UUID, at: datetime) -> None:
        """Done with. Raises IllegalMove when it was before."""
        self.status = check_move(MOVES, self.status, IncidentStatus.CLOSED, IncidentActor.SUPPORT)
        self.outcome, self.closed_by, self.closed_at = outcome, by, at
