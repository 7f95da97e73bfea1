"""What was read from an invoice file: plain text by meaning and defects, not yet compared with anything."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Raw = Annotated[str, Field(max_length=1000)]
"""As the provider wrote it; a value that is repeated where one is due comes joined by ` | `."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(_Part):
    """Seller (BG-4) or buyer (BG-7)."""

    name: Raw | None = None
    siren: Raw | None = None
    siret: Raw | None = None
    vat_number: Raw | None = None


class Line(_Part):
    """One invoice line (BG-25)."""

    quantity: Raw | None = None
    unit: Raw | None = None
    unit_price: Raw | None = None
    price_base: Raw | None = None
    net: Raw | None = None
    vat_category: Raw | None = None
    vat_rate: Raw | None = None


class VatGroup(_Part):
    """One group of the VAT breakdown (BG-23)."""

    category: Raw | None = None
    rate: Raw | None = None
    base: Raw | None = None
    amount: Raw | None = None
    reason: Raw | None = None
    reason_code: Raw | None = None


class InvoiceDocument(_Part):
    """The business terms of EN 16931 that decide whether an invoice may be paid."""

    number: Raw | None = None
    type_code: Raw | None = None
    issued_on: Raw | None = None
    due_on: Raw | None = None
    currency: Raw | None = None
    order_reference: Raw | None = None
    period_start: Raw | None = None
    period_end: Raw | None = None
    seller: Party
    buyer: Party
    lines: Annotated[list[Line], Field(max_length=1000)]
    vat_groups: Annotated[list[VatGroup], Field(max_length=100)]
    ibans: Annotated[list[Raw], Field(max_length=100)] = []
    """Where the seller asks to be paid (BT-84)."""
    references: Annotated[list[Raw], Field(max_length=100)] = []
    """Earlier invoices that it refers to (BG-3)."""
    note_codes: Annotated[list[Raw], Field(max_length=1000)]
    allowances: Raw | None = None
    charges: Raw | None = None
    net: Raw | None = None
    vat: Raw | None = None
    gross: Raw | None = None
    prepaid: Raw | None = None
    due: Raw | None = None


class FindingKind(StrEnum):
    """What a defect is held against; the first of several gives a refusal its name."""

    XML = "xml"
    PROFILE = "profile"
    SCHEMA = "schema"
    RULES = "rules"
    FRENCH = "french"
    """The rules that French e-invoices follow beyond EN 16931."""


class Finding(_Part):
    """A defect of an invoice that could be read: it may not be accepted. `code` is the rule's where it has one."""

    kind: FindingKind
    code: Raw
    detail: Raw


class Reading(_Part):
    """What a file says, and all that is wrong with it; without findings it follows its profile in every point."""

    profile: Raw | None = None
    """The guideline that the invoice names (BT-24)."""
    invoice: InvoiceDocument
    findings: Annotated[list[Finding], Field(max_length=250)]
