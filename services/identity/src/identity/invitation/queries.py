"""Sending an invitation, and what becomes of one that is taken up."""

from __future__ import annotations

from sqlalchemy import select

from chassis.audit import audit
from chassis.db import Tx, get_locked
from chassis.errors import Problem
from chassis.outbox import emit
from identity.directory.companies import name_of
from identity.invitation.domain import Invitation, InvitationStatus
from identity.link.domain import Link, LinkInvalid, LinkPurpose
from identity.link.queries import locked_link, send_link
from identity.member.address import Address
from identity.member.domain import Member, MemberNotFound, MemberStatus
from identity.notification.domain import INVITATION, INVITATION_EXISTING
from identity.own import Own
from identity.review.queries import review_address
from identity.sanction.refusals import turned_away
from identity.standing.domain import Standing


async def mail_invitation(tx: Tx, own: Own, invitation: Invitation, member: Member, inviter: Member) -> None:
    """Mail the link: to set a password with, or to accept once logged in.

    A closed account is left in peace, and whom a sanction keeps out is told that instead (ID-48).
    """
    if member.standing != Standing.ACTIVE:
        return
    address = Address(member.email, member.email_key)
    if member.opened_by is not None and await turned_away(
        tx, own.links, address, name=invitation.first_name, language=member.language
    ):
        return
    await send_link(
        tx,
        member,
        own.links,
        LinkPurpose.INVITATION,
        INVITATION if member.status == MemberStatus.PENDING else INVITATION_EXISTING,
        subject_id=invitation.id,
        context={
            "inviter_name": inviter.display_name,
            "company_name": await name_of(tx, invitation.company_id),
            "role_offered": invitation.role,
        },
    )


async def latest_open(tx: Tx, member: Member) -> Invitation | None:
    """The newest invitation that the member has not answered."""
    query = select(Invitation).where(Invitation.member_id == member.id, Invitation.status == InvitationStatus.OPEN)
    return (await tx.scalars(query.order_by(Invitation.id.desc()).limit(1).with_for_update())).one_or_none()


async def take_up(tx: Tx, own: Own, token: str) -> tuple[Invitation, Member]:
    """Use the link of an invitation up: of two who do at once, one wins.

    Always the invitation before its link before its member, as everywhere, so that nobody waits in a circle.

    Raises:
        LinkInvalid, LinkAlreadyUsed, LinkReplaced, LinkExpired: the token works not, or no more.
        InvitationCancelled: the company took it back.

    """
    link_id = own.links.read(token, LinkPurpose.INVITATION)
    found = await tx.get(Link, link_id) if link_id else None
    if found is None:
        raise LinkInvalid
    invitation = await get_locked(tx, Invitation, found.subject_id, LinkInvalid())
    invitation.require_standing()
    link = await locked_link(tx, token, LinkPurpose.INVITATION)
    link.use(tx.now)
    return invitation, await get_locked(tx, Member, link.member_id, MemberNotFound())


async def join(tx: Tx, own: Own, invitation: Invitation, member: Member) -> Problem | None:
    """Make the member what the invitation offers, and tell company; returns what keeps them waiting, if anything.

    Raises ProfileDoesNotFit, or AddressRefused (ID-14).
    """
    if member.profile_type is None:
        waiting = await review_address(tx, own, member, invitation.offered_profile, invitation_id=invitation.id)
        if waiting is not None:
            return waiting
        emit(tx, member.choose_profile_type(invitation.offered_profile, tx.now))
        audit(tx, "member.profile_type_chosen", member.id, profile_type=invitation.offered_profile)
    emit(tx, invitation.accept(member, tx.now))
    audit(tx, "invitation.accepted", invitation.id, member=member.id, company=invitation.company_id)
    return None
