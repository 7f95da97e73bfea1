from datetime import datetime, timedelta
from uuid import UUID

from chassis import Tx, audit, get_locked
from chassis.sweeps import Sweep
from company.approvals.domain import ApprovalKind, ApprovalStatus
from company.approvals.queries import approval_of, overdue
from company.identity_change.domain import IdentityChange, IdentityChangeNotFound
from company.subscription.domain import PlanChange, PlanChangeNotFound


async def expire_approvals(tx: Tx, as_of: datetime) -> None:
    """Void what waited for a second person for too long; changes of bank details have a sweep of their own."""
    for subject_id in await overdue(tx, ApprovalKind.IDENTITY_CHANGE, as_of):
        change = await get_locked(tx, IdentityChange, subject_id, IdentityChangeNotFound())
        if await _expire(tx, subject_id, as_of):
            change.wait_again()
    for subject_id in await overdue(tx, ApprovalKind.PLAN_CHANGE, as_of):
        plan = await get_locked(tx, PlanChange, subject_id, PlanChangeNotFound())
        if await _expire(tx, subject_id, as_of):
            plan.expire()


async def _expire(tx: Tx, subject_id: UUID, as_of: datetime) -> bool:
    """Void the approval unless somebody decided while its subject was waited for; say whether it was."""
    approval = await approval_of(tx, subject_id)
    if approval.status is not ApprovalStatus.PENDING:
        return False
    approval.expire(as_of)
    audit(tx, "approval.expired", subject_id, kind=approval.kind)
    return True


SWEEPS = [Sweep("expire_approvals", timedelta(hours=1), expire_approvals)]
