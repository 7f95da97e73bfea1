"""Profiles as they are asked for and shown; no address and no telephone number is in any of them (NW-18)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from chassis.http import Body, View
from contracts.roles import ProfileType
from identity.profile.domain import CheckResult, Section, Visibility
from identity.profile.entries import EducationEntry, MissionEntry, MobilityEntry, PublicationEntry, SkillEntry


class SectionEdit(Body):
    """Base of a section's replacement; each says what its entries are."""

    visibility: Visibility = Visibility.MEMBERS
    entries: Any

    def rows(self) -> list[dict[str, Any]]:
        """The entries as they are kept."""
        kept: list[dict[str, Any]] = self.model_dump(mode="json")["entries"]
        return kept


class Missions(SectionEdit):
    """What you worked on."""

    entries: Annotated[list[MissionEntry], Field(max_length=50)]


class Skills(SectionEdit):
    """What you can do."""

    entries: Annotated[list[SkillEntry], Field(max_length=100)]


class Education(SectionEdit):
    """What you learned, and where."""

    entries: Annotated[list[EducationEntry], Field(max_length=30)]


class Mobility(SectionEdit):
    """Where you would work."""

    entries: Annotated[list[MobilityEntry], Field(max_length=30)]


class Publications(SectionEdit):
    """What you published."""

    entries: Annotated[list[PublicationEntry], Field(max_length=100)]


class SectionView(View):
    """One of your own sections; a sanction may hide it from everybody else."""

    section: Section
    visibility: Visibility
    version: int
    updated_at: datetime | None
    hidden_by_sanction: bool
    entries: list[dict[str, Any]]


class OwnProfileView(View):
    """Your profile as you alone see it; `disability_status` is there only while it is on."""

    member_id: UUID
    display_name: str
    profile_type: ProfileType | None
    public_link: str | None
    sections: list[SectionView]
    disability_status: Literal[True] | None = None


class VisibleSections(View):
    """The sections that the reader may see; an empty or hidden one is absent."""

    missions: list[MissionEntry] | None = None
    skills: list[SkillEntry] | None = None
    education: list[EducationEntry] | None = None
    mobility: list[MobilityEntry] | None = None
    publications: list[PublicationEntry] | None = None


class PublicProfileView(View):
    """A profile as third parties see it; `disability_status` is there only while it is on and for them."""

    display_name: str
    profile_type: ProfileType | None
    sections: VisibleSections
    disability_status: Literal[True] | None = None


class ProfileView(PublicProfileView):
    """A profile as members see it."""

    member_id: UUID


class PublicLinkView(View):
    """Where third parties read your profile."""

    slug: str
    url: str
    created_at: datetime


class Check(Body):
    """What staff found."""

    result: CheckResult
    comment: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]


class CheckView(View):
    """A recorded look at a profile; staff alone see it."""

    id: UUID
    member_id: UUID
    checked_by: UUID
    result: CheckResult
    comment: str
    checked_at: datetime
