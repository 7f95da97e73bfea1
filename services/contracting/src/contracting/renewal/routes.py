"""Agree on the next order of a mission: the client asks, the provider answers, the client makes it hold (C11)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from fastapi.requests import Request
from sqlalchemy import select

from chassis import Tx, audit, emit, get_locked
from chassis.auth import Caller, may
from chassis.errors import Forbidden, IllegalMove, VersionConflict
from chassis.http import CallerDep, Router, TxDep, check_if_match, set_etag
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracting.bdc.domain import Bdc
from contracting.bdc.queries import bdc_of
from contracting.directory.colleagues import UnknownConsultant, name_of
from contracting.early_end.domain import MonthAlreadyValidated
from contracting.mission.domain import LineTerms, Mission, MissionNotFound
from contracting.mission.gates import Side
from contracting.mission.queries import mission_seen_by, visible_to
from contracting.renewal.domain import (
    Answer,
    DatesReversed,
    Renewal,
    RenewalActor,
    RenewalKind,
    RenewalNotFound,
    RenewalOverlapsOrder,
    RenewalStatus,
    ReplacementOutsideOrder,
    TooManyDays,
)
from contracting.renewal.notices import announce, tell
from contracting.renewal.queries import check_settled_months, renewal_with_mission
from contracting.renewal.views import NextConsultant, NextOrder, ProviderAnswer, Refusal, RenewalView
from contracts.permissions import Permission
from contracts.roles import CompanyKind, Role, StaffScope

router = Router("renewals")

CLIENT, PROVIDER = may(Permission.VALIDATE_ACTIVITY), may(Permission.SUPERVISE_MISSIONS)
EITHER = may(Permission.NEGOTIATE_MISSIONS)
READERS = may(Permission.FOLLOW_MISSIONS, or_staff=StaffScope.CONTRACTS)
FITS = (RenewalOverlapsOrder, ReplacementOutsideOrder, DatesReversed, UnknownConsultant)


@router.post(
    "/missions/{mission_id}/renewals",
    access=CLIENT,
    status_code=201,
    responses=documented(MissionNotFound, IllegalMove, Forbidden, RenewalOverlapsOrder, DatesReversed),
)
async def ask_for_renewal(mission_id: UUID, body: NextOrder, tx: TxDep, caller: CallerDep) -> RenewalView:
    """The client asks the provider to go on; the rate is the present one unless it says otherwise (CT-15, CT-17)."""
    mission, bdc = await _running(tx, caller, mission_id)
    terms = LineTerms(
        mission.consultant_id,
        mission.consultant_name,
        mission.rate if body.daily_rate is None else body.daily_rate,
        body.days,
        body.starts_on or mission.ends_on + timedelta(days=1),
        body.ends_on,
    )
    return await _open(tx, caller, mission, began_on=bdc.starts_on, kind=RenewalKind.RENEWAL, terms=terms)


@router.post(
    "/missions/{mission_id}/replacements",
    access=PROVIDER,
    status_code=201,
    responses=documented(
        MissionNotFound,
        IllegalMove,
        Forbidden,
        ReplacementOutsideOrder,
        DatesReversed,
        UnknownConsultant,
        TooManyDays,
        MonthAlreadyValidated,
    ),
)
async def ask_for_replacement(mission_id: UUID, body: NextConsultant, tx: TxDep, caller: CallerDep) -> RenewalView:
    """The provider proposes that a colleague does the rest of the present order; rate and last day stay (CT-24)."""
    mission, bdc = await _running(tx, caller, mission_id)
    name = await name_of(tx, caller.company, body.consultant_id)
    if body.days >= bdc.days:
        raise TooManyDays(f"the order has {bdc.days}", field="days")
    await check_settled_months(tx, bdc.id, body.starts_on - timedelta(days=1))
    terms = LineTerms(body.consultant_id, name, mission.rate, body.days, body.starts_on, mission.ends_on)
    return await _open(tx, caller, mission, began_on=bdc.starts_on, kind=RenewalKind.REPLACEMENT, terms=terms)


@router.get("/missions/{mission_id}/renewals", access=READERS, responses=documented(MissionNotFound))
async def list_renewals(mission_id: UUID, tx: TxDep, caller: CallerDep, page: PageDep) -> Page[RenewalView]:
    """The mission's renewals and changes of consultant, those of the past among them."""
    await mission_seen_by(tx, caller, mission_id)
    query = select(Renewal).where(Renewal.mission_id == mission_id)
    return await page_of(tx, query, Renewal.id, page, lambda one: _shown(one, caller))


@router.get("/renewals", access=READERS)
async def list_all_renewals(
    tx: TxDep, caller: CallerDep, page: PageDep, status: Annotated[RenewalStatus | None, Query()] = None
) -> Page[RenewalView]:
    """All that concern one's side; with `status`, those that wait for one of the two (CT-17)."""
    query = select(Renewal).join(Mission, Mission.id == Renewal.mission_id).where(visible_to(caller))
    if status is not None:
        query = query.where(Renewal.status == status)
    return await page_of(tx, query, Renewal.id, page, lambda one: _shown(one, caller))


@router.get("/renewals/{renewal_id}", access=READERS, responses=documented(RenewalNotFound))
async def read_renewal(renewal_id: UUID, response: Response, tx: TxDep, caller: CallerDep) -> RenewalView:
    """One of them, and whose turn it is."""
    renewal, _ = await renewal_with_mission(tx, caller, renewal_id)
    set_etag(response, renewal.version)
    return _shown(renewal, caller)


@router.post(
    "/renewals/{renewal_id}/answer",
    access=PROVIDER,
    responses=documented(RenewalNotFound, IllegalMove, Forbidden, VersionConflict, *FITS),
)
async def answer_renewal(
    *, renewal_id: UUID, body: ProviderAnswer, request: Request, tx: TxDep, caller: CallerDep
) -> RenewalView:
    """The provider agrees, or proposes another start, rate or consultant; the client decides (C11)."""
    renewal, mission = await renewal_with_mission(tx, caller, renewal_id)
    check_if_match(request, renewal.version)
    name = await name_of(tx, caller.company, body.consultant_id) if body.consultant_id else None
    answer = Answer(body.starts_on, body.daily_rate, body.consultant_id, name)
    renewal.answer(answer, by=caller.member_id, at=tx.now)
    audit(tx, "renewal.answered", renewal.id, mission=mission.id)
    emit(tx, tell(mission, renewal, Side.CLIENT))
    announce(tx, renewal)
    return _shown(renewal, caller)


@router.post(
    "/renewals/{renewal_id}/validation",
    access=CLIENT,
    responses=documented(RenewalNotFound, IllegalMove, Forbidden, VersionConflict),
)
async def validate_renewal(renewal_id: UUID, request: Request, tx: TxDep, caller: CallerDep) -> RenewalView:
    """The client makes the terms hold: the mission waits for its next order, gates and all (CT-16, CT-20)."""
    renewal, mission = await renewal_with_mission(tx, caller, renewal_id)
    check_if_match(request, renewal.version)
    renewal.validate(mission, by=caller.member_id, at=tx.now)
    audit(tx, "renewal.validated", renewal.id, mission=mission.id)
    emit(tx, tell(mission, renewal, Side.PROVIDER))
    announce(tx, renewal)
    return _shown(renewal, caller)


@router.post(
    "/renewals/{renewal_id}/rejection",
    access=EITHER,
    responses=documented(RenewalNotFound, IllegalMove, Forbidden),
)
async def reject_renewal(renewal_id: UUID, body: Refusal, tx: TxDep, caller: CallerDep) -> RenewalView:
    """Whoever's turn it is says no, and why; the mission goes on as ordered."""
    renewal, mission = await renewal_with_mission(tx, caller, renewal_id)
    renewal.reject(mission, body.reason, _actor(caller))
    audit(tx, "renewal.rejected", renewal.id, mission=mission.id)
    emit(tx, tell(mission, renewal, _other(caller)))
    announce(tx, renewal)
    return _shown(renewal, caller)


@router.post(
    "/renewals/{renewal_id}/withdrawal",
    access=EITHER,
    responses=documented(RenewalNotFound, IllegalMove, Forbidden),
)
async def withdraw_renewal(renewal_id: UUID, tx: TxDep, caller: CallerDep) -> RenewalView:
    """Think better of it before there is an order; the mission goes on as ordered."""
    renewal, mission = await renewal_with_mission(tx, caller, renewal_id)
    bdc = await bdc_of(tx, mission.id)
    assert bdc is not None
    renewal.withdraw(mission, bdc.payment_option, _actor(caller))
    audit(tx, "renewal.withdrawn", renewal.id, mission=mission.id)
    emit(tx, tell(mission, renewal, _other(caller)))
    announce(tx, renewal)
    return _shown(renewal, caller)


async def _running(tx: Tx, caller: Caller, mission_id: UUID) -> tuple[Mission, Bdc]:
    """A mission of the caller's side under an order, locked. Raises MissionNotFound, IllegalMove."""
    mission = await get_locked(tx, Mission, mission_id, MissionNotFound(), visible_to(caller))
    bdc = await bdc_of(tx, mission.id)
    if bdc is None:
        raise IllegalMove("its first order is still to be issued")
    return mission, bdc


async def _open(
    tx: Tx, caller: Caller, mission: Mission, *, began_on: date, kind: RenewalKind, terms: LineTerms
) -> RenewalView:
    renewal = Renewal.of(mission, kind, terms, order_began_on=began_on, by=caller.member_id, at=tx.now)
    tx.add(renewal)
    await tx.flush()
    audit(tx, f"{kind}.asked", renewal.id, mission=mission.id)
    emit(tx, tell(mission, renewal, _other(caller)))
    announce(tx, renewal)
    return _shown(renewal, caller)


def _actor(caller: Caller) -> RenewalActor:
    return RenewalActor.CLIENT if caller.company_kind is CompanyKind.CLIENT else RenewalActor.PROVIDER


def _other(caller: Caller) -> Side:
    return Side.PROVIDER if caller.company_kind is CompanyKind.CLIENT else Side.CLIENT


def _shown(renewal: Renewal, caller: Caller) -> RenewalView:
    return RenewalView.showing(renewal, rates=caller.role is not Role.CONSULTANT)
