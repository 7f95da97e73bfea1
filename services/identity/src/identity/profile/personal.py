"""Profiles as personal data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass
from identity.profile.domain import ProfileCheck, ProfileSection, PublicLink


async def _gather_profile(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    sections = select(ProfileSection).where(ProfileSection.member_id == member_id).order_by(ProfileSection.section)
    shown = ("section", "visibility", "entries", "updated_at")
    found = [{name: getattr(row, name) for name in shown} for row in await tx.scalars(sections)]
    link = await tx.get(PublicLink, member_id)
    return [*found, *([{"public_link": link.slug, "created_at": link.created_at}] if link else [])]


async def _erase_profile(tx: Tx, member_id: UUID) -> None:
    for row in (ProfileSection, PublicLink):
        await tx.execute(delete(row).where(row.member_id == member_id))


async def _gather_checks(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    query = select(ProfileCheck).where(ProfileCheck.member_id == member_id).order_by(ProfileCheck.id)
    shown = ("result", "comment", "checked_at")
    return [{name: getattr(check, name) for name in shown} for check in await tx.scalars(query)]


async def _erase_checks(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(ProfileCheck).where(ProfileCheck.member_id == member_id))


DATA = [
    DataClass(
        "profile",
        purpose="showing other members, and whom the member gives the link, what the member wrote",
        basis=Basis.CONTRACT,
        kept="as long as the account",
        tables=(ProfileSection, PublicLink),
        gather=_gather_profile,
        erase=_erase_profile,
    ),
    DataClass(
        "profile checks",
        purpose="looking whether profiles are true",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="as long as the account",
        tables=(ProfileCheck,),
        gather=_gather_checks,
        erase=_erase_checks,
    ),
]
