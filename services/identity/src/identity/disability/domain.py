"""The disability status: health data, there only while its member wants it there (ID-51 to ID-53; GDPR, article 9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Gone, NotFound
from chassis.rows import Base, new_id
from identity.profile.domain import Visibility

CONFIRM_WITHIN = timedelta(minutes=15)
CONSENT_VERSION = "2026-11-01"
CONSENT_FR = (
    "Je consens expressément à ce que mon statut de personne en situation de handicap, qui est une donnée de santé, "
    "soit enregistré et affiché près de mon nom sur mon profil. Je peux retirer ce consentement à tout moment : "
    "la donnée est alors effacée."
)
CONSENT_EN = (
    "I explicitly consent to my status as a person with a disability, which is health data, being recorded and shown "
    "next to my name on my profile. I may withdraw this consent at any time: the data is then erased."
)


class DisabilityStatusOn(Conflict):
    """It is shown already."""

    code, title = "disability_status_on", "The status is shown already"


class DisabilityStatusOff(NotFound):
    """There is nothing to change."""

    code, title = "disability_status_off", "The status is not shown"


class ConfirmationNotFound(NotFound):
    """Not asked for by you, replaced by a newer one, or used."""

    code, title = "confirmation_not_found", "There is no such confirmation"


class ConfirmationExpired(Gone):
    """It was to be given within 15 minutes."""

    code, title = "confirmation_expired", "Please start again"


class DisabilityConfirmation(Base):
    """The second step that a member has begun; one at a time."""

    __tablename__ = "disability_confirmations"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    expires_at: Mapped[datetime]

    @classmethod
    def ask(cls, member_id: UUID, at: datetime) -> DisabilityConfirmation:
        """To be confirmed within 15 minutes (ID-52)."""
        return cls(member_id=member_id, id=new_id(), expires_at=at + CONFIRM_WITHIN)

    def confirm(self, at: datetime, ip: str | None) -> DisabilityStatus:
        """The consent, and with it the status, for all who see the profile. Raises ConfirmationExpired."""
        if at >= self.expires_at:
            raise ConfirmationExpired
        return DisabilityStatus(
            member_id=self.member_id,
            visibility=Visibility.THIRD_PARTIES,
            text_version=CONSENT_VERSION,
            consented_at=at,
            ip=ip,
        )


class DisabilityStatus(Base):
    """The row is the status: turned off, nothing is left."""

    __tablename__ = "disability_statuses"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), primary_key=True)
    visibility: Mapped[Visibility] = mapped_column(String(20))
    text_version: Mapped[str] = mapped_column(String(40))
    consented_at: Mapped[datetime]
    ip: Mapped[str | None] = mapped_column(INET)
