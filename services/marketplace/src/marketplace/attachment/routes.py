"""Adding files to a proposal, reading and removing them."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from fastapi import Response, UploadFile
from sqlalchemy import func, select

from chassis import Tx, audit, emit
from chassis.auth import may
from chassis.errors import IllegalMove, TemporarilyUnavailable
from chassis.files import PDF, FileNotAccepted, FileTooLarge, StoredFile, attachment
from chassis.http import CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented, problem_response
from chassis.rows import new_id
from chassis.virus_scan import FileInfected
from contracts.permissions import Permission
from marketplace.actor import Actor, acting
from marketplace.attachment.domain import MOST, Attachment, AttachmentNotFound, TooManyAttachments
from marketplace.proposal import notices
from marketplace.proposal.domain import Proposal
from marketplace.proposal.queries import held_with_rfp, seen, visible_to
from marketplace.proposal.refusals import ProposalNotFound
from marketplace.rfp.refusals import RfpAlreadyAwarded, RfpClosed

router = Router("proposals")

_REFUSALS = (ProposalNotFound, IllegalMove, RfpAlreadyAwarded, RfpClosed)


class AttachmentView(View):
    """A file of a proposal."""

    id: UUID
    name: str
    size: int
    sha256: str
    added_at: datetime


@router.post(
    "/proposals/{proposal_id}/attachments",
    access=may(Permission.ANSWER_RFPS),
    status_code=201,
    response_model=AttachmentView,
    responses=documented(
        *_REFUSALS, TooManyAttachments, FileNotAccepted, FileTooLarge, FileInfected, TemporarilyUnavailable
    ),
)
async def attach(
    proposal_id: UUID, file: UploadFile, caller: CallerDep, tx: TxDep, platform: PlatformDep
) -> AttachmentView | Response:
    """Add a PDF to a proposal that nobody has chosen yet; as after any edit, the client reads it anew."""
    by = acting(caller)
    await seen(tx, by, proposal_id)
    try:
        stored = await platform.files.keep(file, accept=frozenset({PDF}))
    except FileInfected as infected:
        audit(tx, "attachment.infected", proposal_id)
        return problem_response(infected)
    await _change(tx, by, proposal_id)
    present = select(func.count()).where(Attachment.proposal_id == proposal_id, Attachment.removed_at.is_(None))
    if (await tx.scalar(present) or 0) >= MOST:
        raise TooManyAttachments
    added = Attachment(
        id=new_id(), proposal_id=proposal_id, file=asdict(stored), added_by=by.member_id, added_at=tx.now
    )
    tx.add(added)
    audit(tx, "attachment.add", added.id, proposal=proposal_id, sha256=stored.sha256)
    return AttachmentView.model_validate(added)


@router.get(
    "/proposals/{proposal_id}/attachments",
    access=may(Permission.FOLLOW_RFPS),
    responses=documented(ProposalNotFound),
)
async def list_attachments(proposal_id: UUID, page: PageDep, caller: CallerDep, tx: TxDep) -> Page[AttachmentView]:
    """The files of a proposal."""
    proposal = await seen(tx, acting(caller), proposal_id)
    present = select(Attachment).where(Attachment.proposal_id == proposal.id, Attachment.removed_at.is_(None))
    return await page_of(tx, present, Attachment.id, page, AttachmentView.model_validate)


@router.get(
    "/attachments/{attachment_id}/file",
    access=may(Permission.FOLLOW_RFPS),
    response_class=Response,
    responses={
        **documented(AttachmentNotFound, TemporarilyUnavailable),
        200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}, "description": "The file"},
    },
)
async def download(attachment_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> Response:
    """One file, as it was handed over."""
    found = await _visible(tx, acting(caller), attachment_id)
    stored = StoredFile(**found.file)
    return attachment(stored, await platform.files.read(stored.key))


@router.delete(
    "/attachments/{attachment_id}",
    access=may(Permission.ANSWER_RFPS),
    status_code=204,
    responses=documented(AttachmentNotFound, *_REFUSALS),
)
async def remove(attachment_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Take a file back; the client reads the proposal anew."""
    by = acting(caller)
    found = await _visible(tx, by, attachment_id)
    if found.proposal_id is None:
        raise AttachmentNotFound
    await _change(tx, by, found.proposal_id)
    found.removed_at = tx.now
    audit(tx, "attachment.remove", found.id, proposal=found.proposal_id)


async def _change(tx: Tx, by: Actor, proposal_id: UUID) -> None:
    """Hold the proposal while its files change, and tell the client's people that it is another one."""
    proposal, rfp = await held_with_rfp(tx, proposal_id, visible_to(by))
    rfp.check_open()
    proposal.reconsider(by, tx.now)
    emit(tx, notices.changed(proposal, rfp, "edited"))


async def _visible(tx: Tx, actor: Actor, attachment_id: UUID) -> Attachment:
    query = (
        select(Attachment)
        .join(Proposal, Proposal.id == Attachment.proposal_id)
        .where(Attachment.id == attachment_id, Attachment.removed_at.is_(None), visible_to(actor))
    )
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise AttachmentNotFound
    return found
