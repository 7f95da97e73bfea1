from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Form, UploadFile
from fastapi.responses import Response
from sqlalchemy import select

from chassis import audit, emit, get_locked, get_or
from chassis.errors import Forbidden
from chassis.files import JPEG, PDF, PNG, FileMissing, FileNotAccepted, FileTooLarge, StoredFile, attachment
from chassis.http import CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation.queries import (
    COLLEAGUES_AND_STAFF,
    HEADS_AND_STAFF,
    HEADS_ONLY,
    checks_compliance,
    colleague,
    head,
)
from company.company.domain import Company, CompanyNotFound
from company.compliance import domain
from company.compliance.assessment import assess, reassess
from company.compliance.domain import Document, DocumentActor, DocumentNotFound, DocumentStatus
from company.compliance.queries import documents_of
from company.compliance.rules import Basis, DocumentType, rules_for

router = Router("compliance documents")
ACCEPTED = frozenset({PDF, PNG, JPEG})


class DocumentView(View):
    """A document, with both outcomes of its review; `expires_on` is the first day on which it no longer holds."""

    id: UUID
    company_id: UUID
    type: DocumentType
    status: DocumentStatus
    issued_on: date
    expires_on: date | None
    exists: bool | None
    authentic: bool | None
    comment: str | None
    reviewed_by: UUID | None
    reviewed_at: datetime | None
    uploaded_by: UUID
    uploaded_at: datetime
    file_name: str
    media_type: str
    sha256: str
    size: int


class Requirement(View):
    """A document that is asked of the company today, and why."""

    type: DocumentType
    required: bool
    basis: Basis
    source: str
    months: int | None


class ComplianceView(View):
    """Whether everything holds today; `valid_until` is the last day on which it still will."""

    compliant: bool
    missing: list[str]
    valid_until: date | None
    requirements: list[Requirement]
    documents: list[DocumentView]


@router.get("/companies/{company_id}/compliance", access=COLLEAGUES_AND_STAFF, responses=documented(CompanyNotFound))
async def read_compliance(company_id: UUID, caller: CallerDep, tx: TxDep) -> ComplianceView:
    """What is asked of the company, what it has handed over, and whether that is enough today."""
    if not checks_compliance(caller):
        await colleague(tx, caller, company_id)
    company = await get_or(tx, Company, company_id, CompanyNotFound())
    documents = await documents_of(tx, company_id)
    outcome = assess(company.profile_type, company.country, documents, tx.today)
    rules = rules_for(company.profile_type, company.country, tx.today)
    return ComplianceView(
        compliant=outcome.compliant,
        missing=list(outcome.missing),
        valid_until=outcome.valid_until,
        requirements=[Requirement.model_validate(rule) for rule in rules],
        documents=[DocumentView.model_validate(document) for document in documents],
    )


@router.get("/companies/{company_id}/documents", access=COLLEAGUES_AND_STAFF, responses=documented(CompanyNotFound))
async def list_documents(company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep) -> Page[DocumentView]:
    """Every document that the company ever handed over, replaced ones included, newest first (CO-28)."""
    if not checks_compliance(caller):
        await colleague(tx, caller, company_id)
    await get_or(tx, Company, company_id, CompanyNotFound())
    query = select(Document).where(Document.company_id == company_id)
    return await page_of(tx, query, Document.id, page, DocumentView.model_validate)


@router.post(
    "/companies/{company_id}/documents",
    access=HEADS_ONLY,
    status_code=201,
    responses=documented(
        CompanyNotFound,
        Forbidden,
        domain.DocumentTypeNotExpected,
        domain.IssuedInTheFuture,
        domain.DocumentTooOld,
        FileNotAccepted,
        FileTooLarge,
    ),
)
async def upload_document(
    company_id: UUID,
    *,
    kind: Annotated[DocumentType, Form(alias="type")],
    issued_on: Annotated[date, Form()],
    file: UploadFile,
    caller: CallerDep,
    tx: TxDep,
    platform: PlatformDep,
) -> DocumentView:
    """Hand over a document; it takes the place of the former one of its type (CO-28).

    An accepted one stays in force until its successor is accepted.
    """
    await head(tx, caller, company_id)
    company = await get_locked(tx, Company, company_id, CompanyNotFound())
    document = Document.announce(company, kind, issued_on, tx.today)
    document.attach(await platform.files.keep(file, accept=ACCEPTED), caller.member_id, tx.now)
    domain.supersede(await documents_of(tx, company_id), document, DocumentActor.COMPANY)
    tx.add(document)
    changed = reassess(company, [*await documents_of(tx, company_id), document], tx.today, tx.now)
    if changed is not None:
        emit(tx, changed)
    audit(tx, "document.uploaded", document.id, company=company_id, type=kind, sha256=document.sha256)
    return DocumentView.model_validate(document)


_FILE = {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(ACCEPTED)}}}


@router.get(
    "/documents/{document_id}/file",
    access=HEADS_AND_STAFF,
    response_class=Response,
    responses=_FILE | documented(DocumentNotFound, FileMissing, Forbidden),
)
async def download_document(document_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> Response:
    """The file as it was handed over."""
    document = await get_or(tx, Document, document_id, DocumentNotFound())
    if not checks_compliance(caller):
        await head(tx, caller, document.company_id, DocumentNotFound())
    stored = StoredFile(document.file_key, document.file_name, document.media_type, document.sha256, document.size)
    return attachment(stored, await platform.files.read(stored.key))
