"""What issued invoices say about people (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, text, update

from billing.bpf.domain import Bpf
from billing.issuing.domain import IssuedInvoice
from chassis.db import Tx
from chassis.personal_data import (
    ACCOUNTING_YEARS,
    NOBODY,
    Basis,
    DataClass,
    Records,
    record_of,
    years_before,
)


async def _gather(tx: Tx, member_id: UUID) -> Records:
    worked = select(Bpf.id).where(Bpf.consultant_id == member_id)
    mine = or_(IssuedInvoice.manager_id == member_id, IssuedInvoice.source_id.in_(worked))
    rows = await tx.scalars(select(IssuedInvoice).where(mine).order_by(IssuedInvoice.id))
    return [record_of(row, "number", "kind", "issued_on") | {"title": row.content["title"]} for row in rows]


async def _erase(tx: Tx, member_id: UUID) -> None:
    """The document stays as it was issued, as the law asks; the copy of the name beside it goes."""
    worked = select(Bpf.id).where(Bpf.consultant_id == member_id)
    nameless = IssuedInvoice.content.op("-")(text("'person'"))
    await tx.execute(
        update(IssuedInvoice)
        .where(IssuedInvoice.source_id.in_(worked), IssuedInvoice.document_key.is_not(None))
        .values(content=nameless)
    )


async def _forget(tx: Tx, as_of: datetime) -> None:
    over = IssuedInvoice.issued_on < years_before(as_of, ACCOUNTING_YEARS)
    nameless = IssuedInvoice.content.op("-")(text("'person'"))
    await tx.execute(update(IssuedInvoice).where(over).values(manager_id=NOBODY, content=nameless))


DATA = [
    DataClass(
        "issued invoices",
        purpose="Keep accounts: what the platform invoiced to whom, for whose work",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the issue, the name as long as the account; the document untouched",
        tables=(IssuedInvoice,),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    ),
]
