from dataclasses import replace
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select

from chassis import Tx, audit, get_locked, get_or
from chassis.auth import Caller, StepUpRequired
from chassis.errors import Forbidden, IllegalMove, VersionConflict, require
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep, check_if_match, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation.queries import by_rows, checks_compliance, permitted
from company.approvals.domain import Approval, ApprovalExpired, ApprovalKind, OwnProposal
from company.approvals.queries import approval_of
from company.bank import change as rules
from company.bank.change import BankChange, BankChangeNotFound, CancelReason
from company.bank.domain import REFUSALS, Account, AccountIncomplete, BankDetails
from company.bank.progress import at_paris, cancel_change, cancel_unless_vouched, put_into_effect
from company.bank.queries import current_account, managers_of, pending_change, seasoned_managers_of
from company.bank.views import BankChangeView, MaskedAccount
from company.company.countries import rules_of
from company.company.domain import Company, CompanyNotFound, CompanyStatus
from company.notices import tell_heads
from company.words import Number
from contracts.permissions import Permission
from contracts.values import Bic, CountryCode, Iban, Name

router = Router("bank details")
MANAGERS = by_rows(Permission.MANAGE_COMPANY)
MANAGERS_AND_STAFF = replace(MANAGERS, description=f"{MANAGERS.description}, and staff with the scope compliance")


class BankBody(Body):
    """Where the company is to be paid: IBAN and BIC, or country, bank and account where there are no IBANs (CO-12)."""

    holder: Name
    iban: Iban | None = None
    bic: Bic | None = None
    country: CountryCode | None = None
    bank_code: Number | None = None
    account_number: Number | None = None

    def account(self, tx: Tx) -> Account:
        """The account, checked. Raises one of `REFUSALS`."""
        domestic = (self.country, self.bank_code, self.account_number)
        if self.iban and self.bic and not any(domestic):
            return Account.checked(self.iban, self.bic, self.holder)
        incomplete = AccountIncomplete(field="iban" if self.bic else "bic" if self.iban else "bank_code")
        if self.iban or self.bic or not (self.country and self.bank_code and self.account_number):
            raise incomplete
        return Account.domestic(rules_of(self.country, tx.today), self.bank_code, self.account_number, self.holder)


@router.put(
    "/companies/{company_id}/bank-details",
    access=MANAGERS,
    status_code=202,
    responses={200: {"model": BankChangeView, "description": "the first account, in force at once"}}
    | documented(CompanyNotFound, Forbidden, StepUpRequired, *REFUSALS, rules.AccountInForce, VersionConflict),
)
async def change_bank_details(
    company_id: UUID,
    body: BankBody,
    *,
    caller: CallerDep,
    tx: TxDep,
    request: Request,
    response: Response,
    platform: PlatformDep,
) -> BankChangeView:
    """Propose where the company is to be paid; another head, or staff, has to agree (CO-45).

    A head made by another within the last cooling period counts for neither of the two: then staff decide.
    The first account of a company that staff have yet to verify is in force at once: they see it with the company.
    """
    await permitted(tx, caller, company_id, Permission.MANAGE_COMPANY)
    caller.require_recent_proof(tx.now)
    company = await get_locked(tx, Company, company_id, CompanyNotFound())
    check_if_match(request, company.version)
    account, present = body.account(tx), await current_account(tx, company_id)
    require(present is None or present.account != account, rules.AccountInForce())
    seasoned = await seasoned_managers_of(tx, company_id, tx.now - platform.own.bank_cooling)
    change = await _propose(tx, company, account, caller, seasoned)
    if present is None and company.status is not CompanyStatus.VALIDATED:
        await put_into_effect(tx, company, change, tx.now)
        response.status_code = 200
    else:
        _await_second(tx, company, change)
    set_etag(response, company.version)
    return BankChangeView.of(change, await managers_of(tx, company_id))


async def _propose(tx: Tx, company: Company, account: Account, caller: Caller, seasoned: frozenset[UUID]) -> BankChange:
    """The proposal, in the place of one that still waits."""
    waiting = await pending_change(tx, company.id)
    if waiting is not None:
        await cancel_change(tx, company, waiting, CancelReason.REPLACED, by=caller.member_id, at=tx.now)
    others = seasoned - {caller.member_id} if caller.member_id in seasoned else frozenset[UUID]()
    change = BankChange.propose(company.id, account, caller.member_id, others, tx.now)
    tx.add(change)
    company.grow()
    await tx.flush()
    audit(tx, "bank_change.proposed", company.id, change=change.id, ending=change.ending)
    return change


def _await_second(tx: Tx, company: Company, change: BankChange) -> None:
    reason = f"account ending in {change.ending}"
    kind = ApprovalKind.BANK_CHANGE
    tx.add(Approval.propose(kind, change.id, company.id, by=change.proposed_by, reason=reason, at=tx.now))
    tell_heads(tx, company, "bank_change_proposed", ending=change.ending, holder=change.holder)


@router.get("/companies/{company_id}/bank-details/history", access=MANAGERS, responses=documented(CompanyNotFound))
async def list_former_accounts(company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep) -> Page[MaskedAccount]:
    """Every account that the company was ever paid on, newest first (CO-45)."""
    await permitted(tx, caller, company_id, Permission.MANAGE_COMPANY)
    query = select(BankDetails).where(BankDetails.company_id == company_id)
    return await page_of(tx, query, BankDetails.id, page, MaskedAccount.of)


@router.get("/companies/{company_id}/bank-changes", access=MANAGERS_AND_STAFF, responses=documented(CompanyNotFound))
async def list_bank_changes(company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep) -> Page[BankChangeView]:
    """Every change that anybody proposed, newest first; for heads, and staff with the scope compliance."""
    if not checks_compliance(caller):
        await permitted(tx, caller, company_id, Permission.MANAGE_COMPANY)
    heads = await managers_of(tx, company_id)
    query = select(BankChange).where(BankChange.company_id == company_id)
    return await page_of(tx, query, BankChange.id, page, lambda change: BankChangeView.of(change, heads))


@router.get(
    "/bank-changes/{bank_change_id}",
    access=MANAGERS,
    responses=documented(BankChangeNotFound, Forbidden, StepUpRequired),
)
async def read_bank_change(bank_change_id: UUID, caller: CallerDep, tx: TxDep) -> BankChangeView:
    """One change with its whole account, for the head who is to compare it."""
    change = await get_or(tx, BankChange, bank_change_id, BankChangeNotFound())
    await permitted(tx, caller, change.company_id, Permission.MANAGE_COMPANY, BankChangeNotFound())
    caller.require_recent_proof(tx.now)
    return BankChangeView.of(change, await managers_of(tx, change.company_id), whole=True)


@router.post(
    "/bank-changes/{bank_change_id}/approval",
    access=MANAGERS,
    responses=documented(
        BankChangeNotFound, Forbidden, StepUpRequired, IllegalMove, OwnProposal, ApprovalExpired, rules.StaffDecide
    ),
)
async def approve_bank_change(
    bank_change_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> BankChangeView:
    """Agree, as another head, to a change that then cools before it takes effect.

    It comes back cancelled when whoever proposed it does not run the company any more.
    """
    company, change = await locked_change(tx, bank_change_id, caller)
    caller.require_recent_proof(tx.now)
    if change.status in rules.PENDING and await cancel_unless_vouched(tx, company, change, tx.now):
        return BankChangeView.of(change, await managers_of(tx, company.id))
    (await approval_of(tx, change.id)).give(caller.member_id, tx.now)
    change.agree(caller.member_id, tx.now, platform.own.bank_cooling)
    tell_of_approval(tx, company, change)
    return BankChangeView.of(change, await managers_of(tx, company.id))


@router.post(
    "/bank-changes/{bank_change_id}/cancellation",
    access=MANAGERS,
    responses=documented(BankChangeNotFound, Forbidden, IllegalMove),
)
async def cancel_bank_change(bank_change_id: UUID, caller: CallerDep, tx: TxDep) -> BankChangeView:
    """Stop a change, as any head may until it takes effect; that is safe, so nothing more is asked."""
    company, change = await locked_change(tx, bank_change_id, caller)
    await cancel_change(tx, company, change, CancelReason.BY_HEAD, by=caller.member_id, at=tx.now)
    return BankChangeView.of(change, await managers_of(tx, company.id))


async def locked_change(tx: Tx, bank_change_id: UUID, caller: Caller | None = None) -> tuple[Company, BankChange]:
    """The change after its company, both locked; within the company that `caller` runs. Raises BankChangeNotFound."""
    owner = (await get_or(tx, BankChange, bank_change_id, BankChangeNotFound())).company_id
    if caller is not None:
        await permitted(tx, caller, owner, Permission.MANAGE_COMPANY, BankChangeNotFound())
    company = await get_locked(tx, Company, owner, CompanyNotFound())
    change = await get_locked(tx, BankChange, bank_change_id, BankChangeNotFound())
    return company, change


def tell_of_approval(tx: Tx, company: Company, change: BankChange) -> None:
    """Let every head know until when the change can be stopped."""
    assert change.effective_at is not None
    until = change.effective_at
    by_staff = change.approved_by_staff
    audit(tx, "bank_change.approved", company.id, change=change.id, ending=change.ending, by_staff=by_staff)
    tell_heads(tx, company, "bank_change_approved", ending=change.ending, effective_at=at_paris(until))
