"""Who supervises whose missions (CO-05)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis import Tx, audit, emit
from chassis.errors import Forbidden
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.problems import documented
from company.affiliation.domain import Affiliation, ColleagueNotFound
from company.affiliation.people import colleague_to_manage
from company.affiliation.queries import affiliation_of, by_rows, people_of, permitted
from company.company.domain import CompanyNotFound
from company.supervision.domain import NotAColleague, NotASupervisor, Supervision
from contracts.permissions import Permission

router = Router("supervision")
PATH = "/companies/{company_id}/members/{member_id}/supervised-consultants"


class ChooseConsultants(Body):
    """All the consultants whose missions the sales manager follows from now on."""

    consultants: Annotated[list[UUID], Field(max_length=500)]


class SupervisionView(View):
    """Whose missions a sales manager follows."""

    consultants: list[UUID]
    changed_at: datetime | None


@router.put(
    PATH,
    access=by_rows(Permission.MANAGE_PEOPLE),
    responses=documented(CompanyNotFound, Forbidden, ColleagueNotFound, NotASupervisor, NotAColleague),
)
async def choose_consultants(
    company_id: UUID, member_id: UUID, body: ChooseConsultants, caller: CallerDep, tx: TxDep
) -> SupervisionView:
    """Have a sales manager follow the missions of exactly these consultants (CO-05)."""
    _, supervisor = await colleague_to_manage(tx, caller, company_id, member_id)
    supervision = await _of(tx, supervisor) or Supervision.none_yet(supervisor, tx.now)
    emit(tx, supervision.choose(supervisor, body.consultants, await people_of(tx, company_id), tx.now))
    tx.add(supervision)
    audit(tx, "supervision.changed", supervisor.id, member=member_id, consultants=supervision.consultants)
    return SupervisionView.model_validate(supervision)


@router.get(PATH, access=by_rows(Permission.BELONG), responses=documented(CompanyNotFound, ColleagueNotFound))
async def read_consultants(company_id: UUID, member_id: UUID, caller: CallerDep, tx: TxDep) -> SupervisionView:
    """Whose missions a sales manager of one's company follows; nobody's for any other role."""
    await permitted(tx, caller, company_id, Permission.BELONG)
    supervisor = await affiliation_of(tx, member_id)
    if supervisor is None or supervisor.company_id != company_id:
        raise ColleagueNotFound
    found = await _of(tx, supervisor)
    return SupervisionView.model_validate(found) if found else SupervisionView(consultants=[], changed_at=None)


async def _of(tx: Tx, supervisor: Affiliation) -> Supervision | None:
    return await tx.get(Supervision, supervisor.id)
