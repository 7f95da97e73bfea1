"""Logging in, staying in, leaving."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy import select
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER, PUBLIC, Caller
from chassis.db import Tx, get_locked, get_or
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented, problem_response
from identity.account.securing import ask_for_new_password
from identity.factor.domain import GivenCode
from identity.member.address import Address
from identity.member.domain import AccountNotActivated, CredentialChangeRequired, Member, MemberNotFound
from identity.member.queries import member_at
from identity.member.routes import EmailAddress
from identity.own import OwnDep
from identity.passwords import GivenPassword
from identity.session.attempts import tries_of
from identity.session.domain import (
    RefreshToken,
    RefreshTokenInvalid,
    SecondFactorRequired,
    Session,
    SessionNotFound,
    TooManyAttempts,
    WrongCode,
    WrongCredentials,
    refresh_digest,
)
from identity.session.proof import check_password, check_second_factor, check_step_up
from identity.session.queries import Tokens, access_token, end_session, open_session, revoke_others
from identity.standing.domain import AccountDeactivated, AccountSuspended
from identity.tokens import LIFETIME

router = Router("sessions")


class Credentials(Body):
    """The address is the identifier (ID-03)."""

    email: EmailAddress
    password: GivenPassword
    code: GivenCode | None = None
    """Where a second factor is on: the one-time code, or a recovery code."""


class StepUp(Body):
    """The password, or, where a second factor is on, a code of it."""

    password: GivenPassword | None = None
    code: GivenCode | None = None


class Proven(View):
    """An access token that says how recently you proved to be yourself; `expires_in` is in seconds."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's name
    expires_in: int = LIFETIME


class Refresh(Body):
    """The latest refresh token of a session."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=100)]


class SessionView(View):
    """One device on which you are logged in."""

    id: UUID
    device: str
    place: str | None
    proven_at: datetime | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


@router.post(
    "/sessions",
    access=PUBLIC,
    replayable=False,
    status_code=201,
    response_model=Tokens,
    responses=documented(
        WrongCredentials,
        SecondFactorRequired,
        WrongCode,
        AccountNotActivated,
        AccountSuspended,
        AccountDeactivated,
        CredentialChangeRequired,
        TooManyAttempts,
    ),
)
async def log_in(body: Credentials, request: Request, response: Response, tx: TxDep, own: OwnDep) -> Tokens | Response:
    """Open a session. A wrong password or code is counted, though the request is refused.

    While another password is asked for, the right one brings a mail with the link to choose it (ID-32).
    """
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
    member.require_activated()
    member.require_active()
    if refusal := await check_second_factor(tx, own, member, tries, body.code):
        return refusal
    tries.succeeded()
    if member.must_change_password:
        await ask_for_new_password(tx, own, member)
        return problem_response(CredentialChangeRequired())
    return await open_session(tx, own, member, request, response, proven_at=tx.now)


@router.post(
    "/sessions/refresh",
    access=PUBLIC,
    replayable=False,
    response_model=Tokens,
    responses=documented(RefreshTokenInvalid, AccountSuspended, AccountDeactivated),
)
async def refresh(body: Refresh, response: Response, tx: TxDep, own: OwnDep) -> Tokens | Response:
    """Trade the refresh token for a new pair; it works once, for 30 days.

    A token that comes back after its use was stolen, here or there: the session ends, and stays ended although
    the request is refused.
    """
    found = await tx.get(RefreshToken, refresh_digest(body.refresh_token))
    if found is None:
        raise RefreshTokenInvalid
    member_id = (await get_or(tx, Session, found.session_id, RefreshTokenInvalid())).member_id
    member = await get_locked(tx, Member, member_id, MemberNotFound())
    session = await get_locked(tx, Session, found.session_id, RefreshTokenInvalid())
    await tx.refresh(found)
    if found.used_at is not None:
        tx.actor = str(session.member_id)
        end_session(tx, session, "refresh_token_reused")
        return problem_response(RefreshTokenInvalid())
    if not session.is_open(tx.now) or tx.now >= found.expires_at:
        raise RefreshTokenInvalid
    found.used_at = tx.now
    session.prolong(tx.now)
    row, secret = RefreshToken.issue(session, tx.now)
    tx.add(row)
    return Tokens(access_token=await access_token(tx, own, session, member, response), refresh_token=secret)


@router.post(
    "/sessions/current/step-up",
    access=MEMBER,
    replayable=False,
    response_model=Proven,
    responses=documented(WrongCredentials, SecondFactorRequired, WrongCode, SessionNotFound, TooManyAttempts),
)
async def step_up(
    body: StepUp, *, request: Request, response: Response, caller: CallerDep, tx: TxDep, own: OwnDep
) -> Proven | Response:
    """Prove once more who you are, before a sensitive act; good for ten minutes."""
    member = await get_or(tx, Member, caller.member_id, MemberNotFound())
    if refusal := await check_step_up(tx, own, member, request, password=body.password, code=body.code):
        return refusal
    mine = (Session.member_id == caller.member_id, Session.ended_at.is_(None))
    session = await get_locked(tx, Session, caller.session_id, SessionNotFound(), *mine)
    session.proven_at = tx.now
    audit(tx, "session.stepped_up", session.id)
    return Proven(access_token=await access_token(tx, own, session, member, response))


@router.get("/sessions", access=MEMBER)
async def list_sessions(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[SessionView]:
    """Where you are logged in (ID-50)."""

    def view(session: Session) -> SessionView:
        shown = {name: getattr(session, name) for name in SessionView.model_fields if name != "current"}
        return SessionView(**shown, current=session.id == caller.session_id)

    query = select(Session).where(
        Session.member_id == caller.member_id, Session.ended_at.is_(None), Session.expires_at > tx.now
    )
    return await page_of(tx, query, Session.id, page, view)


@router.delete("/sessions", access=MEMBER, status_code=204, responses=documented(MemberNotFound))
async def revoke_other_sessions(caller: CallerDep, tx: TxDep) -> None:
    """End every session of yours but this one (ID-50)."""
    await get_locked(tx, Member, caller.member_id, MemberNotFound())
    await revoke_others(tx, caller.member_id, caller.session_id, "revoked")


@router.delete("/sessions/current", access=MEMBER, status_code=204, responses=documented(SessionNotFound))
async def log_out(caller: CallerDep, tx: TxDep) -> None:
    """Leave: this session's tokens are void everywhere within seconds."""
    await _end_own(tx, caller, caller.session_id, "logged_out")


@router.delete("/sessions/{session_id}", access=MEMBER, status_code=204, responses=documented(SessionNotFound))
async def revoke_session(session_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """End another of your sessions (ID-50)."""
    await _end_own(tx, caller, session_id, "revoked")


async def _end_own(tx: Tx, caller: Caller, session_id: UUID, reason: str) -> None:
    mine = Session.member_id == caller.member_id
    end_session(tx, await get_locked(tx, Session, session_id, SessionNotFound(), mine), reason)
