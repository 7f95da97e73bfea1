"""Two articles of the Labour Code that whoever looks for requests has taken note of (MK-21)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Forbidden, require
from chassis.rows import Base


class AcknowledgementNeeded(Forbidden):
    """Whoever looks for requests first takes note of two articles of the Labour Code (MK-21)."""

    code, title = "acknowledgement_needed", "The labour law text has to be acknowledged first"

    def __init__(self) -> None:
        super().__init__(
            "read GET /acknowledgements/labour-law, then acknowledge it by PUT /acknowledgements/labour-law"
        )


class NotTheTextInForce(Conflict):
    """Another version is in force."""

    code, title = "not_the_text_in_force", "Another version of the text is in force"


@dataclass(frozen=True, slots=True)
class LabourLawText:
    """What is acknowledged, from the day on that it is in force."""

    version: str
    in_force_from: date
    articles: tuple[str, ...]
    """Articles of the Labour Code (code du travail)."""
    fr: str
    """The text that binds."""
    en: str
    """Its translation, for information."""


TEXTS: Sequence[LabourLawText] = (
    LabourLawText(
        version="2026-01",
        in_force_from=date(2026, 1, 1),
        articles=("L8241-1", "L8231-1"),
        fr=(
            "Afin d'accéder à la consultation des appels d'offres, je reconnais avoir pris connaissance des "
            "obligations de mon entreprise en droit du travail. Mon entreprise ne se livre ni au prêt illicite de "
            "main-d'œuvre, c'est-à-dire à une opération à but lucratif ayant pour objet exclusif le prêt de "
            "main-d'œuvre (article L. 8241-1 du code du travail), ni au marchandage, c'est-à-dire à une opération "
            "à but lucratif de fourniture de main-d'œuvre qui a pour effet de causer un préjudice au salarié "
            "qu'elle concerne ou d'éluder l'application de dispositions légales ou de stipulations "
            "conventionnelles (article L. 8231-1 du code du travail)."
        ),
        en=(
            "In order to consult requests for proposals, I confirm that I have taken note of my company's duties "
            "under French labour law. My company engages neither in the unlawful lending of labour, that is, an "
            "operation for profit whose only object is to lend labour (article L. 8241-1 of the Labour Code), nor "
            "in subcontracting of labour to the detriment of workers (marchandage), that is, an operation for "
            "profit that supplies labour and thereby harms the employee concerned or evades the law or a "
            "collective agreement (article L. 8231-1 of the Labour Code)."
        ),
    ),
)
"""Every version, the oldest first; a published one never changes."""


def text_in_force(today: date, texts: Sequence[LabourLawText] = TEXTS) -> LabourLawText:
    """The newest text that has come into force by this business date; the first one until there is another."""
    return max((text for text in texts if text.in_force_from <= today), key=lambda t: t.in_force_from, default=texts[0])


class Acknowledgement(Base):
    """One member took note of one version; the first time counts."""

    __tablename__ = "acknowledgements"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    text_version: Mapped[str] = mapped_column(String(20), primary_key=True)
    acknowledged_at: Mapped[datetime]

    @classmethod
    def of(cls, version: str, member_id: UUID, at: datetime, today: date) -> Acknowledgement:
        """Take note of the text in force. Raises NotTheTextInForce."""
        require(version == text_in_force(today).version, NotTheTextInForce(field="version"))
        return cls(member_id=member_id, text_version=version, acknowledged_at=at)
