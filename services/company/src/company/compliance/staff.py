from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field, StringConstraints
from sqlalchemy import select

from chassis import Tx, audit, get_locked
from chassis.auth import staff
from chassis.errors import IllegalMove, require
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation.queries import affiliation_of
from company.company.domain import Company
from company.compliance.domain import (
    CheckMissing,
    CommentMissing,
    Document,
    DocumentActor,
    DocumentNotFound,
    DocumentStatus,
    DocumentTooOld,
    ReviewerActsForCompany,
    supersede,
)
from company.compliance.queries import assess_again, documents_of, lock_company_of
from company.compliance.recheck import Recheck, RecheckNotFound, RecheckStatus, Vigilance
from company.compliance.verdict import AuthenticityCheck, Verdict
from company.compliance.views import DocumentView, document_view
from company.notices import tell_heads
from company.words import Prose
from contracts.roles import StaffScope

router = Router("staff")
STAFF = staff(StaffScope.COMPLIANCE)


class ReviewDocument(Body):
    """Two findings, kept apart (CO-38); what is authentic was checked somehow, and a refusal says why (CO-41)."""

    exists: bool
    authentic: bool
    method: AuthenticityCheck | None = None
    reference: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")] | None = None
    comment: Prose | None = None

    def verdict(self) -> Verdict:
        """As the domain takes it."""
        return Verdict(self.exists, self.authentic, self.method, self.reference, self.comment)


class FailedDocument(Body):
    """A document that turned out not to hold after all, and why, in words that the company will read."""

    document_id: UUID
    comment: Prose


class CompleteRecheck(Body):
    """Documents that fail; all others were looked at again and stand."""

    failed: Annotated[list[FailedDocument], Field(max_length=50)] = []


class RecheckView(View):
    """A company whose documents are to be looked at again."""

    id: UUID
    company_id: UUID
    due_on: date
    status: RecheckStatus
    opened_at: datetime
    closed_at: datetime | None
    closed_by: UUID | None


@router.post(
    "/documents/{document_id}/review",
    access=STAFF,
    responses=documented(
        DocumentNotFound, IllegalMove, CommentMissing, CheckMissing, DocumentTooOld, ReviewerActsForCompany
    ),
)
async def review_document(
    document_id: UUID, body: ReviewDocument, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> DocumentView:
    """Record whether the document exists and is authentic; it is accepted when both hold."""
    company = await lock_company_of(tx, document_id)
    await _is_impartial(tx, caller.member_id, company.id)
    document = await get_locked(tx, Document, document_id, DocumentNotFound())
    document.review(caller.member_id, body.verdict(), tx.now)
    if document.status is DocumentStatus.ACCEPTED:
        supersede(await documents_of(tx, company.id), document, DocumentActor.STAFF)
    else:
        _tell_of_refusal(tx, company, document)
    await assess_again(tx, company, tx.today, tx.now)
    findings = {"exists": body.exists, "authentic": body.authentic, "method": body.method}
    audit(tx, "document.reviewed", document.id, company=company.id, **findings)
    return document_view(document, platform.own.urssaf_check_url)


@router.get("/staff/rechecks", access=STAFF)
async def list_rechecks(
    tx: TxDep, page: PageDep, status: Annotated[RecheckStatus, Query()] = RecheckStatus.OPEN
) -> Page[RecheckView]:
    """Companies to be checked again, those that wait longest first (CO-37)."""
    query = select(Recheck).where(Recheck.status == status)
    return await page_of(tx, query, Recheck.id, page, RecheckView.model_validate, oldest_first=True)


@router.post(
    "/rechecks/{recheck_id}/completion",
    access=STAFF,
    responses=documented(RecheckNotFound, DocumentNotFound, IllegalMove, ReviewerActsForCompany),
)
async def complete_recheck(recheck_id: UUID, body: CompleteRecheck, caller: CallerDep, tx: TxDep) -> RecheckView:
    """State that the company's documents were looked at again; the next six months begin today."""
    company_id = await tx.scalar(select(Recheck.company_id).where(Recheck.id == recheck_id))
    company = await get_locked(tx, Company, company_id, RecheckNotFound())
    await _is_impartial(tx, caller.member_id, company.id)
    recheck = await get_locked(tx, Recheck, recheck_id, RecheckNotFound())
    recheck.complete(caller.member_id, tx.now)
    for failed in body.failed:
        document = await get_locked(
            tx, Document, failed.document_id, DocumentNotFound(), Document.company_id == company.id
        )
        document.fail(caller.member_id, failed.comment, tx.now)
        _tell_of_refusal(tx, company, document)
        audit(tx, "document.failed", document.id, company=company.id, type=document.type)
    vigilance = await get_locked(tx, Vigilance, company.id, RecheckNotFound())
    vigilance.checked(tx.today)
    await assess_again(tx, company, tx.today, tx.now)
    audit(tx, "recheck.completed", recheck.id, company=company.id, failed=[f.document_id for f in body.failed])
    return RecheckView.model_validate(recheck)


async def _is_impartial(tx: Tx, member_id: UUID, company_id: UUID) -> None:
    """Raises ReviewerActsForCompany."""
    own = await affiliation_of(tx, member_id)
    require(own is None or own.company_id != company_id, ReviewerActsForCompany())


def _tell_of_refusal(tx: Tx, company: Company, document: Document) -> None:
    tell_heads(tx, company, "document_refused", document_type=document.type.value, comment=document.comment or "")
