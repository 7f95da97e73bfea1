"""The one event that any service may publish: somebody should be told something."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.event import Event
from contracts.roles import Role
from contracts.values import Value


class RoleInCompany(Value):
    """Everyone who holds one of the roles in a company, whoever they are that day."""

    company_id: UUID
    roles: list[Role]
    """Any of these."""


class NotificationRequested(Event, type="platform.NotificationRequested.v1", subject="subject_id"):
    """A message to people; identity alone knows addresses, languages and preferences.

    `context` holds what the template shows: ids, references, amounts, display names; nothing secret.
    """

    subject_id: UUID
    """What the message is about."""
    template: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,60}$")]
    """Name of the text to send."""
    members: list[UUID] = Field(default_factory=list)
    """Members to tell."""
    roles: list[RoleInCompany] = Field(default_factory=list)
    """Holders of roles to tell."""
    context: dict[str, str] = Field(default_factory=dict)
    """What the template shows."""
    calendar: str | None = None
    """An iCalendar file for the mail (RFC 5545), without contact data."""
