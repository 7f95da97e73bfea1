"""Showing one's disability status, or not: two steps to turn it on, one to be rid of it.

Answers are never kept for replays and acts are audited without saying what they are about: turned off, no trace
of the status is left.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import delete
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER
from chassis.db import Tx, get_locked
from chassis.errors import require
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.problems import documented
from identity.disability.domain import (
    CONSENT_EN,
    CONSENT_FR,
    CONSENT_VERSION,
    ConfirmationExpired,
    ConfirmationNotFound,
    DisabilityConfirmation,
    DisabilityStatus,
    DisabilityStatusOff,
    DisabilityStatusOn,
)
from identity.member.domain import Member, MemberNotFound
from identity.network import client_address
from identity.profile.domain import Visibility

router = Router("disability-status")

SENSITIVE = "sensitive_profile_data"
"""What the audit trail calls it."""


class StatusView(View):
    """Whether the status is shown, and to whom."""

    shown: bool
    visibility: Visibility | None = None
    consented_at: datetime | None = None


class ConfirmationAsked(View):
    """What to confirm, and until when."""

    confirmation_id: UUID
    expires_at: datetime
    text_version: str = CONSENT_VERSION
    fr: str = CONSENT_FR
    en: str = CONSENT_EN


class Confirmation(Body):
    """An explicit consent to this one use of health data."""

    confirmation_id: UUID
    consent: Literal[True]


class Audience(Body):
    """Who sees the status beside you."""

    visibility: Visibility


@router.get("/members/me/disability-status", access=MEMBER)
async def read_status(caller: CallerDep, tx: TxDep) -> StatusView:
    """Whether your profile shows it; it does not unless you turned it on (ID-51)."""
    return _view(await tx.get(DisabilityStatus, caller.member_id))


@router.post(
    "/members/me/disability-status",
    access=MEMBER,
    replayable=False,
    status_code=201,
    responses=documented(MemberNotFound, DisabilityStatusOn),
)
async def ask_to_show(caller: CallerDep, tx: TxDep) -> ConfirmationAsked:
    """First step: nothing is shown before you confirm (ID-52)."""
    member_id = await _locked(tx, caller.member_id)
    require(await tx.get(DisabilityStatus, member_id) is None, DisabilityStatusOn())
    await _drop(tx, DisabilityConfirmation, member_id)
    asked = DisabilityConfirmation.ask(member_id, tx.now)
    tx.add(asked)
    return ConfirmationAsked(confirmation_id=asked.id, expires_at=asked.expires_at)


@router.post(
    "/members/me/disability-status/confirmation",
    access=MEMBER,
    replayable=False,
    status_code=201,
    responses=documented(MemberNotFound, ConfirmationNotFound, ConfirmationExpired),
)
async def confirm(body: Confirmation, request: Request, caller: CallerDep, tx: TxDep) -> StatusView:
    """Second step: your explicit consent; the status then stands near your name (ID-52, ID-53)."""
    member_id = await _locked(tx, caller.member_id)
    mine = DisabilityConfirmation.id == body.confirmation_id
    asked = await get_locked(tx, DisabilityConfirmation, member_id, ConfirmationNotFound(), mine)
    address = client_address(request)
    status = asked.confirm(tx.now, str(address) if address else None)
    await _drop(tx, DisabilityConfirmation, member_id)
    tx.add(status)
    audit(tx, "consent.given", member_id, document=SENSITIVE, version=status.text_version)
    return _view(status)


@router.put(
    "/members/me/disability-status",
    access=MEMBER,
    responses=documented(DisabilityStatusOff),
)
async def choose_audience(body: Audience, caller: CallerDep, tx: TxDep) -> StatusView:
    """Say who sees it: everybody with your profile, members alone, or for a while nobody."""
    status = await get_locked(tx, DisabilityStatus, caller.member_id, DisabilityStatusOff())
    status.visibility = body.visibility
    return _view(status)


@router.delete("/members/me/disability-status", access=MEMBER, status_code=204, responses=documented(MemberNotFound))
async def remove_status(caller: CallerDep, tx: TxDep) -> None:
    """Withdraw your consent: the status is deleted, with all that was kept of it."""
    member_id = await _locked(tx, caller.member_id)
    await _drop(tx, DisabilityConfirmation, member_id)
    if await _drop(tx, DisabilityStatus, member_id):
        audit(tx, "consent.withdrawn", member_id, document=SENSITIVE)


async def _locked(tx: Tx, member_id: UUID) -> UUID:
    """Let one member's steps pass one by one."""
    return (await get_locked(tx, Member, member_id, MemberNotFound())).id


async def _drop(tx: Tx, row: type[DisabilityStatus | DisabilityConfirmation], member_id: UUID) -> bool:
    dropped = await tx.execute(delete(row).where(row.member_id == member_id).returning(row.member_id))
    return dropped.first() is not None


def _view(status: DisabilityStatus | None) -> StatusView:
    if status is None:
        return StatusView(shown=False)
    return StatusView(shown=True, visibility=status.visibility, consented_at=status.consented_at)
