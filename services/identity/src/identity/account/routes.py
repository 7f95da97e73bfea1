"""Changing one's own data at any time (ID-21, ID-54): name, phone, language and password."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import Field
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER, StepUpRequired
from chassis.db import get_locked, get_or
from chassis.errors import VersionConflict
from chassis.http import Body, CallerDep, Router, TxDep, check_if_match, set_etag
from chassis.outbox import emit
from chassis.problems import documented
from identity.account.domain import PASSWORD_CHANGED, PhoneNumber
from identity.link.domain import LinkPurpose
from identity.link.queries import void_links
from identity.member.domain import Language, Member, MemberNotFound
from identity.member.routes import MemberView, PersonName, view_of
from identity.notification.domain import Notification
from identity.own import OwnDep
from identity.passwords import GivenPassword, NewPassword
from identity.session.attempts import tries_of
from identity.session.domain import TooManyAttempts, WrongCredentials
from identity.session.proof import check_password
from identity.session.queries import revoke_others

router = Router("account")


class AccountSettings(Body):
    """Everything that a member changes freely; the address has its own way."""

    first_name: PersonName
    last_name: PersonName
    phone: Annotated[PhoneNumber | None, Field()] = None
    language: Language


class PasswordChange(Body):
    """The present password and the next."""

    current: GivenPassword
    new: NewPassword


@router.put("/members/me", access=MEMBER, responses=documented(MemberNotFound, VersionConflict))
async def change_settings(
    body: AccountSettings, request: Request, response: Response, caller: CallerDep, tx: TxDep
) -> MemberView:
    """Replace your name, phone and language; who knows you by name is told of a new one."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    check_if_match(request, member.version)
    renamed = member.edit(
        first_name=body.first_name, last_name=body.last_name, phone=body.phone, language=body.language, at=tx.now
    )
    if renamed:
        emit(tx, renamed)
    audit(tx, "member.edited", member.id, version=member.version)
    set_etag(response, member.version)
    return await view_of(tx, member)


@router.put(
    "/members/me/password",
    access=MEMBER,
    status_code=204,
    response_model=None,
    responses=documented(MemberNotFound, StepUpRequired, WrongCredentials, TooManyAttempts),
)
async def change_password(
    body: PasswordChange, request: Request, caller: CallerDep, tx: TxDep, own: OwnDep
) -> Response | None:
    """Choose another password; every other session ends, and the mailbox is told."""
    caller.require_recent_proof(tx.now)
    password_hash = await own.passwords.hash(body.new)
    member = await get_or(tx, Member, caller.member_id, MemberNotFound())
    async with own.passwords.turn:
        tries = await tries_of(tx, own, member.email_key, request)
        await tx.refresh(member, with_for_update=True)
        if refusal := await check_password(tx, own, member, tries, body.current):
            return refusal
    tries.succeeded()
    member.set_password(password_hash)
    await void_links(tx, member, LinkPurpose.EMAIL_CHANGE)  # a thief may have asked for it
    await void_links(tx, member, LinkPurpose.PASSWORD_RESET)
    await revoke_others(tx, member.id, caller.session_id, "password_changed")
    audit(tx, "member.password_changed", member.id)
    tx.add(Notification.to(member.id, PASSWORD_CHANGED, subject_id=member.id, at=tx.now))
    return None
