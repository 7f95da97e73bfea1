"""Who operates the platform: the buyer that providers' invoices are addressed to."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.values import Name, Siren, VatNumber


class BillingSettings(BaseSettings):
    """What billing alone is told; each field is the environment variable `MAILLON_<NAME>`.

    The defaults name a company that does not exist: for trying things out.

    Raises:
        ValidationError: names each variable at fault.

    """

    model_config = SettingsConfigDict(env_prefix="MAILLON_", frozen=True)

    operator_name: Name = "Maillon"
    operator_address: Name = "1 rue de l'Exemple, 75001 Paris, France"
    operator_siren: Siren = Siren("999000003")
    operator_vat_number: VatNumber = VatNumber("FR42999000003")
    reader_idle_seconds: float = 300.0
    """After this long without an import, the process that reads invoices ends and gives its memory back."""

    @model_validator(mode="after")
    def _one_company(self) -> Self:
        if self.operator_vat_number[4:] != self.operator_siren:
            raise ValueError("MAILLON_OPERATOR_SIREN and MAILLON_OPERATOR_VAT_NUMBER name two companies")
        return self
