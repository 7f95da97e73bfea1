"""What goes to the approved platform and what it tells: in batches, beside the requests, each to be run again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from billing.e_invoicing import cdar
from billing.e_invoicing.approved_platform import (
    ApprovedPlatform,
    KnownFlow,
    Parcel,
    PlatformAwayError,
    PlatformRefusesError,
)
from billing.e_invoicing.codes import Actor, Code
from billing.e_invoicing.domain import EInvoice, Said, Step
from billing.e_invoicing.flow import Flow, FlowKind, FlowStatus, Told
from billing.e_invoicing.registry import document_of, enlist_imported, enlist_issued, say_payments
from billing.own import Own
from chassis.chores import keep_doing
from chassis.db import Tx
from chassis.errors import Problem
from chassis.platform import Platform

logger = logging.getLogger("billing.e_invoicing")

BATCH = 10
_STATUS_MESSAGES = ("CustomerInvoiceLC", "SupplierInvoiceLC")
_OVERLAP = timedelta(milliseconds=1)
"""Flows of one instant may stand on two pages: what is known already is passed over."""
_BEGINNING = datetime(2026, 9, 1, tzinfo=UTC)
"""The reform's first day: nothing was told before."""


async def enlist(platform: Platform) -> int:
    """Take up a batch of the invoices that came since; say how many."""
    async with platform.database.transaction() as tx:
        tx.actor = "e_invoicing"
        return await enlist_issued(tx) + await enlist_imported(tx, cast("Own", platform.own).settings)


async def follow_payments(platform: Platform) -> int:
    """Say of a batch of invoices what was paid since; say of how many."""
    async with platform.database.transaction() as tx:
        tx.actor = "e_invoicing"
        return await say_payments(tx)


async def hand_over_due(platform: Platform) -> int:
    """Hand over, or ask about, a batch of what is due; say how many. Nothing without a platform: flows stay queued.

    They are taken in one commit and sent after it: no lock is held while the platform thinks, and replicas share
    the work. What is sent again after a crash is looked for at the platform first, by its tracking id.
    """
    connection = _connection(platform)
    if connection is None:
        return 0
    async with platform.database.transaction() as tx:
        due = await _take(tx)
    async with connection as there:
        for each in due:
            await _try(platform, there, each)
    return len(due)


async def hear(platform: Platform) -> int:
    """Apply a page of what the parties' platforms told of invoices since we last asked; say how much was new."""
    connection = _connection(platform)
    if connection is None:
        return 0
    async with platform.database.transaction() as tx:
        newest = await tx.scalar(select(func.max(Told.updated_at)))
    new = 0
    async with connection as there:
        since = newest - _OVERLAP if newest else _BEGINNING
        for flow in await there.told_since(since, _STATUS_MESSAGES):
            new += await _hear_one(platform, there, flow)
    return new


def _connection(platform: Platform) -> ApprovedPlatform | None:
    settings = cast("Own", platform.own).settings
    if settings.approved_platform_url is None:
        return None
    return ApprovedPlatform(settings.approved_platform_url, settings.approved_platform_token.get_secret_value())


@dataclass(frozen=True, slots=True)
class _Due:
    id: UUID
    status: FlowStatus
    flow_id: str | None
    tried_before: bool


async def _take(tx: Tx) -> list[_Due]:
    query = (
        select(Flow).where(Flow.due_at <= tx.now).order_by(Flow.due_at).limit(BATCH).with_for_update(skip_locked=True)
    )
    due = []
    for flow in await tx.scalars(query):
        due.append(_Due(flow.id, FlowStatus(flow.status), flow.flow_id, flow.attempts > 0))
        flow.take(tx.now)
    return due


async def _try(platform: Platform, there: ApprovedPlatform, due: _Due) -> None:
    """One flow, one step on; a failure is kept with the flow and tried again later."""
    try:
        if due.status is FlowStatus.SENT:
            known = await there.look_up(due.flow_id or "")
            await _record_answer(platform, due.id, known)
        else:
            await _record_sent(platform, due.id, await _hand_over(platform, there, due))
    except PlatformRefusesError as refusal:
        await _record_refusal(platform, due.id, str(refusal))
    except (PlatformAwayError, Problem) as failure:
        logger.warning("flow_not_handed_over", extra={"flow": str(due.id), "reason": type(failure).__name__})
        await _postpone(platform, due.id, str(failure))


async def _hand_over(platform: Platform, there: ApprovedPlatform, due: _Due) -> str:
    if due.tried_before and (arrived := await there.find(str(due.id))):
        return arrived.flow_id
    return await there.hand_over(await _parcel(platform, due.id))


async def _parcel(platform: Platform, flow_id: UUID) -> Parcel:
    async with platform.database.transaction() as tx:
        flow, invoice = await _flow(tx, flow_id)
        if flow.kind == FlowKind.STATUS:
            step = (await tx.scalars(select(Step).where(Step.id == flow.step_id))).one()
            message = cdar.write(invoice, step.said, step.id)
            return Parcel(str(flow_id), f"{invoice.number}-{step.code}.xml", "CDAR", invoice.rule, message)
        document = await document_of(tx, invoice)
    content = await platform.files.read(document.key)
    return Parcel(str(flow_id), document.name, "Factur-X", invoice.rule, content)


async def _record_sent(platform: Platform, flow_id: UUID, theirs: str) -> None:
    async with platform.database.transaction() as tx:
        flow, _ = await _flow(tx, flow_id)
        if flow.status == FlowStatus.QUEUED:
            flow.sent(theirs, tx.now)


async def _record_answer(platform: Platform, flow_id: UUID, known: KnownFlow) -> None:
    async with platform.database.transaction() as tx:
        flow, invoice = await _flow(tx, flow_id)
        if flow.status != FlowStatus.SENT:
            return
        if known.accepted is None:
            flow.postponed(tx.now)
            return
        if known.accepted:
            flow.accepted()
        else:
            flow.refused(known.error or "refused without a reason")
        if flow.kind == FlowKind.INVOICE and invoice.code is None:
            code = Code.DEPOSITED if known.accepted else Code.INADMISSIBLE
            tx.add(invoice.say(Said(code, Actor.PLATFORM, tx.now, known.reason, known.error)))


async def _record_refusal(platform: Platform, flow_id: UUID, why: str) -> None:
    async with platform.database.transaction() as tx:
        flow, _ = await _flow(tx, flow_id)
        if flow.status in {FlowStatus.QUEUED, FlowStatus.SENT}:
            flow.refused(why)
            logger.error("flow_refused", extra={"flow": str(flow_id)})


async def _postpone(platform: Platform, flow_id: UUID, why: str) -> None:
    async with platform.database.transaction() as tx:
        flow, _ = await _flow(tx, flow_id)
        if flow.due_at is not None:
            flow.postponed(tx.now, why)


async def _flow(tx: Tx, flow_id: UUID) -> tuple[Flow, EInvoice]:
    query = (
        select(Flow, EInvoice)
        .join(EInvoice, EInvoice.invoice_id == Flow.invoice_id)
        .where(Flow.id == flow_id)
        .with_for_update()
    )
    flow, invoice = (await tx.execute(query)).one()
    tx.actor = "e_invoicing"
    return flow, invoice


async def _hear_one(platform: Platform, there: ApprovedPlatform, flow: KnownFlow) -> bool:
    """Fetch a message and apply it, once; say whether it was new."""
    async with platform.database.transaction() as tx:
        if await tx.scalar(select(Told.flow_id).where(Told.flow_id == flow.flow_id)):
            return False
    try:
        content = await there.fetch(flow.flow_id)
    except PlatformRefusesError as gone:
        content = str(gone).encode()
    async with platform.database.transaction() as tx:
        tx.actor = "e_invoicing"
        claim = insert(Told).values(flow_id=flow.flow_id, updated_at=flow.updated_at, told_at=tx.now)
        claimed = await tx.execute(claim.on_conflict_do_nothing().returning(Told.flow_id))
        if claimed.scalar_one_or_none() is None:
            return False
        told = (await tx.scalars(select(Told).where(Told.flow_id == flow.flow_id))).one()
        await _apply(tx, told, content)
    return True


async def _apply(tx: Tx, told: Told, content: bytes) -> None:
    """Move the invoice by a message; what does not follow is kept in its history without moving it."""
    try:
        message = cdar.read(content, tx.now)
    except cdar.UnreadableMessageError as wrong:
        told.problem = str(wrong)
        return
    query = select(EInvoice).where(EInvoice.number == message.number).with_for_update()
    found = [each for each in await tx.scalars(query) if each.seller_siren == message.seller_siren]
    if len(found) != 1:
        told.problem = "about no invoice of ours"
        return
    invoice = found[0]
    told.invoice_id = invoice.invoice_id
    if message.said.by == invoice.our_part:
        told.problem = "a message of ours that we have not sent"
        tx.add(invoice.note(message.said))
        return
    try:
        tx.add(invoice.say(message.said))
    except Problem as out_of_turn:
        told.problem = out_of_turn.code
        tx.add(invoice.note(message.said))


BACKGROUND = [
    keep_doing(enlist, rest=2.0, failing="e_invoices_not_enlisted"),
    keep_doing(follow_payments, rest=30.0, failing="payments_not_followed"),
    keep_doing(hand_over_due, rest=5.0, failing="flows_not_handed_over"),
    keep_doing(hear, rest=60.0, failing="approved_platform_not_heard"),
]
"""The loops of the worker; two workers do not disturb each other."""
