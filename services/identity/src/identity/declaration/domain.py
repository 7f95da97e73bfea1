# ruff: noqa: RUF001 - French apostrophes
"""What a member declares on their honour: which words, when, from where (ID-26, ID-27, ID-55)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base, new_id


class DeclarationKind(StrEnum):
    """What is declared; each on its own."""

    ADULTHOOD = "adulthood"
    """Of age, or otherwise capable of entering into contracts."""
    PROFESSIONAL_USE = "professional_use"
    """Acting for the needs of a profession in IT or engineering."""
    THIRD_PARTY = "third_party"
    """Acting for somebody else, by representation or mandate."""


class Capacity(StrEnum):
    """By what right somebody acts for a third party."""

    REPRESENTATION = "representation"
    MANDATE = "mandate"


AT_SIGN_UP = (DeclarationKind.ADULTHOOD, DeclarationKind.PROFESSIONAL_USE)
"""Without both there is no account."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a declaration, from a day on."""

    kind: DeclarationKind
    version: str
    in_force_from: date
    fr: str
    en: str


WORDINGS = (
    Wording(
        DeclarationKind.ADULTHOOD,
        "2026-11-01",
        date(2026, 11, 1),
        "Je déclare avoir atteint la majorité légale ou disposer de la capacité juridique requise pour m’engager.",
        "I declare that I am of full age or have the legal capacity required to enter into a contract.",
    ),
    Wording(
        DeclarationKind.PROFESSIONAL_USE,
        "2026-11-01",
        date(2026, 11, 1),
        "Je déclare agir en qualité de professionnel du secteur de l’informatique ou de l’ingénierie.",
        "I declare that I act as a professional of the information technology or engineering sector.",
    ),
    Wording(
        DeclarationKind.THIRD_PARTY,
        "2026-11-01",
        date(2026, 11, 1),
        "Je déclare représenter le tiers nommé, ou être expressément mandaté par lui, pour agir en son nom.",
        "I declare that I represent the third party named, or have its express mandate, to act on its behalf.",
    ),
)
"""Every wording there was; old ones stay, since old declarations point to them."""


def wording_of(kind: DeclarationKind, day: date) -> Wording:
    """The words in force on a day; before the first of them, those."""
    dated = [wording for wording in WORDINGS if wording.kind == kind]
    return max(
        (wording for wording in dated if wording.in_force_from <= day),
        key=lambda wording: wording.in_force_from,
        default=dated[0],
    )


class Declaration(Base):
    """Evidence that a member declared something."""

    __tablename__ = "declarations"
    __table_args__ = (Index("ix_declarations_member_id", "member_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[DeclarationKind] = mapped_column(String(20))
    text_version: Mapped[str] = mapped_column(String(40))
    declared_at: Mapped[datetime]
    ip: Mapped[str | None] = mapped_column(INET)
    third_party: Mapped[str | None] = mapped_column(String(200))
    capacity: Mapped[Capacity | None] = mapped_column(String(20))

    @classmethod
    def make(
        cls,
        member_id: UUID,
        kind: DeclarationKind,
        *,
        at: datetime,
        today: date,
        ip: str | None,
        third_party: str | None = None,
        capacity: Capacity | None = None,
    ) -> Declaration:
        """A declaration in the words in force today."""
        return cls(
            id=new_id(),
            member_id=member_id,
            kind=kind,
            text_version=wording_of(kind, today).version,
            declared_at=at,
            ip=ip,
            third_party=third_party,
            capacity=capacity,
        )
