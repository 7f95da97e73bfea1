"""What billing keeps about people (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from billing.bpf.domain import Bpf
from billing.directory.missions import MissionTerms
from billing.invoice.domain import Invoice
from chassis.db import Tx
from chassis.personal_data import (
    ACCOUNTING_YEARS,
    ERASED_NAME,
    NOBODY,
    Basis,
    DataClass,
    Records,
    record_of,
    years_before,
)

_NOBODY = {"consultant_name": ERASED_NAME, "consultant_id": NOBODY}


async def _terms(tx: Tx, member_id: UUID) -> Records:
    mine = or_(MissionTerms.consultant_id == member_id, MissionTerms.operational_manager_id == member_id)
    shown = ("reference", "title", "consultant_name", "period_start", "period_end", "issued_at")
    return [record_of(row, *shown) for row in await tx.scalars(select(MissionTerms).where(mine))]


async def _anonymise_terms(tx: Tx, member_id: UUID) -> None:
    mine = MissionTerms.consultant_id == member_id
    await tx.execute(update(MissionTerms).where(mine).values(consultant_name=ERASED_NAME))


async def _forget_terms(tx: Tx, as_of: datetime) -> None:
    over = MissionTerms.period_end < years_before(as_of, ACCOUNTING_YEARS)
    await tx.execute(update(MissionTerms).where(over).values(operational_manager_id=NOBODY, **_NOBODY))


async def _bpfs(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Bpf.consultant_id == member_id, Bpf.operational_manager_id == member_id)
    shown = ("reference", "title", "consultant_name", "month_text", "days", "lines_json", "issued_on")
    return [record_of(row, *shown) for row in await tx.scalars(select(Bpf).where(mine).order_by(Bpf.id))]


async def _anonymise_bpfs(tx: Tx, member_id: UUID) -> None:
    await tx.execute(update(Bpf).where(Bpf.consultant_id == member_id).values(consultant_name=ERASED_NAME))


async def _forget_bpfs(tx: Tx, as_of: datetime) -> None:
    """The row stays, since references have no gap; whose days they were is forgotten."""
    over = Bpf.issued_on < years_before(as_of, ACCOUNTING_YEARS)
    await tx.execute(update(Bpf).where(over).values(operational_manager_id=NOBODY, **_NOBODY))


async def _invoices(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Invoice.consultant_id == member_id, Invoice.imported_by == member_id)
    shown = ("number", "title", "consultant_name", "month", "issued_on", "imported_at")
    return [record_of(row, *shown) for row in await tx.scalars(select(Invoice).where(mine).order_by(Invoice.id))]


async def _anonymise_invoices(tx: Tx, member_id: UUID) -> None:
    """The provider's own file stays as it was handed in: it is the invoice."""
    await tx.execute(update(Invoice).where(Invoice.consultant_id == member_id).values(consultant_name=ERASED_NAME))


async def _forget_invoices(tx: Tx, as_of: datetime) -> None:
    over = Invoice.issued_on < years_before(as_of, ACCOUNTING_YEARS)
    await tx.execute(update(Invoice).where(over).values(imported_by=NOBODY, **_NOBODY))


DATA = [
    DataClass(
        "terms of missions",
        purpose="Bill a mission by the order's terms",
        basis=Basis.CONTRACT,
        kept=f"{ACCOUNTING_YEARS} years after the order's end, the name as long as the account",
        tables=(MissionTerms,),
        gather=_terms,
        erase=_anonymise_terms,
        forget=_forget_terms,
    ),
    DataClass(
        "pre-invoices",
        purpose="Say what a provider may invoice for whose days",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the issue, the name as long as the account",
        tables=(Bpf,),
        gather=_bpfs,
        erase=_anonymise_bpfs,
        forget=_forget_bpfs,
    ),
    DataClass(
        "invoices",
        purpose="Keep accounts: what was invoiced, by whom it was handed in",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the issue, the name as long as the account; the file untouched",
        tables=(Invoice,),
        gather=_invoices,
        erase=_anonymise_invoices,
        forget=_forget_invoices,
    ),
]
