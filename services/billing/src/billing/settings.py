"""Who operates the platform: the buyer that providers' invoices are addressed to."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.values import Bic, Iban, Name, PostalAddress, Siren, VatNumber

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_ADDRESS = re.compile(r"(?P<line1>.+), (?P<postcode>[0-9]{5}) (?P<city>[^,]+?)(, France)?")


def _as_invoices_split_it(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError("is not written as 'street, postcode town, France'")
    return address


def _nobody_reads_on_the_way(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)):
        raise ValueError("must be an https address")
    return url


class BillingSettings(BaseSettings):
    """What billing alone is told; each field is the environment variable `MAILLON_<NAME>`.

    The defaults name a company that does not exist: for trying things out.

    Raises:
        ValidationError: names each variable at fault.

    """

    model_config = SettingsConfigDict(env_prefix="MAILLON_", frozen=True)

    operator_name: Name = "Maillon"
    operator_address: Annotated[Name, AfterValidator(_as_invoices_split_it)] = "1 rue de l'Exemple, 75001 Paris, France"
    """Street, postcode and town in France, with commas between: electronic invoices name each by itself."""
    operator_siren: Siren = Siren("999000003")
    operator_vat_number: VatNumber = VatNumber("FR42999000003")
    operator_iban: Iban = Iban("FR7630006000011234567890189")
    """Where clients pay (BL-08)."""
    operator_bic: Bic = Bic("AGRIFRPP")
    accounting_contact: Name = "accounting@example.com"
    """Shown wherever invoices are (BL-27)."""
    connect_margin_percent: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)] = Decimal(0)
    """What clients of the Connect offer pay above the order's daily rate."""
    client_payment_days: Annotated[int, Field(ge=0, le=60)] = 30
    """From the invoice's date; 60 is the most that may be agreed, 45 for periodic invoices (C. com. L441-10)."""
    self_billing_contest_days: Annotated[int, Field(ge=1, le=365)] = 15
    """For how many days after its issue a provider may contest an invoice written for it; part of its mandate."""
    subscription_notice_days: Annotated[int, Field(ge=1, le=365)] = 30
    """How many days before a subscription is renewed its company is told."""
    approved_platform_url: Annotated[str, AfterValidator(_nobody_reads_on_the_way)] | None = None
    """The Flow Service of the approved platform (AFNOR XP Z12-013); without one, flows stay queued."""
    approved_platform_token: SecretStr = SecretStr("")
    reminder_days: tuple[Annotated[int, Field(ge=1, le=365)], ...] = (5, 15, 30)
    """Days after the due date on which companies are reminded of an invoice."""
    reader_idle_seconds: float = 300.0
    """After this long without an import, the process that reads invoices ends and gives its memory back."""

    @property
    def operator_place(self) -> PostalAddress:
        """The operator's address, part by part."""
        found = _ADDRESS.fullmatch(self.operator_address)
        assert found is not None
        parts = {name: found[name] for name in ("line1", "postcode", "city")}
        return PostalAddress(**parts, country="FR")

    @model_validator(mode="after")
    def _one_company(self) -> Self:
        if self.operator_vat_number[4:] != self.operator_siren:
            raise ValueError("MAILLON_OPERATOR_SIREN and MAILLON_OPERATOR_VAT_NUMBER name two companies")
        return self


@cache
def billing_settings() -> BillingSettings:
    """The settings of this process, for consumers and sweeps: they are handed none. Raises ValidationError."""
    return BillingSettings()
