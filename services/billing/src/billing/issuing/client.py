"""A validated month of a Connect mission, billed to its client (domain facts 1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from billing.bpf.domain import Bpf
from billing.bpf.lines import BpfLine
from billing.bpf.vat import VatTreatment, treatment_of_sale
from billing.company_settings.queries import language_of
from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from billing.issuing.domain import IssuedInvoice
from billing.issuing.issue import issue_all
from billing.issuing.sheet import Draft, DraftLine, Kind, Language, breakdown_of, totals_of
from billing.settings import BillingSettings
from chassis import Tx
from chassis.errors import NotReady
from contracts.contracting import Offer
from contracts.timesheet import CraLineKind
from contracts.values import Money, Month

_AT_COST = frozenset({CraLineKind.EXPENSE})
"""Billed on as they are: the margin is on work."""


async def bill(tx: Tx, settings: BillingSettings, bpfs: Sequence[Bpf]) -> list[IssuedInvoice]:
    """Invoice these months to their clients; those of the Rise offer, and those that come to nothing, are left out.

    A month that takes more back than it bills, to its provider or at its client's prices and VAT, is left out too:
    staff make a credit note (decision 0017).

    Raises:
        NotReady: a client's identity, or an order's terms, have not arrived yet.

    """
    orders = {bpf.bdc_id for bpf in bpfs}
    terms = {row.bdc_id: row for row in await tx.scalars(select(MissionTerms).where(MissionTerms.bdc_id.in_(orders)))}
    due = [bpf for bpf in bpfs if bpf.gross.amount > 0 and _terms_of(terms, bpf).offer == Offer.CONNECT]
    clients = {bpf.client_company_id for bpf in due}
    known = {row.company_id: row for row in await tx.scalars(select(Company).where(Company.company_id.in_(clients)))}
    if absent := clients - known.keys():
        raise NotReady(f"company {min(absent)}")
    languages = {client: await language_of(tx, client) for client in sorted(clients)}
    drafts = [
        invoice_for(bpf, terms[bpf.bdc_id], known[bpf.client_company_id], settings, languages[bpf.client_company_id])
        for bpf in due
    ]
    billed = [each for each in drafts if totals_of(breakdown_of(each)).gross.amount > 0]
    return await issue_all(tx, settings, billed) if billed else []


def invoice_for(
    bpf: Bpf, terms: MissionTerms, client: Company, settings: BillingSettings, language: Language = Language.FR
) -> Draft:
    """The BPF's lines, work with the platform's margin on its price, at the client's VAT."""
    vat = treatment_of_sale(client.identity)
    return Draft(
        kind=Kind.CLIENT,
        party_id=bpf.client_company_id,
        source_id=bpf.id,
        lines=[_line(line, bpf.month, settings.connect_margin_percent, vat) for line in bpf.lines],
        period=bpf.period,
        title=f"{bpf.title}, {bpf.month}",
        person=bpf.consultant_name,
        order_reference=terms.client_order_reference or bpf.order_reference,
        language=language,
        mission_id=bpf.mission_id,
        manager_id=bpf.operational_manager_id,
    )


def _line(line: BpfLine, month: Month, margin_percent: Decimal, vat: VatTreatment) -> DraftLine:
    price = line.unit_price if line.kind in _AT_COST else with_margin(line.unit_price, margin_percent)
    return DraftLine(f"{line.title}, {month}"[:1000], line.quantity, line.unit, price, vat)


def with_margin(price: Money, percent: Decimal) -> Money:
    """What the client pays for what the provider asks for, rounded half up."""
    return price.times(1 + percent / 100)


def _terms_of(terms: dict[UUID, MissionTerms], bpf: Bpf) -> MissionTerms:
    if bpf.bdc_id not in terms:
        raise NotReady(f"the terms of order {bpf.bdc_id}")
    return terms[bpf.bdc_id]
