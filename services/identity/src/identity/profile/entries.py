"""What the five sections of a profile may hold: typed, bounded, and without contact data (NW-02, NW-18)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contracts.values import CountryCode, Month, Name, without_contact_data

Line = Annotated[Name, AfterValidator(without_contact_data)]
"""A short text on one line."""
Story = Annotated[
    str,
    Field(max_length=2000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"),
    AfterValidator(without_contact_data),
]
"""A longer text; line feeds are its only control characters."""
WebAddress = Annotated[
    str, Field(max_length=500, pattern=r"^https://[^\s<>\"'\\@]+$", examples=["https://example.com/paper"])
]
"""A page that anybody may open; nothing but https, and nobody's name before an @."""
Year = Annotated[int, Field(ge=1940, le=2099)]


class Entry(BaseModel):
    """Base of entries: an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MissionEntry(Entry):
    """Something that the member worked on."""

    title: Line
    client: Line | None = None
    description: Story = ""
    start: Month
    end: Month | None = None
    """Absent while it lasts."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end is not None and self.end < self.start:
            raise ValueError("the end is before the start")
        return self


class SkillLevel(StrEnum):
    """How well one masters something, in one's own opinion."""

    BASIC = "basic"
    CONFIRMED = "confirmed"
    EXPERT = "expert"


class SkillEntry(Entry):
    """Something that the member can do."""

    name: Line
    level: SkillLevel
    years: Annotated[int, Field(ge=0, le=60)] | None = None


class EducationEntry(Entry):
    """A degree, a certificate, a course."""

    school: Line
    degree: Line
    start: Year | None = None
    end: Year | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError("the end is before the start")
        return self


class WorkPlace(StrEnum):
    """Where the work is done."""

    ON_SITE = "on_site"
    HYBRID = "hybrid"
    REMOTE = "remote"


class MobilityEntry(Entry):
    """Where the member would work."""

    place: Line
    country: CountryCode
    work_place: WorkPlace
    radius_km: Annotated[int, Field(ge=0, le=2000)] | None = None
    """How far around the place."""


class PublicationEntry(Entry):
    """Something that the member wrote, said or made."""

    title: Line
    publisher: Line | None = None
    published_on: date | None = None
    url: WebAddress | None = None
