"""Publishing a request: its validators, its number, and the editions that follow (MK-15, MK-17, MK-23)."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select

from chassis import Tx, audit, emit
from chassis.auth import may
from chassis.errors import Conflict, IllegalMove, Problem, VersionConflict, require
from chassis.http import Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.numbering import next_number
from chassis.problems import documented
from contracts.permissions import Permission
from marketplace.acknowledgement.queries import MARKET_CLOSED, admit
from marketplace.actor import Actor, acting
from marketplace.clause.queries import clauses_for
from marketplace.directory.domain import Company, CompanyNotValidated, PrincipalContractMissing
from marketplace.directory.queries import publishing_client
from marketplace.proposal.domain import Proposal
from marketplace.rfp import notices
from marketplace.rfp.content import DeliverableOutsidePeriod, FieldOfAnotherStep, RfpContent, RfpIncomplete
from marketplace.rfp.domain import Rfp
from marketplace.rfp.editions import Edition
from marketplace.rfp.named import NAMED, SpendingLineNeeded, line_to_publish, manager_of
from marketplace.rfp.queries import own_rfp, rfp_of, visible_to
from marketplace.rfp.refusals import (
    RfpAlreadyAwarded,
    RfpAlreadyPublished,
    RfpClosed,
    RfpNotFound,
    RfpStartsInThePast,
    UnknownOperationalManager,
)
from marketplace.rfp.views import RfpBody, RfpView, show
from marketplace.template.domain import Template
from marketplace.workflow.domain import ApprovalNotYours, Decision, RejectionUnexplained, ValidatorsGone, Verdict, ask
from marketplace.workflow.queries import turns_left, validators_of

router = Router("rfps")

_CHECKS: tuple[type[Problem], ...] = (
    RfpNotFound,
    RfpAlreadyPublished,
    RfpIncomplete,
    DeliverableOutsidePeriod,
    RfpStartsInThePast,
    CompanyNotValidated,
    PrincipalContractMissing,
    UnknownOperationalManager,
    SpendingLineNeeded,
    *NAMED,
)


class CorrectionNeedsValidation(Conflict):
    """What validators agreed to does not become dearer behind their backs."""

    code, title = "correction_needs_validation", "The correction costs more than what was validated"


class VerdictBody(Verdict, Body):
    """What a validator says of a request."""


class EditionView(RfpContent, View):
    """What a request said from one publication to the next."""

    edition: int
    published_at: datetime


@router.post(
    "/rfps/{rfp_id}/publication",
    access=may(Permission.RUN_RFPS),
    responses=documented(*_CHECKS, IllegalMove, ValidatorsGone),
)
async def publish_rfp(rfp_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> RfpView:
    """Give it its number and show it to providers, or to its validators first; its content is frozen from now on."""
    by = acting(caller)
    rfp = await own_rfp(tx, by, rfp_id)
    client, threshold = await _check(tx, rfp)
    validators = await validators_of(tx, by.company_id, rfp.content, threshold)
    if validators:
        rfp.submit(by)
        await tx.flush()
        tx.add_all(ask(rfp.id, rfp.version, validators))
        emit(tx, notices.approval_asked(rfp, validators[0]))
        audit(tx, "rfp.submit", rfp.id, validators=len(validators))
    else:
        await _publish(tx, rfp, client, by)
    set_etag(response, rfp.version)
    return await show(tx, by, rfp)


@router.post(
    "/rfps/{rfp_id}/approvals",
    access=may(Permission.VIEW_PURCHASING),
    responses=documented(*_CHECKS, ApprovalNotYours, RejectionUnexplained),
)
async def decide_publication(
    rfp_id: UUID, body: VerdictBody, caller: CallerDep, tx: TxDep, response: Response
) -> RfpView:
    """Approve a publication in one's turn, or send it back; after the last approval it is published."""
    by = acting(caller)
    rfp = await own_rfp(tx, by, rfp_id)
    turns = await turns_left(tx, rfp.id, by.company_id)
    if not turns:
        raise ApprovalNotYours
    mine, *others = turns
    mine.decide(body, by.member_id, tx.now)
    if body.decision is Decision.REJECTED:
        for other in others:
            await tx.delete(other)
        rfp.reject(by)
        emit(tx, notices.approval_decided(rfp, body.decision, body.reason))
    elif others:
        emit(tx, notices.approval_asked(rfp, others[0].validator_id))
    else:
        client, _ = await _check(tx, rfp)
        await _publish(tx, rfp, client, by)
        emit(tx, notices.approval_decided(rfp, body.decision, None))
    audit(tx, f"rfp.{body.decision}", rfp.id)
    set_etag(response, rfp.version)
    return await show(tx, by, rfp)


@router.post(
    "/rfps/{rfp_id}/editions",
    access=may(Permission.RUN_RFPS),
    status_code=201,
    responses=documented(
        *_CHECKS, FieldOfAnotherStep, RfpAlreadyAwarded, RfpClosed, CorrectionNeedsValidation, VersionConflict
    ),
)
async def correct_rfp(
    rfp_id: UUID, body: RfpBody, caller: CallerDep, tx: TxDep, *, request: Request, response: Response
) -> RfpView:
    """Publish another edition; whoever answered is told, and their answer stays one to the former edition (MK-23)."""
    by = acting(caller)
    rfp = await own_rfp(tx, by, rfp_id)
    check_if_match(request, rfp.version)
    rfp.check_open()
    line = await line_to_publish(tx, by.company_id, body)
    content = body.model_copy(update={"type": rfp.content.type})
    if await validators_of(tx, by.company_id, content, line.buyer_threshold if line else None):
        require(_no_dearer(content, rfp.content), CorrectionNeedsValidation())
    rfp.correct(content, await manager_of(tx, by.company_id, content), tx.today)
    await _carry_clauses(tx, rfp)
    tx.add(Edition.of(rfp, tx.now))
    answered = set(await tx.scalars(select(Proposal.author_id).where(Proposal.rfp_id == rfp.id)))
    if answered:
        emit(tx, notices.corrected(rfp, sorted(answered)))
    audit(tx, "rfp.correct", rfp.id, reference=rfp.reference)
    set_etag(response, rfp.version)
    return await show(tx, by, rfp)


@router.get(
    "/rfps/{rfp_id}/editions",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(RfpNotFound, *MARKET_CLOSED),
)
async def list_editions(rfp_id: UUID, caller: CallerDep, tx: TxDep) -> list[EditionView]:
    """All that the request ever said once published, the first edition first."""
    actor = acting(caller)
    await admit(tx, actor)
    if await rfp_of(tx, rfp_id, visible_to(actor, tx.today)) is None:
        raise RfpNotFound
    found = await tx.scalars(select(Edition).where(Edition.rfp_id == rfp_id).order_by(Edition.edition))
    hidden = set() if actor.buys else {"spending_line_id", "buyer_id"}
    return [
        EditionView(**one.content.model_dump(exclude=hidden), edition=one.edition, published_at=one.published_at)
        for one in found
    ]


async def _check(tx: Tx, rfp: Rfp) -> tuple[Company, Decimal | None]:
    """The client and its spending line's threshold, when the request may be published today."""
    client = await publishing_client(tx, rfp.client_company_id)
    content = rfp.content
    rfp.check_publishable(await manager_of(tx, client.id, content), tx.today)
    line = await line_to_publish(tx, client.id, content)
    return client, line.buyer_threshold if line else None


async def _carry_clauses(tx: Tx, rfp: Rfp) -> None:
    """Whoever answers from now on accepts the clauses of today."""
    clauses = await clauses_for(tx, rfp.client_company_id, rfp.entity_id)
    rfp.clause_ids = [str(clause.id) for clause in clauses]


async def _publish(tx: Tx, rfp: Rfp, client: Company, by: Actor) -> None:
    await _carry_clauses(tx, rfp)
    rfp.publish(await next_number(tx, "RFP"), client.name, by, tx.now)
    await tx.flush()
    tx.add_all([Edition.of(rfp, tx.now), Template.of(rfp, tx.now)])
    if rfp.addressee_id is not None:
        emit(tx, notices.extension_asked(rfp, rfp.addressee_id))
    audit(tx, "rfp.publish", rfp.id, reference=rfp.reference)


def _no_dearer(content: RfpContent, published: RfpContent) -> bool:
    """Whether a correction stays within the amount that validators agreed to; one without amount is any amount."""
    before, after = published.expected_amount, content.expected_amount
    return before is None or (after is not None and after <= before)
