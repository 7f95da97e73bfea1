"""The business terms of a UBL 2.1 invoice or credit note, by meaning and as written, whether it is valid or not."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from billing.reading.arithmetic import LineShape
from billing.reading.elements import all_of, amount_of, one, own, row_of, text_of, texts_of, with_currency

_SIREN_SCHEME, _SIRET_SCHEME = "0002", "0009"
_TOTALS = "LegalMonetaryTotal"
_SUBJECT = re.compile(r"#([A-Z]{3})#")
"""How a note names its subject (BT-21) in this syntax."""

GUIDELINE = "CustomizationID"
COUNTRY = "AccountingSupplierParty/Party/PostalAddress/Country/IdentificationCode"
_TEXTS = {
    "number": "ID",
    "type_code": "InvoiceTypeCode|CreditNoteTypeCode",
    "currency": "DocumentCurrencyCode",
    "order_reference": "OrderReference/ID",
    "issued_on": "IssueDate",
    "due_on": "DueDate|PaymentMeans/PaymentDueDate",
    "period_start": "InvoicePeriod/StartDate",
    "period_end": "InvoicePeriod/EndDate",
}
_AMOUNTS = {
    "allowances": f"{_TOTALS}/AllowanceTotalAmount",
    "charges": f"{_TOTALS}/ChargeTotalAmount",
    "net": f"{_TOTALS}/TaxExclusiveAmount",
    "gross": f"{_TOTALS}/TaxInclusiveAmount",
    "prepaid": f"{_TOTALS}/PrepaidAmount",
    "due": f"{_TOTALS}/PayableAmount",
}
LINES = LineShape(
    lines="InvoiceLine|CreditNoteLine",
    quantity="InvoicedQuantity|CreditedQuantity",
    unit_price="Price/PriceAmount",
    price_base="Price/BaseQuantity",
    net="LineExtensionAmount",
    allowances="AllowanceCharge",
    is_charge="ChargeIndicator",
    allowance="Amount",
)
_LINE_TEXTS = {
    "quantity": LINES.quantity,
    "price_base": LINES.price_base,
    "vat_category": "Item/ClassifiedTaxCategory/ID",
    "vat_rate": "Item/ClassifiedTaxCategory/Percent",
}
_LINE_AMOUNTS = {"unit_price": LINES.unit_price, "net": LINES.net}
_GROUP_TEXTS = {
    "category": "TaxCategory/ID",
    "rate": "TaxCategory/Percent",
    "reason": "TaxCategory/TaxExemptionReason",
    "reason_code": "TaxCategory/TaxExemptionReasonCode",
}
_GROUP_AMOUNTS = {"base": "TaxableAmount", "amount": "TaxAmount"}


def terms_of(root: etree._Element) -> dict[str, Any]:
    """What the invoice says, as `InvoiceDocument` names it; nothing is judged here."""
    texts = {name: text_of(root, path) for name, path in _TEXTS.items()}
    currency = texts["currency"]
    notes = [_SUBJECT.match(own(e)) for e in all_of(root, "Note")]
    return {
        **texts,
        **{name: amount_of(root, path, currency) for name, path in _AMOUNTS.items()},
        "vat": _vat_total(root, currency),
        "seller": _party(root, "AccountingSupplierParty/Party"),
        "buyer": _party(root, "AccountingCustomerParty/Party"),
        "lines": [
            row_of(line, _LINE_TEXTS, _LINE_AMOUNTS, currency)
            | {"unit": one([e.get("unitCode") for e in all_of(line, LINES.quantity)])}
            for line in all_of(root, LINES.lines)
        ],
        "vat_groups": [
            row_of(group, _GROUP_TEXTS, _GROUP_AMOUNTS, currency) for group in all_of(root, "TaxTotal/TaxSubtotal")
        ],
        "ibans": texts_of(root, "PaymentMeans/PayeeFinancialAccount/ID"),
        "references": texts_of(root, "BillingReference/InvoiceDocumentReference/ID"),
        "note_codes": [found[1] for found in notes if found],
    }


def _party(root: etree._Element, path: str) -> dict[str, str | None]:
    legal = all_of(root, f"{path}/PartyLegalEntity/CompanyID")
    schemes = all_of(root, f"{path}/PartyTaxScheme")
    vat = [text_of(scheme, "CompanyID") for scheme in schemes if text_of(scheme, "TaxScheme/ID") == "VAT"]
    ids = all_of(root, f"{path}/PartyIdentification/ID")
    return {
        "name": text_of(root, f"{path}/PartyLegalEntity/RegistrationName"),
        "siren": one([own(e) for e in legal if e.get("schemeID") in {None, _SIREN_SCHEME}]),
        "siret": one([own(e) for e in ids if e.get("schemeID") == _SIRET_SCHEME]),
        "vat_number": one(vat),
    }


def _vat_total(root: etree._Element, currency: str | None) -> str | None:
    """In the invoice's currency (BT-110); the same in the accounting currency (BT-111) stands beside it."""
    found = all_of(root, "TaxTotal/TaxAmount")
    mine = [e for e in found if e.get("currencyID") in {None, currency}]
    return one([with_currency(e, currency) for e in mine or found])
