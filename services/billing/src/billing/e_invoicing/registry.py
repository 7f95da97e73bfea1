"""Invoices become electronic ones, and what happens to them here is said of them there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from billing.bpf.domain import Bpf, BpfKind
from billing.e_invoicing.codes import Actor, Code
from billing.e_invoicing.domain import EInvoice, Flow, Origin, Rule, Said
from billing.invoice.domain import Invoice
from billing.settings import BillingSettings
from chassis.db import Tx
from chassis.errors import NotReady
from contracts.company import LegalIdentity

BATCH = 50


@dataclass(frozen=True, slots=True)
class Document:
    """Where an invoice's file is, and how it is called."""

    key: str
    name: str


async def say(tx: Tx, invoice: EInvoice, said: Said) -> None:
    """Say it in our part, and tell the other party through the platform that the invoice went through."""
    step = invoice.say(said)
    tx.add(step)
    if invoice.origin == Origin.ISSUED:
        await tx.flush()
        tx.add(Flow.queue(invoice.invoice_id, tx.now, step))


async def enlist_imported(tx: Tx, operator: BillingSettings) -> int:
    """Take providers' invoices in charge and approve them: their import compared them with what was validated.

    They came as files, by no platform: nobody is told.
    """
    unknown = (
        Invoice.file_key.is_not(None),
        ~select(EInvoice.invoice_id).where(EInvoice.invoice_id == Invoice.id).exists(),
    )
    query = select(Invoice, Bpf).join(Bpf, Bpf.id == Invoice.bpf_id).where(*unknown)
    taken = 0
    for invoice, bpf in await tx.execute(query.order_by(Invoice.id).limit(BATCH)):
        bought = _bought(invoice, bpf, operator)
        tx.add(bought)
        await tx.flush()
        for code in (Code.TAKEN_IN_CHARGE, Code.APPROVED):
            await say(tx, bought, Said(code, Actor.BUYER, invoice.imported_at))
        taken += 1
    return taken


async def document_of(tx: Tx, invoice: EInvoice) -> Document:
    """Raise NotReady while there is none."""
    found = await tx.get(Invoice, invoice.invoice_id)
    if found is None or found.file_key is None or found.file_name is None:
        raise NotReady(f"the document of {invoice.invoice_id}")
    return Document(found.file_key, found.file_name)


def rule_of(other: LegalIdentity) -> Rule:
    """Between two companies established in France, or with one abroad."""
    return Rule.B2B if other.siret else Rule.B2B_INT


def _bought(invoice: Invoice, bpf: Bpf, operator: BillingSettings) -> EInvoice:
    provider = LegalIdentity.model_validate(bpf.seller)
    return EInvoice(
        invoice_id=invoice.id,
        origin=Origin.IMPORTED.value,
        our_part=Actor.BUYER.value,
        party_id=invoice.provider_company_id,
        number=invoice.number,
        type_code="380" if bpf.kind is BpfKind.INVOICE else "381",
        issued_on=invoice.issued_on,
        seller_siren=provider.siret.siren if provider.siret else None,
        buyer_siren=operator.operator_siren,
        rule=rule_of(provider).value,
        rates=by_rate((group.rate, group.base.amount + group.amount.amount) for group in bpf.vat_groups),
        version=0,
    )


def by_rate(gross: Iterable[tuple[Decimal, Decimal]]) -> list[dict[str, str]]:
    """The gross amount at each rate of VAT; of a credit note as well, without a sign."""
    sums: dict[Decimal, Decimal] = {}
    for rate, amount in gross:
        sums[rate] = sums.get(rate, Decimal(0)) + amount
    return [{"rate": f"{rate:.2f}", "amount": f"{abs(amount):.2f}"} for rate, amount in sums.items() if amount]
