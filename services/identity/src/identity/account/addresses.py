"""Moving an account to another e-mail address, which its mailbox must confirm (ID-21)."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from sqlalchemy import func, or_, select, update

from chassis.audit import audit
from chassis.auth import MEMBER, PUBLIC, StepUpRequired
from chassis.db import Tx, get_locked, get_or
from chassis.errors import require
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.outbox import emit
from chassis.problems import documented
from identity.account.domain import (
    ADDRESS_CHANGE_ASKED,
    ADDRESS_IN_USE,
    CONFIRM_ADDRESS,
    EmailChange,
    EmailUnchanged,
)
from identity.link.domain import Link, LinkAlreadyUsed, LinkExpired, LinkInvalid, LinkPurpose, LinkReplaced
from identity.link.queries import locked_link, void_links
from identity.link.routes import LinkToken
from identity.member.address import Address
from identity.member.domain import EmailTaken, Member, MemberNotFound
from identity.member.queries import lock_address, member_at
from identity.member.routes import EmailAddress
from identity.notification.domain import Notification
from identity.own import OwnDep
from identity.session.queries import revoke_others
from identity.standing.domain import StandingActor

router = Router("account")

ASKED_PER_HOUR = 5
"""How often a member may ask, and a mailbox be asked."""


class NewAddress(Body):
    """Where the account should move to."""

    email: EmailAddress


class ConfirmationSent(View):
    """The same whether or not the address has an account: its mailbox alone is told."""

    status: Literal["confirmation_sent"] = "confirmation_sent"


class AddressConfirmation(Body):
    """The token of the mail."""

    token: LinkToken


class EmailChanged(View):
    """The account has its new address."""

    status: Literal["email_changed"] = "email_changed"


@router.post(
    "/members/me/email-changes",
    access=MEMBER,
    status_code=202,
    responses=documented(MemberNotFound, StepUpRequired, EmailUnchanged),
)
async def ask_for_address(body: NewAddress, caller: CallerDep, tx: TxDep, own: OwnDep) -> ConfirmationSent:
    """Mail a link to the new address, and a warning to the present one; nothing changes before the link is used."""
    caller.require_recent_proof(tx.now)
    address = Address.parse(body.email)
    await lock_address(tx, address)
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    require(address.key != member.email_key, EmailUnchanged(field="email"))
    if await _asked_enough(tx, member, address):
        return ConfirmationSent()
    await void_links(tx, member, LinkPurpose.EMAIL_CHANGE)
    link = Link.issue(member.id, LinkPurpose.EMAIL_CHANGE, own.links, tx.now)
    tx.add(link)
    await tx.flush()
    tx.add(EmailChange.ask(link, address, caller.session_id))
    audit(tx, "member.email_change_asked", member.id)
    told = Notification.to(member.id, ADDRESS_CHANGE_ASKED, subject_id=member.id, at=tx.now, inbox=False)
    told.address = member.email
    tx.add(told)
    holder = await member_at(tx, address)
    if holder is None or holder.is_anybodys:
        asked = Notification.to(
            member.id, CONFIRM_ADDRESS, subject_id=member.id, at=tx.now, link_id=link.id, inbox=False
        )
        asked.address = address.written
        tx.add(asked)
    else:
        tx.add(Notification.to(holder.id, ADDRESS_IN_USE, subject_id=holder.id, at=tx.now, inbox=False))
    return ConfirmationSent()


async def _asked_enough(tx: Tx, member: Member, address: Address) -> bool:
    recent = (
        select(func.count())
        .select_from(EmailChange)
        .join(Link, Link.id == EmailChange.link_id)
        .where(
            or_(EmailChange.member_id == member.id, EmailChange.email_key == address.key),
            Link.issued_at > tx.now - timedelta(hours=1),
        )
    )
    return (await tx.scalar(recent) or 0) >= ASKED_PER_HOUR


@router.post(
    "/email-changes/confirmation",
    access=PUBLIC,
    responses=documented(LinkInvalid, LinkAlreadyUsed, LinkExpired, LinkReplaced, EmailTaken),
)
async def confirm_address(body: AddressConfirmation, tx: TxDep) -> EmailChanged:
    """Move the account to the address that received the link; every session but the one that asked ends.

    Of two accounts that want the same address, the one that confirms first has it; a sign-up that nobody proved
    yields to whoever reads the mailbox.
    """
    link = await locked_link(tx, body.token, LinkPurpose.EMAIL_CHANGE)
    link.use(tx.now)
    change = await get_or(tx, EmailChange, link.id, LinkInvalid())
    await lock_address(tx, change.address)
    member = await get_locked(tx, Member, link.member_id, MemberNotFound())
    member.require_active()
    tx.actor = str(member.id)
    await _make_room(tx, change.address)
    member.move_to_address(change.address)
    others = (Link.member_id == member.id, Link.used_at.is_(None), Link.replaced_at.is_(None))
    await tx.execute(update(Link).where(*others).values(replaced_at=tx.now))
    await revoke_others(tx, member.id, change.session_id, "email_changed")
    audit(tx, "member.email_changed", member.id)
    return EmailChanged()


async def _make_room(tx: Tx, address: Address) -> None:
    """Raise EmailTaken unless the address, which is locked, is free, or held by a sign-up that anybody made."""
    holder = await member_at(tx, address)
    if holder is None:
        return
    await tx.refresh(holder, with_for_update=True)
    require(holder.is_anybodys, EmailTaken())
    emit(tx, holder.erase(StandingActor.SWEEP, tx.now))
    audit(tx, "member.erased", holder.id, reason="address_proven_by_another")
    await tx.flush()
