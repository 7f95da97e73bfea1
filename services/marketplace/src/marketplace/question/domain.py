"""A supplier's question about a request and the client's answer, public to all who see it (MK-05)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.roles import BUYERS, SELLERS, Role
from contracts.values import without_contact_data
from marketplace.actor import Actor
from marketplace.directory.domain import Company
from marketplace.rfp.domain import Rfp
from marketplace.rfp.status import OPEN
from marketplace.values import Prose


class QuestionStatus(StrEnum):
    """Where a question stands."""

    ASKED = "asked"
    ANSWERED = "answered"
    HIDDEN = "hidden"
    """Off topic, says the client: its asker and the client alone still read it."""


MOVES: dict[QuestionStatus, Move[QuestionStatus, Role]] = {
    QuestionStatus.ASKED: moves({QuestionStatus.ASKED}, set(SELLERS)),
    QuestionStatus.ANSWERED: moves({QuestionStatus.ASKED}, set(BUYERS)),
    QuestionStatus.HIDDEN: moves({QuestionStatus.ASKED, QuestionStatus.ANSWERED}, set(BUYERS)),
}
"""To `asked` from itself: its author words it anew until it is answered."""


class QuestionNotFound(NotFound):
    """No such question, or not yours to see."""

    code, title = "question_not_found", "There is no such question"


class RfpNotOpen(Conflict):
    """Questions are for requests that can still be answered."""

    code, title = "rfp_not_open", "The request is not open any more"


PublicProse = Annotated[Prose, Field(max_length=2000), AfterValidator(without_contact_data)]
"""Up to 2,000 characters that many read: without e-mail address or telephone number."""


class Question(Base):
    """One question of one provider about one request."""

    __tablename__ = "questions"
    __table_args__ = (
        Index("ix_questions_rfp_id", "rfp_id", "id"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_at_once"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    rfp_id: Mapped[UUID] = mapped_column(ForeignKey("rfps.id"))
    client_company_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    provider_name: Mapped[str]
    """As it was on the day; shown to the client alone."""
    asker_id: Mapped[UUID]
    text: Mapped[str]
    asked_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    hidden_at: Mapped[datetime | None]

    @classmethod
    def ask(cls, text: str, rfp: Rfp, provider: Company, by: Actor, at: datetime) -> Question:
        """Ask about a request that is open. Raises RfpNotOpen."""
        require(rfp.status in OPEN, RfpNotOpen())
        return cls(
            id=new_id(),
            version=1,
            status=QuestionStatus.ASKED,
            rfp_id=rfp.id,
            client_company_id=rfp.client_company_id,
            provider_company_id=by.company_id,
            provider_name=provider.name,
            asker_id=by.member_id,
            text=text,
            asked_at=at,
        )

    def reword(self, text: str, by: Actor) -> None:
        """Word it anew while nobody has answered. Raises IllegalMove."""
        self._move_to(QuestionStatus.ASKED, by)
        self.text = text

    def reply(self, text: str, by: Actor, at: datetime) -> None:
        """Answer it, once and for all. Raises IllegalMove."""
        self._move_to(QuestionStatus.ANSWERED, by)
        self.answer, self.answered_by, self.answered_at = text, by.member_id, at

    def hide(self, by: Actor, at: datetime) -> None:
        """Take what is off topic away from the others. Raises IllegalMove."""
        self._move_to(QuestionStatus.HIDDEN, by)
        self.hidden_at = at

    def _move_to(self, target: QuestionStatus, by: Actor) -> None:
        self.status = check_move(MOVES, QuestionStatus(self.status), target, by.role)
        self.version += 1
