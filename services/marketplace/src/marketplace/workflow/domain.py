"""Validators of publications, in their order, and what each said of a request (domain facts 1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Unprocessable, require
from chassis.rows import Base, new_id
from contracts.values import Value
from marketplace.values import Prose


class UnknownValidator(Unprocessable):
    """A validator is a member of the company, named once."""

    code, title = "unknown_validator", "Validators are members of your company, each named once"


class ValidatorsGone(Conflict):
    """Whoever was to validate has left the company."""

    code, title = "validators_gone", "None of the validators is in the company any more"


class ApprovalNotYours(Conflict):
    """No approval is asked of this member now."""

    code, title = "approval_not_yours", "No approval is asked of you now"


class RejectionUnexplained(Unprocessable):
    """The author has to know what to change."""

    code, title = "rejection_unexplained", "A rejection needs its reason"


class Decision(StrEnum):
    """What a validator says."""

    APPROVED = "approved"
    REJECTED = "rejected"


class WorkflowTerms(Value):
    """Who validates, in their order."""

    entity_id: UUID | None = None
    """The entity whose requests they validate; those of the whole company when absent."""
    validators: Annotated[list[UUID], Field(max_length=10)]
    """Members, the first asked first; none for no validation."""


class Verdict(Value):
    """What a validator says of a request."""

    decision: Decision
    reason: Annotated[Prose | None, Field(description="Why not")] = None


class Workflow(Base):
    """Who validates the requests of a company, or of one of its entities."""

    __tablename__ = "publication_workflows"
    __table_args__ = (UniqueConstraint("company_id", "entity_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    company_id: Mapped[UUID]
    entity_id: Mapped[UUID | None]
    validators: Mapped[list[str]] = mapped_column(JSONB)


class Approval(Base):
    """One validator's turn at a request; each submission asks anew."""

    __tablename__ = "rfp_approvals"
    __table_args__ = (UniqueConstraint("rfp_id", "submission", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rfp_id: Mapped[UUID] = mapped_column(ForeignKey("rfps.id"))
    submission: Mapped[int]
    """The request's version when it was handed in."""
    position: Mapped[int]
    validator_id: Mapped[UUID]
    decision: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]

    def decide(self, verdict: Verdict, by: UUID, at: datetime) -> None:
        """Record what the validator says. Raises ApprovalNotYours or RejectionUnexplained."""
        require(self.validator_id == by, ApprovalNotYours())
        explained = verdict.decision == Decision.APPROVED or verdict.reason is not None
        require(explained, RejectionUnexplained(field="reason"))
        self.decision, self.reason, self.decided_at = verdict.decision, verdict.reason, at


def ask(rfp_id: UUID, submission: int, validators: Sequence[UUID]) -> list[Approval]:
    """One turn for each validator, in their order."""
    return [
        Approval(id=new_id(), rfp_id=rfp_id, submission=submission, position=position, validator_id=validator)
        for position, validator in enumerate(validators)
    ]


def needs_validation(amount: Decimal | None, threshold: Decimal | None) -> bool:
    """Whether validators are asked: above the spending line's threshold, or when no amount or no line says."""
    return amount is None or threshold is None or amount > threshold
