"""Why a file cannot be read, or is read but not valid: each reason has its own code."""

from __future__ import annotations

from billing.reading.document import Finding, FindingKind
from chassis.errors import FieldError, Unprocessable


class UnreadableInvoice(Unprocessable):
    """Family of the refusals that concern the file itself, whatever it says."""


class NotAPdf(UnreadableInvoice):
    """Announced as a PDF, but damaged or encrypted."""

    code, title = "not_a_pdf", "The file cannot be read as a PDF"


class UnsafePdf(UnreadableInvoice):
    """Scripts, actions or programs in the PDF, or a file behind its end."""

    code, title = "unsafe_pdf", "The PDF holds what could act on its reader's machine"


class TooManyPages(UnreadableInvoice):
    """More pages than an invoice has."""

    code, title = "too_many_pages", "The PDF has too many pages"


class NoEmbeddedInvoice(UnreadableInvoice):
    """A PDF without Factur-X data."""

    code, title = "no_embedded_invoice", "The PDF holds no electronic invoice (Factur-X)"


class AmbiguousInvoice(UnreadableInvoice):
    """Several embedded invoices: which one counts is not ours to guess."""

    code, title = "ambiguous_invoice", "The PDF holds more than one electronic invoice"


class XmlRefused(UnreadableInvoice):
    """Not well-formed, in an unknown encoding, too large, or with a document type declaration."""

    code, title = "xml_refused", "The XML is not accepted"


class UnsupportedFormat(UnreadableInvoice):
    """Another format than a Cross Industry Invoice; it is named."""

    code, title = "unsupported_format", "This kind of electronic invoice is not read"


class UnsupportedProfile(UnreadableInvoice):
    """A profile that nobody knows, or one without invoice lines."""

    code, title = "unsupported_profile", "This profile of Factur-X is not accepted"


class SchemaInvalid(UnreadableInvoice):
    """Against the schema (XSD) of its profile."""

    code, title = "schema_invalid", "The electronic invoice does not follow the schema of its profile"


class RulesBroken(UnreadableInvoice):
    """Against business rules of EN 16931, or of French e-invoices; each is named."""

    code, title = "rules_broken", "The electronic invoice breaks rules of its standard"


class DocumentTooHeavy(UnreadableInvoice):
    """Reading it needs more time or memory than any honest invoice."""

    code, title = "document_too_heavy", "The file takes too long or too much memory to read"


_UNREAD = {
    refusal.code: refusal
    for refusal in (
        NotAPdf,
        UnsafePdf,
        TooManyPages,
        NoEmbeddedInvoice,
        AmbiguousInvoice,
        XmlRefused,
        UnsupportedFormat,
        DocumentTooHeavy,
    )
}
_INVALID: dict[FindingKind, type[UnreadableInvoice]] = {
    FindingKind.XML: XmlRefused,
    FindingKind.PROFILE: UnsupportedProfile,
    FindingKind.SCHEMA: SchemaInvalid,
    FindingKind.RULES: RulesBroken,
    FindingKind.FRENCH: RulesBroken,
}


def unread(code: str, detail: str) -> UnreadableInvoice:
    """The problem for a file that the reading process could not read."""
    return _UNREAD[code](detail, field="file")


def errors_of(findings: list[Finding]) -> list[FieldError]:
    """One error for each defect."""
    return [FieldError("file", finding.code, finding.detail) for finding in findings]


def codes_of(findings: list[Finding]) -> str:
    """The first codes, each once."""
    return ", ".join(list(dict.fromkeys(finding.code for finding in findings))[:8])


def invalid(findings: list[Finding]) -> UnreadableInvoice:
    """The problem for an invoice that was read and has these defects, at least one."""
    kinds = {finding.kind for finding in findings}
    refusal = next(_INVALID[kind] for kind in FindingKind if kind in kinds)
    return refusal("defects of the file: " + codes_of(findings), errors=errors_of(findings))
