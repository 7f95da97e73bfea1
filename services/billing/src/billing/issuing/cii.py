"""An issued document as a Cross Industry Invoice: EN 16931, in a Factur-X profile, with what French rules add.

Written by hand, element by element in the schema's order: a hundredth of what building a tree takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from billing.issuing.domain import IssuedInvoice
from billing.issuing.sheet import Kind, Language, Line, Party, Sheet, VatGroup

GUIDELINE = "urn:cen.eu:en16931:2017"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" '
    'xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" '
    'xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100" '
    'xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100">'
)
_FRENCH_ADDRESS = "0225"
_SIREN, _SIRET = "0002", "0009"
_VAT_ADDRESS = {
    "AT": "9914",
    "BE": "9925",
    "BG": "9926",
    "CY": "9928",
    "CZ": "9929",
    "DE": "9930",
    "EE": "9931",
    "EL": "9933",
    "ES": "9920",
    "FI": "0213",
    "GR": "9933",
    "HR": "9934",
    "HU": "9910",
    "IE": "9935",
    "IT": "0211",
    "LT": "9937",
    "LU": "9938",
    "LV": "9939",
    "MT": "9943",
    "NL": "9944",
    "PL": "9945",
    "PT": "9946",
    "RO": "9947",
    "SE": "9955",
    "SI": "9949",
    "SK": "9950",
    "DK": "0198",
}
"""Electronic addresses by VAT number (EAS), by its prefix."""
_LOCAL_ADDRESS = "0240"
"""Register of legal persons, for whoever has no VAT number of the EU (EAS)."""
_TRANSFER = "30"
"""Credit transfer (UNTDID 4461)."""
_UNTAXED = "O"
"""Outside the scope of VAT: no VAT numbers and no rate are named (BR-O-02, BR-O-05)."""


def xml_of(row: IssuedInvoice) -> bytes:
    """The XML that goes with the PDF; a function of the row alone."""
    sheet = row.sheet
    return "".join([_HEAD, *_document(row, sheet), *_transaction(row, sheet), "</rsm:CrossIndustryInvoice>"]).encode()


def _e(name: str, text: object, **attributes: str) -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<ram:{name}{written}>{escape(str(text))}</ram:{name}>"


def _w(name: str, *children: str) -> str:
    inner = "".join(children)
    return f"<ram:{name}>{inner}</ram:{name}>" if inner else ""


def _day(name: str, day: date, *, kind: str = "udt") -> str:
    return f'<ram:{name}><{kind}:DateTimeString format="102">{day:%Y%m%d}</{kind}:DateTimeString></ram:{name}>'


def _amount(value: Decimal) -> str:
    return f"{value:.2f}"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _document(row: IssuedInvoice, sheet: Sheet) -> Iterator[str]:
    process = _w("BusinessProcessSpecifiedDocumentContextParameter", _e("ID", sheet.process))
    guideline = _w("GuidelineSpecifiedDocumentContextParameter", _e("ID", GUIDELINE))
    yield f"<rsm:ExchangedDocumentContext>{process}{guideline}</rsm:ExchangedDocumentContext><rsm:ExchangedDocument>"
    yield _e("ID", row.number) + _e("TypeCode", row.type_code) + _day("IssueDateTime", row.issued_on)
    if sheet.reason:
        yield _w("IncludedNote", _e("Content", sheet.reason))
    for note in sheet.notes:
        yield _w("IncludedNote", _e("Content", note.text), _e("SubjectCode", note.code) if note.code else "")
    yield "</rsm:ExchangedDocument>"


def _transaction(row: IssuedInvoice, sheet: Sheet) -> Iterator[str]:
    yield "<rsm:SupplyChainTradeTransaction>"
    for number, line in enumerate(sheet.lines, start=1):
        yield _line(number, line, sheet)
    taxed = all(group.category != _UNTAXED for group in sheet.vat)
    order = sheet.order_reference
    yield _w(
        "ApplicableHeaderTradeAgreement",
        _party("SellerTradeParty", sheet.seller, taxed=taxed, sells=True),
        _party("BuyerTradeParty", sheet.buyer, taxed=taxed),
        _w("BuyerOrderReferencedDocument", _e("IssuerAssignedID", order)) if order else "",
    )
    yield _w(
        "ApplicableHeaderTradeDelivery",
        _w("ActualDeliverySupplyChainEvent", _day("OccurrenceDateTime", sheet.period.end)),
    )
    yield _w("ApplicableHeaderTradeSettlement", *_settlement(row, sheet))
    yield "</rsm:SupplyChainTradeTransaction>"


def _line(number: int, line: Line, sheet: Sheet) -> str:
    rate = "" if line.category == _UNTAXED else _e("RateApplicablePercent", _amount(line.rate))
    return _w(
        "IncludedSupplyChainTradeLineItem",
        _w("AssociatedDocumentLineDocument", _e("LineID", number)),
        _w("SpecifiedTradeProduct", _e("Name", line.name), _e("Description", sheet.person) if sheet.person else ""),
        _w(
            "SpecifiedLineTradeAgreement",
            _w("NetPriceProductTradePrice", _e("ChargeAmount", _amount(line.unit_price))),
        ),
        _w("SpecifiedLineTradeDelivery", _e("BilledQuantity", _plain(line.quantity), unitCode=line.unit)),
        _w(
            "SpecifiedLineTradeSettlement",
            _w("ApplicableTradeTax", _e("TypeCode", "VAT"), _e("CategoryCode", line.category), rate),
            _w("SpecifiedTradeSettlementLineMonetarySummation", _e("LineTotalAmount", _amount(line.net))),
        ),
    )


def _party(role: str, party: Party, *, taxed: bool, sells: bool = False) -> str:
    address = party.address
    legal = _e("ID", party.siren, schemeID=_SIREN) if party.siren else ""
    if not party.siren and party.registration_number:
        legal = _e("ID", party.registration_number)
    scheme, identifier = electronic_address(party)
    return _w(
        role,
        _e("GlobalID", party.siret, schemeID=_SIRET) if party.siret else "",
        _e("Name", party.name),
        _w("SpecifiedLegalOrganization", legal),
        _w(
            "PostalTradeAddress",
            _e("PostcodeCode", address.postcode),
            _e("LineOne", address.line1),
            _e("LineTwo", address.line2) if address.line2 else "",
            _e("CityName", address.city),
            _e("CountryID", address.country),
        ),
        _w("URIUniversalCommunication", _e("URIID", identifier, schemeID=scheme)) if identifier else "",
        _tax_number(party, taxed=taxed, sells=sells),
    )


def _tax_number(party: Party, *, taxed: bool, sells: bool) -> str:
    """A seller without VAT number names what else it is taxed by (BT-32, BR-E-02)."""
    if taxed and party.vat_number:
        return _w("SpecifiedTaxRegistration", _e("ID", party.vat_number, schemeID="VA"))
    if sells and taxed and party.siren:
        return _w("SpecifiedTaxRegistration", _e("ID", party.siren, schemeID="FC"))
    return ""


def electronic_address(party: Party) -> tuple[str, str | None]:
    """Scheme and identifier by which a company receives invoices (BT-34, BT-49): in France its SIREN."""
    if party.siren:
        return _FRENCH_ADDRESS, party.siren
    if party.vat_number and party.vat_number[:2] in _VAT_ADDRESS:
        return _VAT_ADDRESS[party.vat_number[:2]], party.vat_number
    number = "".join(c for c in party.registration_number or "" if c.isascii() and c.isalnum())
    return _LOCAL_ADDRESS, number or None


def _settlement(row: IssuedInvoice, sheet: Sheet) -> Iterator[str]:
    if sheet.account:
        yield _e("PaymentReference", row.number)
    yield _e("InvoiceCurrencyCode", row.currency)
    if sheet.account:
        bank = sheet.account.bic
        yield _w(
            "SpecifiedTradeSettlementPaymentMeans",
            _e("TypeCode", _TRANSFER),
            _w("PayeePartyCreditorFinancialAccount", _e("IBANID", sheet.account.iban)),
            _w("PayeeSpecifiedCreditorFinancialInstitution", _e("BICID", bank)) if bank else "",
        )
    for group in sheet.vat:
        yield _tax(group)
    yield _w("BillingSpecifiedPeriod", _day("StartDateTime", sheet.period.start), _day("EndDateTime", sheet.period.end))
    yield _w(
        "SpecifiedTradePaymentTerms",
        _e("Description", terms_of(row, sheet.language)),
        _day("DueDateDateTime", row.due_on),
    )
    settled = row.kind is Kind.FEE
    yield _w(
        "SpecifiedTradeSettlementHeaderMonetarySummation",
        _e("LineTotalAmount", _amount(row.net_amount)),
        _e("TaxBasisTotalAmount", _amount(row.net_amount)),
        _e("TaxTotalAmount", _amount(row.vat_amount), currencyID=row.currency),
        _e("GrandTotalAmount", _amount(row.gross_amount)),
        _e("TotalPrepaidAmount", _amount(row.gross_amount)) if settled else "",
        _e("DuePayableAmount", _amount(Decimal(0) if settled else row.gross_amount)),
    )
    if sheet.credits:
        day = _day("FormattedIssueDateTime", sheet.credits.issued_on, kind="qdt")
        yield _w("InvoiceReferencedDocument", _e("IssuerAssignedID", sheet.credits.number), day)


def _tax(group: VatGroup) -> str:
    return _w(
        "ApplicableTradeTax",
        _e("CalculatedAmount", _amount(group.amount)),
        _e("TypeCode", "VAT"),
        _e("ExemptionReason", group.reason) if group.reason else "",
        _e("BasisAmount", _amount(group.base)),
        _e("CategoryCode", group.category),
        "" if group.category == _UNTAXED else _e("RateApplicablePercent", _amount(group.rate)),
    )


def terms_of(row: IssuedInvoice, language: Language) -> str:
    """When it is due, in a sentence."""
    day = f"{row.due_on:%d/%m/%Y}"
    if row.kind is Kind.FEE:
        return "Set off" if language is Language.EN else "Réglée par compensation"
    if row.kind is Kind.CREDIT_NOTE:
        return "Credit note" if language is Language.EN else "Avoir"
    return f"Payable by {day}" if language is Language.EN else f"À payer au plus tard le {day}"
