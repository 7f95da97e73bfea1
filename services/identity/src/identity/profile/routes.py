"""One's own profile, edited at any time, and other people's, as far as they show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Response
from sqlalchemy import delete
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER, PUBLIC, Caller
from chassis.db import Tx, get_locked, get_or
from chassis.errors import VersionConflict
from chassis.http import CallerDep, Router, TxDep, check_if_match, set_etag
from chassis.problems import documented
from identity.directory.proposals import may_read
from identity.disability.domain import DisabilityStatus
from identity.member.domain import Member, MemberNotFound
from identity.own import Own, OwnDep
from identity.profile.domain import ProfileNotFound, ProfileSection, PublicLink, Reader, Section
from identity.profile.queries import (
    content_for,
    link_at,
    member_with_profile,
    section_to_edit,
    sections_of,
    shows_disability,
)
from identity.profile.views import (
    Education,
    Missions,
    Mobility,
    OwnProfileView,
    ProfileView,
    Publications,
    PublicLinkView,
    PublicProfileView,
    SectionEdit,
    SectionView,
    Skills,
    VisibleSections,
)
from identity.sanction.queries import hidden_sections

router = Router("profiles")

_REFUSALS = documented(MemberNotFound, VersionConflict)


@dataclass(frozen=True, slots=True)
class Editor:
    """The owner at work on one of their sections."""

    request: Request
    response: Response
    caller: Caller
    tx: Tx


async def _editor(request: Request, response: Response, caller: CallerDep, tx: TxDep) -> Editor:
    return Editor(request, response, caller, tx)


EditorDep = Annotated[Editor, Depends(_editor)]


@router.get(
    "/members/me/profile",
    access=MEMBER,
    response_model_exclude_unset=True,
    responses=documented(MemberNotFound),
)
async def read_own(caller: CallerDep, tx: TxDep, own: OwnDep) -> OwnProfileView:
    """Your profile with all that is in it, and who sees what."""
    member = await get_or(tx, Member, caller.member_id, MemberNotFound())
    written, hidden = await sections_of(tx, member.id), await hidden_sections(tx, member.id)
    blank = {section: ProfileSection.blank(member.id, section, tx.now) for section in Section}
    link = await tx.get(PublicLink, member.id)
    status = await tx.get(DisabilityStatus, member.id)
    return OwnProfileView(
        member_id=member.id,
        display_name=member.display_name,
        profile_type=member.profile_type,
        public_link=_url(own, link) if link else None,
        sections=[_own_section((blank | written)[section], hidden) for section in Section],
        **({"disability_status": True} if status else {}),
    )


def _own_section(row: ProfileSection, hidden: frozenset[str]) -> SectionView:
    return SectionView(
        section=row.section,
        visibility=row.visibility,
        version=row.version,
        updated_at=row.updated_at if row.version else None,
        hidden_by_sanction=row.section in hidden,
        entries=row.entries,
    )


@router.put("/members/me/profile/missions", access=MEMBER, responses=_REFUSALS)
async def edit_missions(body: Missions, editor: EditorDep) -> SectionView:
    """Replace your missions."""
    return await _edit(editor, Section.MISSIONS, body)


@router.put("/members/me/profile/skills", access=MEMBER, responses=_REFUSALS)
async def edit_skills(body: Skills, editor: EditorDep) -> SectionView:
    """Replace your skills."""
    return await _edit(editor, Section.SKILLS, body)


@router.put("/members/me/profile/education", access=MEMBER, responses=_REFUSALS)
async def edit_education(body: Education, editor: EditorDep) -> SectionView:
    """Replace your education."""
    return await _edit(editor, Section.EDUCATION, body)


@router.put("/members/me/profile/mobility", access=MEMBER, responses=_REFUSALS)
async def edit_mobility(body: Mobility, editor: EditorDep) -> SectionView:
    """Replace where you would work."""
    return await _edit(editor, Section.MOBILITY, body)


@router.put("/members/me/profile/publications", access=MEMBER, responses=_REFUSALS)
async def edit_publications(body: Publications, editor: EditorDep) -> SectionView:
    """Replace your publications."""
    return await _edit(editor, Section.PUBLICATIONS, body)


async def _edit(editor: Editor, section: Section, body: SectionEdit) -> SectionView:
    """The owner's edit, at any time (ID-54, NW-01); `If-Match` names the version that was read, 0 before the first."""
    tx, member_id = editor.tx, editor.caller.member_id
    row = await section_to_edit(tx, member_id, section)
    check_if_match(editor.request, row.version)
    row.replace(body.rows(), body.visibility, tx.now)
    audit(tx, "profile.section_edited", member_id, section=section, visibility=body.visibility, version=row.version)
    set_etag(editor.response, row.version)
    return _own_section(row, await hidden_sections(tx, member_id))


@router.post("/members/me/public-link", access=MEMBER, status_code=201, responses=documented(MemberNotFound))
async def publish(caller: CallerDep, tx: TxDep, own: OwnDep) -> PublicLinkView:
    """Let third parties read, under a new address, what you made visible to them; a former address is void."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    await tx.execute(delete(PublicLink).where(PublicLink.member_id == member.id))
    link = PublicLink.make(member.id, tx.now)
    tx.add(link)
    audit(tx, "profile.published", member.id)
    return PublicLinkView(slug=link.slug, url=_url(own, link), created_at=link.created_at)


@router.delete("/members/me/public-link", access=MEMBER, status_code=204)
async def withdraw(caller: CallerDep, tx: TxDep) -> None:
    """Show third parties nothing any more."""
    await tx.execute(delete(PublicLink).where(PublicLink.member_id == caller.member_id))
    audit(tx, "profile.withdrawn", caller.member_id)


def _url(own: Own, link: PublicLink) -> str:
    return f"{own.public_url}/profiles/{link.slug}"


@router.get(
    "/profiles/{member_id}",
    access=MEMBER,
    response_model_exclude_unset=True,
    responses=documented(ProfileNotFound),
)
async def read_profile(member_id: UUID, caller: CallerDep, tx: TxDep) -> ProfileView:
    """A member's profile, as far as it is for members; a client reads whom it was offered (MK-13)."""
    member = await member_with_profile(tx, Member.id == member_id)
    if not await may_read(tx, member, caller.company_id, caller.company_kind):
        raise ProfileNotFound
    return ProfileView(member_id=member.id, **await _shown(tx, member, Reader.MEMBER))


@router.get(
    "/public-profiles/{slug}",
    access=PUBLIC,
    response_model_exclude_unset=True,
    responses=documented(ProfileNotFound),
)
async def read_public_profile(
    slug: Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z_-]+$")], response: Response, tx: TxDep
) -> PublicProfileView:
    """A profile whose member gave you its link; no search engine may list it."""
    link = await link_at(tx, slug)
    member = await member_with_profile(tx, Member.id == link.member_id)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return PublicProfileView(**await _shown(tx, member, Reader.THIRD_PARTY))


async def _shown(tx: Tx, member: Member, reader: Reader) -> dict[str, object]:
    """What a profile shows to somebody else; the key of a status that is off or not for them is absent."""
    content = await content_for(tx, member.id, reader)
    shown: dict[str, object] = {
        "display_name": member.display_name,
        "profile_type": member.profile_type,
        "sections": VisibleSections.model_validate({str(section): rows for section, rows in content.items()}),
    }
    if await shows_disability(tx, member.id, reader):
        shown["disability_status"] = True
    return shown
