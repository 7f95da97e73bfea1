"""The business terms of a Cross Industry Invoice, by meaning and as written, whether it is valid or not.

Factur-X and ZUGFeRD 2.x of any profile, XRechnung in CII. A value that is repeated where one is due is kept whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from billing.reading.arithmetic import LineShape
from billing.reading.elements import all_of, amount_of, one, own, row_of, text_of, texts_of, with_currency

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
COUNTRY = f"{_AGREEMENT}/SellerTradeParty/PostalTradeAddress/CountryID"
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
LINES = LineShape(
    lines="SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem",
    quantity="SpecifiedLineTradeDelivery/BilledQuantity",
    unit_price=f"{_LINE_PRICE}/ChargeAmount",
    price_base=f"{_LINE_PRICE}/BasisQuantity",
    net="SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
    allowances="SpecifiedLineTradeSettlement/SpecifiedTradeAllowanceCharge",
    is_charge="ChargeIndicator/Indicator",
    allowance="ActualAmount",
    status="AssociatedDocumentLineDocument/LineStatusReasonCode",
)
_LINE_TEXTS = {
    "quantity": LINES.quantity,
    "price_base": LINES.price_base,
    "vat_category": f"{_LINE_TAX}/CategoryCode",
    "vat_rate": f"{_LINE_TAX}/RateApplicablePercent",
}
_LINE_AMOUNTS = {"unit_price": LINES.unit_price, "net": LINES.net}
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
        **{name: one([_day(e) for e in all_of(root, path)]) for name, path in _DAYS.items()},
        **{name: amount_of(root, path, currency) for name, path in _AMOUNTS.items()},
        "vat": _vat_total(root, currency),
        "seller": _party(root, f"{_AGREEMENT}/SellerTradeParty"),
        "buyer": _party(root, f"{_AGREEMENT}/BuyerTradeParty"),
        "lines": [
            row_of(line, _LINE_TEXTS, _LINE_AMOUNTS, currency) | {"unit": _unit(line)}
            for line in all_of(root, LINES.lines)
        ],
        "vat_groups": [
            row_of(group, _GROUP_TEXTS, _GROUP_AMOUNTS, currency)
            for group in all_of(root, f"{_SETTLEMENT}/ApplicableTradeTax")
        ],
        "ibans": texts_of(root, f"{_PAYEE_ACCOUNT}/IBANID|{_PAYEE_ACCOUNT}/ProprietaryID"),
        "references": texts_of(root, _REFERENCE),
        "note_codes": texts_of(root, "ExchangedDocument/IncludedNote/SubjectCode"),
    }


def _party(root: etree._Element, path: str) -> dict[str, str | None]:
    legal = all_of(root, f"{path}/SpecifiedLegalOrganization/ID")
    siren = [own(e) for e in legal if e.get("schemeID") in {None, _SIREN_SCHEME}]
    ids = [*all_of(root, f"{path}/GlobalID"), *all_of(root, f"{path}/ID")]
    tax = all_of(root, f"{path}/SpecifiedTaxRegistration/ID")
    return {
        "name": text_of(root, f"{path}/Name"),
        "siren": one(siren),
        "siret": one([own(e) for e in ids if e.get("schemeID") == _SIRET_SCHEME]),
        "vat_number": one([own(e) for e in tax if e.get("schemeID") == _VAT_SCHEME]),
    }


def _unit(line: etree._Element) -> str | None:
    return one([e.get("unitCode") for e in all_of(line, LINES.quantity)])


def _vat_total(root: etree._Element, currency: str | None) -> str | None:
    """In the invoice's currency (BT-110); the same in the accounting currency (BT-111) stands beside it."""
    found = all_of(root, f"{_TOTALS}/TaxTotalAmount")
    mine = [e for e in found if e.get("currencyID") in {None, currency}]
    return one([with_currency(e, currency) for e in mine or found])


def _day(element: etree._Element) -> str:
    """In ISO form; what is no day of the one format is shown as it is, with the format it claims."""
    text, form = own(element), element.get("format")
    try:
        if form == _DAY_FORMAT and text.isascii() and text.isdigit():
            return datetime.strptime(text, "%Y%m%d").date().isoformat()  # noqa: DTZ007 - a day, not an instant
    except ValueError:
        pass
    return f"{text} (format {form or 'missing'})" if text else ""
