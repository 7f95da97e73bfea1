"""Inviting people into one's company, and accepting (ID-02, ID-04 to ID-08)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER, PUBLIC, may
from chassis.db import Tx, get_locked, get_or
from chassis.errors import Forbidden, IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.roles import CompanyKind, Role
from identity.directory.affiliations import affiliation_of
from identity.invitation.domain import (
    ActsForCompany,
    Invitation,
    InvitationCancelled,
    InvitationExists,
    InvitationNotFound,
    InvitationStatus,
    LogInToAccept,
    ProfileDoesNotFit,
)
from identity.invitation.queries import join, mail_invitation, take_up
from identity.link.domain import LinkAlreadyUsed, LinkExpired, LinkInvalid, LinkPurpose, LinkReplaced
from identity.link.queries import void_links
from identity.link.routes import LinkToken
from identity.member.address import Address
from identity.member.domain import Member, MemberNotFound, MemberStatus
from identity.member.entry import forget_unproven, prove_address, record_entry
from identity.member.queries import lock_address, member_at
from identity.member.routes import EmailAddress, PersonName
from identity.own import OwnDep
from identity.passwords import NewPassword
from identity.review.domain import AddressRefused
from identity.standing.domain import AccountDeactivated, AccountSuspended

router = Router("invitations")

HEAD = may(Permission.MANAGE_PEOPLE)
LINK_PROBLEMS = (LinkInvalid, LinkAlreadyUsed, LinkExpired, LinkReplaced, InvitationCancelled, AddressRefused)


class InvitationBody(Body):
    """Exactly what a head knows of somebody (ID-02)."""

    last_name: PersonName
    first_name: PersonName
    email: EmailAddress


class InvitationView(View):
    """An invitation as its company sees it: nothing tells whether the address had an account before."""

    id: UUID
    first_name: str
    last_name: str
    email: str
    role: Role
    status: InvitationStatus
    invited_at: datetime
    expires_at: datetime
    """When the mailed link stops working; the invitation can be sent again."""
    closed_at: datetime | None


class Acceptance(Body):
    """The token of the mail, a password, and what everybody accepts and declares (ID-04, ID-11, ID-12)."""

    token: LinkToken
    password: NewPassword
    accept_terms: Literal[True]
    accept_privacy: Literal[True]
    is_adult: Literal[True]
    is_professional: Literal[True]


class OwnAcceptance(Body):
    """The token of the mail."""

    token: LinkToken


class Accepted(View):
    """The member is in, or waits for staff to look at the address (ID-14)."""

    status: Literal["accepted", "under_review"]
    company_id: UUID


@router.post(
    "/invitations", access=HEAD, status_code=201, responses=documented(Forbidden, InvitationExists, MemberNotFound)
)
async def invite(body: InvitationBody, caller: CallerDep, tx: TxDep, own: OwnDep) -> InvitationView:
    """Invite somebody into your company; known and unknown addresses are answered alike (ID-02, ID-22)."""
    inviter = await get_or(tx, Member, caller.member_id, MemberNotFound())
    address = Address.parse(body.email)
    await lock_address(tx, address)
    member = await member_at(tx, address)
    if member is None:
        member = Member.invited(
            first_name=body.first_name,
            last_name=body.last_name,
            address=address,
            language=inviter.language,
            by=inviter.id,
            at=tx.now,
        )
        tx.add(member)
        await tx.flush()
    await _refuse_second(tx, caller.company, member)
    invitation = Invitation.send(
        member,
        company_id=caller.company,
        company_kind=caller.company_kind or CompanyKind.PROVIDER,
        by=caller.member_id,
        first_name=body.first_name,
        last_name=body.last_name,
        address=address,
        at=tx.now,
    )
    tx.add(invitation)
    audit(tx, "invitation.sent", invitation.id, company=caller.company)
    await mail_invitation(tx, own, invitation, member, inviter)
    return InvitationView.model_validate(invitation)


async def _refuse_second(tx: Tx, company_id: UUID, member: Member) -> None:
    """One open invitation of a company to an address. Raises InvitationExists."""
    query = select(Invitation.id).where(
        Invitation.company_id == company_id,
        Invitation.member_id == member.id,
        Invitation.status == InvitationStatus.OPEN,
    )
    if await tx.scalar(query):
        raise InvitationExists(field="email")


@router.get("/invitations", access=HEAD)
async def list_invitations(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[InvitationView]:
    """Your company's invitations, newest first."""
    query = select(Invitation).where(Invitation.company_id == caller.company)
    return await page_of(tx, query, Invitation.id, page, InvitationView.model_validate)


@router.post(
    "/invitations/{invitation_id}/resend",
    access=HEAD,
    responses=documented(Forbidden, InvitationNotFound, IllegalMove, MemberNotFound),
)
async def resend(invitation_id: UUID, caller: CallerDep, tx: TxDep, own: OwnDep) -> InvitationView:
    """Mail a new link, which makes the former one void (ID-05)."""
    invitation = await _of_company(tx, invitation_id, caller.company)
    invitation.send_again(tx.now)
    member = await get_or(tx, Member, invitation.member_id, MemberNotFound())
    inviter = await get_or(tx, Member, caller.member_id, MemberNotFound())
    audit(tx, "invitation.sent_again", invitation.id)
    await mail_invitation(tx, own, invitation, member, inviter)
    return InvitationView.model_validate(invitation)


@router.delete(
    "/invitations/{invitation_id}",
    access=HEAD,
    status_code=204,
    responses=documented(Forbidden, InvitationNotFound, IllegalMove),
)
async def cancel(invitation_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Take an invitation back; its link works no more."""
    invitation = await _of_company(tx, invitation_id, caller.company)
    invitation.cancel(tx.now)
    member = await get_or(tx, Member, invitation.member_id, InvitationNotFound())
    await void_links(tx, member, LinkPurpose.INVITATION, invitation.id)
    audit(tx, "invitation.cancelled", invitation.id)


async def _of_company(tx: Tx, invitation_id: UUID, company_id: UUID) -> Invitation:
    mine = Invitation.company_id == company_id
    return await get_locked(tx, Invitation, invitation_id, InvitationNotFound(), mine)


@router.post(
    "/invitations/acceptance",
    access=PUBLIC,
    status_code=201,
    responses=documented(*LINK_PROBLEMS, LogInToAccept, ProfileDoesNotFit, AccountSuspended, AccountDeactivated),
)
async def accept_with_password(body: Acceptance, request: Request, tx: TxDep, own: OwnDep) -> Accepted:
    """Set the password that the invitation asks for: the account is active and affiliated (ID-04, ID-07)."""
    if own.links.read(body.token, LinkPurpose.INVITATION) is None:
        raise LinkInvalid
    password_hash = await own.passwords.hash(body.password)
    invitation, member = await take_up(tx, own, body.token)
    if member.status != MemberStatus.PENDING:
        raise LogInToAccept
    member.require_active()
    tx.actor = str(member.id)
    member.take_over(password_hash=password_hash)
    await forget_unproven(tx, member)
    await record_entry(tx, member, request)
    await prove_address(tx, member)
    waiting = await join(tx, own, invitation, member)
    return Accepted(status="under_review" if waiting else "accepted", company_id=invitation.company_id)


@router.post(
    "/members/me/accepted-invitations",
    access=MEMBER,
    status_code=201,
    responses=documented(*LINK_PROBLEMS, ActsForCompany, ProfileDoesNotFit, AccountSuspended, AccountDeactivated),
)
async def accept_logged_in(body: OwnAcceptance, caller: CallerDep, tx: TxDep, own: OwnDep) -> Accepted:
    """Join the company that invited your address (ID-07)."""
    invitation, member = await take_up(tx, own, body.token)
    if member.id != caller.member_id:
        raise LinkInvalid
    member.require_active()
    if await affiliation_of(tx, member.id):
        raise ActsForCompany
    waiting = await join(tx, own, invitation, member)
    return Accepted(status="under_review" if waiting else "accepted", company_id=invitation.company_id)
