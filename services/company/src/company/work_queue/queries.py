"""Everything that waits for staff, gathered from where it is, and what was checked of it so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import Mapped

from chassis import Tx
from chassis.rows import Base
from company.affiliation.domain import Affiliation
from company.affiliation.headless import HeadlessCompany
from company.approvals.domain import Approval, ApprovalKind, ApprovalStatus
from company.bank.change import BankChange, BankChangeStatus
from company.bank.domain import BankDetails
from company.company.domain import Company, CompanyStatus
from company.company.signatory import Signatory
from company.compliance.domain import Document, DocumentStatus
from company.identity_change.domain import IdentityChange, IdentityChangeStatus
from company.words import words
from company.work_queue.domain import WorkKind
from contracts.permissions import MATRIX, Permission

_a_head_decides = (
    select(Affiliation.id)
    .where(
        Affiliation.company_id == BankChange.company_id,
        Affiliation.role.in_(MATRIX[Permission.MANAGE_COMPANY]),
        Affiliation.member_id == func.any(BankChange.heads),
    )
    .exists()
)
_has_people = select(Affiliation.id).where(Affiliation.company_id == HeadlessCompany.company_id).exists()
_waiting_identity = (IdentityChangeStatus.REQUESTED, IdentityChangeStatus.PROPOSED)


def _items(kind: WorkKind, row: type[Base], since: object) -> Select[tuple[UUID, WorkKind, UUID, str, datetime]]:
    company_id = row.id if row is Company else row.company_id  # type: ignore[attr-defined]
    shown = (
        row.id.label("id"),  # type: ignore[attr-defined]
        literal(kind, words(WorkKind)).label("kind"),
        company_id.label("company_id"),
        Company.name.label("company_name"),
        since.label("waiting_since"),  # type: ignore[attr-defined]
    )
    query = select(*shown)
    return query if row is Company else query.join(Company, Company.id == company_id)


_unverified = (
    Signatory.verified_at.is_(None),
    Signatory.refused_at.is_(None),
    Company.status == CompanyStatus.VALIDATED,
)
_everything = union_all(
    _items(WorkKind.COMPANY, Company, Company.submitted_at).where(Company.status == CompanyStatus.TO_VERIFY),
    _items(WorkKind.DOCUMENT, Document, Document.uploaded_at).where(Document.status == DocumentStatus.UPLOADED),
    _items(WorkKind.IDENTITY_CHANGE, IdentityChange, IdentityChange.requested_at).where(
        IdentityChange.status.in_(_waiting_identity)
    ),
    _items(WorkKind.BANK_CHANGE, BankChange, BankChange.proposed_at).where(
        BankChange.status == BankChangeStatus.PROPOSED, ~_a_head_decides
    ),
    _items(WorkKind.CAPACITY, Signatory, Signatory.declared_at).where(*_unverified),
    _items(WorkKind.HEADLESS, HeadlessCompany, HeadlessCompany.since).where(_has_people),
).subquery("work_items")


class WorkItem(Base):
    """One thing that waits; its id, which sorts by age, is that of the company, document, change or signatory."""

    __table__ = _everything
    __mapper_args__ = {"primary_key": [_everything.c.id]}

    id: Mapped[UUID]
    kind: Mapped[WorkKind]
    company_id: Mapped[UUID]
    company_name: Mapped[str]
    waiting_since: Mapped[datetime]


async def counts(tx: Tx) -> dict[WorkKind, int]:
    """How much waits of each kind."""
    found = await tx.execute(select(WorkItem.kind, func.count()).group_by(WorkItem.kind))
    waiting = Counter({row.kind: row[1] for row in found.all()})
    return {kind: waiting[kind] for kind in WorkKind}


class Checked:
    """What was found out so far about the companies of a page."""

    def __init__(self) -> None:
        self.declared: Counter[UUID] = Counter()
        self.verified: Counter[UUID] = Counter()
        self.documents: defaultdict[UUID, Counter[DocumentStatus]] = defaultdict(Counter)
        self.paid_on: dict[UUID, BankDetails] = {}
        self.first_look: dict[UUID, UUID] = {}

    @classmethod
    async def of(cls, tx: Tx, companies: Collection[UUID]) -> Checked:
        """Read it in four queries, however many companies there are."""
        checked = cls()
        for signatory in await tx.scalars(select(Signatory).where(Signatory.company_id.in_(companies))):
            checked.declared[signatory.company_id] += 1
            checked.verified[signatory.company_id] += signatory.verified
        documents = select(Document.company_id, Document.status).where(Document.company_id.in_(companies))
        for company_id, status in (await tx.execute(documents)).all():
            checked.documents[company_id][status] += 1
        current = (BankDetails.company_id.in_(companies), BankDetails.current)
        checked.paid_on = {row.company_id: row for row in await tx.scalars(select(BankDetails).where(*current))}
        looks = (Approval.company_id.in_(companies), Approval.kind == ApprovalKind.IDENTITY_CHANGE)
        pending = select(Approval).where(*looks, Approval.status == ApprovalStatus.PENDING)
        checked.first_look = {row.subject_id: row.proposed_by for row in await tx.scalars(pending)}
        return checked
