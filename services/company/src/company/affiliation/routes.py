"""Asking to join a company, and deciding about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis import Tx, audit, emit, get_locked, get_or
from chassis.auth import MEMBER, Caller
from chassis.errors import Forbidden, IllegalMove, require
from chassis.http import AlreadyExists, Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation import domain, joining
from company.affiliation.domain import AlreadyAffiliated, LastHead
from company.affiliation.ending import hold_member, leave_former, withdraw_others
from company.affiliation.joining import JoinRequest, JoinRequestNotFound, JoinStatus
from company.affiliation.queries import affiliation_of, by_rows, member_here, permitted
from company.company.domain import Company, CompanyNotFound, CompanyStatus
from company.directory.domain import KnownMember, ProfileNotKnownYet
from company.notices import tell_heads, tell_member
from contracts.permissions import Permission
from contracts.roles import Role

router = Router("affiliations")


class AskToJoin(Body):
    """The role asked for (CO-04); a provider's consultant unless said otherwise (ID-08)."""

    role: Role | None = None


class JoinRequestView(View):
    """A request to join a company."""

    id: UUID
    company_id: UUID
    member_id: UUID
    member_name: str
    role: Role
    status: JoinStatus
    requested_at: datetime
    decided_at: datetime | None


@router.post(
    "/companies/{company_id}/join-requests",
    access=MEMBER,
    status_code=201,
    responses=documented(
        CompanyNotFound,
        ProfileNotKnownYet,
        AlreadyAffiliated,
        AlreadyExists,
        joining.OtherSide,
        domain.CompanyOfOne,
        joining.JoinRequestPending,
        domain.RoleNotOffered,
    ),
)
async def ask_to_join(company_id: UUID, body: AskToJoin, caller: CallerDep, tx: TxDep) -> JoinRequestView:
    """Ask a company's heads for a role in it (CO-02, CO-04); whoever acts for another keeps it meanwhile (ID-38)."""
    member = await member_here(tx, caller.member_id)
    present = await affiliation_of(tx, caller.member_id)
    require(present is None or present.company_id != company_id, AlreadyAffiliated())
    company = await get_or(tx, Company, company_id, CompanyNotFound())
    require(company.status is not CompanyStatus.REFUSED, CompanyNotFound())
    request = JoinRequest.ask(member, company, body.role, tx.now)
    require(not await _is_waiting(tx, company_id, caller.member_id), joining.JoinRequestPending())
    tx.add(request)
    audit(tx, "join.requested", request.id, company=company_id, role=request.role)
    tell_heads(tx, company, "join_requested", member_name=request.member_name, role=request.role.value)
    return JoinRequestView.model_validate(request)


@router.get(
    "/companies/{company_id}/join-requests",
    access=by_rows(Permission.MANAGE_PEOPLE),
    responses=documented(CompanyNotFound, Forbidden),
)
async def list_join_requests(
    company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep, status: JoinStatus | None = None
) -> Page[JoinRequestView]:
    """Who asked to join, newest first."""
    await permitted(tx, caller, company_id, Permission.MANAGE_PEOPLE)
    query = select(JoinRequest).where(JoinRequest.company_id == company_id)
    if status is not None:
        query = query.where(JoinRequest.status == status)
    return await page_of(tx, query, JoinRequest.id, page, JoinRequestView.model_validate)


@router.post(
    "/join-requests/{request_id}/acceptance",
    access=by_rows(Permission.MANAGE_PEOPLE),
    responses=documented(JoinRequestNotFound, Forbidden, IllegalMove, AlreadyAffiliated, LastHead),
)
async def accept_join_request(request_id: UUID, caller: CallerDep, tx: TxDep) -> JoinRequestView:
    """Let the requester act for the company, in the role asked for (CO-03), and for no other any more (ID-38)."""
    request, company = await _to_decide(tx, caller, request_id)
    request.member_name = (await tx.get_one(KnownMember, request.member_id)).display_name
    affiliation, granted = request.accept(caller.member_id, company, tx.now)
    await leave_former(tx, request.member_id, company.id)
    await withdraw_others(tx, request.member_id)
    tx.add(affiliation)
    emit(tx, granted)
    audit(tx, "join.accepted", request.id, member=request.member_id, company=company.id, role=request.role)
    _tell_requester(tx, request, company)
    return JoinRequestView.model_validate(request)


@router.post(
    "/join-requests/{request_id}/rejection",
    access=by_rows(Permission.MANAGE_PEOPLE),
    responses=documented(JoinRequestNotFound, Forbidden, IllegalMove),
)
async def reject_join_request(request_id: UUID, caller: CallerDep, tx: TxDep) -> JoinRequestView:
    """Turn the requester down (CO-03)."""
    request, company = await _to_decide(tx, caller, request_id)
    request.reject(caller.member_id, tx.now)
    audit(tx, "join.rejected", request.id, member=request.member_id, company=company.id)
    _tell_requester(tx, request, company)
    return JoinRequestView.model_validate(request)


@router.post(
    "/join-requests/{request_id}/withdrawal",
    access=MEMBER,
    responses=documented(JoinRequestNotFound, IllegalMove),
)
async def withdraw_join_request(request_id: UUID, caller: CallerDep, tx: TxDep) -> JoinRequestView:
    """Not want to join any more."""
    mine = JoinRequest.member_id == caller.member_id
    request = await get_locked(tx, JoinRequest, request_id, JoinRequestNotFound(), mine)
    request.withdraw(tx.now)
    audit(tx, "join.withdrawn", request.id, company=request.company_id)
    return JoinRequestView.model_validate(request)


@router.get("/join-requests", access=MEMBER)
async def list_own_join_requests(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[JoinRequestView]:
    """What one asked companies for, newest first."""
    query = select(JoinRequest).where(JoinRequest.member_id == caller.member_id)
    return await page_of(tx, query, JoinRequest.id, page, JoinRequestView.model_validate)


async def _is_waiting(tx: Tx, company_id: UUID, member_id: UUID) -> bool:
    query = select(JoinRequest.id).where(
        JoinRequest.company_id == company_id,
        JoinRequest.member_id == member_id,
        JoinRequest.status == JoinStatus.PENDING,
    )
    return (await tx.scalars(query)).first() is not None


async def _to_decide(tx: Tx, caller: Caller, request_id: UUID) -> tuple[JoinRequest, Company]:
    """The request, locked, for whoever manages the people of the company that it is addressed to.

    The requester is locked first, then every company that the decision touches. Raises JoinRequestNotFound, Forbidden.
    """
    sides = select(JoinRequest.member_id, JoinRequest.company_id).where(JoinRequest.id == request_id)
    found = (await tx.execute(sides)).one_or_none()
    if found is None:
        raise JoinRequestNotFound
    companies = await hold_member(tx, found.member_id, found.company_id)
    await permitted(tx, caller, found.company_id, Permission.MANAGE_PEOPLE, JoinRequestNotFound())
    request = await get_locked(tx, JoinRequest, request_id, JoinRequestNotFound())
    return request, companies[found.company_id]


def _tell_requester(tx: Tx, request: JoinRequest, company: Company) -> None:
    decision, role = request.status.value, request.role.value
    tell_member(tx, request.member_id, company, "join_decided", decision=decision, role=role)
