"""What a provider offers."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis.errors import require
from contracts.values import Name, Value
from marketplace.proposal.refusals import ConsultantOrCandidate
from marketplace.values import Price, Prose


class CancellationReason(StrEnum):
    """Why a provider withdraws."""

    OTHER_PROJECT = "other_project"
    PREFERRED_CLIENT = "preferred_client"
    OTHER = "other"


class Candidate(Value):
    """Somebody who is no member yet, as the client reads of them."""

    first_name: Name
    last_name: Name
    headline: Name
    """What they do, in a few words."""

    @property
    def display_name(self) -> str:
        """The name that the proposal shows."""
        return f"{self.first_name} {self.last_name}"


class ProposalContent(Value):
    """What a provider offers."""

    consultant_id: UUID | None = None
    """A member of the company; or a `candidate` in their place."""
    candidate: Candidate | None = None
    """Somebody who has to become a member before the retention is completed."""
    daily_rate: Price
    """Price of a day, without VAT."""
    pitch: Prose
    """Why this consultant."""
    available_on: date
    """The first day on which the consultant can start."""
    accepted_clauses: Annotated[list[UUID], Field(max_length=50)] = []
    """The request's clauses, each ticked anew whenever the proposal is sent or changed."""

    def check_person(self) -> None:
        """Refuse nobody, and two people at once. Raises ConsultantOrCandidate."""
        one = (self.consultant_id is None) != (self.candidate is None)
        require(one, ConsultantOrCandidate(field="consultant_id"))
