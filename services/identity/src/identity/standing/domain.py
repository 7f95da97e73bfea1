"""Whether an account may be used: it moves by sanctions and closures, never by itself."""

from __future__ import annotations

from enum import StrEnum

from chassis.errors import Forbidden
from chassis.transitions import Move, moves


class AccountSuspended(Forbidden):
    """A sanction keeps the member out for a time (ID-44)."""

    code, title = "account_suspended", "This account is suspended; the reason was sent by e-mail"


class AccountDeactivated(Forbidden):
    """The account was closed; for 30 days it can still come back (ID-35, ID-41)."""

    code, title = "account_deactivated", "This account is deactivated; the e-mail that said so tells how to return"


class Standing(StrEnum):
    """Whether an account may be used."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"
    ERASED = "erased"


class StandingActor(StrEnum):
    """Who moves an account between them."""

    MEMBER = "member"
    SUPPORT = "support"
    LEGAL = "legal"
    SWEEP = "sweep"


_EVERYBODY = {StandingActor.MEMBER, StandingActor.SUPPORT, StandingActor.LEGAL, StandingActor.SWEEP}

STANDINGS: dict[Standing, Move[Standing, StandingActor]] = {
    Standing.ACTIVE: moves({Standing.SUSPENDED, Standing.DEACTIVATED}, _EVERYBODY),
    Standing.SUSPENDED: moves({Standing.ACTIVE, Standing.DEACTIVATED}, _EVERYBODY - {StandingActor.MEMBER}),
    Standing.DEACTIVATED: moves({Standing.ACTIVE, Standing.SUSPENDED}, _EVERYBODY - {StandingActor.MEMBER}),
    Standing.ERASED: moves(
        {Standing.ACTIVE, Standing.SUSPENDED, Standing.DEACTIVATED}, {StandingActor.SUPPORT, StandingActor.SWEEP}
    ),
}
"""Coming back from a deactivation ends in `suspended` while a suspension runs."""
