"""Whose domain an address is of, and whether its member may go on."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from chassis.audit import audit
from chassis.db import Tx
from chassis.errors import Problem
from contracts.roles import CompanyKind, ProfileType
from identity.directory.affiliations import Affiliation
from identity.member.domain import Member
from identity.own import Own
from identity.review.domain import AddressReview, AddressUnderReview, ReviewStatus, domain_and_parents


async def review_address(
    tx: Tx, own: Own, member: Member, chosen: ProfileType, *, invitation_id: UUID | None = None
) -> Problem | None:
    """What keeps the member from going on as `chosen`, or nothing; raises a case when it is new (ID-14).

    The refusal is for returning and not for raising, so that the case is kept. Raises AddressRefused.
    """
    known = await _review_of(tx, member)
    if known is not None:
        known.require_passing(chosen)
        return None
    if chosen == ProfileType.CLIENT or not await _is_a_clients(tx, own, member.email_key):
        return None
    tx.add(AddressReview.raised(member.id, _domain(member), chosen, invitation_id=invitation_id, at=tx.now))
    audit(tx, "member.flagged", member.id, profile_type=chosen)
    return AddressUnderReview()


async def is_under_review(tx: Tx, member: Member) -> bool:
    """Whether staff have a case of the member's present address to decide."""
    known = await _review_of(tx, member)
    return known is not None and known.status == ReviewStatus.OPEN


async def _review_of(tx: Tx, member: Member) -> AddressReview | None:
    query = select(AddressReview).where(AddressReview.member_id == member.id, AddressReview.domain == _domain(member))
    return (await tx.scalars(query)).one_or_none()


async def _is_a_clients(tx: Tx, own: Own, email_key: str) -> bool:
    """Whether members of a client company have addresses of this domain, or of one above it."""
    domains = [name for name in domain_and_parents(email_key) if name not in own.settings.public_mail_domains]
    theirs = (
        select(Member.id)
        .join(Affiliation, Affiliation.member_id == Member.id)
        .where(Affiliation.company_kind == CompanyKind.CLIENT)
        .where(func.split_part(Member.email_key, "@", 2).in_(domains))
        .limit(1)
    )
    return bool(domains) and await tx.scalar(theirs) is not None


def _domain(member: Member) -> str:
    return member.email_key.rpartition("@")[2]
