from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis import Tx
from company.approvals.domain import Approval, ApprovalKind, ApprovalStatus


async def approval_of(tx: Tx, subject_id: UUID) -> Approval:
    """The last proposal about a subject, locked, so that two who decide at once follow each other."""
    query = select(Approval).where(Approval.subject_id == subject_id).order_by(Approval.id.desc()).limit(1)
    return (await tx.scalars(query.with_for_update())).one()


async def overdue(tx: Tx, kind: ApprovalKind, as_of: datetime) -> list[UUID]:
    """Subjects whose proposals waited too long, oldest first; unlocked, as a subject is locked before its approval."""
    late = (Approval.status == ApprovalStatus.PENDING) & (Approval.expires_at <= as_of)
    query = select(Approval.subject_id).where(Approval.kind == kind, late).order_by(Approval.id)
    return list((await tx.scalars(query)).all())
