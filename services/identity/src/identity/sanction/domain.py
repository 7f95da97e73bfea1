"""Sanctions of a member: what they close, for how long, and by what right (terms, articles 2.02, 2 and 8.02)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import NotFound, Unprocessable
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.topology import SERVICES
from identity.profile.domain import Section
from identity.standing.domain import StandingActor

KEPT_YEARS = 5
"""How long a sanction that ended is kept: what it gave cause for can be sued over that long (article 2224 C. civ.)."""


class SanctionNotFound(NotFound):
    """No such sanction of this member."""

    code, title = "sanction_not_found", "There is no such sanction"


class SanctionIncomplete(Unprocessable):
    """The type needs a detail that is missing, or takes none that was given."""

    code, title = "sanction_incomplete", "The details do not fit this type of sanction"


class GroundDoesNotFit(Unprocessable):
    """The legal ground is not one of this reason's (ID-47)."""

    code, title = "ground_does_not_fit", "This legal ground does not go with this reason"


class EndNotPossible(Unprocessable):
    """A sanction ends today at the earliest, a termination while its account can still come back."""

    code, title = "end_not_possible", "The sanction cannot end on that day"


class NoticeNeeded(Unprocessable):
    """A termination for breach follows an unanswered notice (ID-46)."""

    code, title = "notice_needed", "A termination for breach needs a notice that stayed unanswered"


class SanctionType(StrEnum):
    """What a sanction does (ID-49)."""

    SUSPEND = "suspend"
    TERMINATE = "terminate"
    BLOCK_ACCOUNTS = "block_accounts"
    DELETE_MESSAGES = "delete_messages"
    HIDE_PROFILE = "hide_profile"
    BLOCK_SERVICE = "block_service"


SHUTS_OUT = frozenset({SanctionType.SUSPEND, SanctionType.BLOCK_ACCOUNTS})
"""While one of these is in force, nobody logs in."""


BLOCKABLE = tuple(service for service in SERVICES if service != "identity")
"""Identity stays open to whoever may log in at all: answering a notice, exporting data and leaving are rights."""


class SanctionReason(StrEnum):
    """Why (articles 8.02, 2.02)."""

    BREACH = "breach"
    FALSE_DATA = "false_data"
    MANIFEST_VIOLATION = "manifest_violation"


class Ground(StrEnum):
    """By what right."""

    TERMS_BREACHED = "terms_breached"
    """Article 8.02: the terms are not kept to."""
    DATA_FALSE = "data_false"
    """Article 2.02: data false, inaccurate, outdated or incomplete."""
    LAW_VIOLATED = "law_violated"
    """Article 8.02: the regulations that apply are manifestly violated."""
    CONDUCT_VIOLATED = "conduct_violated"
    """Article 8.02: the obligations of article 2 are manifestly violated."""
    CRIMINAL_OFFENCE = "criminal_offence"
    """Article 2.02: criminal law is violated."""
    THIRD_PARTY_HARMED = "third_party_harmed"
    """Article 2.02: somebody's rights or interests, or another member's use of the service, are harmed."""


GROUNDS: dict[SanctionReason, frozenset[Ground]] = {
    SanctionReason.BREACH: frozenset({Ground.TERMS_BREACHED}),
    SanctionReason.FALSE_DATA: frozenset({Ground.DATA_FALSE}),
    SanctionReason.MANIFEST_VIOLATION: frozenset(
        {Ground.LAW_VIOLATED, Ground.CONDUCT_VIOLATED, Ground.CRIMINAL_OFFENCE, Ground.THIRD_PARTY_HARMED}
    ),
}
"""The closed list of grounds. For a breach a termination takes a notice; the others need none (ID-46, ID-47)."""

REFUSES_FUTURE_ACCESS = frozenset({SanctionReason.FALSE_DATA, SanctionReason.MANIFEST_VIOLATION})
"""Reasons for which article 2.02 lets future access be refused (ID-48)."""


class SanctionStatus(StrEnum):
    """Whether it still holds."""

    IN_FORCE = "in_force"
    LIFTED = "lifted"
    ENDED = "ended"


MOVES: dict[SanctionStatus, Move[SanctionStatus, StandingActor]] = {
    SanctionStatus.LIFTED: moves({SanctionStatus.IN_FORCE}, {StandingActor.LEGAL}),
    SanctionStatus.ENDED: moves({SanctionStatus.IN_FORCE}, {StandingActor.SWEEP}),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """What is decided against a member, before anything is done about it."""

    type: SanctionType
    reason: SanctionReason
    ground: Ground
    explanation: str
    """What the member did, as they are told it."""
    demand: str | None = None
    """What they must stop or put right (ID-45)."""
    ends_on: date | None = None
    """The last day on which it holds."""
    sections: Sequence[Section] = ()
    services: Sequence[str] = ()
    messages: Sequence[UUID] = ()
    refuse_future_access: bool = False

    def check(self, today: date) -> None:
        """Refuse what cannot be imposed.

        Raises:
            SanctionIncomplete: names the field that is missing or out of place.
            GroundDoesNotFit: the reason has other grounds.
            EndNotPossible: the end lies in the past.

        """
        if self.ground not in GROUNDS[self.reason]:
            raise GroundDoesNotFit(field="ground")
        needed = _DETAIL_OF.get(self.type)
        for name in ("demand", "sections", "services", "messages"):
            if bool(getattr(self, name)) != (name == needed):
                raise SanctionIncomplete(f"{self.type} {'needs' if name == needed else 'takes no'} {name}", field=name)
        if self.ends_on is not None and self.ends_on < today:
            raise EndNotPossible(field="ends_on")
        if self.refuse_future_access and self.reason not in REFUSES_FUTURE_ACCESS:
            raise SanctionIncomplete("this reason does not refuse future access", field="refuse_future_access")


_DETAIL_OF = {
    SanctionType.SUSPEND: "demand",
    SanctionType.HIDE_PROFILE: "sections",
    SanctionType.BLOCK_SERVICE: "services",
    SanctionType.DELETE_MESSAGES: "messages",
}


class Sanction(Base):
    """One sanction of one member."""

    __tablename__ = "sanctions"
    __table_args__ = (
        Index("ix_sanctions_member_id", "member_id", "id"),
        Index("ix_sanctions_status", "status", "ends_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    type: Mapped[SanctionType] = mapped_column(String(20))
    reason: Mapped[SanctionReason] = mapped_column(String(20))
    ground: Mapped[Ground] = mapped_column(String(30))
    explanation: Mapped[str] = mapped_column(String(1000))
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("notices.id"))
    """The notice that a suspension gave, or that a termination follows."""
    sections: Mapped[list[str]] = mapped_column(JSONB)
    services: Mapped[list[str]] = mapped_column(JSONB)
    messages: Mapped[list[str]] = mapped_column(JSONB)
    refuse_future_access: Mapped[bool]
    status: Mapped[SanctionStatus] = mapped_column(String(20))
    imposed_by: Mapped[UUID]
    imposed_at: Mapped[datetime]
    ends_on: Mapped[date | None]
    """The last day on which it holds, in Paris; none for good."""
    ended_at: Mapped[datetime | None]

    @classmethod
    def impose(cls, member_id: UUID, measure: Measure, notice_id: UUID | None, by: UUID, at: datetime) -> Sanction:
        """Put a measure that was checked into force."""
        return cls(
            id=new_id(),
            member_id=member_id,
            type=measure.type,
            reason=measure.reason,
            ground=measure.ground,
            explanation=measure.explanation,
            notice_id=notice_id,
            sections=list(measure.sections),
            services=list(measure.services),
            messages=[str(message) for message in measure.messages],
            refuse_future_access=measure.refuse_future_access,
            status=SanctionStatus.IN_FORCE,
            imposed_by=by,
            imposed_at=at,
            ends_on=measure.ends_on,
        )

    def end(self, target: SanctionStatus, by: StandingActor, at: datetime) -> None:
        """It holds no more. Raises IllegalMove or Forbidden."""
        self.status = check_move(MOVES, self.status, target, by)
        self.ended_at = at
