"""The file that tells the bank what to transfer: ISO 20022 pain.001.001.09, as SEPA takes it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sepaxml import SepaTransfer

from chassis.clock import PARIS
from contracts.values import Money, PostalAddress

SCHEMA = "pain.001.001.09"
MEDIA_TYPE = "application/xml"
SEPA_COUNTRIES = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV"}
    | {"MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "AD", "AL", "CH", "GB", "GI", "IS", "LI", "MC", "MD", "ME"}
    | {"MK", "NO", "RS", "SM", "VA"}
)
"""Where an IBAN is in the Single Euro Payments Area (European Payments Council, EPC409-09); others are paid by hand."""
_NAME, _REMITTANCE = 70, 140


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who pays, from which account."""

    name: str
    iban: str
    bic: str
    address: PostalAddress


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment; `end_to_end_id` comes back with the statement."""

    end_to_end_id: str
    amount: Money
    holder: str
    iban: str
    bic: str | None
    address: PostalAddress
    remittance: str


def is_sepa(iban: str | None) -> bool:
    """Whether a transfer to this account may stand in the file."""
    return iban is not None and iban[:2] in SEPA_COUNTRIES


def write(
    message_id: str, debtor: Debtor, executes_on: date, at: datetime, transfers: Iterable[Transfer], *, check: bool
) -> bytes:
    """The file, the same bytes for the same arguments; `check` holds it against its schema, which takes a while.

    Raises:
        sepaxml.validation.ValidationError: it does not keep to the schema.

    """
    file = _File(message_id, debtor, at)
    for transfer in transfers:
        payment: dict[str, Any] = {
            "name": transfer.holder,
            "IBAN": transfer.iban,
            "amount": int(transfer.amount.amount * 100),
            "execution_date": executes_on,
            "description": transfer.remittance[:_REMITTANCE],
            "endtoend_id": transfer.end_to_end_id,
            "address": _structured(transfer.address),
        }
        file.add_payment(payment | ({"BIC": transfer.bic} if transfer.bic else {}))
    return bytes(file.export(validate=check))


def _structured(address: PostalAddress) -> dict[str, str]:
    """Town and country by themselves, as banks ask since November 2026."""
    return {
        "street_name": address.line1[:_NAME],
        "postcode": address.postcode,
        "town": address.city[:35],
        "country": address.country,
    }


class _File(SepaTransfer):  # type: ignore[misc]
    """The library numbers and dates files by chance and by the machine's clock; ours are said."""

    def __init__(self, message_id: str, debtor: Debtor, at: datetime):
        self._message_id, self._at = message_id, at
        config = {
            "name": debtor.name,
            "IBAN": debtor.iban,
            "BIC": debtor.bic,
            "batch": True,
            "currency": "EUR",
            "address": _structured(debtor.address),
        }
        super().__init__(config, schema=SCHEMA, clean=True)

    def _create_header(self) -> None:
        super()._create_header()
        self._say("GrpHdr/MsgId", self._message_id)
        self._say("GrpHdr/CreDtTm", self._at.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M:%S"))

    def _finalize_batch(self) -> None:
        super()._finalize_batch()
        self._say("PmtInf/PmtInfId", self._message_id)
        self._say("PmtInf/BtchBookg", "false")  # the statement shall show each payment by itself

    def _say(self, place: str, words: str) -> None:
        found: ET.Element | None = self._xml.find(f"{self.root_el}/{place}")
        assert found is not None
        found.text = words
