"""Giving an invoice its number: what can be worked out is worked out first, the file is made later (`documents`).

`issue` here and `credit_note.credit` are the only writers of issued documents. What a provider is owed, and the fee
withheld from it, are booked where the provider's invoice is accepted (`billing.invoice`); all else is booked here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
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
    VatGroup,
    breakdown_of,
    totals_of,
)
from billing.ledger.domain import Account as Books
from billing.ledger.domain import EntryKind, credit, debit
from billing.ledger.posting import Fact, post_new
from billing.settings import BillingSettings
from chassis import Tx, audit
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
    return (await issue_all(tx, settings, [draft]))[0]


async def issue_all(tx: Tx, settings: BillingSettings, drafts: Sequence[Draft]) -> list[IssuedInvoice]:
    """Issue many in their order, with as few statements as one takes. Raises as `issue`; then none is issued."""
    parties = await _parties(tx, {draft.party_id for draft in drafts})
    operator = operator_of(settings)
    works = [_Work.of(draft, parties[draft.party_id], operator) for draft in drafts]
    numbers = await _numbers_for(tx, works)
    rows = [_row(work, next(numbers[work.series_key]), settings) for work in works]
    tx.add_all(rows)
    if sales := [_sale(row) for row in rows if row.kind in BOOKED_HERE]:
        await post_new(tx, EntryKind.CLIENT_INVOICE, sales)
    for row in rows:
        audit(tx, "issued_invoice.issue", row.id, number=row.number, kind=row.kind.value, source=row.source_id)
    return rows


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number that was taken, and the day that goes with it."""

    series: str
    position: int
    on: date


SeriesKey = tuple[Kind, str | None]
"""What has a series of its own: a kind, and the provider where the platform issues in its name."""


@dataclass(frozen=True, slots=True)
class _Work:
    """A draft with all that can be worked out before it has a number."""

    draft: Draft
    seller: Party
    buyer: Party
    vat: list[VatGroup]
    totals: Totals

    @classmethod
    def of(cls, draft: Draft, other: Party, operator: Party) -> _Work:
        """Raises NothingToInvoice."""
        vat = breakdown_of(draft)
        totals = totals_of(vat)
        require(totals.gross.amount > 0, NothingToInvoice())
        seller, buyer = (other, operator) if draft.kind is Kind.SELF_BILLED else (operator, other)
        return cls(draft, seller, buyer, vat, totals)

    @property
    def series_key(self) -> SeriesKey:
        draft = self.draft
        return draft.kind, own_key(self.seller, draft.party_id) if draft.kind is Kind.SELF_BILLED else None


async def _parties(tx: Tx, ids: set[UUID]) -> dict[UUID, Party]:
    if len(ids) == 1:  # mostly at hand already
        companies = [company for key in ids if (company := await tx.get(Company, key))]
    else:
        companies = list(await tx.scalars(select(Company).where(Company.company_id.in_(ids))))
    parties = {company.company_id: Party.of(company.identity) for company in companies}
    require(parties.keys() == ids, PartyUnknown(field="party_id"))
    return parties


async def _numbers_for(tx: Tx, works: Sequence[_Work]) -> dict[SeriesKey, Iterator[Numbered]]:
    """Always in the same order of series, so that two transactions never wait for each other."""
    wanted = Counter(work.series_key for work in works)
    in_order = sorted(wanted, key=str)
    return {key: iter(await take_numbers(tx, key, wanted[key])) for key in in_order}


async def take_numbers(tx: Tx, key: SeriesKey, count: int = 1) -> list[Numbered]:
    """Take the next numbers of this year's series; whoever else wants one waits until this transaction ends.

    The date is today's, or that of the number before where a transaction began just before midnight: dates never
    go back within a series.
    """
    series = series_of(*key, tx.today.year)
    first = await next_number(tx, series, count=count)
    before = select(IssuedInvoice.issued_on).where(IssuedInvoice.series == series, IssuedInvoice.position == first - 1)
    on = max(tx.today, await tx.scalar(before) or tx.today)
    return [Numbered(series, position, on) for position in range(first, first + count)]


def _row(work: _Work, numbered: Numbered, settings: BillingSettings) -> IssuedInvoice:
    draft, at_once = work.draft, work.draft.kind in SETTLED_AT_ONCE
    self_billed = draft.kind is Kind.SELF_BILLED
    sheet = Sheet(
        language=draft.language,
        title=draft.title,
        person=draft.person,
        seller=work.seller,
        buyer=work.buyer,
        lines=[_line(line) for line in draft.lines],
        vat=[group.model_copy(update={"reason": exemption(group.reason, numbered.on)}) for group in work.vat],
        period=draft.period,
        order_reference=draft.order_reference,
        notes=notes_for(draft.kind, work.seller, work.buyer, numbered.on, draft.language, self_billed=self_billed),
        process="S2" if at_once else "S1",
        account=None if self_billed or at_once else account_of(settings),
    )
    days = settings.client_payment_days if draft.due_days is None else draft.due_days
    return IssuedInvoice(
        id=new_id(),
        kind=draft.kind,
        party_id=draft.party_id,
        source_id=draft.source_id,
        mission_id=draft.mission_id,
        manager_id=draft.manager_id,
        due_on=numbered.on + timedelta(0 if at_once else days),
        type_code="389" if self_billed else "380",
        status=IssuedStatus.PAID if at_once else IssuedStatus.ISSUED,
        **fixed(sheet, work.totals, numbered),
    )


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


def _sale(row: IssuedInvoice) -> Fact:
    """The client owes the total: revenue, and the VAT due on it."""
    lines = [
        debit(Books.CLIENTS, row.gross, row.party_id),
        credit(Books.SERVICES_SOLD, row.net),
        credit(Books.VAT_COLLECTED, row.vat),
    ]
    return Fact(row.id, row.number, lines, row.issued_on)


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
