"""What the operational manager thinks of a month's work: optional, said once, read by the provider."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Forbidden, NotFound, require
from chassis.rows import Base
from timesheet.cra.domain import Cra, CraStatus
from timesheet.cra.refusals import CraNotValidated
from timesheet.directory.missions import Part


class EvaluationNotFound(NotFound):
    """Nobody has said anything."""

    code, title = "evaluation_not_found", "The month was not evaluated"


class AlreadyEvaluated(Conflict):
    """It is said once: the provider may have read it."""

    code, title = "already_evaluated", "The month was evaluated already"


class Evaluation(Base):
    """One to five for a validated month, with a word or without."""

    __tablename__ = "evaluations"
    __table_args__ = (CheckConstraint("rating BETWEEN 1 AND 5", name="rating_in_range"),)

    cra_id: Mapped[UUID] = mapped_column(ForeignKey("cras.id"), primary_key=True)
    rating: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str | None] = mapped_column(String(500))
    given_by: Mapped[UUID]
    given_at: Mapped[datetime]

    @classmethod
    def give(cls, cra: Cra, rating: int, comment: str | None, *, by: Part, member_id: UUID, at: datetime) -> Evaluation:
        """Evaluate a month.

        Raises:
            Forbidden: only the mission's operational manager.
            CraNotValidated: the month is not agreed on yet.

        """
        require(by is Part.OPERATIONAL_MANAGER, Forbidden("it is for the operational manager to evaluate"))
        require(cra.status is CraStatus.VALIDATED, CraNotValidated(f"it is {cra.status}"))
        return cls(cra_id=cra.id, rating=rating, comment=comment, given_by=member_id, given_at=at)
