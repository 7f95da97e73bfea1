from datetime import datetime
from uuid import UUID

from fastapi import Request, Response

from chassis import Tx, audit, emit, get_locked
from chassis.errors import Forbidden, VersionConflict
from chassis.http import Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.problems import documented
from company.affiliation.queries import HEADS_ONLY, head
from company.bank.domain import Account, BankCountriesDiffer, BankDetails
from company.bank.queries import current_account
from company.company.domain import Company, CompanyNotFound
from contracts.values import Bic, Iban, Name

router = Router("bank details")


class BankBody(Body):
    """Where the company is to be paid (CO-12)."""

    iban: Iban
    bic: Bic
    holder: Name


class BankView(View):
    """Where the company is paid; heads alone see it."""

    iban: str
    bic: str
    holder: str
    since: datetime


@router.put(
    "/companies/{company_id}/bank-details",
    access=HEADS_ONLY,
    responses=documented(CompanyNotFound, Forbidden, BankCountriesDiffer, VersionConflict),
)
async def change_bank_details(
    company_id: UUID, body: BankBody, *, caller: CallerDep, tx: TxDep, request: Request, response: Response
) -> BankView:
    """Change where the company is paid, from now on; what was paid before keeps its account (CO-45)."""
    await head(tx, caller, company_id)
    company = await get_locked(tx, Company, company_id, CompanyNotFound())
    check_if_match(request, company.version)
    details = await record_account(tx, company, Account.checked(body.iban, body.bic, body.holder), caller.member_id)
    set_etag(response, company.version)
    return BankView.model_validate(details)


async def record_account(tx: Tx, company: Company, account: Account, by: UUID) -> BankDetails:
    """Make the account the current one, tell who must know, and keep the former; the same again changes nothing."""
    former = await current_account(tx, company.id)
    if former is not None and former.says(account):
        return former
    if former is not None:
        former.current = False
        await tx.flush()
    details = BankDetails.record(company.id, account, by, tx.now)
    tx.add(details)
    changed = company.details_changed(tx.now, payable=True)
    if changed is not None:
        emit(tx, changed)
    audit(tx, "bank_details.changed", company.id, ending=details.ending, former=former.ending if former else "none")
    return details
