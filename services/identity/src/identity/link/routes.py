"""Proving an address with the link that was mailed to it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Response
from pydantic import Field
from starlette.requests import Request

from chassis.auth import PUBLIC
from chassis.db import get_locked
from chassis.http import Body, Router, TxDep, View
from chassis.problems import documented
from identity.link.domain import LinkAlreadyUsed, LinkExpired, LinkInvalid, LinkPurpose, LinkReplaced
from identity.link.queries import locked_link
from identity.member.address import Address
from identity.member.domain import Member, MemberNotFound, MemberStatus
from identity.member.entry import prove_address
from identity.member.queries import lock_address, member_at, send_activation_link
from identity.member.routes import ActivationSent, EmailAddress
from identity.own import OwnDep
from identity.session.attempts import too_many_mails
from identity.session.domain import TooManyRequests
from identity.standing.domain import AccountDeactivated, AccountSuspended

router = Router("activations")


LinkToken = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[0-9A-Za-z._-]+$")]
"""What a mailed link carries."""


class Activation(Body):
    """The token of the mail."""

    token: LinkToken


class Activated(View):
    """The account may log in now."""

    status: Literal["activated"] = "activated"


class Resend(Body):
    """Where the link should go."""

    email: EmailAddress


@router.post(
    "/activations",
    access=PUBLIC,
    responses=documented(LinkInvalid, LinkAlreadyUsed, LinkExpired, LinkReplaced, AccountSuspended, AccountDeactivated),
)
async def activate(body: Activation, tx: TxDep) -> Activated:
    """Use the link; it works once, for 24 hours (ID-05, ID-15)."""
    link = await locked_link(tx, body.token, LinkPurpose.ACTIVATION)
    link.use(tx.now)
    member = await get_locked(tx, Member, link.member_id, MemberNotFound())
    member.require_active()
    tx.actor = str(member.id)
    await prove_address(tx, member)
    return Activated()


@router.post(
    "/activations/resend",
    access=PUBLIC,
    status_code=202,
    response_model=ActivationSent,
    responses=documented(TooManyRequests),
)
async def resend(body: Resend, request: Request, tx: TxDep, own: OwnDep) -> ActivationSent | Response:
    """Mail a new link to a pending account; every address is answered alike (ID-16)."""
    if refusal := await too_many_mails(tx, own, request):
        return refusal
    address = Address.parse(body.email)
    await lock_address(tx, address)
    member = await member_at(tx, address)
    if member and member.status == MemberStatus.PENDING and member.opened_by is None:
        await send_activation_link(tx, member, own.links)
    return ActivationSent()
