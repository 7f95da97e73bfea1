"""The accounting software of a provider: Factur-X invoices (EN 16931, PDF/A-3) with the French mentions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from facturx import generate_from_binary, generate_xml

from stack.demo.papers import typeset

CENT = Decimal("0.01")
VAT_RATE = Decimal("20.00")
PAYMENT_TERM = timedelta(days=30)
REGISTER, ESTABLISHMENT, ROUTING = "0002", "0009", "0225"
RECOVERY = "Tout retard de paiement engendre une indemnité forfaitaire pour frais de recouvrement de 40 €."
PENALTY = "Pénalités de retard : le plus élevé de 10 % par an et de trois fois le taux d'intérêt légal."
DISCOUNT = "Pas d'escompte pour paiement anticipé."


@dataclass(frozen=True)
class Party:
    """Seller or buyer, as an invoice must name them."""

    name: str
    siren: str
    vat_number: str
    line1: str
    postcode: str
    city: str
    siret: str = ""

    @classmethod
    def told(cls, buyer: dict[str, str]) -> Party:
        """The buyer as a pre-invoice names it, its address on one line: street, postcode and town, country."""
        line1, _, rest = buyer["address"].partition(", ")
        postcode, _, city = rest.partition(", ")[0].partition(" ")
        return cls(buyer["name"], buyer["siren"], buyer["vat_number"], line1, postcode, city)

    def as_terms(self) -> dict[str, Any]:
        """The terms of BG-4 or BG-7."""
        return {
            "name": self.name,
            "identifiers": {ESTABLISHMENT: self.siret} if self.siret else {},
            "legal_identifier": self.siren,
            "legal_identifier_schemeid": REGISTER,
            "vat_identifier": self.vat_number,
            "einvoicing_addr": self.siren,
            "einvoicing_addr_schemeid": ROUTING,
            "addr_l1": self.line1,
            "city": self.city,
            "postcode": self.postcode,
            "country_code": "FR",
        }


@dataclass(frozen=True)
class Invoice:
    """A month of days at one rate, with VAT; amounts in euros, rounded half up to the cent."""

    number: str
    seller: Party
    buyer: Party
    iban: str
    bic: str
    order_reference: str
    issued_on: date
    first_day: date
    last_day: date
    days: Decimal
    daily_rate: Decimal

    @property
    def net(self) -> Decimal:
        """Total without VAT."""
        return (self.days * self.daily_rate).quantize(CENT, ROUND_HALF_UP)

    @property
    def vat(self) -> Decimal:
        """Total of the VAT."""
        return (self.net * VAT_RATE / 100).quantize(CENT, ROUND_HALF_UP)

    @property
    def gross(self) -> Decimal:
        """Total with VAT."""
        return self.net + self.vat

    @property
    def due_on(self) -> date:
        """When it falls due."""
        return self.issued_on + PAYMENT_TERM

    @property
    def item(self) -> str:
        """What was sold."""
        return f"Prestation de développement, du {self.first_day:%d/%m/%Y} au {self.last_day:%d/%m/%Y}"

    def facturx(self) -> bytes:
        """The PDF with its XML inside."""
        xml = generate_xml(self._terms(), level="en16931", check_schematron=False)
        embedded = generate_from_binary(
            self._sheet(), xml, flavor="factur-x", level="en16931", lang="fr-FR", afrelationship="data"
        )
        assert isinstance(embedded, bytes)
        return embedded

    def _terms(self) -> dict[str, Any]:
        """The invoice by business terms of EN 16931; a fresh dictionary, the generator alters what it is given."""
        return self._head() | self._payment() | self._totals() | {"BG-25": [self._line()]}

    def _head(self) -> dict[str, Any]:
        mentions = {"PMT": RECOVERY, "PMD": PENALTY, "AAB": DISCOUNT}
        return {
            "BT-1": self.number,
            "BT-2": self.issued_on,
            "BT-3": "380",
            "BT-5": "EUR",
            "BT-13": self.order_reference,
            "BT-23": "S1",
            "BG-1": [{"BT-21": code, "BT-22": text} for code, text in mentions.items()],
            "BG-4": self.seller.as_terms(),
            "BG-7": self.buyer.as_terms(),
            "BT-72": self.last_day,
            "BT-73": self.first_day,
            "BT-74": self.last_day,
        }

    def _payment(self) -> dict[str, Any]:
        return {
            "BT-9": self.due_on,
            "BT-20": f"Paiement au {self.due_on:%d/%m/%Y}",
            "BT-81": "58",
            "BT-83": self.number,
            "BT-84": self.iban,
            "BT-85": self.seller.name,
            "BT-86": self.bic,
        }

    def _totals(self) -> dict[str, Any]:
        net, vat, gross = f"{self.net:.2f}", f"{self.vat:.2f}", f"{self.gross:.2f}"
        return {
            "BG-23": [{"BT-116": net, "BT-117": vat, "BT-118": "S", "BT-119": str(VAT_RATE)}],
            "BT-106": net,
            "BT-109": net,
            "BT-110": vat,
            "BT-112": gross,
            "BT-113": "0.00",
            "BT-115": gross,
        }

    def _line(self) -> dict[str, Any]:
        return {
            "BT-126": "1",
            "BT-129": str(self.days),
            "BT-130": "DAY",
            "BT-131": f"{self.net:.2f}",
            "BT-146": f"{self.daily_rate:.2f}",
            "BT-151": "S",
            "BT-152": str(VAT_RATE),
            "BT-153": self.item,
        }

    def _sheet(self) -> bytes:
        facts = {
            "Émetteur": self._shown(self.seller),
            "Destinataire": self._shown(self.buyer),
            "Date": f"{self.issued_on:%d/%m/%Y}",
            "Échéance": f"{self.due_on:%d/%m/%Y}",
            "Bon de commande": self.order_reference,
            "IBAN": f"{self.iban}, BIC {self.bic}",
        }
        header = ["Désignation", "Jours", "PU HT", "Total HT"]
        rows = [
            [self.item, str(self.days), f"{self.daily_rate:.2f} €", f"{self.net:.2f} €"],
            ["TVA 20 %", "", "", f"{self.vat:.2f} €"],
            ["Total TTC", "", "", f"{self.gross:.2f} €"],
        ]
        mentions = [RECOVERY, PENALTY, DISCOUNT]
        return typeset(f"Facture {self.number}", self.issued_on, facts, table=[header, *rows], sentences=mentions)

    @staticmethod
    def _shown(party: Party) -> str:
        where = f"{party.line1}, {party.postcode} {party.city}"
        return f"{party.name}, {where}, SIREN {party.siren}, TVA {party.vat_number}"
