"""Proving who one is: a password, and a code where a second factor is on. Wrong ones are counted, wherever given."""

from __future__ import annotations

from fastapi import Response
from pydantic import SecretStr
from starlette.requests import Request

from chassis.db import Tx
from chassis.problems import problem_response
from identity.factor.queries import factor_in_force, proves
from identity.member.domain import Member
from identity.own import Own
from identity.session.attempts import Tries, refusal_of, tries_of
from identity.session.domain import SecondFactorRequired, WrongCode, WrongCredentials


async def check_password(tx: Tx, own: Own, member: Member | None, tries: Tries, password: SecretStr) -> Response | None:
    """None for the member's password; else the refusal to return, which keeps the count.

    The caller holds a turn of `own.passwords`. It takes as long without a member as with one.
    """
    if refusal := await refusal_of(tx, tries, member):
        return refusal
    matches, renewed = await own.passwords.verify(password, member.password_hash if member else None)
    if member is None or not matches:
        tries.failed(tx.now)
        return problem_response(WrongCredentials())
    member.password_hash = renewed or member.password_hash
    return None


async def check_second_factor(
    tx: Tx, own: Own, member: Member, tries: Tries, code: SecretStr | None
) -> Response | None:
    """None when the member has no second factor, or for its code; else the refusal to return."""
    factor = await factor_in_force(tx, member.id)
    if factor is None:
        return None
    if code is None:
        return problem_response(SecondFactorRequired())
    if not await proves(tx, own, factor, code):
        tries.failed(tx.now)
        return problem_response(WrongCode())
    return None


async def check_step_up(
    tx: Tx, own: Own, member: Member, request: Request, *, password: SecretStr | None, code: SecretStr | None
) -> Response | None:
    """None when the caller is the member indeed: by a code where a second factor is on, else by the password."""
    async with own.passwords.turn:
        tries = await tries_of(tx, own, member.email_key, request)
        await tx.refresh(member, with_for_update=True)
        if await factor_in_force(tx, member.id):
            refusal = await refusal_of(tx, tries, member) or await check_second_factor(tx, own, member, tries, code)
        else:
            refusal = await check_password(tx, own, member, tries, password or SecretStr(""))
    if refusal is None:
        tries.succeeded()
    return refusal
