from uuid import UUID

from sqlalchemy import select

from chassis import audit, emit, get_locked
from chassis.auth import staff
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep
from chassis.problems import documented
from company.company.domain import Company
from company.compliance.assessment import reassess
from company.compliance.domain import (
    CommentMissing,
    Document,
    DocumentActor,
    DocumentNotFound,
    DocumentStatus,
    DocumentTooOld,
    supersede,
)
from company.compliance.queries import documents_of
from company.compliance.routes import DocumentView
from company.notices import tell_heads
from company.words import Prose
from contracts.roles import StaffScope

router = Router("staff")


class ReviewDocument(Body):
    """Two findings, kept apart (CO-38); a refusal says why (CO-41)."""

    exists: bool
    authentic: bool
    comment: Prose | None = None


@router.post(
    "/documents/{document_id}/review",
    access=staff(StaffScope.COMPLIANCE),
    responses=documented(DocumentNotFound, IllegalMove, CommentMissing, DocumentTooOld),
)
async def review_document(document_id: UUID, body: ReviewDocument, caller: CallerDep, tx: TxDep) -> DocumentView:
    """Record whether the document exists and is authentic; it is accepted when both hold."""
    owner = select(Document.company_id).where(Document.id == document_id).scalar_subquery()
    company = (await tx.scalars(select(Company).where(Company.id == owner).with_for_update())).one_or_none()
    if company is None:
        raise DocumentNotFound
    document = await get_locked(tx, Document, document_id, DocumentNotFound())
    document.review(caller.member_id, body.comment, tx.now, exists=body.exists, authentic=body.authentic)
    documents = await documents_of(tx, company.id)
    if document.status is DocumentStatus.ACCEPTED:
        supersede(documents, document, DocumentActor.STAFF)
    else:
        tell_heads(tx, company, "document_refused", document_type=document.type.value, comment=document.comment or "")
    changed = reassess(company, documents, tx.today, tx.now)
    if changed is not None:
        emit(tx, changed)
    audit(tx, "document.reviewed", document.id, company=company.id, exists=body.exists, authentic=body.authentic)
    return DocumentView.model_validate(document)
