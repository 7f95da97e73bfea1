"""Linking an identity to one's own account, and unlinking it (ID-25)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from chassis.audit import audit
from chassis.auth import MEMBER, StepUpRequired
from chassis.db import Tx, get_locked
from chassis.http import CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from identity.member.domain import Member, MemberNotFound
from identity.notification.domain import Notification
from identity.own import OwnDep
from identity.social.domain import (
    IDENTITIES_CHANGED,
    IdentityNotLinked,
    IdentityTaken,
    LinkedIdentity,
    PasswordNeeded,
    Purpose,
)
from identity.social.queries import begin, come_back, link_identity
from identity.social.routes import COMING_BACK, AuthorizationView, Return
from identity.standing.domain import AccountDeactivated, AccountSuspended

router = Router("identities")


class IdentityView(View):
    """One of your accounts elsewhere."""

    provider: str
    linked_at: datetime
    import_allowed_at: datetime | None
    """When you let your profile be taken from there."""


@router.get("/members/me/identities", access=MEMBER)
async def list_identities(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[IdentityView]:
    """The accounts that you can log in with."""
    query = select(LinkedIdentity).where(LinkedIdentity.member_id == caller.member_id)
    return await page_of(tx, query, LinkedIdentity.id, page, IdentityView.model_validate)


@router.post(
    "/members/me/identities/{provider}/authorizations",
    access=MEMBER,
    status_code=201,
    replayable=False,
    responses=documented(StepUpRequired, *COMING_BACK),
)
async def set_out_to_link(provider: str, caller: CallerDep, tx: TxDep, own: OwnDep) -> AuthorizationView:
    """Set out for the provider; only you can come back."""
    caller.require_recent_proof(tx.now)
    url, until = await begin(tx, own, provider, Purpose.LINK, member_id=caller.member_id)
    return AuthorizationView(authorization_url=url, expires_at=until)


@router.post(
    "/members/me/identities/{provider}",
    access=MEMBER,
    status_code=201,
    replayable=False,
    responses=documented(MemberNotFound, AccountSuspended, AccountDeactivated, IdentityTaken, *COMING_BACK),
)
async def link(provider: str, body: Return, caller: CallerDep, tx: TxDep, own: OwnDep) -> IdentityView:
    """Link the identity that you came back with: from now on it opens this account (ID-28)."""
    identity = await come_back(
        tx, own, provider, Purpose.LINK, state=body.state, code=body.code, member_id=caller.member_id
    )
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    member.require_active()
    linked = await link_identity(tx, member, provider, identity)
    _tell(tx, member)
    return IdentityView.model_validate(linked)


@router.delete(
    "/members/me/identities/{provider}",
    access=MEMBER,
    status_code=204,
    responses=documented(MemberNotFound, IdentityNotLinked, PasswordNeeded),
)
async def unlink(provider: str, caller: CallerDep, tx: TxDep) -> None:
    """Unlink it at any time; the password goes on working, so there must be one (ID-25)."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    query = select(LinkedIdentity).where(LinkedIdentity.member_id == member.id, LinkedIdentity.provider == provider)
    linked = (await tx.scalars(query)).one_or_none()
    if linked is None:
        raise IdentityNotLinked
    if member.password_hash is None:
        raise PasswordNeeded
    await tx.delete(linked)
    audit(tx, "identity.unlinked", member.id, provider=provider)
    _tell(tx, member)


def _tell(tx: Tx, member: Member) -> None:
    """Tell the mailbox, in case it was somebody else: a linked identity outlives a change of password."""
    tx.add(Notification.to(member.id, IDENTITIES_CHANGED, subject_id=member.id, at=tx.now))
