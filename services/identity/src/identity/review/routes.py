"""Staff look at addresses that seem to be a client's (ID-14)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from chassis.audit import audit
from chassis.auth import staff
from chassis.db import Tx, get_locked, get_or
from chassis.errors import Forbidden, IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import ProfileType, StaffScope
from contracts.values import Name
from identity.invitation.domain import SIDE, Invitation, InvitationStatus
from identity.invitation.queries import join
from identity.member.domain import Member, MemberNotFound
from identity.notification.domain import ADDRESS_REVIEWED, Notification
from identity.own import Own, OwnDep
from identity.review.domain import AddressReview, ReviewNotFound, ReviewStatus
from identity.standing.domain import Standing

router = Router("address reviews")

SUPPORT = staff(StaffScope.SUPPORT)


class ReviewView(View):
    """A member whose address is of a client's domain."""

    id: UUID
    member_id: UUID
    domain: str
    profile_type: ProfileType
    invitation_id: UUID | None
    status: ReviewStatus
    raised_at: datetime
    decided_at: datetime | None
    decided_by: UUID | None
    comment: str | None


class Decision(Body):
    """What staff found, and why."""

    outcome: Literal[ReviewStatus.CLEARED, ReviewStatus.REFUSED]
    comment: Annotated[Name, Field(max_length=200)]


@router.get("/staff/flagged-members", access=SUPPORT)
async def list_flagged(tx: TxDep, page: PageDep) -> Page[ReviewView]:
    """Members who wait for a decision, oldest first."""
    query = select(AddressReview).where(AddressReview.status == ReviewStatus.OPEN)
    return await page_of(tx, query, AddressReview.id, page, ReviewView.model_validate, oldest_first=True)


@router.post(
    "/staff/flagged-members/{review_id}/decision",
    access=SUPPORT,
    responses=documented(Forbidden, ReviewNotFound, IllegalMove, MemberNotFound),
)
async def decide(review_id: UUID, body: Decision, caller: CallerDep, tx: TxDep, own: OwnDep) -> ReviewView:
    """Clear the address, so that the member goes on where they stood, or refuse it; the member is told."""
    review = await get_locked(tx, AddressReview, review_id, ReviewNotFound())
    review.decide(body.outcome, caller.member_id, body.comment, tx.now)
    audit(tx, "member.address_reviewed", review.member_id, outcome=body.outcome)
    tx.add(
        Notification.to(
            review.member_id, ADDRESS_REVIEWED, subject_id=review.id, at=tx.now, context={"outcome": body.outcome}
        )
    )
    if review.status == ReviewStatus.CLEARED and review.invitation_id is not None:
        await _let_in(tx, own, review.invitation_id)
    return ReviewView.model_validate(review)


async def _let_in(tx: Tx, own: Own, invitation_id: UUID) -> None:
    """The invitation that waited takes effect, unless it was withdrawn or the account closed meanwhile."""
    invitation = await get_locked(tx, Invitation, invitation_id, ReviewNotFound())
    member = await get_or(tx, Member, invitation.member_id, MemberNotFound())
    await tx.refresh(member, with_for_update=True)
    fits = member.profile_type is None or SIDE[ProfileType(member.profile_type)] == invitation.company_kind
    if fits and invitation.status == InvitationStatus.OPEN and member.standing == Standing.ACTIVE:
        await join(tx, own, invitation, member)
