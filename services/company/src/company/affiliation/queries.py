"""Whom a caller acts for, by this service's own rows: a change of affiliation holds at once (ID-09)."""

from uuid import UUID

from sqlalchemy import func, select

from chassis import Tx, get_locked
from chassis.auth import Access, Caller
from chassis.errors import Forbidden, Problem, require
from company.affiliation.domain import Affiliation, AlreadyAffiliated
from company.company.domain import Company, CompanyNotFound
from company.directory.domain import KnownMember, ProfileNotKnownYet
from contracts.permissions import Permission, allows
from contracts.roles import HEADS, StaffScope

_AS_IT_IS = {"populate_existing": True}
"""What another transaction changed while this one waited for its lock shows, too."""


def by_rows(permission: Permission, *, or_staff: bool = False) -> Access:
    """A route's access by `permitted`: this service's own rows decide, for tokens may be older than they are."""
    others = ", and staff with the scope compliance" if or_staff else ""
    return Access(f"whoever may {permission}, by the company's own rows{others}", permission=permission)


async def permitted(
    tx: Tx, caller: Caller, company_id: UUID, permission: Permission, missing: Problem | None = None
) -> Affiliation:
    """The caller's affiliation to this very company, whose role allows the act (CO-22).

    Raises:
        CompanyNotFound: they do not act for the company; or `missing`, when it is given.
        Forbidden: their role does not allow it.

    """
    found = await affiliation_of(tx, caller.member_id)
    if found is None or found.company_id != company_id:
        raise missing or CompanyNotFound()
    require(allows(permission, found.role), Forbidden(f"the role {found.role} may not {permission}"))
    return found


async def affiliation_of(tx: Tx, member_id: UUID) -> Affiliation | None:
    """The member's affiliation, when there is one."""
    query = select(Affiliation).where(Affiliation.member_id == member_id)
    return (await tx.scalars(query, execution_options=_AS_IT_IS)).one_or_none()


async def lock_companies(tx: Tx, company_ids: set[UUID]) -> dict[UUID, Company]:
    """Hold the companies' people still until the commit: whoever leaves, is removed or changes role waits here.

    Always in the order of their ids, so that two moves between two companies never wait for each other.
    """
    query = select(Company).where(Company.id.in_(company_ids)).order_by(Company.id).with_for_update()
    return {company.id: company for company in await tx.scalars(query, execution_options=_AS_IT_IS)}


async def people_of(tx: Tx, company_id: UUID) -> set[UUID]:
    """The members who act for the company."""
    query = select(Affiliation.member_id).where(Affiliation.company_id == company_id)
    return set((await tx.scalars(query)).all())


async def heads_of(tx: Tx, company_id: UUID) -> int:
    """How many members run the company's affairs."""
    query = select(func.count()).where(Affiliation.company_id == company_id, Affiliation.role.in_(HEADS))
    return (await tx.scalars(query)).one()


def checks_compliance(caller: Caller) -> bool:
    """Say whether the caller is staff who may see every company."""
    return StaffScope.COMPLIANCE in caller.scopes


async def member_here(tx: Tx, member_id: UUID) -> KnownMember:
    """The local copy of a member, held until the commit, so that a new name or the end waits.

    Raises:
        ProfileNotKnownYet: there is none, or the account is gone.

    """
    member = await get_locked(tx, KnownMember, member_id, ProfileNotKnownYet())
    require(not member.gone, ProfileNotKnownYet())
    return member


async def unaffiliated_member(tx: Tx, member_id: UUID) -> KnownMember:
    """The local copy of a member who acts for nobody. Raises ProfileNotKnownYet or AlreadyAffiliated."""
    member = await member_here(tx, member_id)
    require(await affiliation_of(tx, member_id) is None, AlreadyAffiliated())
    return member
