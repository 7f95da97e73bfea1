"""What a client reads of the providers of its missions, and its own checks (CO-39, CO-40)."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import PurePath
from uuid import UUID

from fastapi.responses import Response, StreamingResponse
from sqlalchemy import func, select

from chassis import Tx, audit, get_or
from chassis.archives import ZIP_ANSWER, zip_download
from chassis.auth import Caller
from chassis.clock import months_after
from chassis.errors import Forbidden, require
from chassis.files import FileMissing
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep
from chassis.platform import Platform
from chassis.problems import documented
from company.affiliation.queries import affiliation_of, by_rows
from company.company.domain import Company, CompanyNotFound
from company.compliance.client_checks import CheckResult, ClientCheck, ClientCheckInTheFuture
from company.compliance.domain import Document, DocumentNotFound
from company.compliance.queries import documents_of
from company.compliance.routes import FILE_ANSWER, file_of
from company.compliance.views import ClientCheckView, SupplierComplianceView, outcome_view, supplier_document_view
from company.directory.missions import RunningMission
from contracts.permissions import Permission, allows

router = Router("suppliers' documents")
ACCESS = by_rows(Permission.READ_SUPPLIER_DOCUMENTS)


class RecordCheck(Body):
    """What the client found when it entered the security code at urssaf.fr, or asked the issuer."""

    result: CheckResult
    checked_on: date


async def _client_of(tx: Tx, caller: Caller, provider_id: UUID, platform: Platform) -> UUID:
    """The caller's company, when the provider works for it or did a short while ago.

    Raises:
        CompanyNotFound: it does not.
        Forbidden: the caller's role does not allow it.

    """
    own = await affiliation_of(tx, caller.member_id)
    if own is None:
        raise CompanyNotFound
    require(allows(Permission.READ_SUPPLIER_DOCUMENTS, own.role), Forbidden("this is for the client's people"))
    last_day = select(func.max(RunningMission.ends_on)).where(
        RunningMission.client_company_id == own.company_id, RunningMission.provider_company_id == provider_id
    )
    ends_on = await tx.scalar(last_day)
    months: int = platform.own.supplier_documents_months
    if ends_on is None or tx.today > months_after(ends_on, months):
        raise CompanyNotFound
    return own.company_id


async def _document_of(tx: Tx, provider_id: UUID, document_id: UUID) -> Document:
    """One of the documents that count. Raises DocumentNotFound."""
    found = next((document for document in await documents_of(tx, provider_id) if document.id == document_id), None)
    if found is None:
        raise DocumentNotFound
    return found


@router.get("/suppliers/{provider_id}/compliance", access=ACCESS, responses=documented(CompanyNotFound, Forbidden))
async def read_supplier_compliance(
    provider_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> SupplierComplianceView:
    """What is asked of a provider of the caller's missions, and the documents that it handed over."""
    client_id = await _client_of(tx, caller, provider_id, platform)
    company = await get_or(tx, Company, provider_id, CompanyNotFound())
    documents = await documents_of(tx, provider_id)
    outcome = outcome_view(company, documents, tx.today, remarks=False)
    audit(tx, "supplier_documents.read", provider_id, client=client_id)
    return SupplierComplianceView.model_validate(
        {
            **dict(outcome),
            "documents": [supplier_document_view(one, platform.own.urssaf_check_url) for one in documents],
            "own_checks": await _checks(tx, client_id, provider_id),
        }
    )


async def _checks(tx: Tx, client_id: UUID, provider_id: UUID) -> list[ClientCheckView]:
    query = (
        select(ClientCheck)
        .join(Document, Document.id == ClientCheck.document_id)
        .where(ClientCheck.client_company_id == client_id, Document.company_id == provider_id)
        .order_by(ClientCheck.id.desc())
        .limit(100)
    )
    return [ClientCheckView.model_validate(check) for check in await tx.scalars(query)]


@router.get(
    "/suppliers/{provider_id}/documents/{document_id}/file",
    access=ACCESS,
    response_class=Response,
    responses=FILE_ANSWER | documented(CompanyNotFound, DocumentNotFound, FileMissing, Forbidden),
)
async def download_supplier_document(
    provider_id: UUID, document_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> Response:
    """The file as the provider handed it over."""
    client_id = await _client_of(tx, caller, provider_id, platform)
    document = await _document_of(tx, provider_id, document_id)
    audit(tx, "supplier_document.downloaded", document.id, company=provider_id, client=client_id)
    return await file_of(document, platform)


@router.post(
    "/suppliers/{provider_id}/documents/{document_id}/checks",
    access=ACCESS,
    status_code=201,
    responses=documented(CompanyNotFound, DocumentNotFound, Forbidden, ClientCheckInTheFuture),
)
async def record_check(
    provider_id: UUID, document_id: UUID, *, body: RecordCheck, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> ClientCheckView:
    """Record the client's own check of a document's authenticity (CO-40)."""
    client_id = await _client_of(tx, caller, provider_id, platform)
    document = await _document_of(tx, provider_id, document_id)
    check = ClientCheck.record(document.id, client_id, caller.member_id, body.result, body.checked_on)
    check.recorded(tx.now, tx.today)
    tx.add(check)
    audit(tx, "document.checked_by_client", document.id, company=provider_id, client=client_id, result=body.result)
    return ClientCheckView.model_validate(check)


@router.get(
    "/suppliers/{provider_id}/archive",
    access=ACCESS,
    response_class=StreamingResponse,
    responses=ZIP_ANSWER | documented(CompanyNotFound, Forbidden),
)
async def download_archive(provider_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> StreamingResponse:
    """All the provider's documents in one ZIP archive."""
    client_id = await _client_of(tx, caller, provider_id, platform)
    documents = await documents_of(tx, provider_id)
    audit(tx, "supplier_documents.archived", provider_id, client=client_id, documents=len(documents))
    return await zip_download(f"documents-{provider_id}.zip", _files(documents, platform))


async def _files(documents: list[Document], platform: Platform) -> AsyncIterator[tuple[str, bytes]]:
    for document in documents:
        try:
            content = await platform.files.read(document.file_key)
        except FileMissing:
            continue
        suffix = PurePath(document.file_name).suffix.lower()
        yield f"{document.type}-{document.issued_on}-{document.status}-{document.id}{suffix}", content
