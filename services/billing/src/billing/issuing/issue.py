"""Giving an invoice its number: what can be worked out is worked out first, the file is made later (`documents`).

`issue` here and `credit_note.credit` are the only writers of issued documents. What a provider is owed, and the fee
withheld from it, are booked where the provider's invoice is accepted (`billing.invoice`); all else is booked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing.directory.companies import Company
from billing.issuing.domain import (
    SETTLED_AT_ONCE,
    IssuedInvoice,
    IssuedStatus,
    NothingToInvoice,
    PartyUnknown,
    series_of,
)
from billing.issuing.mentions import exemption, notes_for
from billing.issuing.sheet import (
    Account,
    Draft,
    DraftLine,
    Kind,
    Line,
    Party,
    Sheet,
    Totals,
    breakdown_of,
    totals_of,
)
from billing.ledger.domain import Account as Books
from billing.ledger.domain import EntryKind, credit, debit
from billing.ledger.posting import post
from billing.settings import BillingSettings
from chassis import Tx, audit, get_or
from chassis.errors import require
from chassis.numbering import next_number
from chassis.rows import new_id

BOOKED_HERE = frozenset({Kind.CLIENT, Kind.SUBSCRIPTION, Kind.RISE})


async def issue(tx: Tx, settings: BillingSettings, draft: Draft) -> IssuedInvoice:
    """Number, fix and book an invoice; once for each kind and source, which a constraint holds.

    Raises:
        PartyUnknown: the identity of the company concerned was never told.
        NothingToInvoice: it comes to nothing, or less.

    """
    company = await get_or(tx, Company, draft.party_id, PartyUnknown(field="party_id"))
    other = Party.of(company.identity)
    self_billed = draft.kind is Kind.SELF_BILLED
    operator = operator_of(settings)
    seller, buyer = (other, operator) if self_billed else (operator, other)
    groups = breakdown_of(draft)
    totals = totals_of(groups)
    require(totals.gross.amount > 0, NothingToInvoice())
    numbered = await take_number(tx, draft.kind, own_key(seller, draft.party_id) if self_billed else None)
    sheet = Sheet(
        language=draft.language,
        title=draft.title,
        person=draft.person,
        seller=seller,
        buyer=buyer,
        lines=[_line(line) for line in draft.lines],
        vat=[group.model_copy(update={"reason": exemption(group.reason, numbered.on)}) for group in groups],
        period=draft.period,
        order_reference=draft.order_reference,
        notes=notes_for(draft.kind, seller, buyer, numbered.on, draft.language, self_billed=self_billed),
        process="S2" if draft.kind is Kind.FEE else "S1",
        account=None if draft.kind in {Kind.SELF_BILLED, Kind.FEE} else account_of(settings),
    )
    days = settings.client_payment_days if draft.due_days is None else draft.due_days
    row = IssuedInvoice(
        id=new_id(),
        kind=draft.kind,
        party_id=draft.party_id,
        source_id=draft.source_id,
        mission_id=draft.mission_id,
        manager_id=draft.manager_id,
        due_on=numbered.on + timedelta(0 if draft.kind in SETTLED_AT_ONCE else days),
        type_code="389" if self_billed else "380",
        status=IssuedStatus.PAID if draft.kind in SETTLED_AT_ONCE else IssuedStatus.ISSUED,
        **fixed(sheet, totals, numbered),
    )
    tx.add(row)
    if row.kind in BOOKED_HERE:
        await _book_sale(tx, row)
    audit(tx, "issued_invoice.issue", row.id, number=row.number, kind=row.kind.value, source=row.source_id)
    return row


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number that was taken, and the day that goes with it."""

    series: str
    position: int
    on: date


async def take_number(tx: Tx, kind: Kind, key: str | None) -> Numbered:
    """Take the next number of this year's series; whoever else wants one waits until this transaction ends.

    The date is today's, or that of the number before where a transaction began just before midnight: dates never
    go back within a series.
    """
    series = series_of(kind, key, tx.today.year)
    position = await next_number(tx, series)
    before = select(IssuedInvoice.issued_on).where(
        IssuedInvoice.series == series, IssuedInvoice.position == position - 1
    )
    return Numbered(series, position, max(tx.today, await tx.scalar(before) or tx.today))


def fixed(sheet: Sheet, totals: Totals, numbered: Numbered) -> dict[str, Any]:
    """The columns that an invoice and a credit note share."""
    return {
        "series": numbered.series,
        "position": numbered.position,
        "number": f"{numbered.series}-{numbered.position}",
        "issued_on": numbered.on,
        "net_amount": totals.net.amount,
        "vat_amount": totals.vat.amount,
        "gross_amount": totals.gross.amount,
        "paid_amount": Decimal(0),
        "credited_amount": Decimal(0),
        "currency": "EUR",
        "content": sheet.model_dump(mode="json"),
        "version": 1,
    }


async def _book_sale(tx: Tx, row: IssuedInvoice) -> None:
    """The client owes the total: revenue, and the VAT due on it."""
    lines = [
        debit(Books.CLIENTS, row.gross, row.party_id),
        credit(Books.SERVICES_SOLD, row.net),
        credit(Books.VAT_COLLECTED, row.vat),
    ]
    await post(tx, EntryKind.CLIENT_INVOICE, row.id, row.number, lines, booked_on=row.issued_on)


def _line(line: DraftLine) -> Line:
    return Line(
        name=line.name,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price.amount,
        net=line.net.amount,
        category=line.vat.category,
        rate=line.vat.rate,
    )


def operator_of(settings: BillingSettings) -> Party:
    """The platform's operator, as seller or as buyer."""
    return Party(
        name=settings.operator_name,
        siren=settings.operator_siren,
        siret=None,
        vat_number=settings.operator_vat_number,
        address=settings.operator_place,
    )


def account_of(settings: BillingSettings) -> Account:
    """Where the operator is paid (BL-08)."""
    return Account(holder=settings.operator_name, iban=settings.operator_iban, bic=settings.operator_bic)


def own_key(party: Party, party_id: UUID) -> str:
    """What names a self-billed provider in its series: its SIREN, or its VAT number, or part of its id."""
    return party.siren or party.vat_number or party_id.hex[-12:]
