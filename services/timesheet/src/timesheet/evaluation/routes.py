"""Evaluating a month, and reading what was said of it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis import Tx, audit
from chassis.auth import Caller, may
from chassis.errors import Forbidden, require
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.problems import documented
from contracts.permissions import Permission
from timesheet.cra.domain import Cra
from timesheet.cra.queries import visible_cras
from timesheet.cra.refusals import CraNotFound, CraNotValidated
from timesheet.evaluation.domain import AlreadyEvaluated, Evaluation, EvaluationNotFound
from timesheet.line.views import Comment

router = Router("evaluations")


class GivenEvaluation(Body):
    """From 1, poor, to 5, excellent."""

    rating: Annotated[int, Field(ge=1, le=5, strict=True)]
    comment: Comment | None = None


class EvaluationView(View):
    """What the operational manager said."""

    cra_id: UUID
    rating: int
    comment: str | None
    given_at: datetime


async def _held(tx: Tx, cra_id: UUID, caller: Caller) -> Cra:
    """One CRA, so that it is evaluated once. Raises CraNotFound."""
    query = visible_cras(caller).where(Cra.id == cra_id).with_for_update(of=Cra)
    cra = (await tx.scalars(query)).one_or_none()
    if cra is None:
        raise CraNotFound
    return cra


@router.post(
    "/cras/{cra_id}/evaluation",
    access=may(Permission.VALIDATE_ACTIVITY),
    status_code=201,
    responses=documented(Forbidden, CraNotFound, CraNotValidated, AlreadyEvaluated),
)
async def evaluate(cra_id: UUID, body: GivenEvaluation, caller: CallerDep, tx: TxDep) -> EvaluationView:
    """Say what a validated month was worth. For the mission's operational manager, once."""
    cra = await _held(tx, cra_id, caller)
    by = cra.mission.part_of(caller.member_id, caller.company, caller.role)
    given = Evaluation.give(cra, body.rating, body.comment, by=by, member_id=caller.member_id, at=tx.now)
    require(await tx.get(Evaluation, cra_id) is None, AlreadyEvaluated())
    tx.add(given)
    audit(tx, "cra.evaluated", cra.id, rating=body.rating)
    return EvaluationView.model_validate(given)


@router.get(
    "/cras/{cra_id}/evaluation",
    access=may(Permission.FOLLOW_MISSIONS),
    responses=documented(Forbidden, CraNotFound, EvaluationNotFound),
)
async def read_evaluation(cra_id: UUID, caller: CallerDep, tx: TxDep) -> EvaluationView:
    """What was said of the month, for both sides of the mission."""
    seen = await tx.scalar(visible_cras(caller).with_only_columns(Cra.id).where(Cra.id == cra_id))
    require(seen is not None, CraNotFound())
    given = await tx.get(Evaluation, cra_id)
    if given is None:
        raise EvaluationNotFound
    return EvaluationView.model_validate(given)
