"""Where a mission stands, and the one table by which it moves."""

from __future__ import annotations

from enum import StrEnum

from chassis.transitions import moves


class MissionStatus(StrEnum):
    """Where a mission stands: the way of every mission, and what may hold it up while it runs."""

    LEGAL_VERIFICATION = "legal_verification"
    YET_TO_START = "yet_to_start"
    IN_PROGRESS = "in_progress"
    EARLY_TERMINATION_REQUESTED = "early_termination_requested"
    """One side asked to end it early and waits for the other (CT-28)."""
    PREMATURE_END_REJECTED = "premature_end_rejected"
    """The other side refused; whoever asked has yet to accept that, or to propose another day."""
    ONGOING_RENEWAL = "ongoing_renewal"
    """Its next order is being agreed: a renewal, or another consultant (CT-17)."""
    BLOCKED = "blocked"
    """A company's documents do not hold any more; lifted when they do (CT-31)."""
    COMPLETED = "completed"


class MissionActor(StrEnum):
    """Who moves a mission."""

    STAFF = "staff"
    """By issuing an order."""
    CALENDAR = "calendar"
    PARTY = "party"
    """The client or the provider, as the request at hand allows."""
    COMPLIANCE = "compliance"
    """The state of the two companies' documents."""


_S, _A = MissionStatus, MissionActor
_REQUESTS = {_S.EARLY_TERMINATION_REQUESTED, _S.PREMATURE_END_REJECTED, _S.ONGOING_RENEWAL}
_LIFTED = moves({_S.BLOCKED}, {_A.COMPLIANCE})

ALLOWED = {
    _S.YET_TO_START: moves({_S.LEGAL_VERIFICATION}, {_A.STAFF}) | _LIFTED,
    _S.IN_PROGRESS: (
        moves({_S.YET_TO_START}, {_A.CALENDAR})
        | moves(_REQUESTS, {_A.PARTY})
        | moves({_S.ONGOING_RENEWAL}, {_A.STAFF, _A.CALENDAR})
        | _LIFTED
    ),
    _S.EARLY_TERMINATION_REQUESTED: moves({_S.IN_PROGRESS, _S.PREMATURE_END_REJECTED}, {_A.PARTY}) | _LIFTED,
    _S.PREMATURE_END_REJECTED: moves({_S.EARLY_TERMINATION_REQUESTED}, {_A.PARTY}) | _LIFTED,
    _S.ONGOING_RENEWAL: moves({_S.IN_PROGRESS}, {_A.PARTY}) | _LIFTED,
    _S.BLOCKED: moves({_S.YET_TO_START, _S.IN_PROGRESS} | _REQUESTS, {_A.COMPLIANCE}),
    _S.COMPLETED: moves(
        {_S.IN_PROGRESS, _S.EARLY_TERMINATION_REQUESTED, _S.PREMATURE_END_REJECTED, _S.BLOCKED}, {_A.CALENDAR}
    ),
}
"""While a mission is blocked, what goes on beneath the block moves by the same table."""

RUNNING = frozenset({_S.YET_TO_START, _S.IN_PROGRESS, _S.BLOCKED} | _REQUESTS)
"""Under an order that has not ended."""
