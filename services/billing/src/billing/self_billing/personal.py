"""Who signed mandates, who contested what (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update

from billing.self_billing.domain import SelfBill
from billing.self_billing.mandate import Mandate
from chassis import Tx
from chassis.clock import instant_of
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


async def _mandates(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Mandate.signed_by == member_id, Mandate.revoked_by == member_id)
    shown = ("text_version", "signatory_name", "signatory_capacity", "network_address_sha256", "signed_at")
    return [record_of(row, *shown, "revoked_at") for row in await tx.scalars(select(Mandate).where(mine))]


async def _forget_mandates(tx: Tx, as_of: datetime) -> None:
    """The text stays with the invoices that were issued under it."""
    over = Mandate.revoked_at < instant_of(years_before(as_of, ACCOUNTING_YEARS))
    nobody = {"signed_by": NOBODY, "revoked_by": NOBODY, "signatory_name": ERASED_NAME, "network_address_sha256": None}
    await tx.execute(update(Mandate).where(over).values(**nobody))


async def _self_bills(tx: Tx, member_id: UUID) -> Records:
    mine = or_(SelfBill.contested_by == member_id, SelfBill.validated_by == member_id, SelfBill.settled_by == member_id)
    shown = ("number", "issued_on", "contested_at", "contest_reason", "validated_at", "settled_at")
    return [record_of(row, *shown) for row in await tx.scalars(select(SelfBill).where(mine).order_by(SelfBill.id))]


async def _forget_self_bills(tx: Tx, as_of: datetime) -> None:
    over = SelfBill.proposed_at < instant_of(years_before(as_of, ACCOUNTING_YEARS))
    people = {"validated_by": None, "contested_by": None, "settled_by": None}
    words = {"contest_reason": None, "remark": None, "refusal_reason": None}
    await tx.execute(update(SelfBill).where(over).values(**people, **words))


DATA = [
    DataClass(
        "self-billing mandates",
        purpose="Prove that a provider let the platform write its invoices, and who signed for it",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the mandate's end; the signed document with the invoices",
        tables=(Mandate,),
        gather=_mandates,
        forget=_forget_mandates,
    ),
    DataClass(
        "self-billed invoices",
        purpose="Prove who validated an invoice written for a provider, and who contested it",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the specimen",
        tables=(SelfBill,),
        gather=_self_bills,
        forget=_forget_self_bills,
    ),
]
