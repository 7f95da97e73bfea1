"""Opening and ending sessions, for log-in and for every act that must shut somebody out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import Response
from sqlalchemy import select
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import Caller
from chassis.db import Tx
from chassis.http import View
from chassis.outbox import emit
from contracts.identity import MemberAccessRevoked
from contracts.roles import CompanyKind, Role
from identity.directory.affiliations import affiliation_of
from identity.member.domain import Member
from identity.network import client_address, network_of, place_of
from identity.own import Own
from identity.sanction.queries import blocked_services
from identity.session.domain import RefreshToken, Session
from identity.tokens import LIFETIME


class Tokens(View):
    """An access token, and what to get the next one with; `expires_in` is in seconds."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750's name
    expires_in: int = LIFETIME


async def open_session(
    tx: Tx, own: Own, member: Member, request: Request, response: Response, *, proven_at: datetime | None
) -> Tokens:
    """Log a member in, who proved to be one at `proven_at`; None when no sensitive act follows from it.

    The member's row is locked, so that a sanction and a log-in at once never leave a session behind.

    Raises:
        AccountSuspended: a sanction keeps the member out (ID-44).
        AccountDeactivated: the account was closed (ID-35, ID-41).
        CredentialChangeRequired: the account waits for another password (ID-32).

    """
    await tx.refresh(member, with_for_update=True)
    member.require_active()
    member.require_kept_password()
    tx.actor = str(member.id)
    address = client_address(request)
    session = Session.open(member.id, _device(request), tx.now, proven_at=proven_at)
    session.place, session.network_digest = place_of(address), own.links.blur("network", network_of(address))
    tx.add(session)
    await tx.flush()
    audit(tx, "session.opened", session.id)
    row, secret = RefreshToken.issue(session, tx.now)
    tx.add(row)
    return Tokens(access_token=await access_token(tx, own, session, member, response), refresh_token=secret)


def _device(request: Request) -> str:
    """What the client says it is, made harmless."""
    said = request.headers.get("user-agent", "")
    return "".join(letter for letter in said if letter.isprintable())[:200]


async def access_token(tx: Tx, own: Own, session: Session, member: Member, response: Response) -> str:
    """A signed token that says what the member may do now (ID-09); the answer that carries it is never stored.

    The session's row is new or locked, so that whoever voids tokens meanwhile waits (`void_tokens`).
    Raises AccountSuspended or AccountDeactivated.
    """
    member.require_active()
    session.used(tx.now)
    member.seen(tx.now)
    acting = await affiliation_of(tx, member.id)
    caller = Caller(
        member_id=member.id,
        session_id=session.id,
        company_id=acting.company_id if acting else None,
        company_kind=CompanyKind(acting.company_kind) if acting else None,
        role=Role(acting.role) if acting else None,
        scopes=member.scopes,
        proven_at=session.proven_at,
        blocked=await blocked_services(tx, member.id),
    )
    response.headers["Cache-Control"] = "no-store"
    return own.issuer.access_token(caller, tx.now)


def end_session(tx: Tx, session: Session, reason: str) -> None:
    """End one session, and say so to every service."""
    revoked = session.end(tx.now)
    if revoked is not None:
        emit(tx, revoked)
        audit(tx, "session.ended", session.id, reason=reason)


async def revoke_all(tx: Tx, member_id: UUID, reason: str) -> None:
    """End every session of a member, and void every access token of theirs.

    The caller holds the member's row locked, so that no log-in slips through in between.
    """
    for session in await void_tokens(tx, member_id):
        session.end(tx.now)
    audit(tx, "member.access_revoked", member_id, reason=reason)


async def void_tokens(tx: Tx, member_id: UUID) -> list[Session]:
    """Void every access token of a member, and return the open sessions, locked; the next refresh says what is so.

    The caller holds the member's row locked. A token may be younger than this transaction, when the request that
    read the former state overtook it: it is void all the same.
    """
    sessions = await _open_sessions(tx, member_id)
    latest = max([tx.now, *(session.last_used_at for session in sessions)])
    emit(tx, MemberAccessRevoked(member_id=member_id, revoked_at=latest))
    return sessions


async def revoke_others(tx: Tx, member_id: UUID, kept: UUID, reason: str) -> None:
    """End every session of a member but the one at hand; the member's row is locked, as for `revoke_all`."""
    for session in await _open_sessions(tx, member_id):
        if session.id != kept:
            end_session(tx, session, reason)


async def _open_sessions(tx: Tx, member_id: UUID) -> list[Session]:
    mine = select(Session).where(Session.member_id == member_id, Session.ended_at.is_(None))
    waited_for = mine.order_by(Session.id).with_for_update().execution_options(populate_existing=True)
    return list(await tx.scalars(waited_for))
