"""The written and prior mandate under which the platform writes a provider's invoices (domain facts 2.4)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.columns import word
from billing.self_billing.texts import MandateText
from billing.settings import BillingSettings
from chassis.clock import business_date
from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from contracts.company import LegalIdentity
from contracts.roles import CompanyKind, SignatoryCapacity


class MandateNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "mandate_not_found", "There is no such mandate"


class MandateInForce(Conflict):
    """One mandate at a time."""

    code, title = "mandate_in_force", "A mandate is in force already"


class MandateRevoked(Conflict):
    """It ended before."""

    code, title = "mandate_revoked", "The mandate was revoked already"


class MandateTextChanged(Conflict):
    """What was read is no longer what would be signed: the text or one of the parties changed."""

    code, title = "mandate_text_changed", "The text has changed; read it again before you sign"


class MandateNotAccepted(Unprocessable):
    """The box was not ticked."""

    code, title = "mandate_not_accepted", "Accept the mandate to sign it"


class NotASeller(Conflict):
    """Only providers issue invoices to the platform."""

    code, title = "not_a_seller", "Only providers give a self-billing mandate"


@dataclass(frozen=True, slots=True)
class MandateDraft:
    """The exact text that one provider is shown."""

    version: str
    title: str
    text: str
    contest_days: int

    @property
    def sha256(self) -> str:
        """Fingerprint of the text in UTF-8, in hexadecimal: what the signature is about."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def draft(wording: MandateText, provider: LegalIdentity, own: BillingSettings) -> MandateDraft:
    """The mandate between this provider and the platform's operator."""
    place = provider.address
    parties = {
        "company": provider.name,
        "company_number": _number_of(provider),
        "company_address": f"{place.line1}, {place.postcode} {place.city}, {place.country}",
        "operator": own.operator_name,
        "operator_siren": str(own.operator_siren),
        "operator_address": own.operator_address,
        "contest_days": str(own.self_billing_contest_days),
    }
    articles = [f"Article {n}. {words.format_map(parties)}" for n, words in enumerate(wording.articles, 1)]
    text_ = "\n\n".join((f"{wording.title}\nVersion {wording.version}", *articles)) + "\n"
    return MandateDraft(wording.version, wording.title, text_, own.self_billing_contest_days)


def _number_of(provider: LegalIdentity) -> str:
    if provider.siret:
        return f"SIRET {provider.siret}"
    return provider.vat_number or provider.registration_number or provider.tax_number or provider.country


class Mandate(Base):
    """What a provider signed, with what proves it; in force until it is revoked."""

    __tablename__ = "self_billing_mandates"
    __table_args__ = (
        Index("uq_self_billing_mandates", "company_id", unique=True, postgresql_where=text("revoked_at IS NULL")),
        Index("ix_self_billing_mandates_company_id_id", "company_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    text_version: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    text_sha256: Mapped[str] = mapped_column(String(64))
    contest_days: Mapped[int]
    """For how many days after its issue an invoice may be contested."""
    signed_by: Mapped[UUID]
    signatory_name: Mapped[str] = mapped_column(String(200))
    signatory_capacity: Mapped[SignatoryCapacity] = mapped_column(word(SignatoryCapacity, 40))
    network_address_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of where it was signed from, salted with the mandate's id: shows whether an address is the one, names none."""
    signed_at: Mapped[datetime]
    file_key: Mapped[str] = mapped_column(String(64))
    file_sha256: Mapped[str] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None]

    @classmethod
    def sign(
        cls,
        company_id: UUID,
        shown: MandateDraft,
        *,
        by: UUID,
        name: str,
        capacity: SignatoryCapacity,
        network_address: str | None,
        at: datetime,
    ) -> Mandate:
        """Give the mandate. Its document comes with `keep_file`."""
        mandate_id = new_id()
        return cls(
            id=mandate_id,
            company_id=company_id,
            text_version=shown.version,
            text=shown.text,
            text_sha256=shown.sha256,
            contest_days=shown.contest_days,
            signed_by=by,
            signatory_name=name,
            signatory_capacity=capacity,
            network_address_sha256=network_address and _salted(mandate_id, network_address),
            signed_at=at,
        )

    def keep_file(self, key: str, sha256: str) -> None:
        """Remember where the signed document is."""
        self.file_key, self.file_sha256 = key, sha256

    def revoke(self, by: UUID, at: datetime) -> None:
        """End it for the future; what was issued under it stays. Raises MandateRevoked."""
        require(self.revoked_at is None, MandateRevoked())
        self.revoked_at, self.revoked_by = at, by

    @property
    def in_force(self) -> bool:
        """Whether it was not revoked."""
        return self.revoked_at is None

    def is_prior_to(self, last_day: date) -> bool:
        """Whether it was signed before the service that ended on that day was complete."""
        return business_date(self.signed_at) <= last_day


def check_signature(shown: MandateDraft, *, sha256: str, accepted: bool, kind: CompanyKind | None) -> None:
    """Whether this is signed, knowing what it says.

    Raises:
        NotASeller: the company buys.
        MandateNotAccepted: the box was not ticked.
        MandateTextChanged: another text was read.

    """
    require(kind is CompanyKind.PROVIDER, NotASeller())
    require(accepted, MandateNotAccepted(field="accepted"))
    require(sha256 == shown.sha256, MandateTextChanged(field="text_sha256"))


def _salted(mandate_id: UUID, address: str) -> str:
    return hashlib.sha256(f"{mandate_id}:{address}".encode()).hexdigest()
