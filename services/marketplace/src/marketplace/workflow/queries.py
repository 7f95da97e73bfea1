"""Whose approval a request needs, and whose turn it is."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import or_, select

from chassis import Tx
from chassis.errors import require
from marketplace.directory.queries import colleagues_among
from marketplace.rfp.content import RfpContent
from marketplace.workflow.domain import Approval, ValidatorsGone, Workflow, needs_validation


async def validators_of(tx: Tx, company_id: UUID, content: RfpContent, threshold: Decimal | None) -> list[UUID]:
    """The validators of a request in their order; those of its entity stand for the company's.

    Raises:
        ValidatorsGone: there are some, and none is in the company any more.

    """
    own = (
        Workflow.company_id == company_id,
        or_(Workflow.entity_id.is_(None), Workflow.entity_id == content.entity_id),
    )
    found = await tx.scalars(select(Workflow).where(*own).order_by(Workflow.entity_id.asc().nulls_last()).limit(1))
    workflow = found.one_or_none()
    if workflow is None or not workflow.validators or not needs_validation(content.expected_amount, threshold):
        return []
    named = [UUID(member_id) for member_id in workflow.validators]
    there = await colleagues_among(tx, company_id, named)
    require(bool(there), ValidatorsGone())
    return [member_id for member_id in named if member_id in there]


async def turns_left(tx: Tx, rfp_id: UUID, company_id: UUID) -> list[Approval]:
    """The turns still to come of the last submission, without those of people who left."""
    last = select(Approval.submission).where(Approval.rfp_id == rfp_id).order_by(Approval.submission.desc()).limit(1)
    query = select(Approval).where(
        Approval.rfp_id == rfp_id, Approval.submission == last.scalar_subquery(), Approval.decision.is_(None)
    )
    turns = list(await tx.scalars(query.order_by(Approval.position)))
    there = await colleagues_among(tx, company_id, [turn.validator_id for turn in turns])
    return [turn for turn in turns if turn.validator_id in there]
