"""What follows when a change of bank details ends, one way or the other; routes and the sweep share it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from chassis import Tx, audit, get_locked
from chassis.clock import PARIS
from chassis.sweeps import Sweep
from company.approvals.domain import ApprovalActor, ApprovalKind, ApprovalStatus
from company.approvals.queries import approval_of, overdue
from company.bank.change import PENDING, BankChange, BankChangeNotFound, BankChangeStatus, CancelReason
from company.bank.queries import managers_of, record_account
from company.company.domain import Company, CompanyNotFound
from company.notices import tell_heads


async def cancel_change(
    tx: Tx, company: Company, change: BankChange, reason: CancelReason, *, by: UUID | None, at: datetime
) -> None:
    """End a change before it took effect, and tell every head. Raises IllegalMove."""
    change.cancel(reason, by, at)
    approval = await approval_of(tx, change.id)
    if approval.status is ApprovalStatus.PENDING:
        approval.withdraw(ApprovalActor.CALENDAR, at)
    await tx.flush()
    audit(tx, "bank_change.cancelled", company.id, change=change.id, ending=change.ending, reason=reason)
    tell_heads(tx, company, "bank_change_cancelled", ending=change.ending, reason=reason.value)


async def put_into_effect(tx: Tx, company: Company, change: BankChange, at: datetime) -> None:
    """Pay on the new account from now on, and tell every head. Raises IllegalMove."""
    change.take_effect()
    change.effective_at = change.effective_at or at
    audit(tx, "bank_change.effective", company.id, change=change.id, ending=change.ending)
    await record_account(tx, company, change.account, change.proposed_by, at)
    tell_heads(tx, company, "bank_change_effective", ending=change.ending)


async def cancel_unless_vouched(tx: Tx, company: Company, change: BankChange, at: datetime) -> bool:
    """Cancel a change whose proposer, or approver, does not run the company any more; say whether it was."""
    if change.vouched_by(await managers_of(tx, company.id)):
        return False
    await cancel_change(tx, company, change, CancelReason.HEAD_LEFT, by=None, at=at)
    return True


def at_paris(instant: datetime) -> str:
    """The instant as messages show it."""
    return instant.astimezone(PARIS).strftime("%Y-%m-%d %H:%M")


async def advance_bank_changes(tx: Tx, as_of: datetime) -> None:
    """Cancel what nobody vouches for or decided, and put into effect what has cooled (CO-45)."""
    late = await overdue(tx, ApprovalKind.BANK_CHANGE, as_of)
    pending = select(BankChange.id, BankChange.company_id).where(BankChange.status.in_(PENDING))
    for change_id, company_id in (await tx.execute(pending.order_by(BankChange.id))).all():
        company = await get_locked(tx, Company, company_id, CompanyNotFound())
        change = await get_locked(tx, BankChange, change_id, BankChangeNotFound())
        if change.status not in PENDING or await cancel_unless_vouched(tx, company, change, as_of):
            continue
        if change_id in late and change.status is BankChangeStatus.PROPOSED:
            (await approval_of(tx, change.id)).expire(as_of)
            await cancel_change(tx, company, change, CancelReason.EXPIRED, by=None, at=as_of)
        elif change.status is BankChangeStatus.COOLING and change.effective_at and change.effective_at <= as_of:
            await put_into_effect(tx, company, change, as_of)


SWEEPS = [Sweep("advance_bank_changes", timedelta(minutes=1), advance_bank_changes)]
