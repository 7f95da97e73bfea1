from uuid import UUID

from sqlalchemy import select

from chassis import Tx
from company.subscription.domain import PlanChange, PlanChangeStatus, check_feature
from company.subscription.plans import Feature, Plan


async def plan_of(tx: Tx, company_id: UUID) -> Plan:
    """The plan in force; free unless another one was agreed."""
    made = (PlanChange.company_id == company_id) & (PlanChange.status == PlanChangeStatus.MADE)
    query = select(PlanChange.plan).where(made).order_by(PlanChange.made_at.desc(), PlanChange.id.desc()).limit(1)
    return (await tx.scalars(query)).one_or_none() or Plan.FREE


async def require_feature(tx: Tx, company_id: UUID, feature: Feature) -> None:
    """Raise FeatureNotInPlan unless the company's plan offers the function today (CO-47)."""
    check_feature(await plan_of(tx, company_id), feature, tx.today)
