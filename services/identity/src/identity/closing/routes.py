"""Leaving: a member deletes their own account, or comes back from inactivity."""

from __future__ import annotations

from typing import Literal

from fastapi import Response
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER, PUBLIC, StepUpRequired
from chassis.db import get_locked
from chassis.errors import IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.problems import documented
from identity.closing.acts import open_closure, reopen, require_free, tell
from identity.closing.domain import (
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
from identity.closing.views import DeletionView
from identity.member.address import Address
from identity.member.domain import Member, MemberNotFound
from identity.member.queries import member_at
from identity.member.routes import EmailAddress
from identity.own import OwnDep
from identity.passwords import GivenPassword
from identity.session.attempts import tries_of
from identity.session.domain import TooManyAttempts, WrongCredentials
from identity.session.proof import check_password
from identity.standing.domain import StandingActor

router = Router("leaving")

ME = "/members/me/deletion"


class Return(Body):
    """Whose account should come back."""

    email: EmailAddress
    password: GivenPassword


class Returned(View):
    """The account may log in again."""

    status: Literal["reactivated"] = "reactivated"


@router.post(
    ME,
    access=MEMBER,
    status_code=201,
    responses=documented(StepUpRequired, MemberNotFound, DeletionUnderWay, OrdersRunning, SoleHead),
)
async def request_deletion(caller: CallerDep, tx: TxDep) -> DeletionView:
    """Ask for the deletion of your account; nothing happens until you confirm it (ID-39)."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    caller.require_recent_proof(tx.now)
    if await open_closure(tx, member.id) is not None:
        raise DeletionUnderWay
    await require_free(tx, member.id, tx.today)
    closure = Closure.begin(member.id, ClosureKind.OWN_REQUEST, member.id, tx.now)
    tx.add(closure)
    audit(tx, "deletion.requested", member.id, closure=closure.id)
    return DeletionView.model_validate(closure)


@router.get(ME, access=MEMBER, responses=documented(ClosureNotFound))
async def read_deletion(caller: CallerDep, tx: TxDep) -> DeletionView:
    """The deletion of your account that is under way."""
    closure = await open_closure(tx, caller.member_id)
    if closure is None:
        raise ClosureNotFound
    return DeletionView.model_validate(closure)


@router.post(
    f"{ME}/confirmation",
    access=MEMBER,
    status_code=201,
    responses=documented(StepUpRequired, MemberNotFound, ClosureNotFound, IllegalMove, OrdersRunning, SoleHead),
)
async def confirm_deletion(caller: CallerDep, tx: TxDep, own: OwnDep) -> DeletionView:
    """Confirm it: the account is deactivated within 48 hours, and can come back for 30 days (ID-39 to ID-41)."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    caller.require_recent_proof(tx.now)
    closure = await open_closure(tx, member.id)
    if closure is None:
        raise ClosureNotFound
    await require_free(tx, member.id, tx.today)
    closure.confirm(StandingActor.MEMBER, tx.now, own.settings.periods)
    audit(tx, "deletion.confirmed", member.id, closure=closure.id)
    tell(tx, member, "deletion_confirmed", closure.id, hours=str(own.settings.deletion_hours))
    return DeletionView.model_validate(closure)


@router.delete(ME, access=MEMBER, status_code=204, responses=documented(MemberNotFound, ClosureNotFound, IllegalMove))
async def withdraw_deletion(caller: CallerDep, tx: TxDep) -> None:
    """Stay after all, as long as it was not carried out."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    closure = await open_closure(tx, member.id)
    if closure is None:
        raise ClosureNotFound
    closure.end(ClosureStatus.WITHDRAWN, StandingActor.MEMBER, tx.now)
    audit(tx, "deletion.withdrawn", member.id, closure=closure.id)
    tell(tx, member, "deletion_withdrawn", closure.id)


@router.post(
    "/reactivations",
    access=PUBLIC,
    replayable=False,
    status_code=201,
    response_model=Returned,
    responses=documented(WrongCredentials, ReturnNotOpen, ReturnPeriodOver, TooManyAttempts),
)
async def come_back(body: Return, request: Request, tx: TxDep, own: OwnDep) -> Returned | Response:
    """Bring back an account that was deactivated for inactivity, until day 30 included (ID-35); then log in."""
    address = Address.parse(body.email)
    async with own.passwords.turn:
        tries = await tries_of(tx, own, address.key, request)
        member = await member_at(tx, address)
        if member:
            await tx.refresh(member, with_for_update=True)
        if refusal := await check_password(tx, own, member, tries, body.password):
            return refusal
    if member is None:
        raise WrongCredentials
    tries.succeeded()
    tx.actor = str(member.id)
    closure = await open_closure(tx, member.id)
    if closure is None:
        raise ReturnNotOpen
    await reopen(tx, member, closure, StandingActor.MEMBER)
    return Returned()
