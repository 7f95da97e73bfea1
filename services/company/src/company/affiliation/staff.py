"""What staff do about a company that nobody runs any more."""

from uuid import UUID

from chassis import audit, emit, get_locked
from chassis.auth import staff
from chassis.http import Body, Router, TxDep
from chassis.problems import documented
from company.affiliation.domain import FOUNDER_ROLE, ColleagueNotFound
from company.affiliation.headless import CompanyHasAHead, HeadlessCompany
from company.affiliation.people import ColleagueView
from company.affiliation.queries import affiliation_of, lock_companies
from company.company.domain import CompanyNotFound
from company.notices import tell_member
from company.words import Number
from contracts.roles import StaffScope

router = Router("staff")


class NameHead(Body):
    """Who runs the company from now on, and where the proof is filed."""

    member_id: UUID
    proof_reference: Number


@router.post(
    "/staff/companies/{company_id}/head",
    access=staff(StaffScope.COMPLIANCE),
    status_code=201,
    responses=documented(CompanyNotFound, CompanyHasAHead, ColleagueNotFound),
)
async def name_head(company_id: UUID, body: NameHead, tx: TxDep) -> ColleagueView:
    """Make one of its people the head of a company whose last head's account was erased.

    For a cooling period, nobody's bank details are changed on that head's word.
    """
    company = (await lock_companies(tx, {company_id})).get(company_id)
    if company is None:
        raise CompanyNotFound
    waiting = await get_locked(tx, HeadlessCompany, company_id, CompanyHasAHead())
    colleague = await affiliation_of(tx, body.member_id)
    if colleague is None or colleague.company_id != company_id:
        raise ColleagueNotFound
    role = FOUNDER_ROLE[company.profile_type]
    emit(tx, colleague.change_role(role, company.kind, 0, tx.now))
    await tx.delete(waiting)
    details = {"member": body.member_id, "company": company_id, "role": role, "proof": body.proof_reference}
    audit(tx, "affiliation.role_changed", colleague.id, **details)
    tell_member(tx, body.member_id, company, "role_changed", role=role.value)
    return ColleagueView.model_validate(colleague)
