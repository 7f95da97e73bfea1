"""What documents tell about people (PL-06, PL-08, PL-09)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select

from chassis import Tx, audit
from chassis.clock import business_date, months_after
from chassis.personal_data import Basis, DataClass, Records
from company.compliance.client_checks import ClientCheck
from company.compliance.discarded import DiscardedFile
from company.compliance.domain import Document, DocumentStatus
from company.compliance.foreign_workers import ListedWorker
from company.compliance.recheck import Recheck, Vigilance
from company.compliance.rules import DocumentType
from company.settings import CompanySettings

FORGOTTEN_AT_ONCE = 200
"""Lists in one run; the next day takes the rest."""


async def _documents(tx: Tx, member_id: UUID) -> Records:
    query = select(Document).where(or_(Document.uploaded_by == member_id, Document.reviewed_by == member_id))
    return [_record(row, member_id) for row in await tx.scalars(query.order_by(Document.id))]


def _record(document: Document, member_id: UUID) -> dict[str, Any]:
    uploaded = document.uploaded_by == member_id
    return {
        "document_id": document.id,
        "type": document.type,
        "part": "uploaded" if uploaded else "reviewed",
        "at": document.uploaded_at if uploaded else document.reviewed_at,
        "file_name": document.file_name if uploaded else None,
    }


async def _checks(tx: Tx, member_id: UUID) -> Records:
    made = await tx.scalars(select(ClientCheck).where(ClientCheck.checked_by == member_id).order_by(ClientCheck.id))
    closed = await tx.scalars(select(Recheck).where(Recheck.closed_by == member_id).order_by(Recheck.id))
    checks = [{"document_id": c.document_id, "result": c.result, "checked_on": c.checked_on} for c in made]
    return [*checks, *({"recheck_id": r.id, "closed_at": r.closed_at} for r in closed)]


async def _nobody(tx: Tx, member_id: UUID) -> Records:
    """The lists name nobody and hold no account's id."""
    del tx, member_id
    return []


async def forget_worker_lists(tx: Tx, as_of: datetime) -> None:
    """Drop the lines and files of lists some months after the provider's last mission, or the list's own day."""
    today = business_date(as_of)
    months = CompanySettings().foreign_workers_months
    query = (
        select(Document, Vigilance.runs_until)
        .outerjoin(Vigilance, Vigilance.company_id == Document.company_id)
        .where(
            Document.type == DocumentType.FOREIGN_WORKER_LIST,
            Document.forgotten_at.is_(None),
            Document.issued_on < months_after(today, -months),
            or_(Vigilance.runs_until.is_(None), Vigilance.runs_until < months_after(today, -months)),
        )
        .order_by(Document.id)
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(of=Document)
    )
    for document, runs_until in (await tx.execute(query)).all():
        _forget(tx, document, runs_until, as_of)
        await tx.execute(delete(ListedWorker).where(ListedWorker.document_id == document.id))


def _forget(tx: Tx, document: Document, runs_until: date | None, as_of: datetime) -> None:
    document.forgotten_at = as_of
    if document.status is not DocumentStatus.WITHDRAWN:
        tx.add(DiscardedFile(key=document.file_key, discarded_at=as_of))
    audit(tx, "foreign_workers.forgotten", document.id, company=document.company_id, missions_until=runs_until)


DATA = [
    DataClass(
        "compliance documents",
        purpose="show who handed over and who reviewed each document that the law asks for",
        basis=Basis.LEGAL_OBLIGATION,
        kept="as long as the company's file; ids alone",
        tables=(Document,),
        gather=_documents,
    ),
    DataClass(
        "checks of documents",
        purpose="prove that clients and staff checked what L8222-1 of the Labour Code makes them check",
        basis=Basis.LEGAL_OBLIGATION,
        kept="as long as the company's file; ids alone",
        tables=(ClientCheck, Recheck),
        gather=_checks,
    ),
    DataClass(
        "foreign workers",
        purpose="give clients the list that D8254-2 of the Labour Code makes them ask for",
        basis=Basis.LEGAL_OBLIGATION,
        kept="until some months after the provider's last mission (MAILLON_FOREIGN_WORKERS_MONTHS); no names",
        tables=(ListedWorker,),
        gather=_nobody,
        forget=forget_worker_lists,
    ),
]
