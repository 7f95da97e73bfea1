"""What finance staff does with specimens and contests."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from billing.bpf.domain import Bpf, BpfAlreadyInvoiced
from billing.own import OwnDep
from billing.self_billing.domain import SelfBill, SelfBillNotFound, SelfBillStatus
from billing.self_billing.issuing import issue_specimen, release_payment, take_back
from billing.self_billing.views import BatchBody, ReasonBody, SelfBillView, SettlementBody
from chassis import Tx, audit, emit, get_locked
from chassis.auth import staff
from chassis.errors import IllegalMove
from chassis.http import CallerDep, Router, TxDep
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.roles import StaffScope

router = Router("self-billed invoices")
STAFF = staff(StaffScope.FINANCE)


@router.get("/staff/self-bills", access=STAFF)
async def list_for_staff(
    tx: TxDep, page: PageDep, status: Annotated[SelfBillStatus, Query()] = SelfBillStatus.PROPOSED
) -> Page[SelfBillView]:
    """Those in one status, those that wait longest first."""
    query = select(SelfBill).where(SelfBill.status == status)
    return await page_of(tx, query, SelfBill.id, page, SelfBillView.model_validate, oldest_first=True)


@router.post(
    "/staff/self-bills/validation",
    access=STAFF,
    responses=documented(SelfBillNotFound, IllegalMove, BpfAlreadyInvoiced),
)
async def validate_batch(body: BatchBody, tx: TxDep, caller: CallerDep, own: OwnDep) -> list[SelfBillView]:
    """Validate several specimens: all are issued, or none when one cannot be."""
    done = []
    for self_bill_id in sorted(set(body.self_bill_ids)):
        specimen = await _locked(tx, self_bill_id)
        await issue_specimen(tx, own.settings, specimen, caller.member_id)
        done.append(SelfBillView.model_validate(specimen))
    return done


@router.post(
    "/staff/self-bills/{self_bill_id}/validation",
    access=STAFF,
    responses=documented(SelfBillNotFound, IllegalMove, BpfAlreadyInvoiced),
)
async def validate_specimen(self_bill_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> SelfBillView:
    """Validate a specimen: the invoice has its number from now on, and may be contested."""
    specimen = await _locked(tx, self_bill_id)
    await issue_specimen(tx, own.settings, specimen, caller.member_id)
    return SelfBillView.model_validate(specimen)


@router.post(
    "/staff/self-bills/{self_bill_id}/refusal", access=STAFF, responses=documented(SelfBillNotFound, IllegalMove)
)
async def refuse_specimen(self_bill_id: UUID, body: ReasonBody, tx: TxDep, caller: CallerDep) -> SelfBillView:
    """Refuse a specimen: the provider imports its own invoice of this month (BL-04)."""
    specimen = await _locked(tx, self_bill_id)
    specimen.refuse(by=caller.member_id, at=tx.now, reason=body.reason)
    bpf = await tx.get_one(Bpf, specimen.bpf_id)
    context = {"bpf_reference": bpf.reference, "month": bpf.month_text, "reason": body.reason}
    emit(tx, specimen.told("specimen_refused", **context))
    audit(tx, "self_bill.refuse", specimen.id)
    return SelfBillView.model_validate(specimen)


@router.post(
    "/staff/self-bills/{self_bill_id}/settlement", access=STAFF, responses=documented(SelfBillNotFound, IllegalMove)
)
async def settle_contest(self_bill_id: UUID, body: SettlementBody, tx: TxDep, caller: CallerDep) -> SelfBillView:
    """Settle a contest: the invoice stands and is paid, or a credit note takes it back and a specimen follows."""
    self_bill = await _locked(tx, self_bill_id)
    outcome = SelfBillStatus.UPHELD if body.upheld else SelfBillStatus.CREDITED
    self_bill.settle(outcome, by=caller.member_id, at=tx.now, remark=body.remark)
    if body.upheld:
        await release_payment(tx, self_bill)
    else:
        await take_back(tx, self_bill, body.remark)
    context = {"invoice_number": self_bill.number or "", "outcome": outcome.value, "remark": body.remark}
    emit(tx, self_bill.told("self_bill_settled", **context))
    audit(tx, "self_bill.settle", self_bill.id, outcome=outcome)
    return SelfBillView.model_validate(self_bill)


async def _locked(tx: Tx, self_bill_id: UUID) -> SelfBill:
    return await get_locked(tx, SelfBill, self_bill_id, SelfBillNotFound())
