"""A member's profile: five sections, each shown to whom its owner says (NW-01, NW-02, NW-07)."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import NotFound
from chassis.rows import Base, new_id


class ProfileNotFound(NotFound):
    """Nobody, nobody any more, or nobody that you may see."""

    code, title = "profile_not_found", "There is no such profile"


class Section(StrEnum):
    """The parts of a profile."""

    MISSIONS = "missions"
    SKILLS = "skills"
    EDUCATION = "education"
    MOBILITY = "mobility"
    PUBLICATIONS = "publications"


class Visibility(StrEnum):
    """Who may read a part of a profile beside its owner."""

    NOBODY = "nobody"
    MEMBERS = "members"
    THIRD_PARTIES = "third_parties"
    """Anybody who holds the profile's public link, and members."""


class Reader(StrEnum):
    """Somebody else who looks at a profile."""

    MEMBER = "member"
    THIRD_PARTY = "third_party"


_SHOWN_TO: dict[Visibility, frozenset[Reader]] = {
    Visibility.NOBODY: frozenset(),
    Visibility.MEMBERS: frozenset({Reader.MEMBER}),
    Visibility.THIRD_PARTIES: frozenset(Reader),
}


def shows(visibility: Visibility, reader: Reader) -> bool:
    """Say whether a part with this visibility is for this reader."""
    return reader in _SHOWN_TO[visibility]


class ProfileSection(Base):
    """One section, as its owner last left it; without a row it is empty and for members."""

    __tablename__ = "profile_sections"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), primary_key=True)
    section: Mapped[Section] = mapped_column(String(20), primary_key=True)
    visibility: Mapped[Visibility] = mapped_column(String(20))
    entries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    version: Mapped[int]
    updated_at: Mapped[datetime]

    @classmethod
    def blank(cls, member_id: UUID, section: Section, at: datetime) -> ProfileSection:
        """What a section is before its first edit: nothing, at version 0."""
        return cls(
            member_id=member_id,
            section=section,
            visibility=Visibility.MEMBERS,
            entries=[],
            version=0,
            updated_at=at,
        )

    def replace(self, entries: list[dict[str, Any]], visibility: Visibility, at: datetime) -> None:
        """Its owner rewrites it (ID-54)."""
        self.entries, self.visibility, self.updated_at = entries, visibility, at
        self.version += 1


class PublicLink(Base):
    """The address under which third parties read a profile; nobody can guess it, and a new one ends the old."""

    __tablename__ = "public_links"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    created_at: Mapped[datetime]

    @classmethod
    def make(cls, member_id: UUID, at: datetime) -> PublicLink:
        """A fresh address, of 128 random bits."""
        return cls(member_id=member_id, slug=secrets.token_urlsafe(16), created_at=at)


class CheckResult(StrEnum):
    """What staff found when they looked whether a profile is true."""

    CONSISTENT = "consistent"
    INCONSISTENT = "inconsistent"
    INCONCLUSIVE = "inconclusive"


class ProfileCheck(Base):
    """A look at a profile by staff: effort, no guarantee, so no profile ever shows it (ID-56)."""

    __tablename__ = "profile_checks"
    __table_args__ = (Index("ix_profile_checks_member_id", "member_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    checked_by: Mapped[UUID]
    result: Mapped[CheckResult] = mapped_column(String(20))
    comment: Mapped[str] = mapped_column(String(2000))
    checked_at: Mapped[datetime]

    @classmethod
    def record(cls, member_id: UUID, by: UUID, result: CheckResult, comment: str, at: datetime) -> ProfileCheck:
        """What one of the staff found."""
        return cls(id=new_id(), member_id=member_id, checked_by=by, result=result, comment=comment, checked_at=at)
