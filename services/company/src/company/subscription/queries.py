from uuid import UUID

from sqlalchemy import select

from chassis import Tx
from company.subscription.domain import PlanChange, PlanChangeStatus, check_feature
from company.subscription.paid import PaidSubscription, runs_on
from company.subscription.plans import Feature, Plan


async def plan_of(tx: Tx, company_id: UUID) -> Plan:
    """The plan in force: the one that is paid for, else the last that was agreed, else the free one."""
    paid = select(PaidSubscription.plan).where(PaidSubscription.company_id == company_id, runs_on(tx.today)).limit(1)
    return (await tx.scalars(paid)).one_or_none() or await agreed_plan_of(tx, company_id)


async def agreed_plan_of(tx: Tx, company_id: UUID) -> Plan:
    """The plan that two people of the staff last agreed on; free unless they did."""
    made = (PlanChange.company_id == company_id) & (PlanChange.status == PlanChangeStatus.MADE)
    query = select(PlanChange.plan).where(made).order_by(PlanChange.made_at.desc(), PlanChange.id.desc()).limit(1)
    return (await tx.scalars(query)).one_or_none() or Plan.FREE


async def require_feature(tx: Tx, company_id: UUID, feature: Feature) -> None:
    """Raise FeatureNotInPlan unless the company's plan offers the function today (CO-47)."""
    check_feature(await plan_of(tx, company_id), feature, tx.today)
