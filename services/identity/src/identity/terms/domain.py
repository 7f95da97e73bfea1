"""The platform's terms and privacy policy, version by version, and what a member agreed to (ID-11, ID-12, PL-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable
from chassis.rows import Base, new_id


class TermsDocument(StrEnum):
    """What everybody accepts before anything else, each on its own (ID-11, ID-12)."""

    TERMS = "terms"
    PRIVACY = "privacy"


class TermsNotFound(NotFound):
    """No such version."""

    code, title = "terms_not_found", "There is no such version"


class TermsVersionTaken(Conflict):
    """A published version never changes."""

    code, title = "terms_version_taken", "This version was published already"


class TermsInThePast(Unprocessable):
    """Nobody can have agreed to them then."""

    code, title = "terms_in_the_past", "A version takes effect today or later"


class NotTheCurrentTerms(Conflict):
    """Only the version in force is accepted."""

    code, title = "not_the_current_terms", "Another version is in force"


class TermsVersion(Base):
    """One version of a document; its row never changes (PL-01). French prevails over the translation (PL-17)."""

    __tablename__ = "terms_versions"
    __table_args__ = (Index("ix_terms_versions_in_force", "document", "effective_on", "published_at"),)

    document: Mapped[TermsDocument] = mapped_column(String(20), primary_key=True)
    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    effective_on: Mapped[date]
    text_fr: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]
    published_by: Mapped[UUID | None]
    """Absent for the versions that came with the platform."""

    @classmethod
    def publish(
        cls,
        document: TermsDocument,
        version: str,
        effective_on: date,
        *,
        text_fr: str,
        text_en: str,
        by: UUID,
        at: datetime,
        today: date,
    ) -> TermsVersion:
        """A new version, at any time and without notice (PL-01). Raises TermsInThePast."""
        if effective_on < today:
            raise TermsInThePast(field="effective_on")
        return cls(
            document=document,
            version=version,
            effective_on=effective_on,
            text_fr=text_fr,
            text_en=text_en,
            published_at=at,
            published_by=by,
        )


class Consent(Base):
    """Evidence of an acceptance: which text, when, from where."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("member_id", "document", "document_version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    document: Mapped[TermsDocument] = mapped_column(String(20))
    document_version: Mapped[str] = mapped_column(String(40))
    document_date: Mapped[date]
    accepted_at: Mapped[datetime]
    ip: Mapped[str | None] = mapped_column(INET)


class SharingPurpose(StrEnum):
    """What personal data leaves for beyond what the contract needs: only with the member's word (PL-07)."""

    PROFILE_TO_THIRD_PARTIES = "profile_to_third_parties"
    DISABILITY_STATUS = "disability_status"
    NEWSLETTER = "newsletter"


@dataclass(frozen=True, slots=True)
class SharingText:
    """What is asked, in both languages; another wording is another version, which nobody has agreed to yet."""

    version: str
    fr: str
    en: str


SHARING: dict[SharingPurpose, SharingText] = {
    SharingPurpose.PROFILE_TO_THIRD_PARTIES: SharingText(
        "2026-11-01",
        "Mon profil peut être montré à des sociétés avec lesquelles ma société n'est pas en relation.",
        "My profile may be shown to companies that mine has no dealings with.",
    ),
    SharingPurpose.DISABILITY_STATUS: SharingText(
        "2026-11-01",
        "Ma situation de handicap peut être enregistrée, et montrée aux personnes que je choisis.",
        "My disability may be recorded, and shown to the people that I choose.",
    ),
    SharingPurpose.NEWSLETTER: SharingText(
        "2026-11-01",
        "La plateforme peut m'écrire pour autre chose que mes missions et mon compte.",
        "The platform may write to me about more than my missions and my account.",
    ),
}


class SharingConsent(Base):
    """One agreement to share, from when it was given to when it was withdrawn; the log of both (PL-07)."""

    __tablename__ = "sharing_consents"
    __table_args__ = (
        Index(
            "uq_sharing_consents_in_force",
            "member_id",
            "purpose",
            unique=True,
            postgresql_where="withdrawn_at IS NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    purpose: Mapped[SharingPurpose] = mapped_column(String(40))
    text_version: Mapped[str] = mapped_column(String(40))
    given_at: Mapped[datetime]
    ip: Mapped[str | None] = mapped_column(INET)
    withdrawn_at: Mapped[datetime | None]

    @property
    def in_force(self) -> bool:
        """Whether it holds: given to the present wording, and not withdrawn."""
        return self.withdrawn_at is None and self.text_version == SHARING[self.purpose].version
