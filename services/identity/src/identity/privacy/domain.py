"""A request under the GDPR: what a member asks for, by when it is answered, and the export that answers some."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import months_after
from chassis.errors import Conflict, Gone, NotFound, Unprocessable
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves

MONTHS_TO_ANSWER, MONTHS_MORE = 1, 2
"""GDPR, article 12(3): one month after receipt, two more for a complex request."""
REMIND_BEFORE = timedelta(days=7)
EXPORT_KEPT = timedelta(days=7)
"""How long an export may be downloaded."""


class RequestKind(StrEnum):
    """The rights of GDPR, articles 15 to 21."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    OBJECTION = "objection"
    PORTABILITY = "portability"
    RESTRICTION = "restriction"


EXPORTED = frozenset({RequestKind.ACCESS, RequestKind.PORTABILITY})
"""Answered by an export, without anybody's doing."""
EXPLAINED = frozenset({RequestKind.RECTIFICATION, RequestKind.OBJECTION, RequestKind.RESTRICTION})
"""Nobody can answer these without knowing what they are about."""


class Channel(StrEnum):
    """How a request came (PL-06)."""

    FORM = "form"
    MAIL = "mail"
    POST = "post"


class RequestStatus(StrEnum):
    """How far a request has come."""

    RECEIVED = "received"
    EXTENDED = "extended"
    OVERDUE = "overdue"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class RequestActor(StrEnum):
    """Who moves a request on."""

    MEMBER = "member"
    STAFF = "staff"
    PLATFORM = "platform"


OPEN = frozenset({RequestStatus.RECEIVED, RequestStatus.EXTENDED, RequestStatus.OVERDUE})

MOVES: dict[RequestStatus, Move[RequestStatus, RequestActor]] = {
    RequestStatus.EXTENDED: moves({RequestStatus.RECEIVED}, {RequestActor.STAFF}),
    RequestStatus.OVERDUE: moves({RequestStatus.RECEIVED, RequestStatus.EXTENDED}, {RequestActor.PLATFORM}),
    RequestStatus.GRANTED: moves(set(OPEN), {RequestActor.STAFF, RequestActor.PLATFORM}),
    RequestStatus.REFUSED: moves(set(OPEN), {RequestActor.STAFF}),
    RequestStatus.WITHDRAWN: moves(set(OPEN), {RequestActor.MEMBER}),
    RequestStatus.LAPSED: moves(set(OPEN), {RequestActor.PLATFORM}),
}


class PrivacyRequestNotFound(NotFound):
    """No such request, or somebody else's."""

    code, title = "privacy_request_not_found", "There is no such request"


class DetailsMissing(Unprocessable):
    """Such a request says what it is about."""

    code, title = "details_missing", "Say what the request is about"


class ReceivedInTheFuture(Unprocessable):
    """It cannot have come yet."""

    code, title = "received_in_the_future", "A request cannot have come later than today"


class ExportUnderWay(Conflict):
    """One at a time."""

    code, title = "export_under_way", "An export of your data is being made already"


class TooLateToExtend(Conflict):
    """The member must be told within the first month (GDPR, article 12(3))."""

    code, title = "too_late_to_extend", "The time to answer can only be extended within the first month"


class ExportNotReady(Conflict):
    """Some part has not come yet, or the request is not one for an export."""

    code, title = "export_not_ready", "The export is not ready"


class ExportGone(Gone):
    """It was kept for seven days."""

    code, title = "export_gone", "The export is no longer kept"


class PrivacyRequest(Base):
    """One request of one member, tracked to its answer (PL-06)."""

    __tablename__ = "privacy_requests"
    __table_args__ = (
        Index("ix_privacy_requests_member_id", "member_id", "id"),
        Index("ix_privacy_requests_due_on", "due_on", "id"),
        Index("ix_privacy_requests_export_until", "export_until"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[RequestKind] = mapped_column(String(20))
    status: Mapped[RequestStatus] = mapped_column(String(20))
    channel: Mapped[Channel] = mapped_column(String(10))
    registered_by: Mapped[UUID | None]
    """Staff who noted a request that came by mail or post."""
    details: Mapped[str | None] = mapped_column(Text)
    received_on: Mapped[date]
    due_on: Mapped[date]
    """The last day on which an answer is in time."""
    extension_reason: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The private half of the key that parts and export are sealed for; without it nobody reads them."""
    export_file: Mapped[str | None] = mapped_column(String(64))
    export_until: Mapped[datetime | None]
    """The end of the seven days; set once the export is ready."""

    @classmethod
    def receive(
        cls,
        member_id: UUID,
        kind: RequestKind,
        *,
        details: str | None,
        channel: Channel,
        received_on: date,
        today: date,
        registered_by: UUID | None = None,
    ) -> PrivacyRequest:
        """Note a request; one month runs from its receipt. Raises DetailsMissing or ReceivedInTheFuture."""
        if kind in EXPLAINED and not details:
            raise DetailsMissing(field="details")
        if received_on > today:
            raise ReceivedInTheFuture(field="received_on")
        return cls(
            id=new_id(),
            member_id=member_id,
            kind=kind,
            status=RequestStatus.RECEIVED,
            channel=channel,
            registered_by=registered_by,
            details=details,
            received_on=received_on,
            due_on=months_after(received_on, MONTHS_TO_ANSWER),
        )

    def extend(self, reason: str, today: date) -> None:
        """Take two months more, which the member is told with the reason. Raises TooLateToExtend or IllegalMove."""
        self._move_to(RequestStatus.EXTENDED, RequestActor.STAFF)
        if today > self.due_on:
            raise TooLateToExtend
        self.extension_reason = reason
        self.due_on = months_after(self.received_on, MONTHS_TO_ANSWER + MONTHS_MORE)
        self.reminded_at = None

    def close(self, outcome: RequestStatus, by: RequestActor, answer: str | None, at: datetime) -> None:
        """Answer or withdraw it; an export under way is given up. Raises IllegalMove."""
        self._move_to(outcome, by)
        self.answer, self.closed_at = answer, at
        self.sealed_key = None

    def lapse(self, at: datetime) -> None:
        """The account is gone, and with it whoever asked."""
        self._move_to(RequestStatus.LAPSED, RequestActor.PLATFORM)
        self.closed_at = at

    def deliver(self, file: str, at: datetime) -> None:
        """Answer it with an export, to be had for seven days."""
        self._move_to(RequestStatus.GRANTED, RequestActor.PLATFORM)
        self.closed_at, self.export_file, self.export_until = at, file, at + EXPORT_KEPT

    def is_late(self, today: date) -> bool:
        """Whether its last day has passed without an answer."""
        return self.status in OPEN and today > self.due_on

    def mark_overdue(self) -> None:
        """Say that it was not answered in time."""
        self._move_to(RequestStatus.OVERDUE, RequestActor.PLATFORM)

    def takes_parts(self) -> bool:
        """Whether an export is being gathered for it."""
        return self.status in OPEN and self.sealed_key is not None

    def file_to_download(self, at: datetime) -> tuple[str, bytes]:
        """The file of the export and the sealed key to it. Raises ExportNotReady or ExportGone."""
        if self.export_until is None:
            raise ExportNotReady
        if at >= self.export_until or self.export_file is None or self.sealed_key is None:
            raise ExportGone
        return self.export_file, self.sealed_key

    def _move_to(self, target: RequestStatus, by: RequestActor) -> None:
        self.status = check_move(MOVES, self.status, target, by)


class ExportPart(Base):
    """What one service gathered, still sealed; dropped once the export is made."""

    __tablename__ = "export_parts"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("privacy_requests.id", ondelete="CASCADE"), primary_key=True)
    service: Mapped[str] = mapped_column(String(20), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    gathered_at: Mapped[datetime]
