from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis import Tx, audit, get_locked, get_or
from chassis.auth import staff
from chassis.errors import IllegalMove, require
from chassis.http import AlreadyExists, Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation.queries import by_rows, permitted
from company.approvals.domain import Approval, ApprovalExpired, ApprovalKind, OwnProposal
from company.approvals.queries import approval_of
from company.company.domain import Company, CompanyNotFound
from company.notices import tell_heads
from company.subscription import domain
from company.subscription.domain import PlanChange, PlanChangeNotFound, PlanChangeStatus
from company.subscription.plans import Feature, Plan, features_of
from company.subscription.queries import agreed_plan_of, plan_of
from company.words import Prose
from contracts.permissions import Permission
from contracts.roles import StaffScope

router = Router("subscriptions")
STAFF = staff(StaffScope.CONTRACTS)


class FeaturesView(View):
    """The plan of a company and what it offers beyond what is free for all."""

    plan: Plan
    features: list[Feature]


class PlanBody(Body):
    """Another plan, and on what grounds."""

    plan: Plan
    reason: Prose


class PlanChangeView(View):
    """A change of plan and how far it came."""

    id: UUID
    company_id: UUID
    plan: Plan
    status: PlanChangeStatus
    made_at: datetime | None


@router.get(
    "/companies/{company_id}/features", access=by_rows(Permission.BELONG), responses=documented(CompanyNotFound)
)
async def read_features(company_id: UUID, caller: CallerDep, tx: TxDep) -> FeaturesView:
    """What one's company subscribed to (CO-47)."""
    await permitted(tx, caller, company_id, Permission.BELONG)
    plan = await plan_of(tx, company_id)
    return FeaturesView(plan=plan, features=sorted(features_of(plan, tx.today)))


@router.post(
    "/staff/companies/{company_id}/plan-changes",
    access=STAFF,
    status_code=201,
    responses=documented(CompanyNotFound, domain.PlanInForce, domain.PlanChangePending, AlreadyExists),
)
async def propose_plan(company_id: UUID, body: PlanBody, caller: CallerDep, tx: TxDep) -> PlanChangeView:
    """Propose another plan for a company; a second person of the staff decides."""
    await get_locked(tx, Company, company_id, CompanyNotFound())
    waiting = (PlanChange.company_id == company_id) & (PlanChange.status == PlanChangeStatus.PROPOSED)
    pending = (await tx.scalars(select(PlanChange.id).where(waiting))).first()
    require(pending is None, domain.PlanChangePending())
    change = PlanChange.propose(company_id, body.plan, await agreed_plan_of(tx, company_id))
    tx.add(change)
    kind = ApprovalKind.PLAN_CHANGE
    tx.add(Approval.propose(kind, change.id, company_id, by=caller.member_id, reason=body.reason, at=tx.now))
    audit(tx, "plan_change.proposed", change.id, company=company_id, plan=body.plan)
    return PlanChangeView.model_validate(change)


@router.get("/staff/plan-changes", access=STAFF)
async def list_plan_changes(
    tx: TxDep, page: PageDep, status: PlanChangeStatus = PlanChangeStatus.PROPOSED
) -> Page[PlanChangeView]:
    """Changes of plan in one status, those that wait longest first."""
    query = select(PlanChange).where(PlanChange.status == status)
    return await page_of(tx, query, PlanChange.id, page, PlanChangeView.model_validate, oldest_first=True)


_REFUSALS = documented(PlanChangeNotFound, IllegalMove, OwnProposal, ApprovalExpired)


@router.post("/staff/plan-changes/{plan_change_id}/approval", access=STAFF, responses=_REFUSALS)
async def approve_plan(plan_change_id: UUID, caller: CallerDep, tx: TxDep) -> PlanChangeView:
    """Agree as the second: the plan is in force from now on."""
    company, change = await _locked(tx, plan_change_id)
    (await approval_of(tx, change.id)).give(caller.member_id, tx.now)
    change.make(tx.now)
    audit(tx, "plan_change.made", change.id, company=company.id, plan=change.plan)
    tell_heads(tx, company, "plan_changed", plan=change.plan.value)
    return PlanChangeView.model_validate(change)


@router.post("/staff/plan-changes/{plan_change_id}/refusal", access=STAFF, responses=_REFUSALS)
async def refuse_plan(plan_change_id: UUID, caller: CallerDep, tx: TxDep) -> PlanChangeView:
    """Disagree as the second: the present plan stays."""
    company, change = await _locked(tx, plan_change_id)
    (await approval_of(tx, change.id)).refuse(caller.member_id, tx.now)
    change.refuse()
    audit(tx, "plan_change.refused", change.id, company=company.id, plan=change.plan)
    return PlanChangeView.model_validate(change)


async def _locked(tx: Tx, plan_change_id: UUID) -> tuple[Company, PlanChange]:
    owner = (await get_or(tx, PlanChange, plan_change_id, PlanChangeNotFound())).company_id
    company = await get_locked(tx, Company, owner, CompanyNotFound())
    return company, await get_locked(tx, PlanChange, plan_change_id, PlanChangeNotFound())
