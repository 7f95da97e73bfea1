"""Doing it: batch after batch, each in a commit of its own, until nothing is left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from opentelemetry import trace
from sqlalchemy import Select, func, select

from billing.bpf.domain import Bpf
from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from billing.invoice.workdays import bank_day_after
from billing.issuing.client import bill
from billing.issuing.documents import make_documents
from billing.issuing.domain import IssuedInvoice
from billing.issuing.sheet import Kind
from billing.month_end.domain import MonthEnd, MonthEndStatus, Step
from billing.own import Own
from billing.payment.domain import PaymentRun
from billing.payment.runs import fill
from billing.settings import BillingSettings
from chassis import audit
from chassis.chores import keep_doing
from chassis.db import Tx
from chassis.platform import Platform
from chassis.telemetry import parent_of
from contracts.contracting import Offer

BATCH = 100
_UNKNOWN = "the client's identity was never told"
_UNMADE = "documents are being made"
_NOTHING_DUE = "nothing is due"
_tracer = trace.get_tracer("billing.month_end")


async def advance(platform: Platform) -> int:
    """Do a batch of the month end that was started first; say how much, or 0 when there is nothing to do just now.

    Its row is locked meanwhile: of several workers one is at it. What a batch did is committed with its count, so
    that after a crash at any point the next batch goes on.
    """
    async with platform.database.transaction() as tx:
        running = (await tx.scalars(_running())).one_or_none()
        if running is None:
            return 0
        tx.actor = "month_end"
        step, parent = Step(running.step), parent_of(running.traceparent)
        if step is not Step.DOCUMENTS:
            with _tracer.start_as_current_span(f"month_end {step}", parent):
                return await _STEPS[step](tx, running, cast("Own", platform.own).settings)
    with _tracer.start_as_current_span(f"month_end {step}", parent):
        return await _documents(platform)


def _running() -> Select[MonthEnd]:
    query = select(MonthEnd).where(MonthEnd.status == MonthEndStatus.RUNNING.value).order_by(MonthEnd.id).limit(1)
    return query.with_for_update(skip_locked=True)


async def _client_invoices(tx: Tx, running: MonthEnd, settings: BillingSettings) -> int:
    """Invoice those of the next pre-invoices that are the month's and whose clients were not invoiced yet.

    They are walked along their key, so that the last batch costs what the first did.
    """
    behind = select(Bpf.id).where(Bpf.id > running.after).order_by(Bpf.id).limit(BATCH)
    walked = list(await tx.scalars(behind))
    if not walked:
        running.step_over(tx.now)
        return 1
    running.after = walked[-1]
    rows = (await tx.execute(_unbilled(running).where(Bpf.id.in_(walked)))).all()
    running.did(len(await bill(tx, settings, [bpf for bpf, is_known in rows if is_known])))
    if unknown := [bpf for bpf, is_known in rows if not is_known]:
        running.cannot(len(unknown), _UNKNOWN)
    return len(walked)


def _unbilled(running: MonthEnd) -> Select[Bpf, bool]:
    """With whether the client's identity is known."""
    known = select(Company.company_id).where(Company.company_id == Bpf.client_company_id).exists()
    billed = select(IssuedInvoice.id).where(IssuedInvoice.kind == Kind.CLIENT, IssuedInvoice.source_id == Bpf.id)
    connect = select(MissionTerms.bdc_id).where(
        MissionTerms.bdc_id == Bpf.bdc_id, MissionTerms.offer == Offer.CONNECT.value
    )
    return (
        select(Bpf, known)
        .where(Bpf.month_text == running.month_text, Bpf.net_amount + Bpf.vat_amount > 0)
        .where(connect.exists(), ~billed.exists())
        .order_by(Bpf.id)
    )


async def _documents(platform: Platform) -> int:
    """Have the next documents made, and count those that the month still waits for."""
    made = await make_documents(platform)
    async with platform.database.transaction() as tx:
        running = (await tx.scalars(_running())).one_or_none()
        if running is None or running.step != Step.DOCUMENTS:
            return made
        tx.actor = "month_end"
        unmade = await _unmade(tx, running)
        running.did(made)
        running.waits_for(unmade, _UNMADE)
        if not unmade:
            running.step_over(tx.now)
            return 1
    return made


async def _unmade(tx: Tx, running: MonthEnd) -> int:
    query = (
        select(func.count())
        .select_from(IssuedInvoice)
        .join(Bpf, Bpf.id == IssuedInvoice.source_id)
        .where(IssuedInvoice.document_key.is_(None), IssuedInvoice.kind == Kind.CLIENT)
        .where(Bpf.month_text == running.month_text)
    )
    return (await tx.execute(query)).scalar_one()


async def _payment_run(tx: Tx, running: MonthEnd, _: BillingSettings) -> int:
    """Propose to pay what is due by the next bank day, in the name of whoever started it: another one approves."""
    proposed = PaymentRun.propose(bank_day_after(tx.today), by=running.started_by, at=tx.now)
    tx.add(proposed)
    orders = await fill(tx, proposed)
    running.did(len(orders))
    if orders:
        audit(tx, "payment_run.propose", proposed.id, executes_on=proposed.executes_on)
    else:
        await tx.delete(proposed)  # `fill` wrote it
        running.cannot(0, _NOTHING_DUE)
    running.step_over(tx.now)
    return 1


_STEPS: dict[Step, Callable[[Tx, MonthEnd, BillingSettings], Awaitable[int]]] = {
    Step.CLIENT_INVOICES: _client_invoices,
    Step.PAYMENT_RUN: _payment_run,
}

BACKGROUND = [keep_doing(advance, rest=2.0, failing="month_end_not_advanced")]
