"""What support does with accounts: deletions on request, deaths, returns, and the heirs' claim."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from chassis.audit import audit
from chassis.auth import staff
from chassis.db import get_locked
from chassis.errors import IllegalMove
from chassis.files import JPEG, PDF, PNG
from chassis.http import Body, CallerDep, Router, TxDep
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from contracts.values import Name
from identity.closing import acts
from identity.closing.domain import (
    AlreadyDeactivated,
    Channel,
    Closure,
    ClosureKind,
    ClosureNotFound,
    ClosureStatus,
    DeletionUnderWay,
    OrdersRunning,
    ReturnNotOpen,
    ReturnPeriodOver,
    SoleHead,
)
from identity.closing.views import AccountView, ClosureView
from identity.member.domain import Member, MemberNotFound
from identity.own import OwnDep
from identity.standing.domain import Standing, StandingActor

router = Router("accounts")

SUPPORT = staff(StaffScope.SUPPORT)
ACCEPTED = frozenset({PDF, PNG, JPEG})
NOT_ERASED = Member.standing != Standing.ERASED

Reason = Annotated[Name, Field(max_length=500)]
Reference = Annotated[Name, Field(max_length=100)]


class Removal(Body):
    """Why support deletes the account (a wrong profile type was chosen, for instance)."""

    reason: Reason


class WrittenRequest(Body):
    """A deletion request that came by mail or e-mail, and where it is filed."""

    channel: Channel
    reference: Reference


@router.get("/staff/members/{member_id}/closures", access=SUPPORT)
async def list_closures(member_id: UUID, tx: TxDep, page: PageDep) -> Page[ClosureView]:
    """The closures of an account, newest first."""
    query = select(Closure).where(Closure.member_id == member_id)
    return await page_of(tx, query, Closure.id, page, ClosureView.model_validate)


@router.post(
    "/staff/members/{member_id}/removal",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, AlreadyDeactivated, OrdersRunning, SoleHead),
)
async def remove_account(member_id: UUID, body: Removal, caller: CallerDep, tx: TxDep, own: OwnDep) -> AccountView:
    """Delete an account so that its address can register again (ID-20).

    At once when the member never acted for a company; else it is deactivated, and erased after 30 days.
    """
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    await acts.require_free(tx, member.id, tx.today)
    closure = await acts.close(
        tx,
        member,
        ClosureKind.SUPPORT,
        StandingActor.SUPPORT,
        own.settings.periods,
        who=caller.member_id,
        reason=body.reason,
    )
    if not member.acted_for_company:
        await acts.erase(tx, member, closure, StandingActor.SUPPORT)
    return AccountView(member_id=member.id, standing=member.standing, erased_at=member.erased_at)


@router.post(
    "/staff/members/{member_id}/deletion",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, DeletionUnderWay, OrdersRunning, SoleHead),
)
async def register_deletion(
    member_id: UUID, body: WrittenRequest, caller: CallerDep, tx: TxDep, own: OwnDep
) -> ClosureView:
    """Register a deletion request that was written to us (ID-43); the member is told, and may withdraw it."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    if await acts.open_closure(tx, member.id) is not None:
        raise DeletionUnderWay
    await acts.require_free(tx, member.id, tx.today)
    closure = Closure.begin(
        member.id, ClosureKind.WRITTEN_REQUEST, caller.member_id, tx.now, channel=body.channel, reference=body.reference
    )
    closure.confirm(StandingActor.SUPPORT, tx.now, own.settings.periods)
    tx.add(closure)
    audit(tx, "deletion.registered", member.id, closure=closure.id, channel=body.channel)
    acts.tell(tx, member, "deletion_confirmed", closure.id, hours=str(own.settings.deletion_hours))
    return ClosureView.model_validate(closure)


@router.post(
    "/staff/members/{member_id}/deletion/execution",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, ClosureNotFound, IllegalMove, OrdersRunning, SoleHead),
)
async def execute_deletion(member_id: UUID, tx: TxDep, own: OwnDep) -> ClosureView:
    """Carry out a confirmed request now rather than when it is due (ID-43)."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    closure = await acts.open_closure(tx, member.id)
    if closure is None:
        raise ClosureNotFound
    if closure.status != ClosureStatus.CONFIRMED:
        raise IllegalMove(f"it is {closure.status}; only a confirmed request is carried out")
    await acts.require_free(tx, member.id, tx.today)
    await acts.deactivate(tx, member, closure, StandingActor.SUPPORT, own.settings.periods)
    return ClosureView.model_validate(closure)


@router.post(
    "/staff/members/{member_id}/reactivation",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, ClosureNotFound, ReturnNotOpen, ReturnPeriodOver),
)
async def reactivate(member_id: UUID, tx: TxDep) -> AccountView:
    """Bring an account back at its owner's request, until day 30 included (ID-41)."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    closure = await acts.open_closure(tx, member.id)
    if closure is None:
        raise ClosureNotFound
    await acts.reopen(tx, member, closure, StandingActor.SUPPORT)
    return AccountView(member_id=member.id, standing=member.standing, erased_at=None)
