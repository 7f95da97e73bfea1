"""Reporting, and the platform's look at what was reported (MK-26)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, true

from chassis import Tx, audit, emit, get_locked
from chassis.auth import may, staff
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.notification import NotificationRequested
from contracts.permissions import Permission
from contracts.roles import StaffScope
from marketplace.actor import Actor, acting
from marketplace.proposal.domain import Proposal
from marketplace.proposal.queries import visible_to
from marketplace.question.domain import Question
from marketplace.report.domain import (
    AlreadyReported,
    Concerned,
    Finding,
    Report,
    ReportClosed,
    ReportNotFound,
    ReportReason,
    ReportSubjectNotFound,
    SubjectKind,
    Telling,
)
from marketplace.rfp import queries as rfps
from marketplace.rfp.domain import Rfp
from marketplace.values import Prose

router = Router("reports")


class ReportBody(Telling, Body):
    """What a member reports."""


class ClosingBody(Body):
    """What staff found."""

    outcome: Finding
    note: Prose


class ReportView(View):
    """One's own report."""

    id: UUID
    subject: SubjectKind
    subject_id: UUID
    reason: ReportReason
    description: str
    reported_at: datetime
    finding: Finding | None
    closed_at: datetime | None


class StaffReportView(ReportView):
    """A report as staff reads it: `about_member_id` is whom a sanction would fall on."""

    reporter_id: UUID
    reporter_company_id: UUID
    about_company_id: UUID
    about_member_id: UUID
    note: str | None
    closed_by: UUID | None


@router.post(
    "/reports",
    access=may(Permission.FOLLOW_RFPS),
    status_code=201,
    responses=documented(ReportSubjectNotFound, AlreadyReported),
)
async def report(body: ReportBody, caller: CallerDep, tx: TxDep) -> ReportView:
    """Have the platform look into a request, a proposal or a question that you can see."""
    by = acting(caller)
    about = await _concerned(tx, body, by)
    if about is None:
        raise ReportSubjectNotFound(field="id")
    again = (Report.subject_id == body.id, Report.reporter_id == by.member_id, Report.closed_at.is_(None))
    if await tx.scalar(select(exists().where(*again))):
        raise AlreadyReported
    made = Report.tell(body, about, by, tx.now)
    tx.add(made)
    audit(tx, "report.make", made.id, kind=body.subject, about=body.id, reason=body.reason)
    return ReportView.model_validate(made)


@router.get("/reports", access=may(Permission.FOLLOW_RFPS))
async def list_own(page: PageDep, caller: CallerDep, tx: TxDep) -> Page[ReportView]:
    """What you reported, and what came of it."""
    mine = select(Report).where(Report.reporter_id == caller.member_id)
    return await page_of(tx, mine, Report.id, page, ReportView.model_validate)


@router.get("/staff/reports", access=staff(StaffScope.SUPPORT))
async def list_reports(page: PageDep, tx: TxDep, *, open_only: bool = True) -> Page[StaffReportView]:
    """What waits for somebody to look into it, or everything; the newest first."""
    reports = select(Report).where(Report.closed_at.is_(None) if open_only else true())
    return await page_of(tx, reports, Report.id, page, StaffReportView.model_validate)


@router.post(
    "/staff/reports/{report_id}/closing",
    access=staff(StaffScope.SUPPORT),
    responses=documented(ReportNotFound, ReportClosed),
)
async def close_report(report_id: UUID, body: ClosingBody, caller: CallerDep, tx: TxDep) -> StaffReportView:
    """Say what was found; whoever reported it is told. A sanction, if any, is imposed in identity."""
    found = await get_locked(tx, Report, report_id, ReportNotFound())
    found.close(body.outcome, body.note, caller.member_id, tx.now)
    emit(
        tx,
        NotificationRequested(
            subject_id=found.id,
            template="report_closed",
            members=[found.reporter_id],
            context={"outcome": body.outcome},
        ),
    )
    audit(tx, "report.close", found.id, outcome=body.outcome, about=found.about_member_id)
    return StaffReportView.model_validate(found)


async def _concerned(tx: Tx, telling: Telling, by: Actor) -> Concerned | None:
    """Whose doing it is, if the reporter can see it; of one's own proposal or question, the client's."""
    if telling.subject == SubjectKind.RFP:
        return await _client_of(tx, telling.id, by)
    if telling.subject == SubjectKind.PROPOSAL:
        proposal = (await tx.scalars(select(Proposal).where(Proposal.id == telling.id, visible_to(by)))).one_or_none()
        if proposal is None:
            return None
        provider = Concerned(proposal.provider_company_id, proposal.author_id)
        return provider if by.buys else await _client_of(tx, proposal.rfp_id, by)
    seen = select(Question).join(Rfp, Rfp.id == Question.rfp_id)
    question = (await tx.scalars(seen.where(Question.id == telling.id, rfps.visible_to(by, tx.today)))).one_or_none()
    return None if question is None else Concerned(question.provider_company_id, question.asker_id)


async def _client_of(tx: Tx, rfp_id: UUID, by: Actor) -> Concerned | None:
    rfp = await rfps.rfp_of(tx, rfp_id, rfps.visible_to(by, tx.today))
    return None if rfp is None else Concerned(rfp.client_company_id, rfp.author_id)
