"""The way back in for who lost their password: a mailed link to set another (ID-06, ID-31)."""

from __future__ import annotations

from typing import Literal

from fastapi import Response
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import PUBLIC
from chassis.db import Tx, get_locked, get_or
from chassis.http import Body, Router, TxDep, View
from chassis.problems import documented
from identity.account.domain import PASSWORD_CHANGED
from identity.invitation.queries import latest_open, mail_invitation
from identity.link.domain import LinkAlreadyUsed, LinkExpired, LinkInvalid, LinkPurpose, LinkReplaced
from identity.link.queries import locked_link, send_link, void_links
from identity.link.routes import LinkToken
from identity.member.address import Address
from identity.member.domain import Member, MemberNotFound, MemberStatus
from identity.member.entry import forget_unproven, prove_address
from identity.member.queries import lock_address, member_at
from identity.member.routes import EmailAddress
from identity.notification.domain import RESET_PASSWORD, Notification
from identity.own import Own, OwnDep
from identity.passwords import NewPassword
from identity.session.attempts import too_many_mails
from identity.session.domain import TooManyRequests
from identity.session.queries import revoke_all
from identity.standing.domain import AccountDeactivated, AccountSuspended, Standing

router = Router("passwords")


class LostPassword(Body):
    """Whose password is lost."""

    email: EmailAddress


class ResetSent(View):
    """The same whether or not the address has an account: its mailbox alone is told."""

    status: Literal["reset_sent"] = "reset_sent"


class PasswordReset(Body):
    """The token of the mail, and the password from now on."""

    token: LinkToken
    password: NewPassword


class PasswordSet(View):
    """It is set, and every session is over."""

    status: Literal["password_set"] = "password_set"


@router.post(
    "/password-resets",
    access=PUBLIC,
    status_code=202,
    response_model=ResetSent,
    responses=documented(TooManyRequests),
)
async def ask_for_reset(body: LostPassword, request: Request, tx: TxDep, own: OwnDep) -> ResetSent | Response:
    """Mail a link to set a password; every address is answered alike (ID-06)."""
    if refusal := await too_many_mails(tx, own, request):
        return refusal
    address = Address.parse(body.email)
    await lock_address(tx, address)
    member = await member_at(tx, address)
    if member is not None and member.standing == Standing.ACTIVE:
        await send_way_in(tx, own, member)
    return ResetSent()


async def send_way_in(tx: Tx, own: Own, member: Member) -> None:
    """Mail a link to set a password: the reset's, or the invitation's for who has not taken the account over yet."""
    if member.opened_by is None:
        await send_link(tx, member, own.links, LinkPurpose.PASSWORD_RESET, RESET_PASSWORD)
        return
    invitation = await latest_open(tx, member)
    if invitation is not None:
        invitation.send_again(tx.now)
        inviter = await get_or(tx, Member, invitation.invited_by, MemberNotFound())
        await mail_invitation(tx, own, invitation, member, inviter)


@router.post(
    "/password-resets/completion",
    access=PUBLIC,
    responses=documented(LinkInvalid, LinkAlreadyUsed, LinkExpired, LinkReplaced, AccountSuspended, AccountDeactivated),
)
async def complete_reset(body: PasswordReset, tx: TxDep, own: OwnDep) -> PasswordSet:
    """Set the password with the mailed link; whoever else was logged in is out, and the mailbox is told (ID-31)."""
    if own.links.read(body.token, LinkPurpose.PASSWORD_RESET) is None:
        raise LinkInvalid
    password_hash = await own.passwords.hash(body.password)
    link = await locked_link(tx, body.token, LinkPurpose.PASSWORD_RESET)
    link.use(tx.now)
    member = await get_locked(tx, Member, link.member_id, MemberNotFound())
    member.require_active()
    tx.actor = str(member.id)
    member.set_password(password_hash)
    await void_links(tx, member, LinkPurpose.EMAIL_CHANGE)  # a thief may have asked for it
    audit(tx, "member.password_reset", member.id)
    if member.status == MemberStatus.PENDING:
        await forget_unproven(tx, member)
        await prove_address(tx, member)
    await revoke_all(tx, member.id, "password_reset")
    tx.add(Notification.to(member.id, PASSWORD_CHANGED, subject_id=member.id, at=tx.now))
    return PasswordSet()
