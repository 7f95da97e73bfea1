"""A qualification meeting: the client proposes times, the provider takes one or says why none suits (MK-07)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AwareDatetime, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.roles import BUYERS, SELLERS, Role
from contracts.values import Name, Value
from marketplace.actor import Actor
from marketplace.proposal.domain import Proposal, ProposalStatus
from marketplace.values import Prose

HORIZON = timedelta(days=365)
"""Nobody agrees on a time further away."""


class MeetingStatus(StrEnum):
    """Where a meeting stands."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


MOVES: dict[MeetingStatus, Move[MeetingStatus, Role]] = {
    MeetingStatus.CONFIRMED: moves({MeetingStatus.PROPOSED}, set(SELLERS)),
    MeetingStatus.DECLINED: moves({MeetingStatus.PROPOSED}, set(SELLERS)),
    MeetingStatus.CANCELLED: moves({MeetingStatus.PROPOSED, MeetingStatus.CONFIRMED}, set(BUYERS | SELLERS)),
}


class MeetingNotFound(NotFound):
    """No such meeting, or not yours to see."""

    code, title = "meeting_not_found", "There is no such meeting"


class NotInteresting(Conflict):
    """A meeting is for proposals that interest the client."""

    code, title = "proposal_not_interesting", "A meeting needs a proposal that is interesting"


class MeetingWaiting(Conflict):
    """One proposed meeting at a time."""

    code, title = "meeting_waiting", "A meeting waits for its answer already"


class SlotNotFuture(Unprocessable):
    """Past, or more than a year away."""

    code, title = "slot_not_future", "A time has to lie within the next twelve months"


class UnknownSlot(Unprocessable):
    """The client proposed other times."""

    code, title = "unknown_slot", "This is none of the times proposed"


class MeetingNotConfirmed(Conflict):
    """There is no time to put into a calendar."""

    code, title = "meeting_not_confirmed", "No time is agreed upon"


class Slot(Value):
    """A time to meet: an instant with its offset, and the place whose clocks show it so."""

    start: AwareDatetime
    """With the offset that holds there on that day: an hour that a change of clocks skips does not exist."""
    time_zone: Annotated[str, StringConstraints(max_length=64), Field(description="IANA name, e.g. Europe/Paris")]

    @model_validator(mode="after")
    def _clocks_agree(self) -> Self:
        if self.time_zone not in available_timezones():
            raise PydanticCustomError("unknown_time_zone", "there is no such time zone")
        there = self.start.astimezone(ZoneInfo(self.time_zone))
        if there.utcoffset() != self.start.utcoffset():
            raise PydanticCustomError("wrong_offset", "clocks there do not show this offset at that time")
        return self

    @property
    def shown(self) -> str:
        """As people read it, on the clocks of the place."""
        return f"{self.start.astimezone(ZoneInfo(self.time_zone)):%Y-%m-%d %H:%M} ({self.time_zone})"


Slots = Annotated[list[Slot], Field(min_length=1, max_length=5)]


class Invitation(Value):
    """What a client proposes."""

    slots: Slots
    minutes: Annotated[int, Field(ge=15, le=480, strict=True)] = 60
    place: Name | None = None
    """Where: an address, or that it is held at a distance."""
    message: Prose | None = None


class Meeting(Base):
    """One attempt to meet about one proposal."""

    __tablename__ = "meetings"
    __table_args__ = (
        Index(None, "proposal_id", "id"),
        Index("uq_meetings_waiting", "proposal_id", unique=True, postgresql_where=text("status = 'proposed'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(20))
    slots: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    minutes: Mapped[int]
    place: Mapped[str | None]
    message: Mapped[str | None]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    chosen: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    other_slots: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """Times that would suit the provider, when none of the client's did."""
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    cancelled_by: Mapped[UUID | None]
    cancelled_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it does not take place."""

    @property
    def agreed(self) -> Slot | None:
        """The time that both sides agreed upon."""
        return None if self.chosen is None else Slot.model_validate(self.chosen)

    @property
    def sequence(self) -> int:
        """How many times a calendar was told something before (RFC 5545, 3.8.7.4)."""
        return 1 if self.status == MeetingStatus.CANCELLED else 0

    @classmethod
    def propose(cls, invitation: Invitation, proposal: Proposal, by: Actor, at: datetime) -> Meeting:
        """Invite whom an interesting proposal offers (MK-07). Raises NotInteresting or SlotNotFuture."""
        require(proposal.status == ProposalStatus.INTERESTING, NotInteresting())
        return cls(
            id=new_id(),
            version=1,
            proposal_id=proposal.id,
            status=MeetingStatus.PROPOSED,
            slots=_kept(invitation.slots, "slots", at),
            minutes=invitation.minutes,
            place=invitation.place,
            message=invitation.message,
            other_slots=[],
            proposed_by=by.member_id,
            proposed_at=at,
        )

    def confirm(self, start: datetime, by: Actor, at: datetime) -> None:
        """Take one of the times. Raises UnknownSlot, SlotNotFuture or IllegalMove."""
        self._move_to(MeetingStatus.CONFIRMED, by)
        taken = next((slot for slot in self.slots if Slot.model_validate(slot).start == start), None)
        if taken is None:
            raise UnknownSlot(field="start")
        require(start > at, SlotNotFuture(field="start"))
        self.chosen, self.answered_by, self.answered_at = taken, by.member_id, at

    def decline(self, reason: str, others: Sequence[Slot], by: Actor, at: datetime) -> None:
        """None of the times suits. Raises SlotNotFuture or IllegalMove."""
        self._move_to(MeetingStatus.DECLINED, by)
        self.other_slots = _kept(others, "other_slots", at)
        self.reason, self.answered_by, self.answered_at = reason, by.member_id, at

    def cancel(self, reason: str, by: Actor, at: datetime) -> None:
        """It does not take place. Raises IllegalMove."""
        self._move_to(MeetingStatus.CANCELLED, by)
        self.reason, self.cancelled_by, self.cancelled_at = reason, by.member_id, at

    def _move_to(self, target: MeetingStatus, by: Actor) -> None:
        self.status = check_move(MOVES, MeetingStatus(self.status), target, by.role)
        self.version += 1


def _kept(slots: Sequence[Slot], field: str, at: datetime) -> list[dict[str, Any]]:
    for number, slot in enumerate(slots):
        near = at < slot.start.astimezone(UTC) <= at + HORIZON
        require(near, SlotNotFuture(field=f"{field}.{number}.start"))
    return [slot.model_dump(mode="json") for slot in slots]
