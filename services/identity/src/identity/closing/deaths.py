"""A member's death: the account is deactivated on proof, and its content kept for heirs with a court's decision."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Form, Response, UploadFile

from chassis.audit import audit
from chassis.db import get_locked, get_or
from chassis.errors import TemporarilyUnavailable
from chassis.files import (
    JPEG,
    PDF,
    PNG,
    FileMissing,
    FileNotAccepted,
    FileTooLarge,
    StoredFile,
    attachment,
)
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep, View
from chassis.problems import documented
from chassis.virus_scan import FileInfected
from identity.closing import acts
from identity.closing.domain import (
    AlreadyDeactivated,
    Closure,
    ClosureKind,
    ClosureNotFound,
    ContentHandover,
    CourtDecisionOnly,
    HandoverNotFound,
)
from identity.closing.staff import NOT_ERASED, SUPPORT, Reference
from identity.closing.views import ClosureView
from identity.member.domain import Member, MemberNotFound
from identity.own import OwnDep
from identity.privacy.domain import (
    Channel,
    ExportGone,
    ExportNotReady,
    ExportUnderWay,
    PrivacyRequest,
    PrivacyRequestNotFound,
    RequestKind,
)
from identity.privacy.exports import ZIP, open_export
from identity.privacy.queries import open_request
from identity.standing.domain import StandingActor

router = Router("deaths")

ACCEPTED = frozenset({PDF, PNG, JPEG})


class CourtDecision(Body):
    """The decision by which a dead member's content goes to heirs."""

    court_decision_reference: Reference
    decided_on: date


class HandoverView(View):
    """A handover to heirs; the export is read under `export_request_id`."""

    id: UUID
    member_id: UUID
    court_decision_reference: str
    decided_on: date
    export_request_id: UUID


@router.post(
    "/staff/members/{member_id}/death",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, AlreadyDeactivated, FileNotAccepted, FileTooLarge, FileInfected),
)
async def record_death(
    member_id: UUID,
    *,
    reference: Annotated[Reference, Form()],
    file: UploadFile,
    caller: CallerDep,
    tx: TxDep,
    own: OwnDep,
    platform: PlatformDep,
) -> ClosureView:
    """Deactivate the account of somebody who died, on the proof handed over (ID-36)."""
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    proof = await platform.files.keep(file, accept=ACCEPTED)
    closure = await acts.close(
        tx,
        member,
        ClosureKind.DEATH,
        StandingActor.SUPPORT,
        own.settings.periods,
        who=caller.member_id,
        reference=reference,
        proof_key=proof.key,
        proof_name=proof.name,
        proof_media_type=proof.media_type,
        proof_sha256=proof.sha256,
        proof_size=proof.size,
    )
    audit(tx, "member.death_recorded", member.id, closure=closure.id, sha256=proof.sha256)
    return ClosureView.model_validate(closure)


_FILE = {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted(ACCEPTED)}}}


@router.get(
    "/staff/closures/{closure_id}/proof",
    access=SUPPORT,
    response_class=Response,
    responses=_FILE | documented(ClosureNotFound, FileMissing),
)
async def read_proof(closure_id: UUID, tx: TxDep, platform: PlatformDep) -> Response:
    """The proof of a death as it was handed over."""
    closure = await get_or(tx, Closure, closure_id, ClosureNotFound())
    if not (closure.proof_key and closure.proof_name and closure.proof_media_type and closure.proof_sha256):
        raise FileMissing
    stored = StoredFile(
        closure.proof_key,
        closure.proof_name,
        closure.proof_media_type,
        closure.proof_sha256,
        closure.proof_size or 0,
    )
    audit(tx, "member.death_proof_read", closure.member_id, closure=closure.id)
    return attachment(stored, await platform.files.read(stored.key))


@router.post(
    "/staff/members/{member_id}/content-handover",
    access=SUPPORT,
    status_code=201,
    responses=documented(MemberNotFound, CourtDecisionOnly, ExportUnderWay),
)
async def hand_over_content(
    member_id: UUID, body: CourtDecision, caller: CallerDep, tx: TxDep, own: OwnDep
) -> HandoverView:
    """Open a dead member's content to heirs, by a court's decision and nothing less (ID-36).

    Every service is asked for its part; once all came, the content is downloaded, for seven days.
    """
    member = await get_locked(tx, Member, member_id, MemberNotFound(), NOT_ERASED)
    closure = await acts.open_closure(tx, member.id)
    if closure is None or closure.kind != ClosureKind.DEATH or body.decided_on > tx.today:
        raise CourtDecisionOnly
    request = PrivacyRequest.receive(
        member.id,
        RequestKind.ACCESS,
        details=None,
        channel=Channel.POST,
        received_on=tx.today,
        today=tx.today,
        registered_by=caller.member_id,
    )
    await open_request(tx, request, own.box)
    handover = ContentHandover(
        member_id=member.id,
        court_decision_reference=body.court_decision_reference,
        decided_on=body.decided_on,
        recorded_by=caller.member_id,
        recorded_at=tx.now,
        export_request_id=request.id,
    )
    tx.add(handover)
    await tx.flush()
    audit(tx, "member.content_handed_over", member.id, handover=handover.id)
    return HandoverView.model_validate(handover)


@router.get(
    "/staff/content-handovers/{handover_id}/content",
    access=SUPPORT,
    response_class=Response,
    responses={
        200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}, "description": "A ZIP archive"},
        **documented(
            HandoverNotFound, PrivacyRequestNotFound, ExportNotReady, ExportGone, FileMissing, TemporarilyUnavailable
        ),
    },
)
async def download_content(handover_id: UUID, tx: TxDep, own: OwnDep, platform: PlatformDep) -> Response:
    """What goes to the heirs."""
    handover = await get_or(tx, ContentHandover, handover_id, HandoverNotFound())
    request = await get_or(tx, PrivacyRequest, handover.export_request_id, PrivacyRequestNotFound())
    file, sealed_key = request.file_to_download(tx.now)
    content = open_export(await platform.files.read(file), own.box.open(sealed_key, request.id))
    audit(tx, "member.content_downloaded", handover.member_id, handover=handover.id)
    return attachment(StoredFile(file, f"maillon-{request.received_on}.zip", ZIP, "", len(content)), content)
