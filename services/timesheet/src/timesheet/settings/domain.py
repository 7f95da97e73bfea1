"""How the activity reports of a client's missions are filled in and validated: each client's own choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict
from chassis.rows import Base


class ModuleOff(Conflict):
    """The client settles its months outside the platform (TS-03)."""

    code, title = "module_off", "This client's activity reports are not filled in here"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a client decides; these are the choices of a client that has made none."""

    module_on: bool = True
    validation_on: bool = True
    fixed_report: bool = False
    weekends_allowed: bool = False
    overrun_allowed: bool = False
    submission_reminders: bool = True
    validation_reminders: bool = True


class ActivitySettings(Base):
    """A client's choices, in force for every month that is not validated yet."""

    __tablename__ = "activity_settings"

    client_company_id: Mapped[UUID] = mapped_column(primary_key=True)
    module_on: Mapped[bool]
    """Whether months are filled in here at all (TS-03)."""
    validation_on: Mapped[bool]
    """Whether the operational manager validates; otherwise the provider's approval does."""
    fixed_since: Mapped[date | None]
    """From when on the platform reports a fixed number of days for months that nobody filled in; never, if absent."""
    weekends_allowed: Mapped[bool]
    overrun_allowed: Mapped[bool]
    """Whether months may count more days than the order has."""
    submission_reminders: Mapped[bool]
    """Whether consultants are reminded of months that they have not sent."""
    validation_reminders: Mapped[bool]
    """Whether operational managers are reminded of months that they have not decided on."""
    changed_by: Mapped[UUID | None]
    """Who made these choices, and so agreed to every fixed report in advance."""
    changed_at: Mapped[datetime | None]
    version: Mapped[int]

    @classmethod
    def default(cls, client_company_id: UUID) -> ActivitySettings:
        """The choices of a client that has made none yet."""
        settings = cls(client_company_id=client_company_id, version=0)
        settings._take(Choices(), None)
        return settings

    @property
    def fixed_report(self) -> bool:
        """Whether months that nobody filled in are reported with a fixed number of days."""
        return self.fixed_since is not None

    def change(self, choices: Choices, *, by: UUID, at: datetime, today: date) -> None:
        """Decide anew; fixed reports begin with the month in which they are chosen."""
        self._take(choices, self.fixed_since or today)
        self.changed_by, self.changed_at = by, at
        self.version += 1

    def _take(self, choices: Choices, since: date | None) -> None:
        self.module_on, self.validation_on = choices.module_on, choices.validation_on
        self.fixed_since = since if choices.fixed_report else None
        self.weekends_allowed, self.overrun_allowed = choices.weekends_allowed, choices.overrun_allowed
        self.submission_reminders = choices.submission_reminders
        self.validation_reminders = choices.validation_reminders

    def require_module(self) -> None:
        """Raise ModuleOff where months are settled outside (TS-03)."""
        if not self.module_on:
            raise ModuleOff
