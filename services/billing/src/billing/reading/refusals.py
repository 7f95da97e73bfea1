"""Why a file is no invoice that can be read: each reason has its own code."""

from __future__ import annotations

from chassis.errors import FieldError, Unprocessable


class UnreadableInvoice(Unprocessable):
    """Family of the refusals that concern the file itself, before anything is compared."""


class NotAPdf(UnreadableInvoice):
    """Announced as a PDF, but damaged or encrypted."""

    code, title = "not_a_pdf", "The file cannot be read as a PDF"


class NoEmbeddedInvoice(UnreadableInvoice):
    """A PDF without Factur-X data."""

    code, title = "no_embedded_invoice", "The PDF holds no electronic invoice (Factur-X)"


class AmbiguousInvoice(UnreadableInvoice):
    """Several embedded invoices: which one counts is not ours to guess."""

    code, title = "ambiguous_invoice", "The PDF holds more than one electronic invoice"


class XmlRefused(UnreadableInvoice):
    """Not well-formed, too large, or with a document type declaration."""

    code, title = "xml_refused", "The embedded XML is not accepted"


class UnsupportedProfile(UnreadableInvoice):
    """Another format than Factur-X, or a profile without invoice lines."""

    code, title = "unsupported_profile", "This kind of electronic invoice is not accepted"


class SchemaInvalid(UnreadableInvoice):
    """Against the schema (XSD) of its profile."""

    code, title = "schema_invalid", "The embedded invoice does not follow the schema of its profile"


class RulesBroken(UnreadableInvoice):
    """Against business rules of EN 16931; each is named."""

    code, title = "rules_broken", "The embedded invoice breaks rules of EN 16931"


class DocumentTooHeavy(UnreadableInvoice):
    """Reading it needs more time or memory than any honest invoice."""

    code, title = "document_too_heavy", "The file takes too long or too much memory to read"


_BY_CODE = {
    refusal.code: refusal
    for refusal in (
        NotAPdf,
        NoEmbeddedInvoice,
        AmbiguousInvoice,
        XmlRefused,
        UnsupportedProfile,
        SchemaInvalid,
        RulesBroken,
        DocumentTooHeavy,
    )
}


def refusal(code: str, detail: str, broken: list[tuple[str, str]]) -> UnreadableInvoice:
    """The problem for a reason given by the reading process; `broken` are rules with their texts."""
    errors = [FieldError("file", rule, text) for rule, text in broken]
    found = _BY_CODE[code]
    return found(detail, errors=errors) if errors else found(detail, field="file")
