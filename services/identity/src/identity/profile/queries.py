"""Reading profiles: what their owner wrote, cut down to what the reader may see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.db import Tx, get_locked
from identity.disability.domain import DisabilityStatus
from identity.member.domain import Member, MemberNotFound, MemberStatus
from identity.profile.domain import ProfileNotFound, ProfileSection, PublicLink, Reader, Section, shows
from identity.sanction.queries import hidden_sections
from identity.standing.domain import Standing

Content = dict[Section, list[dict[str, Any]]]


async def member_with_profile(tx: Tx, *scope: Any) -> Member:
    """Somebody whose profile others may open. Raises ProfileNotFound for strangers, staff and accounts that ended."""
    query = select(Member).where(
        *scope,
        Member.status == MemberStatus.READY,
        Member.standing.in_({Standing.ACTIVE, Standing.SUSPENDED}),
    )
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise ProfileNotFound
    return found


async def sections_of(tx: Tx, member_id: UUID) -> dict[Section, ProfileSection]:
    """The sections that the member has edited."""
    query = select(ProfileSection).where(ProfileSection.member_id == member_id)
    return {Section(row.section): row for row in await tx.scalars(query)}


async def section_to_edit(tx: Tx, member_id: UUID, section: Section) -> ProfileSection:
    """The owner's section, for one edit at a time. Raises MemberNotFound."""
    await get_locked(tx, Member, member_id, MemberNotFound())
    found = await tx.get(ProfileSection, (member_id, section))
    if found is None:
        found = ProfileSection.blank(member_id, section, tx.now)
        tx.add(found)
    return found


async def content_for(tx: Tx, member_id: UUID, reader: Reader) -> Content:
    """What somebody else reads: filled sections that are for them and that no sanction hides (NW-07, NW-24).

    Raises:
        ProfileNotFound: a sanction hides the whole profile.

    """
    hidden = await hidden_sections(tx, member_id)
    if hidden >= set(Section):
        raise ProfileNotFound
    written = await sections_of(tx, member_id)
    return {
        section: written[section].entries
        for section in Section
        if section in written
        and section not in hidden
        and written[section].entries
        and shows(written[section].visibility, reader)
    }


async def shows_disability(tx: Tx, member_id: UUID, reader: Reader) -> bool:
    """Whether the status stands near the name for this reader (ID-53)."""
    status = await tx.get(DisabilityStatus, member_id)
    return status is not None and shows(status.visibility, reader)


async def link_at(tx: Tx, slug: str) -> PublicLink:
    """The link with this address. Raises ProfileNotFound when it was never made, replaced or turned off."""
    found = (await tx.scalars(select(PublicLink).where(PublicLink.slug == slug))).one_or_none()
    if found is None:
        raise ProfileNotFound
    return found
