"""Logging in, staying in, leaving."""

from __future__ import annotations

from datetime import datetime, timedelta
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
from chassis.outbox import emit
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented, problem_response
from contracts.roles import CompanyKind, Role
from identity.directory.affiliations import affiliation_of
from identity.member.domain import AccountNotActivated, Address, Member, MemberNotFound
from identity.member.queries import member_at
from identity.member.routes import EmailAddress
from identity.network import client_address, network_of
from identity.own import Own, OwnDep
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
from identity.tokens import LIFETIME

router = Router("sessions")


class Credentials(Body):
    """The address is the identifier (ID-03)."""

    email: EmailAddress
    password: GivenPassword


class Refresh(Body):
    """The latest refresh token of a session."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=100)]


class Tokens(View):
    """An access token, and what to get the next one with; `expires_in` is in seconds."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's name
    expires_in: int = LIFETIME


class SessionView(View):
    """One device on which you are logged in."""

    id: UUID
    device: str
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
    responses=documented(WrongCredentials, AccountNotActivated, TooManyAttempts),
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
    return await _open(tx, own, member, request, response)


def _too_many(wait: timedelta) -> Response:
    refusal = problem_response(TooManyAttempts())
    refusal.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return refusal


async def _open(tx: Tx, own: Own, member: Member, request: Request, response: Response) -> Tokens:
    tx.actor = str(member.id)
    session = Session.open(member.id, _device(request), tx.now)
    tx.add(session)
    await tx.flush()
    audit(tx, "session.opened", session.id)
    return await _tokens(tx, own, session, member, response)


def _device(request: Request) -> str:
    """What the client says it is, made harmless."""
    said = request.headers.get("user-agent", "")
    return "".join(letter for letter in said if letter.isprintable())[:200]


async def _tokens(tx: Tx, own: Own, session: Session, member: Member, response: Response) -> Tokens:
    """A new pair for the session, with what the member may do now (ID-09)."""
    row, secret = RefreshToken.issue(session, tx.now)
    tx.add(row)
    acting = await affiliation_of(tx, member.id)
    caller = Caller(
        member_id=member.id,
        session_id=session.id,
        company_id=acting.company_id if acting else None,
        company_kind=CompanyKind(acting.company_kind) if acting else None,
        role=Role(acting.role) if acting else None,
        scopes=member.scopes,
    )
    response.headers["Cache-Control"] = "no-store"
    return Tokens(access_token=own.issuer.access_token(caller, tx.now), refresh_token=secret)


@router.post(
    "/sessions/refresh",
    access=PUBLIC,
    replayable=False,
    response_model=Tokens,
    responses=documented(RefreshTokenInvalid),
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
        _end(tx, session, "refresh_token_reused")
        return problem_response(RefreshTokenInvalid())
    if not session.is_open(tx.now) or tx.now >= found.expires_at:
        raise RefreshTokenInvalid
    found.used_at = tx.now
    session.prolong(tx.now)
    member = await get_or(tx, Member, session.member_id, MemberNotFound())
    return await _tokens(tx, own, session, member, response)


def _end(tx: Tx, session: Session, reason: str) -> None:
    """End a session, and say so to every service."""
    revoked = session.end(tx.now)
    if revoked is not None:
        emit(tx, revoked)
        audit(tx, "session.ended", session.id, reason=reason)


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
    _end(tx, await get_locked(tx, Session, session_id, SessionNotFound(), mine), reason)
