"""Time-driven work on documents: expiry, re-checks, and the warning a month before (CO-30, CO-37, CO-42).

Each does a part at a time and is run again while more is left, so that ten thousand companies fit no single
transaction and a crash costs one part only.
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select

from chassis import Tx, audit
from chassis.clock import business_date
from chassis.sweeps import Sweep
from company.company.domain import Company, CompanyStatus
from company.compliance.domain import Document, DocumentStatus
from company.compliance.queries import assess_again
from company.compliance.recheck import Recheck, RecheckStatus, Vigilance
from company.compliance.rules import last_change
from company.notices import tell_heads

PART = 200
"""Companies or documents in one transaction."""


async def recheck_compliance(tx: Tx, as_of: datetime) -> bool:
    """Expire what no longer holds, and tell whose compliance changed by it or by a change of rules."""
    today = business_date(as_of)
    overdue = select(Document.company_id).where(
        Document.status == DocumentStatus.ACCEPTED, Document.expires_on <= today
    )
    ruled = (Company.status == CompanyStatus.VALIDATED) & (Company.compliance_assessed_on < last_change(today))
    concerned = select(Company).where(or_(Company.id.in_(overdue), ruled)).order_by(Company.id).limit(PART)
    companies = (await tx.scalars(concerned.with_for_update())).all()
    for company in companies:
        await assess_again(tx, company, today, as_of)
    return len(companies) == PART


async def open_rechecks(tx: Tx, as_of: datetime) -> bool:
    """Put before staff, once, every company of a running mission whose next check has come (CO-37, CO-50)."""
    today = business_date(as_of)
    expired = and_(
        Document.company_id == Vigilance.company_id,
        Document.status.in_((DocumentStatus.ACCEPTED, DocumentStatus.EXPIRED)),
        Document.expires_on <= today,
        Document.expires_on > Vigilance.checked_on,
    )
    is_open = and_(Recheck.company_id == Vigilance.company_id, Recheck.status == RecheckStatus.OPEN)
    due = (
        select(Vigilance, Company)
        .join(Company, Company.id == Vigilance.company_id)
        .where(
            Vigilance.runs_until >= today,
            ~exists().where(is_open),
            or_(Vigilance.due_on <= today, exists().where(expired)),
        )
        .order_by(Vigilance.company_id)
        .limit(PART)
        .with_for_update()
    )
    found = (await tx.execute(due)).all()
    for vigilance, company in found:
        await _open(tx, vigilance, company, as_of)
    return len(found) == PART


async def _open(tx: Tx, vigilance: Vigilance, company: Company, as_of: datetime) -> None:
    today = business_date(as_of)
    first_end = select(Document.expires_on).where(
        Document.company_id == company.id,
        Document.status.in_((DocumentStatus.ACCEPTED, DocumentStatus.EXPIRED)),
        Document.expires_on > vigilance.checked_on,
        Document.expires_on <= vigilance.due_on,
    )
    ended_on = (await tx.scalars(first_end.order_by(Document.expires_on).limit(1))).first()
    recheck = Recheck.open(company.id, ended_on or vigilance.due_on, as_of)
    tx.add(recheck)
    audit(tx, "recheck.opened", recheck.id, company=company.id, due_on=recheck.due_on)
    await assess_again(tx, company, today, as_of)


async def lapse_rechecks(tx: Tx, as_of: datetime) -> bool:
    """Drop re-checks of companies whose last mission is over (CO-37)."""
    over = (
        select(Recheck)
        .join(Vigilance, Vigilance.company_id == Recheck.company_id)
        .where(Recheck.status == RecheckStatus.OPEN, Vigilance.runs_until < business_date(as_of))
        .order_by(Recheck.id)
        .limit(PART)
        .with_for_update(of=Recheck)
    )
    found = (await tx.scalars(over)).all()
    for recheck in found:
        recheck.lapse(as_of)
        audit(tx, "recheck.lapsed", recheck.id, company=recheck.company_id)
    return len(found) == PART


async def warn_of_expiring_documents(tx: Tx, as_of: datetime) -> bool:
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
        .limit(PART)
        .with_for_update(of=Document)
    )
    found = (await tx.execute(due)).all()
    for document, company in found:
        document.warned_at = as_of
        expires_on = str(document.expires_on)
        tell_heads(tx, company, "document_expiring", document_type=document.type.value, expires_on=expires_on)
    return len(found) == PART


SWEEPS = [
    Sweep("recheck_compliance", timedelta(days=1), recheck_compliance),
    Sweep("open_rechecks", timedelta(days=1), open_rechecks),
    Sweep("lapse_rechecks", timedelta(days=1), lapse_rechecks),
    Sweep("warn_of_expiring_documents", timedelta(days=1), warn_of_expiring_documents),
]
