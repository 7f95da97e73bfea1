from datetime import datetime, timedelta

from chassis import Tx, audit, get_locked
from chassis.sweeps import Sweep
from company.approvals.domain import ApprovalKind
from company.approvals.queries import overdue
from company.identity_change.domain import IdentityChange, IdentityChangeNotFound
from company.subscription.domain import PlanChange, PlanChangeNotFound


async def expire_approvals(tx: Tx, as_of: datetime) -> None:
    """Void what waited for a second person for too long; changes of bank details have a sweep of their own."""
    for approval in await overdue(tx, ApprovalKind.IDENTITY_CHANGE, as_of):
        approval.expire(as_of)
        (await get_locked(tx, IdentityChange, approval.subject_id, IdentityChangeNotFound())).wait_again()
        audit(tx, "approval.expired", approval.subject_id, kind=approval.kind)
    for approval in await overdue(tx, ApprovalKind.PLAN_CHANGE, as_of):
        approval.expire(as_of)
        (await get_locked(tx, PlanChange, approval.subject_id, PlanChangeNotFound())).expire()
        audit(tx, "approval.expired", approval.subject_id, kind=approval.kind)


SWEEPS = [Sweep("expire_approvals", timedelta(hours=1), expire_approvals)]
