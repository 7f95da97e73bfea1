"""Whether an invoice may be taken for a BPF: it says the same, and follows its standard."""

from __future__ import annotations

from datetime import date

from billing.invoice.comparison import Awaited, Difference
from billing.reading.document import Finding, FindingKind
from billing.reading.refusals import codes_of, errors_of, invalid
from chassis.errors import Conflict, FieldError, Unprocessable
from contracts.values import Value


class Remark(Value):
    """A difference that does not keep an invoice from being accepted."""

    field: str
    code: str
    detail: str


class NotConfirmed(Unprocessable):
    """The provider has to confirm that the data are accurate."""

    code, title = "not_confirmed", "Confirm that the invoice is accurate"


class InvoiceFileUsed(Conflict):
    """The very same file is another invoice of this provider."""

    code, title = "invoice_file_used", "You have handed in this file before"


class InvoicePeriodUsed(Conflict):
    """It bills a month of this mission that is invoiced already."""

    code, title = "invoice_period_used", "The period of this invoice is invoiced already"


class InvoiceMismatch(Unprocessable):
    """The invoice differs from its BPF; each difference and each defect is named, nothing is kept (BL-06)."""

    code, title = "invoice_mismatch", "The invoice differs from what the client validated"

    @classmethod
    def of(cls, differences: list[Difference], findings: list[Finding]) -> InvoiceMismatch:
        """One error for each difference, then one for each defect of the file itself."""
        errors = [FieldError(d.field, d.code, d.detail) for d in differences]
        detail = f"{len(differences)} differences: " + ", ".join(d.field for d in differences[:8])
        if findings:
            detail += "; defects of the file: " + codes_of(findings)
        return cls(detail, errors=errors + errors_of(findings))


FRENCH_RULES_BIND = date(2027, 9, 1)
"""From then on every French company issues e-invoices by the French rules (CGI art. 289 bis); until then what
breaks them alone is remarked on and accepted."""


def check_faithful(differences: list[Difference], findings: list[Finding], awaited: Awaited) -> list[Remark]:
    """What is accepted by rule though it differs (BL-06).

    Raises:
        InvoiceMismatch: it differs; whatever else is wrong with the file is named too.
        UnreadableInvoice: it agrees, but is not valid.

    """
    french = awaited.provider.country == "FR"
    bound = french and awaited.today >= FRENCH_RULES_BIND
    defects = [found for found in findings if bound or found.kind is not FindingKind.FRENCH]
    if any(difference.blocks for difference in differences):
        raise InvoiceMismatch.of([each for each in differences if each.blocks], defects)
    if defects:
        raise invalid(defects)
    noted = findings if french else []
    return [Remark(field=each.field, code=each.code, detail=each.detail) for each in differences] + [
        Remark(field="file", code=found.code, detail=found.detail) for found in noted
    ]
