"""What members learn of payments, and the one choice that they have."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from sqlalchemy import select

from billing.bpf.domain import Bpf
from billing.directory.missions import MissionTerms
from billing.directory.queries import account_in_force
from billing.directory.supervision import follows
from billing.invoice.domain import Invoice
from billing.issuing.domain import IssuedInvoice
from billing.issuing.sheet import Kind
from billing.own import OwnDep
from billing.payment.domain import ImmediateChosen, ImmediateNotAvailable, MissionNotFound
from billing.payment.explanation import Facts, Language, ReasonCode, explain
from chassis import Tx, audit
from chassis.auth import MEMBER, Caller, may
from chassis.errors import Forbidden, require
from chassis.http import CallerDep, Router, TxDep, View
from chassis.problems import documented
from contracts.contracting import PaymentRegime
from contracts.permissions import Permission
from contracts.roles import Role, StaffScope
from contracts.values import Month

router = Router("payments")


class PlatformAccount(View):
    """Where companies pay the platform, and whom they may ask (BL-08, BL-27)."""

    holder: str
    iban: str
    bic: str
    accounting_contact: str


class ImmediatePayment(View):
    """The choice to be paid within days against an amount for each day of work."""

    mission_id: UUID
    order_id: UUID
    immediate_from: date


class ReasonView(View):
    """One reason: a stable code, a sentence, and the day that it is about."""

    code: ReasonCode
    text: str
    day: date | None


class Explanation(View):
    """Why a month is not paid yet, or when it was (BL-26)."""

    mission_id: UUID
    month: Month
    bpf_id: UUID | None
    invoice_id: UUID | None
    payment_on: date | None
    paid_on: date | None
    reasons: list[ReasonView]
    accounting_contact: str


@router.get("/platform-account", access=MEMBER)
async def read_platform_account(own: OwnDep) -> PlatformAccount:
    """The platform's own bank details (BL-08)."""
    settings = own.settings
    return PlatformAccount(
        holder=settings.operator_name,
        iban=settings.operator_iban,
        bic=settings.operator_bic,
        accounting_contact=settings.accounting_contact,
    )


@router.post(
    "/missions/{mission_id}/immediate-payment",
    access=may(Permission.SUPERVISE_MISSIONS),
    status_code=201,
    responses=documented(Forbidden, MissionNotFound, ImmediateNotAvailable, ImmediateChosen),
)
async def choose_immediate_payment(mission_id: UUID, tx: TxDep, caller: CallerDep) -> ImmediatePayment:
    """Be paid within days for an amount a day, whenever the client pays (BL-11, BL-12).

    It holds for the mission's last order, for the invoices that come after, and is not taken back.
    """
    terms = await _terms_of(tx, mission_id, caller, lock=True)
    require(terms.regime is PaymentRegime.BACK_TO_BACK, ImmediateNotAvailable())
    require(not terms.is_immediate, ImmediateChosen())
    terms.immediate_from = tx.today
    audit(tx, "mission.immediate_payment_chosen", mission_id, bdc=terms.bdc_id)
    return ImmediatePayment(mission_id=mission_id, order_id=terms.bdc_id, immediate_from=tx.today)


@router.get(
    "/missions/{mission_id}/payment-explanation",
    access=may(Permission.HANDLE_INVOICES, or_staff=StaffScope.SUPPORT),
    responses=documented(Forbidden, MissionNotFound),
)
async def explain_payment(
    mission_id: UUID,
    month: Annotated[Month, Query(json_schema_extra={"pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])$"})],
    *,
    request: Request,
    tx: TxDep,
    caller: CallerDep,
    own: OwnDep,
) -> Explanation:
    """Why the provider has not been paid for a month yet; in French, or in English if asked for (BL-26, BL-24)."""
    terms = await _terms_of(tx, mission_id, caller)
    facts = await _facts_of(tx, terms, month)
    bpf, invoice = facts.bpf, facts.invoice
    language = Language.asked_for(request.headers.get("accept-language", ""))
    return Explanation(
        mission_id=mission_id,
        month=month,
        bpf_id=bpf and bpf.id,
        invoice_id=invoice and invoice.id,
        payment_on=invoice and invoice.payment_on,
        paid_on=invoice and invoice.paid_on,
        reasons=[ReasonView(code=one.code, text=one.text(language), day=one.day) for one in explain(facts)],
        accounting_contact=own.settings.accounting_contact,
    )


async def _facts_of(tx: Tx, terms: MissionTerms, month: Month) -> Facts:
    """What is known of a month of the mission: its BPF, the newest invoice of that, and what both wait for."""
    of_month = select(Bpf).where(Bpf.mission_id == terms.mission_id, Bpf.month_text == month)
    bpf = (await tx.scalars(of_month.order_by(Bpf.id.desc()).limit(1))).one_or_none()
    invoice = client_due_on = None
    if bpf is not None:
        newest = select(Invoice).where(Invoice.bpf_id == bpf.id).order_by(Invoice.id.desc()).limit(1)
        invoice = (await tx.scalars(newest)).one_or_none()
        billed = select(IssuedInvoice.due_on).where(IssuedInvoice.source_id == bpf.id)
        client_due_on = await tx.scalar(billed.where(IssuedInvoice.kind == Kind.CLIENT))
    account = await account_in_force(tx, terms.provider_company_id, tx.now)
    return Facts(month, bpf, invoice, today=tx.today, has_account=account is not None, client_due_on=client_due_on)


async def _terms_of(tx: Tx, mission_id: UUID, caller: Caller, *, lock: bool = False) -> MissionTerms:
    """The terms of a mission's last order that the caller may see. Raises MissionNotFound."""
    query = select(MissionTerms).where(MissionTerms.mission_id == mission_id)
    if StaffScope.SUPPORT not in caller.scopes:
        query = query.where(MissionTerms.provider_company_id == caller.company)
        if caller.role is Role.COMMERCIAL:
            query = query.where(follows(caller.member_id, caller.company, MissionTerms.consultant_id))
    query = query.order_by(MissionTerms.issued_at.desc(), MissionTerms.bdc_id).limit(1)
    found = (await tx.scalars(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise MissionNotFound
    return found
