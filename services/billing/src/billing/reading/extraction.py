"""From a file's bytes to the XML invoice in it: as much as can be read, whatever else is wrong with it."""

from __future__ import annotations

import codecs
import re
from io import BytesIO
from typing import NamedTuple

from lxml import etree  # type: ignore[import-untyped]
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, EmbeddedFile

from chassis.pdf import Unsafe, inspect

MAX_XML = 8 * 1024 * 1024
"""Bytes; invoices may carry documents of their own (BT-125)."""
MAX_PAGES = 200
ATTACHABLE = (".xml", ".pdf", ".png", ".jpg", ".jpeg", ".csv", ".xlsx", ".ods", ".txt")
"""What an invoice may carry beside itself (BT-125), and notes."""
_INVOICE_NAMES = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"})
_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Refused(Exception):
    """The file cannot be read, with the code of a refusal and a sentence."""

    def __init__(self, code: str, detail: str):
        super().__init__(detail)
        self.code, self.detail = code, detail


class Finding(NamedTuple):
    """A defect that does not hinder reading but does hinder paying; kinds as in `document.py`."""

    kind: str
    code: str
    detail: str


def invoice_xml(content: bytes) -> bytes:
    """The XML itself, or the one invoice in a PDF in which nothing acts. Raises Refused."""
    return _embedded_xml(content) if content.startswith(b"%PDF-") else content


def _embedded_xml(content: bytes) -> bytes:
    try:
        pdf = PdfReader(BytesIO(content))
        attached = [(_names(file), file.content) for file in _attachments(pdf)]
        pages = len(pdf.pages)
    except MemoryError:
        raise
    except Exception as wrong:  # a damaged file can make pypdf fail anywhere
        raise Refused("not_a_pdf", "the PDF is damaged, encrypted or not a PDF") from wrong
    if pages > MAX_PAGES:
        raise Refused("too_many_pages", f"{pages} pages; at most {MAX_PAGES} are taken")
    named = {data for names, data in attached if names & _INVOICE_NAMES and data}
    found = named or {data for names, data in attached if data and any(name.endswith(".xml") for name in names)}
    if not found:
        raise Refused("no_embedded_invoice", "no factur-x.xml is attached to this PDF")
    if len(found) > 1:
        raise Refused("ambiguous_invoice", f"{len(found)} different invoices are attached to this PDF")
    _check_harmless(content, [names for names, _ in attached])
    return found.pop()


def _check_harmless(content: bytes, attached: list[frozenset[str]]) -> None:
    for names in attached:
        if not any(name.endswith(ATTACHABLE) for name in names):
            raise Refused("unsafe_pdf", "a file that is attached to this PDF is of a kind that is not taken")
    try:
        inspect(content, attachments=True)
    except Unsafe as wrong:
        raise Refused("unsafe_pdf", str(wrong)) from wrong


def _attachments(pdf: PdfReader) -> list[EmbeddedFile]:
    """Those in the tree of names, and those that are only associated with the document (PDF/A-3)."""
    associated = pdf.root_object.get("/AF")
    listed = associated.get_object() if associated is not None else None
    entries = [entry.get_object() for entry in listed] if isinstance(listed, ArrayObject) else []
    files = [EmbeddedFile("", entry) for entry in entries if isinstance(entry, DictionaryObject)]
    return [file for file in (*pdf.attachment_list, *files) if "/EF" in file.pdf_object]


def _names(file: EmbeddedFile) -> frozenset[str]:
    """The name in the tree may be a mere key; the file says its own."""
    return frozenset(str(name).lower().strip() for name in (file.name, file.alternative_name) if name)


def parse(xml: bytes) -> tuple[etree._Element, list[Finding]]:
    """The document, of bearable size and without document type: nothing in it can refer elsewhere.

    What only its XML declaration, or what surrounds the document, makes unreadable is read without them, and
    that is found. Raises Refused.
    """
    if len(xml) > MAX_XML:
        raise Refused("xml_refused", f"the XML is larger than {MAX_XML} bytes")
    try:
        return _well_formed(xml), []
    except (etree.XMLSyntaxError, ValueError, LookupError) as wrong:
        why = clean(wrong)
    try:
        root = _well_formed(_bare(xml))
    except (etree.XMLSyntaxError, ValueError, LookupError) as wrong:
        raise Refused("xml_refused", f"the XML is not well-formed: {why}") from wrong
    return root, [Finding("xml", "xml_declaration", f"not XML because of how it starts or ends, read as UTF-8: {why}")]


def _well_formed(xml: bytes) -> etree._Element:
    """Comments are left out, so that nobody reads the two halves of a value around one."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(xml, parser)
    if root.getroottree().docinfo.doctype:
        raise Refused("xml_refused", "a document type declaration is not accepted")
    return root


def _bare(xml: bytes) -> bytes:
    """The document alone, in UTF-8. Raises ValueError when it is in no Unicode encoding."""
    encoding = next((name for bom, name in _BOMS if xml.startswith(bom)), "utf-8")
    text = xml.decode(encoding).strip("\x00\ufeff \t\r\n")
    declared = _DECLARATION.match(text)
    return text[declared.end() if declared else 0 :].encode()


def clean(text: object) -> str:
    """A sentence that is safe to pass on: one line, printable, short, without the schema's long names."""
    line = re.sub(r"\{urn:[^}]*\}", "", " ".join(str(text).split()))
    return "".join(c for c in line if c.isprintable())[:300] or "no reason given"
