"""Turning the second factor on and off."""

from __future__ import annotations

from datetime import datetime

from fastapi import Response
from sqlalchemy import delete, func, select
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER, StepUpRequired
from chassis.db import Tx, get_locked, get_or
from chassis.errors import require
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.problems import documented, problem_response
from identity.factor.domain import (
    SECOND_FACTOR_CHANGED,
    GivenCode,
    RecoveryCode,
    SecondFactorNotFound,
    SecondFactorOn,
    TotpFactor,
    normal,
    otpauth_url,
)
from identity.member.domain import Member, MemberNotFound
from identity.notification.domain import Notification
from identity.own import OwnDep
from identity.session.attempts import refusal_of, tries_of
from identity.session.domain import TooManyAttempts, WrongCode

router = Router("second factor")


class FactorView(View):
    """Whether log-ins ask for a code, and how many recovery codes are left."""

    enabled: bool
    confirmed_at: datetime | None
    recovery_codes_left: int


class Enrolment(View):
    """What the authenticator keeps; it is shown this once."""

    secret: str
    otpauth_url: str


class Confirmation(Body):
    """The authenticator's first code."""

    code: GivenCode


class RecoveryCodes(View):
    """Each works once, in the place of a code; they are shown this once."""

    recovery_codes: list[str]


@router.get("/members/me/totp", access=MEMBER)
async def read_second_factor(caller: CallerDep, tx: TxDep) -> FactorView:
    """Whether your log-ins ask for a code."""
    factor = await tx.get(TotpFactor, caller.member_id)
    confirmed_at = factor.confirmed_at if factor else None
    left = await tx.scalar(select(func.count()).where(RecoveryCode.member_id == caller.member_id))
    return FactorView(enabled=confirmed_at is not None, confirmed_at=confirmed_at, recovery_codes_left=left or 0)


@router.post(
    "/members/me/totp",
    access=MEMBER,
    replayable=False,
    status_code=201,
    responses=documented(MemberNotFound, StepUpRequired, SecondFactorOn),
)
async def enrol(response: Response, caller: CallerDep, tx: TxDep, own: OwnDep) -> Enrolment:
    """Begin: put the secret into an authenticator, then confirm with its first code. Beginning anew replaces it."""
    caller.require_recent_proof(tx.now)
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    former = await tx.get(TotpFactor, member.id)
    if former is not None:
        require(former.confirmed_at is None, SecondFactorOn())
        await tx.delete(former)
        await tx.flush()
    factor, secret = TotpFactor.begin(member.id, own.box, tx.now)
    tx.add(factor)
    response.headers["Cache-Control"] = "no-store"
    return Enrolment(secret=secret, otpauth_url=otpauth_url(secret, member.email))


@router.post(
    "/members/me/totp/confirmation",
    access=MEMBER,
    replayable=False,
    response_model=RecoveryCodes,
    responses=documented(
        MemberNotFound, StepUpRequired, SecondFactorNotFound, SecondFactorOn, WrongCode, TooManyAttempts
    ),
)
async def confirm(
    body: Confirmation, *, request: Request, response: Response, caller: CallerDep, tx: TxDep, own: OwnDep
) -> RecoveryCodes | Response:
    """Turn it on: from now on a log-in needs a code. Ten recovery codes are shown, once."""
    caller.require_recent_proof(tx.now)
    member = await get_or(tx, Member, caller.member_id, MemberNotFound())
    tries = await tries_of(tx, own, member.email_key, request)
    if refusal := await refusal_of(tx, tries, member):
        return refusal
    await tx.refresh(member, with_for_update=True)
    factor = await get_locked(tx, TotpFactor, member.id, SecondFactorNotFound())
    require(factor.confirmed_at is None, SecondFactorOn())
    if not factor.accept(normal(body.code), own.box, tx.now):
        tries.failed(tx.now)
        return problem_response(WrongCode())
    factor.confirmed_at = tx.now
    _tell(tx, member, "second_factor.turned_on")
    return await _new_codes(tx, member, response)


@router.post(
    "/members/me/totp/recovery-codes",
    access=MEMBER,
    replayable=False,
    status_code=201,
    responses=documented(MemberNotFound, StepUpRequired, SecondFactorNotFound),
)
async def renew_recovery_codes(response: Response, caller: CallerDep, tx: TxDep) -> RecoveryCodes:
    """Ten new recovery codes; the former ones work no more."""
    caller.require_recent_proof(tx.now)
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    await get_locked(tx, TotpFactor, member.id, SecondFactorNotFound(), TotpFactor.confirmed_at.is_not(None))
    _tell(tx, member, "second_factor.recovery_codes_renewed")
    return await _new_codes(tx, member, response)


@router.delete(
    "/members/me/totp",
    access=MEMBER,
    status_code=204,
    responses=documented(MemberNotFound, StepUpRequired, SecondFactorNotFound),
)
async def turn_off(caller: CallerDep, tx: TxDep) -> None:
    """Turn it off, with its recovery codes."""
    caller.require_recent_proof(tx.now)
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    factor = await get_locked(tx, TotpFactor, member.id, SecondFactorNotFound())
    was_on = factor.confirmed_at is not None
    await tx.delete(factor)
    await tx.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    if was_on:
        _tell(tx, member, "second_factor.turned_off")


async def _new_codes(tx: Tx, member: Member, response: Response) -> RecoveryCodes:
    await tx.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member.id))
    rows, codes = RecoveryCode.issue(member.id)
    tx.add_all(rows)
    response.headers["Cache-Control"] = "no-store"
    return RecoveryCodes(recovery_codes=codes)


def _tell(tx: Tx, member: Member, what: str) -> None:
    """Record it, and tell the mailbox, in case it was somebody else."""
    audit(tx, what, member.id)
    tx.add(Notification.to(member.id, SECOND_FACTOR_CHANGED, subject_id=member.id, at=tx.now))
