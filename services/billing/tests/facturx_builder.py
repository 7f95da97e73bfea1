"""Writes Factur-X invoices for a BPF as its answer describes it, with one thing changed where a test asks."""

import copy
import datetime as dt
import re
from io import BytesIO

from facturx import generate_from_binary, generate_xml
from pypdf import PdfWriter

INVOICE_DAY = dt.date(2026, 11, 10)
NOTES = [
    {"BT-21": "PMT", "BT-22": "Indemnité forfaitaire pour frais de recouvrement : 40 €."},
    {"BT-21": "PMD", "BT-22": "Pénalités de retard : 10 % par an."},
    {"BT-21": "AAB", "BT-22": "Pas d'escompte pour paiement anticipé."},
]


def terms(bpf, number="FA-2026-001", issued_on=INVOICE_DAY):
    """The business terms of a faithful invoice."""
    line, seller, buyer = bpf["lines"][0], bpf["seller"], bpf["buyer"]
    category, zero = line["vat_category"], line["vat_category"] != "S"
    net, vat, gross = (bpf[name]["amount"] for name in ("net", "vat", "gross"))
    group = {"BT-116": net, "BT-117": vat, "BT-118": category}
    group |= {} if category == "O" else {"BT-119": line["vat_rate"]}
    group |= {"BT-120": bpf["vat_mention"]} if zero else {}
    rate = {} if category == "O" else {"BT-152": line["vat_rate"]}
    return {
        "BT-1": number,
        "BT-2": issued_on,
        "BT-3": "380",
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
        "BT-84": "FR7630006000011234567890189",
        "BG-23": [group],
        "BT-106": net,
        "BT-109": net,
        "BT-110": vat,
        "BT-112": gross,
        "BT-113": "0.00",
        "BT-115": gross,
        "BG-25": [
            {
                "BT-126": "1",
                "BT-153": line["description"],
                "BT-146": line["unit_price"]["amount"],
                "BT-129": line["quantity"],
                "BT-130": "DAY",
                "BT-151": category,
                "BT-131": net,
                **rate,
            }
        ],
    }


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
    if vat_number and category != "O":
        party["vat_identifier"] = vat_number
    return party


def _buyer(buyer, category):
    return {
        "name": buyer["name"],
        "legal_identifier": buyer["siren"],
        "legal_identifier_schemeid": "0002",
        "addr_l1": buyer["address"][:40],
        "city": "Paris",
        "postcode": "75001",
        "country_code": "FR",
        **({} if category == "O" else {"vat_identifier": buyer["vat_number"]}),
    }


def xml_of(business_terms, level="en16931"):
    return generate_xml(copy.deepcopy(business_terms), level=level, check_xsd=False, check_schematron=False)


def blank_pdf():
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    sink = BytesIO()
    writer.write(sink)
    return sink.getvalue()


def pdf_with(xml, name="factur-x.xml"):
    """A PDF that carries any bytes as its invoice."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_attachment(name, xml)
    sink = BytesIO()
    writer.write(sink)
    return sink.getvalue()


def invoice_pdf(bpf, change=None, *, level="en16931", **named):
    """A Factur-X PDF; `change` edits the business terms, or the XML text when it takes and returns text."""
    business_terms = terms(bpf, **named)
    if change:
        change(business_terms)
    return generate_from_binary(
        blank_pdf(), xml_of(business_terms, level), level=level, check_xsd=False, check_schematron=False
    )


def edited_pdf(bpf, pattern, replacement, **named):
    """A PDF whose XML was changed by hand: what no generator would write."""
    text = xml_of(terms(bpf, **named)).decode()
    changed, count = re.subn(pattern, replacement, text)
    assert count, f"{pattern} is not in the XML"
    return pdf_with(changed.encode())
