"""What staff do about changes of bank details: call back and confirm, or stop them (CO-45)."""

from datetime import date
from uuid import UUID

from chassis import audit
from chassis.auth import staff
from chassis.clock import business_date
from chassis.errors import IllegalMove, require
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep
from chassis.problems import documented
from company.approvals.domain import ApprovalExpired, OwnProposal
from company.approvals.queries import approval_of
from company.bank import change as rules
from company.bank.change import AnotherHeadDecides, BankChangeNotFound, CallBack, CancelReason, NumberSource
from company.bank.progress import cancel_change, cancel_unless_vouched
from company.bank.queries import managers_of, seasoned_managers_of
from company.bank.routes import locked_change, tell_of_approval
from company.bank.views import BankChangeView
from company.words import Prose
from contracts.roles import StaffScope

router = Router("staff")
STAFF = staff(StaffScope.COMPLIANCE)


class ConfirmBankChange(Body):
    """The call back: on which day, under a number from where, with which head."""

    called_on: date
    number_source: NumberSource
    spoke_with: UUID


class RefuseBankChange(Body):
    """Why, for the file."""

    reason: Prose


@router.post(
    "/staff/bank-changes/{bank_change_id}/approval",
    access=STAFF,
    responses=documented(
        BankChangeNotFound,
        IllegalMove,
        OwnProposal,
        ApprovalExpired,
        AnotherHeadDecides,
        rules.CalledInTheFuture,
        rules.NotAHead,
    ),
)
async def confirm_bank_change(
    bank_change_id: UUID, body: ConfirmBankChange, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> BankChangeView:
    """Agree in the place of a second head, after a call back; the change then cools before it takes effect."""
    company, change = await locked_change(tx, bank_change_id)
    heads = await managers_of(tx, company.id)
    if change.status in rules.PENDING and await cancel_unless_vouched(tx, company, change, tx.now):
        return BankChangeView.of(change, heads)
    require(not change.awaits_head(heads), AnotherHeadDecides())
    call = CallBack(body.called_on, body.number_source, body.spoke_with)
    seasoned = await seasoned_managers_of(tx, company.id, change.proposed_at - platform.own.bank_cooling)
    call.check(business_date(change.proposed_at), tx.today, seasoned or heads)
    (await approval_of(tx, change.id)).give(caller.member_id, tx.now)
    change.confirm(caller.member_id, call, tx.now, platform.own.bank_cooling)
    tell_of_approval(tx, company, change)
    return BankChangeView.of(change, heads)


@router.post(
    "/staff/bank-changes/{bank_change_id}/refusal", access=STAFF, responses=documented(BankChangeNotFound, IllegalMove)
)
async def refuse_bank_change(
    bank_change_id: UUID, body: RefuseBankChange, caller: CallerDep, tx: TxDep
) -> BankChangeView:
    """Stop a change that looks wrong, whoever agreed to it."""
    company, change = await locked_change(tx, bank_change_id)
    await cancel_change(tx, company, change, CancelReason.BY_STAFF, by=caller.member_id, at=tx.now)
    (await approval_of(tx, change.id)).remark = body.reason
    audit(tx, "bank_change.stopped", change.id, company=company.id)
    return BankChangeView.of(change, await managers_of(tx, company.id))
