"""Writes Factur-X invoices for a BPF as its answer describes it, with one thing changed where a test asks."""

import copy
import datetime as dt
import re
from decimal import Decimal
from io import BytesIO

from facturx import generate_from_binary, generate_xml
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, NameObject, TextStringObject

IBAN = "FR7630006000011234567890189"
INVOICE_DAY = dt.date(2026, 11, 10)
NOTES = [
    {"BT-21": "PMT", "BT-22": "Indemnité forfaitaire pour frais de recouvrement : 40 €."},
    {"BT-21": "PMD", "BT-22": "Pénalités de retard : 10 % par an."},
    {"BT-21": "AAB", "BT-22": "Pas d'escompte pour paiement anticipé."},
]


def terms(bpf, number="FA-2026-001", issued_on=INVOICE_DAY):
    """The business terms of a faithful invoice, or credit note; those that need no VAT number leave it out."""
    seller, buyer, category = bpf["seller"], bpf["buyer"], bpf["lines"][0]["vat_category"]
    credit = bpf["kind"] == "credit"
    net, vat, gross = (_turned(bpf[name]["amount"], credit) for name in ("net", "vat", "gross"))
    return {
        "BT-1": number,
        "BT-2": issued_on,
        "BT-3": "381" if credit else "380",
        "BT-5": "EUR",
        "BT-9": issued_on + dt.timedelta(days=30),
        "BT-13": bpf["order_reference"],
        "BT-20": "30 jours nets",
        "BT-23": "S1",
        "BG-1": copy.deepcopy(NOTES),
        "BG-4": _party(seller["name"], seller["address"], seller["siret"], seller["vat_number"], category),
        "BG-7": _buyer(buyer, category),
        "BT-72": dt.date.fromisoformat(bpf["period"]["end"]),
        "BT-73": dt.date.fromisoformat(bpf["period"]["start"]),
        "BT-74": dt.date.fromisoformat(bpf["period"]["end"]),
        "BT-81": "58",
        "BT-84": IBAN,
        "BG-23": [_group(group, bpf["vat_mention"], credit) for group in bpf["vat_groups"]],
        "BT-106": net,
        "BT-109": net,
        "BT-110": vat,
        "BT-112": gross,
        "BT-113": "0.00",
        "BT-115": gross,
        "BG-25": [_line(str(index), line, credit) for index, line in enumerate(bpf["lines"], start=1)],
    }


def _turned(amount, credit):
    """A credit note says above zero what its BPF says below."""
    return str(-Decimal(amount)) if credit else amount


def _group(group, mention, credit):
    said = {"BT-116": _turned(group["base"]["amount"], credit), "BT-117": _turned(group["amount"]["amount"], credit)}
    said["BT-118"] = group["category"]
    said |= {} if group["category"] == "O" else {"BT-119": group["rate"]}
    return said | ({} if group["category"] == "S" else {"BT-120": mention or "Débours"})


def _line(number, line, credit):
    said = {
        "BT-126": number,
        "BT-153": line["description"],
        "BT-146": line["unit_price"]["amount"],
        "BT-129": _turned(line["quantity"], credit),
        "BT-130": line["unit"],
        "BT-151": line["vat_category"],
        "BT-131": _turned(line["net"]["amount"], credit),
    }
    return said | ({} if line["vat_category"] == "O" else {"BT-152": line["vat_rate"]})


def _party(name, address, siret, vat_number, category):
    party = {
        "name": name,
        "addr_l1": address["line1"],
        "city": address["city"],
        "postcode": address["postcode"],
        "country_code": address["country"],
    }
    if siret:
        party |= {"identifiers": {"0009": siret}, "legal_identifier": siret[:9], "legal_identifier_schemeid": "0002"}
        party |= {"einvoicing_addr": siret[:9], "einvoicing_addr_schemeid": "0225"}
    if vat_number and category != "O":
        party["vat_identifier"] = vat_number
    return party


def _buyer(buyer, category):
    return {
        "name": buyer["name"],
        "legal_identifier": buyer["siren"],
        "legal_identifier_schemeid": "0002",
        "einvoicing_addr": buyer["siren"],
        "einvoicing_addr_schemeid": "0225",
        "addr_l1": buyer["address"][:40],
        "city": "Paris",
        "postcode": "75001",
        "country_code": "FR",
        **({} if category == "O" else {"vat_identifier": buyer["vat_number"]}),
    }


EN16931 = "urn:cen.eu:en16931:2017<"
BASIC = "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic"
MINIMUM = """<rsm:CrossIndustryInvoice
  xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
  xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
  xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
  <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
    <ram:ID>urn:factur-x.eu:1p0:minimum</ram:ID>
  </ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument>
    <ram:ID>FA-2026-001</ram:ID><ram:TypeCode>380</ram:TypeCode>
    <ram:IssueDateTime><udt:DateTimeString format="102">20261110</udt:DateTimeString></ram:IssueDateTime>
  </rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>
    <ram:ApplicableHeaderTradeAgreement>
      <ram:SellerTradeParty>
        <ram:Name>{seller[name]}</ram:Name>
        <ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>
        <ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{seller[vat_number]}</ram:ID></ram:SpecifiedTaxRegistration>
      </ram:SellerTradeParty>
      <ram:BuyerTradeParty><ram:Name>{buyer[name]}</ram:Name></ram:BuyerTradeParty>
    </ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeDelivery/>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
        <ram:TaxBasisTotalAmount>{net[amount]}</ram:TaxBasisTotalAmount>
        <ram:TaxTotalAmount currencyID="EUR">{vat[amount]}</ram:TaxTotalAmount>
        <ram:GrandTotalAmount>{gross[amount]}</ram:GrandTotalAmount>
        <ram:DuePayableAmount>{gross[amount]}</ram:DuePayableAmount>
      </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""
"""The library that writes the others cannot write this profile."""


def pdf_of_profile(bpf, level):
    """A valid invoice of a profile."""
    if level == "minimum":
        return pdf_with(MINIMUM.format(**bpf).encode())
    return edited_pdf(bpf, EN16931, f"{BASIC}<") if level == "basic" else invoice_pdf(bpf, level=level)


def xml_of(business_terms, level="en16931", **more):
    return generate_xml(copy.deepcopy(business_terms), level=level, check_xsd=False, check_schematron=False, **more)


def ubl_of(business_terms):
    return xml_of(business_terms, flavor="ubl-2.1")


def written(writer):
    sink = BytesIO()
    writer.write(sink)
    return sink.getvalue()


def blank_pdf():
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    return written(writer)


def pdf_with(xml, name="factur-x.xml"):
    """A PDF that carries any bytes as its invoice."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_attachment(name, xml)
    return written(writer)


def associated_pdf(xml):
    """The invoice is no entry of the tree of names: it is only associated with the document."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    file = writer.add_attachment("factur-x.xml", xml)
    writer.root_object[NameObject("/AF")] = ArrayObject([writer._add_object(file.pdf_object)])
    del writer.root_object["/Names"]
    return written(writer)


def keyed_pdf(xml, name):
    """The tree of names knows the file by a key; its name is in the file's own entry."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    file = writer.add_attachment("0001", xml)
    file.pdf_object[NameObject("/UF")] = TextStringObject(name)
    return written(writer)


def invoice_pdf(bpf, change=None, *, level="en16931", **named):
    """A Factur-X PDF; `change` edits the business terms, or the XML text when it takes and returns text."""
    business_terms = terms(bpf, **named)
    if change:
        change(business_terms)
    return generate_from_binary(
        blank_pdf(), xml_of(business_terms, level), level=level, check_xsd=False, check_schematron=False
    )


def edited_pdf(bpf, pattern, replacement, *, level="en16931", **named):
    """A PDF whose XML was changed by hand: what no generator would write."""
    text = xml_of(terms(bpf, **named), level).decode()
    changed, count = re.subn(pattern, replacement, text)
    assert count, f"{pattern} is not in the XML"
    return pdf_with(changed.encode())
