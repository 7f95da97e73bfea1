from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Form, UploadFile
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import select

from chassis import Tx, audit, get_locked, get_or
from chassis.errors import Forbidden, IllegalMove, TemporarilyUnavailable
from chassis.files import JPEG, PDF, PNG, FileMissing, FileNotAccepted, FileTooLarge, StoredFile, attachment
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep
from chassis.pagination import Page, PageDep, page_of
from chassis.platform import Platform
from chassis.problems import documented, problem_response
from chassis.virus_scan import FileInfected
from company.affiliation.queries import (
    by_rows,
    checks_compliance,
    permitted,
)
from company.company.domain import Company, CompanyNotFound
from company.compliance import domain
from company.compliance.discarded import DiscardedFile
from company.compliance.domain import Document, DocumentActor, DocumentNotFound
from company.compliance.foreign_workers import HiredInTheFuture, ListedWorker, NoPermitNeeded, Worker
from company.compliance.paper import worker_list
from company.compliance.queries import assess_again, documents_of, lock_company_of
from company.compliance.rules import DocumentType
from company.compliance.views import ComplianceView, DocumentView, document_view, outcome_view
from company.settings import CompanySettings
from contracts.permissions import Permission

router = Router("compliance documents")
ACCEPTED = frozenset({PDF, PNG, JPEG})
MANAGERS = by_rows(Permission.MANAGE_COMPANY)


class Staffing(Body):
    """Whether the company employs anybody: a sworn employment statement is asked of those who do (CO-33)."""

    employs_staff: bool


class ForeignWorkers(Body):
    """Everyone who needs a permit to work in France; an empty list declares that there is nobody (CO-34)."""

    workers: Annotated[list[Worker], Field(max_length=500)]


def _url(platform: Platform) -> str:
    settings: CompanySettings = platform.own
    return settings.urssaf_check_url


async def _compliance(tx: Tx, platform: Platform, company: Company) -> ComplianceView:
    documents = await documents_of(tx, company.id)
    outcome = outcome_view(company, documents, tx.today)
    views = [document_view(document, _url(platform)) for document in documents]
    return ComplianceView.model_validate({**dict(outcome), "documents": views})


@router.get(
    "/companies/{company_id}/compliance",
    access=by_rows(Permission.BELONG, or_staff=True),
    responses=documented(CompanyNotFound),
)
async def read_compliance(company_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> ComplianceView:
    """What is asked of the company, what it has handed over, and what exactly is missing today."""
    if not checks_compliance(caller):
        await permitted(tx, caller, company_id, Permission.BELONG)
    return await _compliance(tx, platform, await get_or(tx, Company, company_id, CompanyNotFound()))


@router.put("/companies/{company_id}/staffing", access=MANAGERS, responses=documented(CompanyNotFound, Forbidden))
async def declare_staffing(
    company_id: UUID, body: Staffing, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> ComplianceView:
    """Declare whether the company employs anybody; what is asked of it follows."""
    await permitted(tx, caller, company_id, Permission.MANAGE_COMPANY)
    company = await get_locked(tx, Company, company_id, CompanyNotFound())
    company.employs_staff = body.employs_staff
    audit(tx, "company.staffing_declared", company_id, employs_staff=body.employs_staff)
    await assess_again(tx, company, tx.today, tx.now)
    return await _compliance(tx, platform, company)


@router.get(
    "/companies/{company_id}/documents",
    access=by_rows(Permission.BELONG, or_staff=True),
    responses=documented(CompanyNotFound),
)
async def list_documents(
    company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep, platform: PlatformDep
) -> Page[DocumentView]:
    """Every document that the company ever handed over, replaced ones included, newest first (CO-28)."""
    if not checks_compliance(caller):
        await permitted(tx, caller, company_id, Permission.BELONG)
    await get_or(tx, Company, company_id, CompanyNotFound())
    query = select(Document).where(Document.company_id == company_id)
    return await page_of(tx, query, Document.id, page, lambda row: document_view(row, _url(platform)))


_FILE_REFUSALS = (FileNotAccepted, FileTooLarge, FileInfected, TemporarilyUnavailable)


@router.post(
    "/companies/{company_id}/documents",
    access=MANAGERS,
    status_code=201,
    response_model=DocumentView,
    responses=documented(
        CompanyNotFound,
        Forbidden,
        domain.DocumentTypeNotExpected,
        domain.IssuedInTheFuture,
        domain.DocumentTooOld,
        domain.TranslationMissing,
        *_FILE_REFUSALS,
    ),
)
async def upload_document(
    company_id: UUID,
    *,
    kind: Annotated[DocumentType, Form(alias="type")],
    issued_on: Annotated[date, Form()],
    file: UploadFile,
    in_french: Annotated[bool, Form(description="It is, or comes with its translation")] = False,
    security_code: Annotated[str | None, Form(pattern="^[A-Za-z0-9]{6,40}$", description="Of a URSSAF one")] = None,
    caller: CallerDep,
    tx: TxDep,
    platform: PlatformDep,
) -> DocumentView | Response:
    """Hand over a document; it takes the place of the former one of its type (CO-28).

    An accepted one stays in force until its successor is accepted.
    """
    await permitted(tx, caller, company_id, Permission.MANAGE_COMPANY)
    company = await get_or(tx, Company, company_id, CompanyNotFound())
    document = Document.announce(company, kind, issued_on, tx.today, in_french=in_french)
    document.security_code = security_code
    try:
        stored = await platform.files.keep(file, accept=ACCEPTED)
    except FileInfected as infected:
        audit(tx, "document.infected", company_id, type=kind)
        return problem_response(infected)
    await _hand_over(tx, document, stored, caller.member_id)
    return document_view(document, _url(platform))


async def _hand_over(tx: Tx, document: Document, stored: StoredFile, member_id: UUID) -> None:
    """Only now is the company locked: nobody waits for somebody else's upload."""
    company = await get_locked(tx, Company, document.company_id, CompanyNotFound())
    document.attach(stored, member_id, tx.now)
    domain.supersede(await documents_of(tx, company.id), document, DocumentActor.COMPANY)
    tx.add(document)
    await assess_again(tx, company, tx.today, tx.now)
    audit(tx, "document.uploaded", document.id, company=company.id, type=document.type, sha256=document.sha256)


@router.post(
    "/companies/{company_id}/foreign-worker-lists",
    access=MANAGERS,
    status_code=201,
    responses=documented(
        CompanyNotFound, Forbidden, domain.DocumentTypeNotExpected, NoPermitNeeded, HiredInTheFuture, *_FILE_REFUSALS
    ),
)
async def declare_foreign_workers(
    company_id: UUID, body: ForeignWorkers, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> DocumentView:
    """Fill in the list of foreign workers instead of uploading one; the document is made of it (CO-34)."""
    await permitted(tx, caller, company_id, Permission.MANAGE_COMPANY)
    company = await get_or(tx, Company, company_id, CompanyNotFound())
    document = Document.announce(company, DocumentType.FOREIGN_WORKER_LIST, tx.today, tx.today)
    for worker in body.workers:
        worker.check(tx.today)
    paper = await worker_list(company, body.workers, tx.today)
    stored = await platform.files.put(paper, f"liste-salaries-etrangers-{tx.today}.pdf", accept=frozenset({PDF}))
    await _hand_over(tx, document, stored, caller.member_id)
    await tx.flush()
    lines = enumerate(body.workers, 1)
    tx.add_all([ListedWorker(document_id=document.id, position=n, **worker.model_dump()) for n, worker in lines])
    return document_view(document, _url(platform))


@router.get(
    "/documents/{document_id}/workers",
    access=by_rows(Permission.MANAGE_COMPANY, or_staff=True),
    responses=documented(DocumentNotFound, Forbidden),
)
async def read_foreign_workers(document_id: UUID, caller: CallerDep, tx: TxDep) -> list[Worker]:
    """The lines of a list that was filled in here."""
    document = await get_or(tx, Document, document_id, DocumentNotFound())
    if not checks_compliance(caller):
        await permitted(tx, caller, document.company_id, Permission.MANAGE_COMPANY, DocumentNotFound())
    query = select(ListedWorker).where(ListedWorker.document_id == document_id).order_by(ListedWorker.position)
    audit(tx, "foreign_workers.read", document_id, company=document.company_id)
    return [Worker.model_validate(line, from_attributes=True) for line in await tx.scalars(query)]


@router.post(
    "/documents/{document_id}/withdrawal",
    access=MANAGERS,
    responses=documented(DocumentNotFound, Forbidden, IllegalMove),
)
async def withdraw_document(document_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> DocumentView:
    """Take back a document that nobody has reviewed yet; its file goes."""
    company = await lock_company_of(tx, document_id)
    await permitted(tx, caller, company.id, Permission.MANAGE_COMPANY, DocumentNotFound())
    document = await get_locked(tx, Document, document_id, DocumentNotFound())
    document.withdraw()
    tx.add(DiscardedFile(key=document.file_key, discarded_at=tx.now))
    audit(tx, "document.withdrawn", document_id, company=company.id, type=document.type)
    await assess_again(tx, company, tx.today, tx.now)
    return document_view(document, _url(platform))


FILE_ANSWER = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(ACCEPTED)}}
}


@router.get(
    "/documents/{document_id}/file",
    access=by_rows(Permission.MANAGE_COMPANY, or_staff=True),
    response_class=Response,
    responses=FILE_ANSWER | documented(DocumentNotFound, FileMissing, Forbidden),
)
async def download_document(document_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> Response:
    """The file as it was handed over."""
    document = await get_or(tx, Document, document_id, DocumentNotFound())
    if not checks_compliance(caller):
        await permitted(tx, caller, document.company_id, Permission.MANAGE_COMPANY, DocumentNotFound())
    return await file_of(document, platform)


async def file_of(document: Document, platform: Platform) -> Response:
    """A document's file as a download. Raises FileMissing."""
    stored = StoredFile(document.file_key, document.file_name, document.media_type, document.sha256, document.size)
    return attachment(stored, await platform.files.read(stored.key))
