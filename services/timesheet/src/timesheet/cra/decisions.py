"""Sending a month on, and deciding on it: the provider first, then the client."""

from uuid import UUID

from starlette.requests import Request

from chassis import Tx, audit, emit
from chassis.auth import Caller, may
from chassis.errors import Forbidden, IllegalMove, Problem, VersionConflict
from chassis.hot import HotTx
from chassis.http import CallerDep, HotTxDep, Router, TxDep, check_if_match
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.timesheet import CraValidated
from timesheet.cra import messages
from timesheet.cra.domain import Cra, CraStatus, Decision
from timesheet.cra.queries import cra_to_decide, cras_to_validate, days_in_other_months, supervisors_of
from timesheet.cra.refusals import CraNotFound, DaysExceedOrder, EmptyCra
from timesheet.cra.views import ChosenCras, CraView, OutcomesView, OutcomeView, Refusal
from timesheet.line.domain import CorrectionsExceedMonth, DeliverablesExceedOrder
from timesheet.line.queries import cra_to_write, delivered_elsewhere
from timesheet.settings.domain import ModuleOff
from timesheet.settings.queries import settings_for_decision, settings_of

router = Router("cras")

_REFUSALS = (Forbidden, CraNotFound, IllegalMove, VersionConflict)


def _decision(tx: Tx | HotTx, cra: Cra, caller: Caller) -> Decision:
    by = cra.mission.part_of(caller.member_id, caller.company, caller.role)
    return Decision(by, caller.member_id, tx.now)


def _tell_validated(tx: Tx | HotTx, cra: Cra, validated: CraValidated) -> None:
    emit(tx, validated)
    emit(tx, messages.validated(cra))
    audit(tx, "cra.validated", cra.id, version=cra.version, days=cra.total_days)


@router.post(
    "/cras/{cra_id}/submission",
    access=may(Permission.REPORT_ACTIVITY),
    responses=documented(
        *_REFUSALS, ModuleOff, EmptyCra, CorrectionsExceedMonth, DaysExceedOrder, DeliverablesExceedOrder
    ),
)
async def submit_cra(cra_id: UUID, caller: CallerDep, tx: TxDep, request: Request) -> CraView:
    """Send the month to one's sales manager, or, selling one's own work, to the client. For its consultant (TS-10)."""
    cra = await cra_to_write(tx, cra_id, caller)
    check_if_match(request, cra.version)
    choices = await settings_of(tx, cra.mission.client_company_id)
    elsewhere = await days_in_other_months(tx, cra.mission, cra.month)
    validated = cra.submit(_decision(tx, cra, caller), choices, elsewhere=elsewhere)
    if cra.fixed_price:
        cra.check_delivered(await delivered_elsewhere(tx, cra))
    audit(tx, "cra.submitted", cra.id, version=cra.version, days=cra.total_days)
    if validated is not None:
        _tell_validated(tx, cra, validated)
    elif cra.status is CraStatus.SUBMITTED:
        emit(tx, messages.submitted(cra))
    else:
        emit(tx, messages.to_approve(cra, await supervisors_of(tx, cra.mission)))
    return CraView.of(cra)


@router.post(
    "/cras/{cra_id}/approval",
    access=may(Permission.APPROVE_ACTIVITY),
    hot=True,
    responses=documented(*_REFUSALS, EmptyCra, CorrectionsExceedMonth),
)
async def approve_cra(cra_id: UUID, caller: CallerDep, tx: HotTxDep, request: Request) -> CraView:
    """Agree for the provider; the client decides next, unless it leaves that to the provider. For its sellers."""
    cra = await cra_to_decide(tx, cra_id, caller)
    check_if_match(request, cra.version)
    choices = await settings_for_decision(tx, cra.mission.client_company_id)
    validated = cra.approve(_decision(tx, cra, caller), choices)
    audit(tx, "cra.approved", cra.id, version=cra.version, days=cra.total_days)
    if validated is not None:
        _tell_validated(tx, cra, validated)
    else:
        emit(tx, messages.submitted(cra))
    return CraView.of(cra)


@router.post(
    "/cras/{cra_id}/approval-refusal",
    access=may(Permission.APPROVE_ACTIVITY),
    hot=True,
    responses=documented(*_REFUSALS),
)
async def refuse_approval(cra_id: UUID, body: Refusal, caller: CallerDep, tx: HotTxDep, request: Request) -> CraView:
    """Send the month back to the consultant before the client sees it, with the reason. For the provider's sellers."""
    cra = await cra_to_decide(tx, cra_id, caller)
    check_if_match(request, cra.version)
    cra.refuse(body.reason, by=_decision(tx, cra, caller).by)
    emit(tx, messages.approval_refused(cra))
    audit(tx, "cra.approval_refused", cra.id, version=cra.version)
    return CraView.of(cra)


@router.post(
    "/cras/{cra_id}/validation", access=may(Permission.VALIDATE_ACTIVITY), hot=True, responses=documented(*_REFUSALS)
)
async def validate_cra(cra_id: UUID, caller: CallerDep, tx: HotTxDep, request: Request) -> CraView:
    """Agree to every day of the month, for good. For the mission's operational manager (TS-12)."""
    cra = await cra_to_decide(tx, cra_id, caller)
    check_if_match(request, cra.version)
    _tell_validated(tx, cra, cra.validate(_decision(tx, cra, caller)))
    return CraView.of(cra)


@router.post("/cras/validations", access=may(Permission.VALIDATE_ACTIVITY), responses=documented(Forbidden))
async def validate_cras(body: ChosenCras, caller: CallerDep, tx: TxDep) -> OutcomesView:
    """Agree to several months at once; each is validated, or answered with why not, and none stops another."""
    found = {cra.id: cra for cra in await cras_to_validate(tx, body.ids, caller)}
    outcomes = [_validate_one(tx, cra_id, found.get(cra_id), caller) for cra_id in dict.fromkeys(body.ids)]
    return OutcomesView(items=outcomes)


def _validate_one(tx: Tx, cra_id: UUID, cra: Cra | None, caller: Caller) -> OutcomeView:
    if cra is None:
        return OutcomeView(cra_id=cra_id, validated=False, code=CraNotFound.code, detail=CraNotFound.title)
    try:
        validated = cra.validate(_decision(tx, cra, caller))
    except Problem as refusal:
        return OutcomeView(cra_id=cra_id, validated=False, code=refusal.code, detail=refusal.detail)
    _tell_validated(tx, cra, validated)
    return OutcomeView(cra_id=cra_id, validated=True)


@router.post(
    "/cras/{cra_id}/refusal", access=may(Permission.VALIDATE_ACTIVITY), hot=True, responses=documented(*_REFUSALS)
)
async def refuse_cra(cra_id: UUID, body: Refusal, caller: CallerDep, tx: HotTxDep, request: Request) -> CraView:
    """Send the month back to the consultant, with the reason. For the mission's operational manager (TS-10)."""
    cra = await cra_to_decide(tx, cra_id, caller)
    check_if_match(request, cra.version)
    cra.refuse(body.reason, by=_decision(tx, cra, caller).by)
    emit(tx, messages.refused(cra))
    audit(tx, "cra.refused", cra.id, version=cra.version)
    return CraView.of(cra)
