"""What answers show of documents and requirements, depending on who looks."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from chassis.files import ScanState
from chassis.http import View
from company.company.domain import Company
from company.compliance.assessment import Finding, RequirementState, assess
from company.compliance.client_checks import CheckResult
from company.compliance.domain import Document, DocumentStatus, situation_of
from company.compliance.rules import Basis, DocumentType, threshold_on
from company.compliance.verdict import AuthenticityCheck


class SupplierDocumentView(View):
    """A document as its company's clients see it; `expires_on` is the first day on which it no longer holds."""

    id: UUID
    company_id: UUID
    type: DocumentType
    status: DocumentStatus
    issued_on: date
    expires_on: date | None
    exists: bool | None
    authentic: bool | None
    check_method: AuthenticityCheck | None = Field(description="How the authenticity was checked")
    check_reference: str | None
    reviewed_at: datetime | None
    file_name: str
    media_type: str
    sha256: str
    size: int
    scan: ScanState = Field(description="Whether a virus scanner saw it")
    security_code: str | None = Field(description="Of a URSSAF certificate: enter it at `urssaf_check_url`")
    urssaf_check_url: str | None = None


class DocumentView(SupplierDocumentView):
    """A document as its own company and staff see it, with both outcomes of its review."""

    comment: str | None
    reviewed_by: UUID | None
    uploaded_by: UUID
    uploaded_at: datetime


class RequirementView(View):
    """Something that is asked of the company today, why, and how far it is met."""

    type: DocumentType = Field(description="Names the requirement, and the document that usually meets it")
    accepts: list[DocumentType] = Field(description="Any one of these meets it")
    required: bool
    basis: Basis
    source: str
    months: int | None
    in_french: bool = Field(description="In French, or with a translation (D8222-8 of the Labour Code)")
    state: RequirementState
    document_id: UUID | None = Field(description="The document that meets it, or comes nearest")
    comment: str | None = Field(description="Why that one was refused")
    expires_on: date | None = Field(description="The first day on which that one no longer holds")


class ThresholdView(View):
    """From which amount the law asks for the checks; the platform asks for them always."""

    amount: Decimal
    source: str


class OutcomeView(View):
    """Whether everything holds today; `valid_until` is the last day on which it still will."""

    compliant: bool
    missing: list[str]
    valid_until: date | None
    employs_staff: bool | None = Field(description="As the company declared; absent until it did")
    requirements: list[RequirementView]
    legal_threshold: ThresholdView


class ComplianceView(OutcomeView):
    """What is asked of a company, and what it handed over."""

    documents: list[DocumentView]


class ClientCheckView(View):
    """What the client found when it looked at a document itself (CO-40)."""

    id: UUID
    document_id: UUID
    result: CheckResult
    checked_on: date
    checked_by: UUID
    recorded_at: datetime


class SupplierComplianceView(OutcomeView):
    """What is asked of a provider, what it handed over, and what the caller's company checked itself."""

    documents: list[SupplierDocumentView]
    own_checks: list[ClientCheckView]


def document_view(document: Document, urssaf_check_url: str) -> DocumentView:
    """For the company itself and for staff."""
    url = urssaf_check_url if document.type is DocumentType.URSSAF_CERTIFICATE else None
    return DocumentView.model_validate(document).model_copy(update={"urssaf_check_url": url})


def supplier_document_view(document: Document, urssaf_check_url: str) -> SupplierDocumentView:
    """For clients, who learn nobody's name or remarks."""
    return SupplierDocumentView.model_validate(document_view(document, urssaf_check_url), extra="ignore")


def outcome_view(company: Company, documents: Sequence[Document], today: date, *, remarks: bool = True) -> OutcomeView:
    """Everything about the requirements; the reviewers' `remarks` are not for clients."""
    situation = situation_of(company)
    outcome = assess(situation, documents, today)
    return OutcomeView(
        compliant=outcome.compliant,
        missing=list(outcome.missing),
        valid_until=outcome.valid_until,
        employs_staff=company.employs_staff,
        requirements=[_requirement(f, list(f.rule.accepts(situation)), remarks) for f in outcome.findings],
        legal_threshold=ThresholdView.model_validate(threshold_on(today)),
    )


def _requirement(finding: Finding, accepts: list[DocumentType], remarks: bool) -> RequirementView:
    rule, document = finding.rule, finding.document
    return RequirementView(
        type=rule.type,
        accepts=accepts,
        required=finding.binding,
        basis=rule.basis,
        source=rule.source,
        months=rule.months,
        in_french=rule.in_french,
        state=finding.state,
        document_id=document.id if document else None,
        comment=document.comment if document and remarks else None,
        expires_on=document.expires_on if document else None,
    )
