"""Logging in, staying in, leaving."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy import select
from starlette.requests import Request

from chassis.auth import MEMBER, PUBLIC, Caller
from chassis.db import Tx, get_locked, get_or
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented, problem_response
from identity.member.domain import AccountNotActivated, Address, Member, MemberNotFound
from identity.member.queries import member_at
from identity.member.routes import EmailAddress
from identity.network import client_address, network_of
from identity.own import OwnDep
from identity.passwords import GivenPassword
from identity.session.attempts import FAILURES_PER_ACCOUNT, locked_counters
from identity.session.domain import (
    RefreshToken,
    RefreshTokenInvalid,
    Session,
    SessionNotFound,
    TooManyAttempts,
    WrongCredentials,
    refresh_digest,
)
from identity.session.queries import Tokens, access_token, end_session, open_session
from identity.standing.domain import AccountDeactivated, AccountSuspended

router = Router("sessions")


class Credentials(Body):
    """The address is the identifier (ID-03)."""

    email: EmailAddress
    password: GivenPassword


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
    responses=documented(WrongCredentials, AccountNotActivated, AccountSuspended, AccountDeactivated, TooManyAttempts),
)
async def log_in(body: Credentials, request: Request, response: Response, tx: TxDep, own: OwnDep) -> Tokens | Response:
    """Open a session. A wrong password is counted, though the request is refused."""
    address = Address.parse(body.email)
    where = network_of(client_address(request))
    async with own.passwords.turn:
        account, network = await locked_counters(
            tx, own.links.blur("account", address.key), own.links.blur("network", where)
        )
        waits = (
            account.wait(FAILURES_PER_ACCOUNT, tx.now),
            network.wait(own.settings.login_failures_per_address, tx.now),
        )
        if longest := max((wait for wait in waits if wait), default=None):
            return _too_many(longest)
        member = await member_at(tx, address)
        matches, renewed = await own.passwords.verify(body.password, member.password_hash if member else None)
    if member is None or not matches:
        account.count_failure(tx.now)
        network.count_failure(tx.now)
        return problem_response(WrongCredentials())
    member.require_activated()
    account.forgive()
    member.password_hash = renewed or member.password_hash
    return await open_session(tx, own, member, request, response, proven_at=tx.now)


def _too_many(wait: timedelta) -> Response:
    refusal = problem_response(TooManyAttempts())
    refusal.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return refusal


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
    member = await get_or(tx, Member, session.member_id, MemberNotFound())
    row, secret = RefreshToken.issue(session, tx.now)
    tx.add(row)
    return Tokens(access_token=await access_token(tx, own, session, member, response), refresh_token=secret)


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
