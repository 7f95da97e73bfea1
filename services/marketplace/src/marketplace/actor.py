"""Who acts, in the words of the rules."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis.auth import Caller
from chassis.errors import Forbidden
from contracts.roles import CLIENT_ROLES, Role


class Platform(StrEnum):
    """Who moves a status without being a member of either company."""

    STAFF = "staff"
    CLOSING = "closing"
    """Nobody: the request closed."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A member, the company acted for, and the role in it."""

    member_id: UUID
    company_id: UUID
    role: Role

    @property
    def buys(self) -> bool:
        """Whether the member acts for a client."""
        return self.role in CLIENT_ROLES


def acting(caller: Caller) -> Actor:
    """The caller as an actor. Raises Forbidden without an affiliation (MK-16)."""
    if caller.role is None:
        raise Forbidden("this needs an affiliation to a company")
    return Actor(caller.member_id, caller.company, caller.role)
