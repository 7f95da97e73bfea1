"""Says in a PDF's metadata that its attachment is a Factur-X invoice: the one thing that Typst leaves out.

The metadata stream grows, and what the file's table says lies after it moves by as much: nothing else is touched.
"""

from __future__ import annotations

import re

_PROFILE = "EN 16931"
_NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = {
    "DocumentFileName": ("name of the embedded XML invoice file", "factur-x.xml"),
    "DocumentType": ("INVOICE", "INVOICE"),
    "Version": ("The actual version of the Factur-X XML schema", "1.0"),
    "ConformanceLevel": ("The conformance level of the embedded Factur-X data", _PROFILE),
}
_SCHEMA = (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
    f"<pdfaSchema:namespaceURI>{_NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    "<pdfaSchema:property><rdf:Seq>"
    + "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>'
        f"<pdfaProperty:description>{said}</pdfaProperty:description><pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>"
        for name, (said, _) in _PROPERTIES.items()
    )
    + "</rdf:Seq></pdfaSchema:property></rdf:li>"
).encode()
_SAID = (
    f'<rdf:Description rdf:about="" xmlns:fx="{_NAMESPACE}">'
    + "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (_, value) in _PROPERTIES.items())
    + "</rdf:Description>"
).encode()
_METADATA = re.compile(rb"/Metadata (\d+) 0 R")
_STREAM = re.compile(rb"(\d+) 0 obj\s*<</Length (\d+)/Type/Metadata/Subtype/XML>>\s*stream\r?\n")
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) n")
_SCHEMAS = b"<pdfaExtension:schemas><rdf:Bag>"


class UnexpectedLayout(ValueError):
    """The PDF is not laid out as the writer that we know lays it out."""


def declare(pdf: bytes) -> bytes:
    """The PDF with the Factur-X properties in its metadata; one that has no archival metadata stays itself.

    Raises:
        UnexpectedLayout: the writer has changed.

    """
    if _SCHEMAS not in pdf:
        return pdf
    start = pdf.rfind(b"startxref")
    table = int(pdf[start + 9 :].split()[0])
    stream = _STREAM.search(pdf)
    if stream is None or not pdf.startswith(b"xref", table) or _METADATA.search(pdf) is None:
        raise UnexpectedLayout
    begin, length = stream.end(), int(stream[2])
    old = pdf[begin : begin + length]
    new = old.replace(_SCHEMAS, _SCHEMAS + _SCHEMA, 1).replace(b"</rdf:RDF>", _SAID + b"</rdf:RDF>", 1)
    head = stream[0].replace(b"/Length %d" % length, b"/Length %d" % len(new), 1)
    moved = len(head) + len(new) - len(stream[0]) - length

    def shifted(entry: re.Match[bytes]) -> bytes:
        place = int(entry[1])
        return b"%010d %b n" % (place + moved if place > stream.start() else place, entry[2])

    before = pdf[: stream.start()] + head + new + pdf[begin + length : table]
    return before + _ENTRY.sub(shifted, pdf[table:start]) + b"startxref\n%d\n%%%%EOF\n" % (table + moved)
