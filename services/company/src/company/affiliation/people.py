"""A company's people: who acts for it, their roles, leaving and being removed (CO-23, CO-27, ID-09, ID-38)."""

from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import func, select

from chassis import Tx, audit, emit
from chassis.auth import Caller
from chassis.errors import Forbidden
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation.domain import (
    ROLES_TO_GIVE,
    Affiliation,
    ColleagueNotFound,
    CompanyOfOne,
    LastHead,
    RoleNotOffered,
)
from company.affiliation.ending import Why, end_affiliation
from company.affiliation.queries import affiliation_of, by_rows, heads_of, lock_companies, permitted
from company.company.domain import Company, CompanyNotFound
from company.notices import tell_heads, tell_member
from company.supervision.domain import Supervision
from contracts.permissions import Permission, allows
from contracts.roles import Role

router = Router("people")

SHOWN = 100
"""Holders of a role that the directory shows; the list of members goes on."""


class ColleagueView(View):
    """Somebody who acts for the company."""

    member_id: UUID
    display_name: str
    role: Role
    granted_at: datetime


class ChangeRole(Body):
    """What a colleague becomes."""

    role: Role


class HolderView(View):
    """Somebody who has a role."""

    member_id: UUID
    display_name: str


class RoleView(View):
    """A role, what it allows and who has it."""

    role: Role
    allows: list[Permission]
    count: int
    holders: list[HolderView] = Field(description="The first hundred; the list of members has them all")


class RoleDirectory(View):
    """Every role that the company has."""

    items: list[RoleView]


@router.get(
    "/companies/{company_id}/members",
    access=by_rows(Permission.BELONG),
    responses=documented(CompanyNotFound),
)
async def list_members(
    company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep, role: Role | None = None
) -> Page[ColleagueView]:
    """Everyone who acts for one's company, and in which role (CO-23, CO-27)."""
    await permitted(tx, caller, company_id, Permission.BELONG)
    query = select(Affiliation).where(Affiliation.company_id == company_id)
    if role is not None:
        query = query.where(Affiliation.role == role)
    return await page_of(tx, query, Affiliation.id, page, ColleagueView.model_validate)


@router.get("/companies/{company_id}/roles", access=by_rows(Permission.BELONG), responses=documented(CompanyNotFound))
async def read_roles(company_id: UUID, caller: CallerDep, tx: TxDep) -> RoleDirectory:
    """The roles of one's company, what each allows and who has it (CO-19, CO-20, CO-27)."""
    own = await permitted(tx, caller, company_id, Permission.BELONG)
    company = await tx.get_one(Company, company_id)
    listed = {Role.FREELANCE} if own.role is Role.FREELANCE else ROLES_TO_GIVE[company.kind]
    return RoleDirectory(items=[await _role(tx, company_id, role) for role in Role if role in listed])


@router.delete(
    "/companies/{company_id}/members/me",
    access=by_rows(Permission.BELONG),
    status_code=204,
    responses=documented(CompanyNotFound, LastHead),
)
async def leave_company(company_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Not act for the company any more (ID-38)."""
    company = await _held(tx, company_id)
    own = await permitted(tx, caller, company_id, Permission.BELONG)
    own.leave_a_head(await heads_of(tx, company_id))
    await end_affiliation(tx, own, Why.LEFT)
    tell_heads(tx, company, "left_company", member_name=own.display_name)


@router.delete(
    "/companies/{company_id}/members/{member_id}",
    access=by_rows(Permission.MANAGE_PEOPLE),
    status_code=204,
    responses=documented(CompanyNotFound, Forbidden, ColleagueNotFound, LastHead),
)
async def remove_member(company_id: UUID, member_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Have a colleague not act for the company any more (CO-23)."""
    company, colleague = await colleague_to_manage(tx, caller, company_id, member_id)
    colleague.leave_a_head(await heads_of(tx, company_id))
    await end_affiliation(tx, colleague, Why.REMOVED)
    tell_member(tx, member_id, company, "removed_from_company")


@router.put(
    "/companies/{company_id}/members/{member_id}/role",
    access=by_rows(Permission.MANAGE_PEOPLE),
    responses=documented(CompanyNotFound, Forbidden, ColleagueNotFound, LastHead, CompanyOfOne, RoleNotOffered),
)
async def change_role(
    company_id: UUID, member_id: UUID, body: ChangeRole, caller: CallerDep, tx: TxDep
) -> ColleagueView:
    """Give a colleague another role, heads included; it holds at once (ID-09)."""
    company, colleague = await colleague_to_manage(tx, caller, company_id, member_id)
    former = colleague.role
    changed = colleague.change_role(body.role, company.kind, await heads_of(tx, company_id), tx.now)
    if body.role is not former:
        emit(tx, changed)
        await _stop_supervising(tx, colleague)
        audit(tx, "affiliation.role_changed", colleague.id, member=member_id, company=company_id, role=body.role)
        tell_member(tx, member_id, company, "role_changed", role=body.role.value)
    return ColleagueView.model_validate(colleague)


async def colleague_to_manage(tx: Tx, caller: Caller, company_id: UUID, member_id: UUID) -> tuple[Company, Affiliation]:
    """The company, locked, and one of its people. Raises CompanyNotFound, Forbidden or ColleagueNotFound."""
    company = await _held(tx, company_id)
    await permitted(tx, caller, company_id, Permission.MANAGE_PEOPLE)
    found = await affiliation_of(tx, member_id)
    if found is None or found.company_id != company_id:
        raise ColleagueNotFound
    return company, found


async def _held(tx: Tx, company_id: UUID) -> Company:
    held = await lock_companies(tx, {company_id})
    if company_id not in held:
        raise CompanyNotFound
    return held[company_id]


async def _stop_supervising(tx: Tx, member: Affiliation) -> None:
    """Whoever is no sales manager any more supervises nobody (CO-05)."""
    supervision = await tx.get(Supervision, member.id)
    if supervision is not None and supervision.consultants:
        emit(tx, supervision.end(member, tx.now))


async def _role(tx: Tx, company_id: UUID, role: Role) -> RoleView:
    having = (Affiliation.company_id == company_id, Affiliation.role == role)
    first = select(Affiliation).where(*having).order_by(Affiliation.display_name, Affiliation.id).limit(SHOWN)
    return RoleView(
        role=role,
        allows=[permission for permission in Permission if allows(permission, role)],
        count=(await tx.scalars(select(func.count()).where(*having))).one(),
        holders=[HolderView.model_validate(holder) for holder in await tx.scalars(first)],
    )
