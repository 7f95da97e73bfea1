"""Time-driven work on documents: expiry, and the warning a month before (CO-30, CO-37, CO-42)."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from chassis import Tx, audit, emit
from chassis.clock import business_date
from chassis.sweeps import Sweep
from company.company.domain import Company, CompanyStatus
from company.compliance.assessment import reassess
from company.compliance.domain import Document, DocumentStatus
from company.compliance.queries import documents_of
from company.compliance.rules import last_change
from company.notices import tell_heads


async def recheck_compliance(tx: Tx, as_of: datetime) -> None:
    """Expire what no longer holds, and tell whose compliance changed by it or by a change of rules."""
    today = business_date(as_of)
    overdue = select(Document.company_id).where(
        Document.status == DocumentStatus.ACCEPTED, Document.expires_on <= today
    )
    ruled = (Company.status == CompanyStatus.VALIDATED) & (Company.compliance_assessed_on < last_change(today))
    concerned = select(Company).where(or_(Company.id.in_(overdue), ruled)).order_by(Company.id).with_for_update()
    for company in (await tx.scalars(concerned)).all():
        documents = await documents_of(tx, company.id)
        for document in documents:
            if document.is_overdue(today):
                document.expire()
                audit(tx, "document.expired", document.id, company=company.id, type=document.type)
        changed = reassess(company, documents, today, as_of)
        if changed is not None:
            emit(tx, changed)


async def warn_of_expiring_documents(tx: Tx, as_of: datetime) -> None:
    """Tell the heads once, a month before a document stops holding (CO-42)."""
    today = business_date(as_of)
    due = (
        select(Document, Company)
        .join(Company, Company.id == Document.company_id)
        .where(
            Document.status == DocumentStatus.ACCEPTED,
            Document.warned_at.is_(None),
            Document.warn_on <= today,
            Document.expires_on > today,
        )
        .order_by(Document.id)
        .with_for_update(of=Document)
    )
    for document, company in (await tx.execute(due)).all():
        document.warned_at = as_of
        expires_on = str(document.expires_on)
        tell_heads(tx, company, "document_expiring", document_type=document.type.value, expires_on=expires_on)


SWEEPS = [
    Sweep("recheck_compliance", timedelta(days=1), recheck_compliance),
    Sweep("warn_of_expiring_documents", timedelta(days=1), warn_of_expiring_documents),
]
