"""Something that breaks the rules of the platform, told by whoever sees it (MK-26)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base, new_id
from contracts.values import Value
from marketplace.actor import Actor
from marketplace.values import Prose


class SubjectKind(StrEnum):
    """What can be reported."""

    RFP = "rfp"
    PROPOSAL = "proposal"
    QUESTION = "question"


class ReportReason(StrEnum):
    """What is wrong with it."""

    CIRCUMVENTION = "circumvention"
    """Recruiting, or contracting behind the platform's back (MK-26)."""
    OFF_TOPIC = "off_topic"
    UNLAWFUL = "unlawful"
    OTHER = "other"


class Finding(StrEnum):
    """What staff found; a sanction is imposed on the member named in it, in identity."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


class ReportNotFound(NotFound):
    """No such report."""

    code, title = "report_not_found", "There is no such report"


class ReportSubjectNotFound(NotFound):
    """No such thing, or not yours to see."""

    code, title = "report_subject_not_found", "There is nothing like that to report"


class AlreadyReported(Conflict):
    """Once is enough, until it was looked into."""

    code, title = "already_reported", "You have reported this already"


class ReportClosed(Conflict):
    """Staff has looked into it."""

    code, title = "report_closed", "This report is closed"


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whose doing the reported thing is."""

    company_id: UUID
    member_id: UUID


class Telling(Value):
    """What a member reports."""

    subject: SubjectKind
    id: UUID
    reason: ReportReason
    description: Prose


class Report(Base):
    """One report, and what came of it."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("uq_reports_open", "subject_id", "reporter_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index(None, "about_member_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[UUID]
    reason: Mapped[str] = mapped_column(String(20))
    description: Mapped[str]
    reporter_id: Mapped[UUID]
    reporter_company_id: Mapped[UUID]
    about_company_id: Mapped[UUID]
    about_member_id: Mapped[UUID]
    """On whom a sanction would fall."""
    reported_at: Mapped[datetime]
    finding: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None]
    closed_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]

    @classmethod
    def tell(cls, telling: Telling, about: Concerned, by: Actor, at: datetime) -> Report:
        """Ask staff to look into it."""
        return cls(
            id=new_id(),
            subject=telling.subject,
            subject_id=telling.id,
            reason=telling.reason,
            description=telling.description,
            reporter_id=by.member_id,
            reporter_company_id=by.company_id,
            about_company_id=about.company_id,
            about_member_id=about.member_id,
            reported_at=at,
        )

    def close(self, finding: Finding, note: str, by: UUID, at: datetime) -> None:
        """Say what was found. Raises ReportClosed."""
        require(self.closed_at is None, ReportClosed())
        self.finding, self.note, self.closed_by, self.closed_at = finding, note, by, at
