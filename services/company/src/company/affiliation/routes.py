from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis import Tx, audit, emit, get_locked, get_or
from chassis.auth import MEMBER, Caller
from chassis.errors import Forbidden, IllegalMove, require
from chassis.http import AlreadyExists, Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from company.affiliation import domain
from company.affiliation.domain import Affiliation, AlreadyAffiliated, JoinRequest, JoinRequestNotFound, JoinStatus
from company.affiliation.queries import (
    COLLEAGUES,
    HEADS_ONLY,
    affiliation_of,
    colleague,
    head,
    unaffiliated_member,
)
from company.company.domain import Company, CompanyNotFound, CompanyStatus
from company.directory.domain import ProfileNotKnownYet
from company.notices import tell_heads, tell_member
from contracts.roles import Role

router = Router("affiliations")


class AskToJoin(Body):
    """The role asked for (CO-04)."""

    role: Role


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


class ColleagueView(View):
    """Somebody who acts for the company."""

    member_id: UUID
    display_name: str
    role: Role
    granted_at: datetime


@router.post(
    "/companies/{company_id}/join-requests",
    access=MEMBER,
    status_code=201,
    responses=documented(
        CompanyNotFound,
        ProfileNotKnownYet,
        AlreadyAffiliated,
        AlreadyExists,
        domain.OtherSide,
        domain.CompanyOfOne,
        domain.JoinRequestPending,
        domain.RoleNotOffered,
    ),
)
async def ask_to_join(company_id: UUID, body: AskToJoin, caller: CallerDep, tx: TxDep) -> JoinRequestView:
    """Ask a company's heads for a role in it (CO-02, CO-04)."""
    member = await unaffiliated_member(tx, caller.member_id)
    company = await get_or(tx, Company, company_id, CompanyNotFound())
    require(company.status is not CompanyStatus.REFUSED, CompanyNotFound())
    request = JoinRequest.ask(member, company, body.role, tx.now)
    require(not await _is_waiting(tx, company_id, caller.member_id), domain.JoinRequestPending())
    tx.add(request)
    audit(tx, "join.requested", request.id, company=company_id, role=body.role)
    tell_heads(tx, company, "join_requested", member_name=request.member_name, role=request.role.value)
    return JoinRequestView.model_validate(request)


@router.get(
    "/companies/{company_id}/join-requests", access=HEADS_ONLY, responses=documented(CompanyNotFound, Forbidden)
)
async def list_join_requests(
    company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep, status: JoinStatus | None = None
) -> Page[JoinRequestView]:
    """Who asked to join, newest first."""
    await head(tx, caller, company_id)
    query = select(JoinRequest).where(JoinRequest.company_id == company_id)
    if status is not None:
        query = query.where(JoinRequest.status == status)
    return await page_of(tx, query, JoinRequest.id, page, JoinRequestView.model_validate)


@router.post(
    "/join-requests/{request_id}/acceptance",
    access=HEADS_ONLY,
    responses=documented(JoinRequestNotFound, Forbidden, IllegalMove, AlreadyAffiliated, AlreadyExists),
)
async def accept_join_request(request_id: UUID, caller: CallerDep, tx: TxDep) -> JoinRequestView:
    """Let the requester act for the company, in the role asked for (CO-03)."""
    request, company = await _to_decide(tx, caller, request_id)
    affiliation, granted = request.accept(caller.member_id, company, tx.now)
    require(await affiliation_of(tx, request.member_id) is None, AlreadyAffiliated())
    tx.add(affiliation)
    emit(tx, granted)
    audit(tx, "join.accepted", request.id, member=request.member_id, company=company.id, role=request.role)
    _tell_requester(tx, request, company)
    return JoinRequestView.model_validate(request)


@router.post(
    "/join-requests/{request_id}/rejection",
    access=HEADS_ONLY,
    responses=documented(JoinRequestNotFound, Forbidden, IllegalMove),
)
async def reject_join_request(request_id: UUID, caller: CallerDep, tx: TxDep) -> JoinRequestView:
    """Turn the requester down (CO-03)."""
    request, company = await _to_decide(tx, caller, request_id)
    request.reject(caller.member_id, tx.now)
    audit(tx, "join.rejected", request.id, member=request.member_id, company=company.id)
    _tell_requester(tx, request, company)
    return JoinRequestView.model_validate(request)


@router.get("/companies/{company_id}/members", access=COLLEAGUES, responses=documented(CompanyNotFound))
async def list_members(company_id: UUID, caller: CallerDep, tx: TxDep, page: PageDep) -> Page[ColleagueView]:
    """Everyone who acts for one's company, and in which role (CO-27)."""
    await colleague(tx, caller, company_id)
    query = select(Affiliation).where(Affiliation.company_id == company_id)
    return await page_of(tx, query, Affiliation.id, page, ColleagueView.model_validate)


async def _is_waiting(tx: Tx, company_id: UUID, member_id: UUID) -> bool:
    query = select(JoinRequest.id).where(
        JoinRequest.company_id == company_id,
        JoinRequest.member_id == member_id,
        JoinRequest.status == JoinStatus.PENDING,
    )
    return (await tx.scalars(query)).first() is not None


async def _to_decide(tx: Tx, caller: Caller, request_id: UUID) -> tuple[JoinRequest, Company]:
    """The request, locked, for a head of the company that it is addressed to. Raises JoinRequestNotFound, Forbidden."""
    request = await get_locked(tx, JoinRequest, request_id, JoinRequestNotFound())
    await head(tx, caller, request.company_id, JoinRequestNotFound())
    return request, await get_or(tx, Company, request.company_id, CompanyNotFound())


def _tell_requester(tx: Tx, request: JoinRequest, company: Company) -> None:
    decision, role = request.status.value, request.role.value
    tell_member(tx, request.member_id, company, "join_decided", decision=decision, role=role)
