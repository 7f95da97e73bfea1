import io
import zipfile
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Form, UploadFile
from fastapi.responses import Response
from sqlalchemy import Select, or_, select

from chassis import Tx, audit, get_locked
from chassis.auth import Caller, staff
from chassis.errors import Forbidden, require
from chassis.http import CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation.domain import Affiliation
from company.affiliation.queries import affiliation_of, by_rows
from company.downloads import ACCEPTED, FILE_ANSWER, FILE_REFUSALS, FileMissing, download
from company.platform_documents.domain import (
    PlatformDocument,
    PlatformDocumentNotFound,
    PlatformDocumentType,
    ValidityBackwards,
)
from company.subscription.domain import FeatureNotInPlan
from company.subscription.plans import Feature
from company.subscription.queries import require_feature
from contracts.permissions import Permission, allows
from contracts.roles import StaffScope

router = Router("platform documents")
STAFF = staff(StaffScope.COMPLIANCE)
CLIENTS = by_rows(Permission.READ_SUPPLIER_DOCUMENTS)
ZIP = "application/zip"


class PlatformDocumentView(View):
    """One of the platform's documents; `valid_until` is the last day on which it holds."""

    id: UUID
    type: PlatformDocumentType
    valid_from: date
    valid_until: date | None
    uploaded_at: datetime
    file_name: str
    media_type: str
    sha256: str
    size: int


@router.post(
    "/staff/platform-documents",
    access=STAFF,
    status_code=201,
    responses=documented(ValidityBackwards, *FILE_REFUSALS),
)
async def publish_document(
    *,
    kind: Annotated[PlatformDocumentType, Form(alias="type")],
    valid_from: Annotated[date, Form()],
    valid_until: Annotated[date | None, Form()] = None,
    file: UploadFile,
    caller: CallerDep,
    tx: TxDep,
    platform: PlatformDep,
) -> PlatformDocumentView:
    """Show a document to every client; it takes the place of the former one of its type."""
    document = PlatformDocument.publish(kind, valid_from, valid_until, by=caller.member_id, at=tx.now)
    document.attach(await platform.files.keep(file, accept=ACCEPTED))
    if kind is not PlatformDocumentType.OTHER:
        former = select(PlatformDocument).where(PlatformDocument.type == kind, PlatformDocument.withdrawn_at.is_(None))
        for one in (await tx.scalars(former.with_for_update())).all():
            one.withdraw(tx.now)
        await tx.flush()
    tx.add(document)
    audit(tx, "platform_document.published", document.id, type=kind, sha256=document.sha256)
    return PlatformDocumentView.model_validate(document)


@router.delete(
    "/staff/platform-documents/{platform_document_id}",
    access=STAFF,
    status_code=204,
    responses=documented(PlatformDocumentNotFound),
)
async def withdraw_document(platform_document_id: UUID, tx: TxDep) -> None:
    """Show a document no more."""
    shown = PlatformDocument.withdrawn_at.is_(None)
    document = await get_locked(tx, PlatformDocument, platform_document_id, PlatformDocumentNotFound(), shown)
    document.withdraw(tx.now)
    audit(tx, "platform_document.withdrawn", document.id, type=document.type)


@router.get("/platform-documents", access=CLIENTS, responses=documented(Forbidden))
async def list_platform_documents(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[PlatformDocumentView]:
    """The platform's legal documents that hold today, newest first: for clients (CO-29)."""
    await _client(tx, caller)
    return await page_of(tx, _holding(tx), PlatformDocument.id, page, PlatformDocumentView.model_validate)


@router.get(
    "/platform-documents/archive",
    access=CLIENTS,
    response_class=Response,
    responses={200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}}
    | documented(Forbidden, FeatureNotInPlan, FileMissing),
)
async def download_archive(caller: CallerDep, tx: TxDep, platform: PlatformDep) -> Response:
    """All of them in one file, for companies whose plan has it (CO-47)."""
    own = await _client(tx, caller)
    await require_feature(tx, own.company_id, Feature.DOCUMENT_ARCHIVE)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number, document in enumerate((await tx.scalars(_holding(tx))).all(), 1):
            archive.writestr(
                f"{number:02d}-{document.type}-{document.file_name}", await platform.files.read(document.file_key)
            )
    headers = {"Content-Disposition": f'attachment; filename="maillon-{tx.today}.zip"'}
    return Response(made.getvalue(), media_type=ZIP, headers=headers)


@router.get(
    "/platform-documents/{platform_document_id}/file",
    access=CLIENTS,
    response_class=Response,
    responses=FILE_ANSWER | documented(Forbidden, PlatformDocumentNotFound, FileMissing),
)
async def download_platform_document(
    platform_document_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> Response:
    """One of them, as it was published."""
    await _client(tx, caller)
    query = _holding(tx).where(PlatformDocument.id == platform_document_id)
    document = (await tx.scalars(query)).one_or_none()
    if document is None:
        raise PlatformDocumentNotFound
    return await download(document, platform)


def _holding(tx: Tx) -> Select[PlatformDocument]:
    shown = PlatformDocument.withdrawn_at.is_(None)
    in_date = or_(PlatformDocument.valid_until.is_(None), PlatformDocument.valid_until >= tx.today)
    return select(PlatformDocument).where(shown, PlatformDocument.valid_from <= tx.today, in_date)


async def _client(tx: Tx, caller: Caller) -> Affiliation:
    """The caller's affiliation to a client company, by our own rows. Raises Forbidden."""
    own = await affiliation_of(tx, caller.member_id)
    if own is None:
        raise Forbidden("this is for clients")
    require(allows(Permission.READ_SUPPLIER_DOCUMENTS, own.role), Forbidden("this is for clients"))
    return own
