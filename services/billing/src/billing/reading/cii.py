"""The business terms of a Cross Industry Invoice, by meaning and as written, whether it is valid or not.

Factur-X and ZUGFeRD 2.x of any profile, XRechnung in CII. Elements are found by their local names, so that an
unusual namespace is a matter for the schema alone; a value that is repeated where one is due is kept whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

MAX_TEXT = 1000
_SIREN_SCHEME, _SIRET_SCHEME, _VAT_SCHEME = "0002", "0009", "VA"
_DAY_FORMAT = "102"
"""YYYYMMDD (UNTDID 2379), the only one that EN 16931 knows."""

_AGREEMENT = "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement"
_SETTLEMENT = "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement"
_PERIOD = f"{_SETTLEMENT}/BillingSpecifiedPeriod"
_DUE = f"{_SETTLEMENT}/SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString"
_PAYEE_ACCOUNT = f"{_SETTLEMENT}/SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount"
_REFERENCE = f"{_SETTLEMENT}/InvoiceReferencedDocument/IssuerAssignedID"
GUIDELINE = "ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID"
_TOTALS = f"{_SETTLEMENT}/SpecifiedTradeSettlementHeaderMonetarySummation"
LINES = "SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem"
_LINE_TAX = "SpecifiedLineTradeSettlement/ApplicableTradeTax"
_LINE_PRICE = "SpecifiedLineTradeAgreement/NetPriceProductTradePrice"

_TEXTS = {
    "number": "ExchangedDocument/ID",
    "type_code": "ExchangedDocument/TypeCode",
    "currency": f"{_SETTLEMENT}/InvoiceCurrencyCode",
    "order_reference": f"{_AGREEMENT}/BuyerOrderReferencedDocument/IssuerAssignedID",
}
_DAYS = {
    "issued_on": "ExchangedDocument/IssueDateTime/DateTimeString",
    "due_on": _DUE,
    "period_start": f"{_PERIOD}/StartDateTime/DateTimeString",
    "period_end": f"{_PERIOD}/EndDateTime/DateTimeString",
}
_AMOUNTS = {
    "allowances": f"{_TOTALS}/AllowanceTotalAmount",
    "charges": f"{_TOTALS}/ChargeTotalAmount",
    "net": f"{_TOTALS}/TaxBasisTotalAmount",
    "gross": f"{_TOTALS}/GrandTotalAmount",
    "prepaid": f"{_TOTALS}/TotalPrepaidAmount",
    "due": f"{_TOTALS}/DuePayableAmount",
}
LINE_TEXTS = {
    "quantity": "SpecifiedLineTradeDelivery/BilledQuantity",
    "price_base": f"{_LINE_PRICE}/BasisQuantity",
    "vat_category": f"{_LINE_TAX}/CategoryCode",
    "vat_rate": f"{_LINE_TAX}/RateApplicablePercent",
}
LINE_AMOUNTS = {
    "unit_price": f"{_LINE_PRICE}/ChargeAmount",
    "net": "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
}
_GROUP_TEXTS = {
    "category": "CategoryCode",
    "rate": "RateApplicablePercent",
    "reason": "ExemptionReason",
    "reason_code": "ExemptionReasonCode",
}
_GROUP_AMOUNTS = {"base": "BasisAmount", "amount": "CalculatedAmount"}


def terms_of(root: etree._Element) -> dict[str, Any]:
    """What the invoice says, as `InvoiceDocument` names it; nothing is judged here."""
    texts = {name: text_of(root, path) for name, path in _TEXTS.items()}
    currency = texts["currency"]
    return {
        **texts,
        **{name: _one([_day(e) for e in all_of(root, path)]) for name, path in _DAYS.items()},
        **{name: _amount(root, path, currency) for name, path in _AMOUNTS.items()},
        "vat": _vat_total(root, currency),
        "seller": _party(root, f"{_AGREEMENT}/SellerTradeParty"),
        "buyer": _party(root, f"{_AGREEMENT}/BuyerTradeParty"),
        "lines": [
            _row(line, LINE_TEXTS, LINE_AMOUNTS, currency) | {"unit": _unit(line)} for line in all_of(root, LINES)
        ],
        "vat_groups": [
            _row(group, _GROUP_TEXTS, _GROUP_AMOUNTS, currency)
            for group in all_of(root, f"{_SETTLEMENT}/ApplicableTradeTax")
        ],
        "ibans": [
            said
            for kind in ("IBANID", "ProprietaryID")
            for e in all_of(root, f"{_PAYEE_ACCOUNT}/{kind}")
            if (said := _own(e)[:MAX_TEXT])
        ],
        "references": [said for e in all_of(root, _REFERENCE) if (said := _own(e)[:MAX_TEXT])],
        "note_codes": [code for e in all_of(root, "ExchangedDocument/IncludedNote/SubjectCode") if (code := _own(e))],
    }


def _row(
    node: etree._Element, texts: dict[str, str], amounts: dict[str, str], currency: str | None
) -> dict[str, str | None]:
    said = {name: text_of(node, path) for name, path in texts.items()}
    return said | {name: _amount(node, path, currency) for name, path in amounts.items()}


def _party(root: etree._Element, path: str) -> dict[str, str | None]:
    legal = all_of(root, f"{path}/SpecifiedLegalOrganization/ID")
    siren = [_own(e) for e in legal if e.get("schemeID") in {None, _SIREN_SCHEME}]
    ids = [*all_of(root, f"{path}/GlobalID"), *all_of(root, f"{path}/ID")]
    tax = all_of(root, f"{path}/SpecifiedTaxRegistration/ID")
    return {
        "name": text_of(root, f"{path}/Name"),
        "siren": _one(siren),
        "siret": _one([_own(e) for e in ids if e.get("schemeID") == _SIRET_SCHEME]),
        "vat_number": _one([_own(e) for e in tax if e.get("schemeID") == _VAT_SCHEME]),
    }


def _unit(line: etree._Element) -> str | None:
    return _one([e.get("unitCode") for e in all_of(line, LINE_TEXTS["quantity"])])


def _vat_total(root: etree._Element, currency: str | None) -> str | None:
    """In the invoice's currency (BT-110); the same in the accounting currency (BT-111) stands beside it."""
    found = all_of(root, f"{_TOTALS}/TaxTotalAmount")
    own = [e for e in found if e.get("currencyID") in {None, currency}]
    return _one([_with_currency(e, currency) for e in own or found])


def _amount(node: etree._Element, path: str, currency: str | None) -> str | None:
    return _one([_with_currency(e, currency) for e in all_of(node, path)])


def _with_currency(element: etree._Element, currency: str | None) -> str:
    """An amount in another currency than the invoice's must not compare as equal."""
    other = element.get("currencyID")
    return _own(element) if other in {None, currency} else f"{_own(element)} {other}"


def _day(element: etree._Element) -> str:
    """In ISO form; what is no day of the one format is shown as it is, with the format it claims."""
    text, form = _own(element), element.get("format")
    try:
        if form == _DAY_FORMAT and text.isascii() and text.isdigit():
            return datetime.strptime(text, "%Y%m%d").date().isoformat()  # noqa: DTZ007 - a day, not an instant
    except ValueError:
        pass
    return f"{text} (format {form or 'missing'})" if text else ""


def all_of(node: etree._Element, path: str) -> list[etree._Element]:
    """The elements at a path of local names."""
    found: list[etree._Element] = node.findall("/".join(f"{{*}}{name}" for name in path.split("/")))
    return found


def text_of(node: etree._Element, path: str) -> str | None:
    """The text at a path of local names, if any."""
    return _one([_own(e) for e in all_of(node, path)])


def _own(element: etree._Element) -> str:
    return (element.text or "").strip()


def _one(values: list[str] | list[str | None]) -> str | None:
    """One text; what is repeated although one is due is joined, so that it compares as different."""
    return " | ".join(value for value in values if value)[:MAX_TEXT] or None
