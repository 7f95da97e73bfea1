"""From a PDF's bytes to an invoice's terms; runs only in the reading process, which is expendable.

Everything heavy or exposed to hostile input (pypdf, lxml, factur-x, Saxon) is imported here and nowhere else.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import facturx
from facturx.facturx import FACTURX_LEVEL2schematron, FACTURX_LEVEL2xsd
from lxml import etree  # type: ignore[import-untyped]
from pypdf import PdfReader
from saxonche import PySaxonProcessor

MAX_XML = 2 * 1024 * 1024
MAX_REASONS = 20
LEVELS = frozenset({"basic", "en16931", "extended"})
"""The Factur-X profiles with invoice lines whose rules are at hand."""
_INVOICE_NAMES = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"})
_SVRL = {"s": "http://purl.oclc.org/dsdl/svrl"}
_SIREN_SCHEME, _SIRET_SCHEME = "0002", "0009"


class Refused(Exception):
    """The file ends here, with the code of a refusal, a sentence and the broken rules."""

    def __init__(self, code: str, detail: str, broken: list[tuple[str, str]] | None = None):
        super().__init__(detail)
        self.code, self.detail, self.broken = code, detail, broken or []


def read(content: bytes) -> dict[str, Any]:
    """The invoice embedded in a PDF, checked against schema and rules. Raises Refused."""
    root = parse(embedded_xml(content))
    level = profile_of(root)
    check_schema(root, level)
    check_rules(root, level)
    return terms_of(root, level)


def embedded_xml(content: bytes) -> bytes:
    """The one embedded invoice. Raises Refused."""
    try:
        attached = [(file.name.lower(), file.content) for file in PdfReader(BytesIO(content)).attachment_list]
    except MemoryError:
        raise
    except Exception as wrong:  # a damaged file can make pypdf fail anywhere
        raise Refused("not_a_pdf", "the PDF is damaged, encrypted or not a PDF") from wrong
    named = {data for name, data in attached if name in _INVOICE_NAMES and data}
    found = named or {data for name, data in attached if name.endswith(".xml") and data}
    if not found:
        raise Refused("no_embedded_invoice", "no factur-x.xml is attached to this PDF")
    if len(found) > 1:
        raise Refused("ambiguous_invoice", f"{len(found)} different invoices are attached to this PDF")
    return found.pop()


def parse(xml: bytes) -> etree._Element:
    """Well-formed, of bearable size and without document type: nothing in it can refer elsewhere. Raises Refused."""
    if len(xml) > MAX_XML:
        raise Refused("xml_refused", f"the embedded XML is larger than {MAX_XML} bytes")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as wrong:
        raise Refused("xml_refused", f"the embedded XML is not well-formed: {_clean(wrong)}") from wrong
    if root.getroottree().docinfo.doctype:
        raise Refused("xml_refused", "a document type declaration is not accepted")
    return root


def profile_of(root: etree._Element) -> str:
    """The Factur-X profile. Raises Refused unless it is one with lines."""
    try:
        flavor = facturx.get_flavor(root)
        level = facturx.get_level(root, flavor) if flavor == "factur-x" else ""
    except Exception as wrong:  # the library raises bare Exceptions
        raise Refused("unsupported_profile", f"not a Factur-X invoice: {_clean(wrong)}") from wrong
    if level not in LEVELS:
        wanted = ", ".join(sorted(LEVELS))
        raise Refused(
            "unsupported_profile", f"the profile is {level or flavor}; accepted, as they have lines: {wanted}"
        )
    return str(level)


def check_schema(root: etree._Element, level: str) -> None:
    """Hold the document against the XSD of its profile. Raises Refused."""
    schema = _schema(level)
    if not schema.validate(root):
        broken = [(f"line_{entry.line}", _clean(entry.message)) for entry in schema.error_log][:MAX_REASONS]
        raise Refused("schema_invalid", broken[0][1], broken)


def check_rules(root: etree._Element, level: str) -> None:
    """Hold the document against the EN 16931 rules of its profile; warnings pass. Raises Refused."""
    report = _report(root, level)
    broken = {
        failed.get("id") or "unnamed_rule": _clean(failed.findtext("s:text", "", _SVRL))
        for failed in report.iterfind(".//s:failed-assert", _SVRL)
        if failed.get("flag") != "warning"
    }
    if broken:
        raise Refused("rules_broken", "broken: " + ", ".join(sorted(broken)), sorted(broken.items())[:MAX_REASONS])


def _report(root: etree._Element, level: str) -> etree._Element:
    _, stylesheet = _rules(level)
    try:
        node = _saxon().parse_xml(xml_text=etree.tostring(root, encoding="unicode"))
        return etree.fromstring(stylesheet.transform_to_string(xdm_node=node).encode())
    except MemoryError:
        raise
    except Exception as wrong:  # Saxon raises its own errors, which say little to a provider
        raise Refused("xml_refused", f"the rules cannot be applied to it: {_clean(wrong)}") from wrong


@cache
def _schema(level: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(files(facturx) / "xsd_and_schematron" / FACTURX_LEVEL2xsd[level]))


@cache
def _saxon() -> Any:
    return PySaxonProcessor(license=False)


@cache
def _rules(level: str) -> tuple[Any, Any]:
    """Compile once a process, from the file, so that the code lists beside it are found."""
    compiler = _saxon().new_xslt30_processor()
    file = files(facturx) / "xsd_and_schematron" / FACTURX_LEVEL2schematron[level]
    return compiler, compiler.compile_stylesheet(stylesheet_file=str(file))


def terms_of(root: etree._Element, level: str) -> dict[str, Any]:
    """The business terms that are compared, by meaning. Raises Refused."""
    try:
        bt = facturx.parse_ubl_cii_xml(root, flavor="factur-x", level=level, date_as="string", check_xsd=False)
    except Exception as wrong:  # the library raises whatever its conversions raise
        raise Refused("schema_invalid", f"a value cannot be read: {_clean(wrong)}") from wrong
    simple = {
        name: _one(bt.get(term))
        for name, term in {
            "number": "BT-1",
            "issued_on": "BT-2",
            "type_code": "BT-3",
            "currency": "BT-5",
            "order_reference": "BT-13",
            "period_start": "BT-73",
            "period_end": "BT-74",
            "allowances": "BT-107",
            "charges": "BT-108",
            "net": "BT-109",
            "vat": "BT-110",
            "gross": "BT-112",
            "prepaid": "BT-113",
            "due": "BT-115",
        }.items()
    }
    return simple | {
        "seller": _party(bt.get("BG-4") or {}),
        "buyer": _party(bt.get("BG-7") or {}),
        "lines": [_named(line, _LINE) for line in bt.get("BG-25") or []],
        "vat_groups": [_named(group, _VAT_GROUP) for group in bt.get("BG-23") or []],
        "note_codes": [code for note in bt.get("BG-1") or [] if (code := _one(note.get("BT-21")))],
    }


_LINE = {
    "quantity": "BT-129",
    "unit": "BT-130",
    "unit_price": "BT-146",
    "price_base": "BT-149",
    "net": "BT-131",
    "vat_category": "BT-151",
    "vat_rate": "BT-152",
}
_VAT_GROUP = {
    "category": "BT-118",
    "rate": "BT-119",
    "base": "BT-116",
    "amount": "BT-117",
    "reason": "BT-120",
    "reason_code": "BT-121",
}


def _named(terms: dict[str, Any], names: dict[str, str]) -> dict[str, str | None]:
    return {name: _one(terms.get(term)) for name, term in names.items()}


def _party(terms: dict[str, Any]) -> dict[str, str | None]:
    legal = _one(terms.get("legal_identifier"))
    scheme = terms.get("legal_identifier_schemeid")
    return {
        "name": _one(terms.get("name")),
        "siren": legal if scheme in {None, _SIREN_SCHEME} else None,
        "siret": _one((terms.get("identifiers") or {}).get(_SIRET_SCHEME)),
        "vat_number": _one(terms.get("vat_identifier")),
    }


def _one(value: Any) -> str | None:
    """One text; what is repeated although one is due is joined, so that it compares as different."""
    if value is None or value == "":
        return None
    return " | ".join(map(str, value))[:1000] if isinstance(value, list) else str(value)[:1000]


def _clean(text: object) -> str:
    """A sentence that is safe to pass on: one line, printable, short, without the schema's long names."""
    line = re.sub(r"\{urn:[^}]*\}", "", " ".join(str(text).split()))
    return "".join(c for c in line if c.isprintable())[:300] or "no reason given"
