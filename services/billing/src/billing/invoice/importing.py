"""Importing the provider's invoice of a BPF."""

import hashlib
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Form, UploadFile
from pydantic import Json
from sqlalchemy import select

from billing.bpf.domain import Bpf, BpfAlreadyInvoiced, BpfKind, BpfNotFound, BpfStatus
from billing.bpf.queries import sold_by
from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from billing.directory.queries import account_in_force
from billing.invoice.accepting import accept_invoice
from billing.invoice.comparison import Awaited, Buyer, Difference, compare
from billing.invoice.domain import Invoice, InvoiceNumberUsed, Origin
from billing.invoice.faithful import InvoiceFileUsed, InvoiceMismatch, InvoicePeriodUsed, NotConfirmed, check_faithful
from billing.invoice.offers import settlement_of
from billing.invoice.typed import TypedInvoice, compare_typed
from billing.invoice.views import InvoiceView
from billing.own import OwnDep
from billing.reading.document import Reading
from billing.reading.refusals import (
    AmbiguousInvoice,
    DocumentTooHeavy,
    NoEmbeddedInvoice,
    NotAPdf,
    RulesBroken,
    SchemaInvalid,
    TooManyPages,
    UnsafePdf,
    UnsupportedFormat,
    UnsupportedProfile,
    XmlRefused,
)
from billing.rise.domain import RiseBilledDirectly
from billing.rise.queries import check_billed_through_platform
from billing.self_billing.domain import SelfBilled
from billing.self_billing.queries import check_imports_own
from billing.settings import BillingSettings
from chassis import Tx, audit, get_locked
from chassis.auth import Caller, may
from chassis.errors import Forbidden, TemporarilyUnavailable, require
from chassis.files import MAX_BYTES, PDF, XML, FileNotAccepted, FileTooLarge, sniff
from chassis.http import CallerDep, PlatformDep, Router, TxDep
from chassis.problems import documented
from chassis.virus_scan import FileInfected
from contracts.permissions import Permission
from contracts.values import Month

router = Router("invoices")

Said = Reading | TypedInvoice
"""What the file says: read by us, or typed by its provider."""


@router.post(
    "/bpfs/{bpf_id}/invoice",
    access=may(Permission.HANDLE_INVOICES),
    status_code=201,
    responses=documented(
        NotConfirmed,
        BpfNotFound,
        BpfAlreadyInvoiced,
        SelfBilled,
        RiseBilledDirectly,
        InvoiceNumberUsed,
        InvoiceFileUsed,
        InvoicePeriodUsed,
        InvoiceMismatch,
        FileTooLarge,
        FileNotAccepted,
        FileInfected,
        NotAPdf,
        UnsafePdf,
        TooManyPages,
        NoEmbeddedInvoice,
        AmbiguousInvoice,
        XmlRefused,
        UnsupportedFormat,
        UnsupportedProfile,
        SchemaInvalid,
        RulesBroken,
        DocumentTooHeavy,
        TemporarilyUnavailable,
        Forbidden,
    ),
)
async def import_invoice(
    bpf_id: UUID,
    *,
    file: UploadFile,
    confirmed: Annotated[bool, Form()],
    data: Annotated[Json[TypedInvoice] | None, Form()] = None,
    tx: TxDep,
    caller: CallerDep,
    platform: PlatformDep,
    own: OwnDep,
) -> InvoiceView:
    """Import the provider's invoice of a BPF: Factur-X, CII or UBL, or a plain PDF and `data`, what it says.

    `confirmed` says that the data are accurate (BL-05).
    """
    require(confirmed, NotConfirmed(field="confirmed"))
    await _check_awaited(tx, bpf_id, caller)
    content = await _content(file, frozenset({PDF}) if data else frozenset({PDF, XML}))
    sha256 = hashlib.sha256(content).hexdigest()
    used = select(Invoice.id).where(Invoice.provider_company_id == caller.company, Invoice.file_sha256 == sha256)
    require(await tx.scalar(used) is None, InvoiceFileUsed(field="file"))
    said: Said = data or await own.reader.read(content)
    bpf = await get_locked(tx, Bpf, bpf_id, BpfNotFound(), sold_by(caller))
    invoice = await _accept(tx, said, bpf, caller, own.settings)
    if data:
        await file.seek(0)
        stored = await platform.files.keep(file, accept=frozenset({PDF}))
    else:
        stored = await platform.files.put(content, file.filename or "", accept=frozenset({PDF, XML}))
    invoice.keep_file(
        key=stored.key, name=stored.name, media_type=stored.media_type, sha256=stored.sha256, size=stored.size
    )
    await tx.flush()
    audit(tx, "invoice.import", invoice.id, bpf=bpf.id, number=invoice.number, sha256=stored.sha256)
    return InvoiceView.of(invoice, own.settings.accounting_contact)


async def _check_awaited(tx: Tx, bpf_id: UUID, caller: Caller) -> None:
    """Look before the file is read; the decision is made later, on the locked row."""
    mine = select(Bpf.status).where(Bpf.id == bpf_id, sold_by(caller))
    status = await tx.scalar(mine)
    require(status is not None, BpfNotFound())
    require(status == BpfStatus.OPEN, BpfAlreadyInvoiced())
    await check_billed_through_platform(tx, bpf_id)
    await check_imports_own(tx, bpf_id)


async def _content(file: UploadFile, accept: frozenset[str]) -> bytes:
    content = await file.read(MAX_BYTES + 1)
    require(len(content) <= MAX_BYTES, FileTooLarge(f"at most {MAX_BYTES} bytes are taken", field="file"))
    sniff(content, file.filename or "", accept)
    return content


async def _accept(tx: Tx, said: Said, bpf: Bpf, caller: Caller, operator: BillingSettings) -> Invoice:
    """Hold the invoice against its BPF and take it; raises as `check_faithful` and `accept_invoice` do.

    Raises:
        InvoicePeriodUsed: it is the invoice of another month, which is invoiced already.

    """
    bpf.check_open()
    await _check_period_unused(tx, said, bpf)
    awaited = await _awaited(tx, bpf, operator)
    if isinstance(said, Reading):
        differences = [*compare(said.invoice, awaited), *await _unknown_references(tx, said, bpf)]
        remarks = check_faithful(differences, said.findings, awaited)
        number, issued_on = said.invoice.number or "", date.fromisoformat(said.invoice.issued_on or "")
    else:
        remarks = check_faithful(list(compare_typed(said, awaited)), [], awaited)
        number, issued_on = said.number, said.issued_on
    assert caller.role is not None
    invoice = await accept_invoice(
        tx,
        bpf,
        number=number,
        issued_on=issued_on,
        origin=Origin.IMPORTED,
        by=caller.role,
        member_id=caller.member_id,
    )
    invoice.remarks = [remark.model_dump() for remark in remarks]
    return invoice


async def _awaited(tx: Tx, bpf: Bpf, operator: BillingSettings) -> Awaited:
    provider = await tx.get_one(Company, bpf.provider_company_id)
    terms = await tx.get_one(MissionTerms, bpf.bdc_id)
    return Awaited(
        bpf,
        provider.identity,
        Buyer(operator.operator_name, operator.operator_siren, operator.operator_vat_number),
        account=await account_in_force(tx, bpf.provider_company_id, tx.now),
        due_on=settlement_of(bpf, terms).payment_on,
        today=tx.today,
    )


async def _check_period_unused(tx: Tx, said: Said, bpf: Bpf) -> None:
    try:
        start = (
            said.period_start if isinstance(said, TypedInvoice) else date.fromisoformat(said.invoice.period_start or "")
        )
        month = Month.of(start)
    except ValueError:
        return  # which period it names is a difference
    if month == bpf.month:
        return  # which two orders may bill, where one begins inside it
    same = select(Bpf.id).where(Bpf.mission_id == bpf.mission_id, Bpf.month_text == month)
    invoiced = await tx.scalar(same.where(Bpf.status == BpfStatus.INVOICED.value).limit(1))
    require(invoiced is None, InvoicePeriodUsed(f"{month} is invoiced already", field="period.start"))


async def _unknown_references(tx: Tx, said: Reading, bpf: Bpf) -> list[Difference]:
    """A credit note says which of the provider's invoices it takes from (BR-FR-CO-05)."""
    if bpf.kind is not BpfKind.CREDIT:
        return []
    named = said.invoice.references
    ours = Invoice.provider_company_id == bpf.provider_company_id
    known = set((await tx.scalars(select(Invoice.number).where(ours, Invoice.number.in_(named)))).all())
    if named and known >= set(named):
        return []
    return [Difference("references", "unknown" if named else "missing", "an invoice of yours", ", ".join(named))]
