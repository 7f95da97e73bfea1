"""Staff look whether a profile is true: effort, and no guarantee to anybody (ID-56)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from chassis.audit import audit
from chassis.auth import staff
from chassis.db import get_or
from chassis.http import CallerDep, Router, TxDep
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope
from identity.member.domain import Member, MemberNotFound
from identity.profile.domain import ProfileCheck
from identity.profile.views import Check, CheckView

router = Router("profile-checks")

SUPPORT = staff(StaffScope.SUPPORT)


@router.post(
    "/members/{member_id}/profile-checks", access=SUPPORT, status_code=201, responses=documented(MemberNotFound)
)
async def record_check(member_id: UUID, body: Check, caller: CallerDep, tx: TxDep) -> CheckView:
    """Record what you found when you looked at a profile."""
    member = await get_or(tx, Member, member_id, MemberNotFound())
    found = ProfileCheck.record(member.id, caller.member_id, body.result, body.comment, tx.now)
    tx.add(found)
    audit(tx, "profile.checked", member.id, check=found.id, result=found.result)
    return CheckView.model_validate(found)


@router.get("/members/{member_id}/profile-checks", access=SUPPORT, responses=documented(MemberNotFound))
async def list_checks(member_id: UUID, tx: TxDep, page: PageDep) -> Page[CheckView]:
    """Every look at a profile, newest first."""
    await get_or(tx, Member, member_id, MemberNotFound())
    query = select(ProfileCheck).where(ProfileCheck.member_id == member_id)
    return await page_of(tx, query, ProfileCheck.id, page, CheckView.model_validate)
