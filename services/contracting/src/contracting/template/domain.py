"""The texts that companies are asked to sign: a version each, in French, which alone binds (PL-17)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from contracting.columns import word
from contracts.contracting import ContractKind, Offer

PLACEHOLDERS = frozenset({"operator", "operator_address", "company", "country"})
"""What a preamble may name in braces."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class TemplateNotFound(NotFound):
    """No text of this kind has this version."""

    code, title = "template_not_found", "There is no such text"


class TemplateNotNewer(Conflict):
    """A text takes effect after all that were published before it, under a version of its own."""

    code, title = "template_not_newer", "This text does not come after the newest one"


class TemplateInThePast(Unprocessable):
    """What is in force does not change for days that are over."""

    code, title = "template_in_the_past", "A text cannot take effect in the past"


class TemplateInForce(Conflict):
    """Companies sign it, or signed it."""

    code, title = "template_in_force", "This text has taken effect and stays"


class UnknownPlaceholder(Unprocessable):
    """The preamble names something in braces that nothing fills."""

    code, title = "unknown_placeholder", "Nothing fills this placeholder"


class TranslationDiffers(Unprocessable):
    """A translation has the articles and annexes of its French text, no others."""

    code, title = "translation_differs", "The translation does not have the articles and annexes of the French text"


@dataclass(frozen=True, slots=True)
class Clause:
    """One article; a mandatory one must be ticked before the signature."""

    key: str
    title: str
    text: str
    mandatory: bool = True


@dataclass(frozen=True, slots=True)
class Annex:
    """What is signed with the articles (CT-25, CT-26)."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Wording:
    """A text in one language, before it names a company."""

    title: str
    preamble: str
    clauses: tuple[Clause, ...]
    annexes: tuple[Annex, ...] = ()

    @classmethod
    def of(cls, data: dict[str, Any]) -> Wording:
        """Read what `data` wrote."""
        clauses = tuple(Clause(**one) for one in data["clauses"])
        return cls(data["title"], data["preamble"], clauses, tuple(Annex(**one) for one in data["annexes"]))

    @property
    def data(self) -> dict[str, Any]:
        """The text as JSON."""
        return asdict(self)

    @property
    def outline(self) -> tuple[tuple[tuple[str, bool], ...], int]:
        """Its articles, with what must be ticked, and how many annexes it has."""
        return tuple((one.key, one.mandatory) for one in self.clauses), len(self.annexes)

    def check(self) -> None:
        """Raise UnknownPlaceholder when the preamble names what nothing fills."""
        unknown = sorted(set(_PLACEHOLDER.findall(self.preamble)) - PLACEHOLDERS)
        require(not unknown, UnknownPlaceholder(", ".join(unknown), field="french.preamble"))

    def preamble_for(self, names: dict[str, str]) -> str:
        """The preamble with its placeholders filled, in one pass: a name that looks like one stays itself."""
        return _PLACEHOLDER.sub(lambda found: names[found[1]], self.preamble)


class ContractTemplate(Base):
    """One version of a kind of contract. It never changes: once in force, a correction is a new version."""

    __tablename__ = "contract_templates"
    __table_args__ = (UniqueConstraint("kind", "version"), UniqueConstraint("kind", "effective_on"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[ContractKind] = mapped_column(word(ContractKind))
    version: Mapped[str] = mapped_column(String(20))
    effective_on: Mapped[date]
    payment_terms_changed: Mapped[bool]
    """Whether a company needs a newly signed contract for this version's payment terms (CT-21)."""
    offers: Mapped[list[str]] = mapped_column(JSONB)
    """The offers that a signature opens to missions (CT-04)."""
    french: Mapped[dict[str, Any]] = mapped_column(JSONB)
    english: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    published_at: Mapped[datetime]

    @classmethod
    def publish(
        cls,
        newest: ContractTemplate,
        version: str,
        effective_on: date,
        french: Wording,
        english: Wording | None,
        *,
        payment_terms_changed: bool,
        offers: frozenset[Offer],
        at: datetime,
        today: date,
    ) -> ContractTemplate:
        """The version that follows `newest`, in force from its day on.

        Raises:
            TemplateInThePast: that day is over.
            TemplateNotNewer: it does not come after every other.
            UnknownPlaceholder: the preamble names what nothing fills.
            TranslationDiffers: it has other articles or annexes.

        """
        require(effective_on >= today, TemplateInThePast(field="effective_on"))
        require(effective_on > newest.effective_on, TemplateNotNewer(field="effective_on"))
        french.check()
        if english is not None:
            english.check()
            require(english.outline == french.outline, TranslationDiffers(field="english"))
        return cls(
            kind=newest.kind,
            version=version,
            effective_on=effective_on,
            payment_terms_changed=payment_terms_changed,
            offers=sorted(offers),
            french=french.data,
            english=english.data if english else None,
            published_at=at,
        )

    def expect_to_come(self, today: date) -> None:
        """Raise TemplateInForce unless its day is still to come, so that nobody can have opened it."""
        require(self.effective_on > today, TemplateInForce())

    @property
    def wording(self) -> Wording:
        """The French text."""
        return Wording.of(self.french)

    @property
    def translation(self) -> Wording | None:
        """The English text, which binds nobody."""
        return Wording.of(self.english) if self.english else None
