from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from chassis import Tx, audit, emit
from company.affiliation.domain import Affiliation
from company.bank.change import PENDING, BankChange
from company.bank.domain import Account, BankDetails
from company.company.domain import Company, CompanyStatus
from contracts.permissions import MATRIX, Permission


async def current_account(tx: Tx, company_id: UUID) -> BankDetails | None:
    """The account that the company is paid on now."""
    query = select(BankDetails).where(BankDetails.company_id == company_id, BankDetails.current)
    return (await tx.scalars(query)).one_or_none()


async def managers_of(tx: Tx, company_id: UUID) -> frozenset[UUID]:
    """Everyone whose role lets them change what concerns the company itself."""
    runs = Affiliation.role.in_(MATRIX[Permission.MANAGE_COMPANY])
    query = select(Affiliation.member_id).where(Affiliation.company_id == company_id, runs)
    return frozenset((await tx.scalars(query)).all())


async def seasoned_managers_of(tx: Tx, company_id: UUID, before: datetime) -> frozenset[UUID]:
    """Those of them who nobody made a head after this instant."""
    long_standing = or_(Affiliation.promoted_at.is_(None), Affiliation.promoted_at <= before)
    query = select(Affiliation.member_id).where(Affiliation.company_id == company_id, long_standing)
    return await managers_of(tx, company_id) & frozenset((await tx.scalars(query)).all())


async def pending_change(tx: Tx, company_id: UUID) -> BankChange | None:
    """The change that waits or cools, locked; the company's row is locked already."""
    query = select(BankChange).where(BankChange.company_id == company_id, BankChange.status.in_(PENDING))
    return (await tx.scalars(query.with_for_update())).one_or_none()


async def record_account(tx: Tx, company: Company, account: Account, by: UUID, at: datetime) -> BankDetails:
    """Make the account the current one from `at`, keep the former, and tell who pays, once the company is validated."""
    former = await current_account(tx, company.id)
    if former is not None:
        former.retire(at)
        await tx.flush()
    details = BankDetails.record(company.id, account, by, at)
    tx.add(details)
    if company.status is CompanyStatus.VALIDATED:
        emit(tx, details.takes_effect(company, at))
    changed = company.details_changed(at, payable=True)
    if changed is not None and former is None:
        emit(tx, changed)
    audit(tx, "bank_details.changed", company.id, ending=details.ending, former=former.ending if former else "none")
    return details
