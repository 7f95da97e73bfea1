from uuid import UUID

from sqlalchemy import select

from billing.bpf.domain import Bpf, BpfKind
from billing.company_settings.domain import InvoiceMode
from billing.company_settings.queries import settings_of
from billing.self_billing.domain import LIVE, SelfBill, SelfBilled, SelfBillStatus
from billing.self_billing.mandate import Mandate
from chassis import Tx, audit
from chassis.errors import require
from contracts.contracting import Offer


async def mandate_in_force(tx: Tx, company_id: UUID, *, hold: bool = False) -> Mandate | None:
    """The provider's mandate that is not revoked; `hold` keeps it from being revoked in this transaction."""
    query = select(Mandate).where(Mandate.company_id == company_id, Mandate.revoked_at.is_(None))
    return (await tx.scalars(query.with_for_update() if hold else query)).one_or_none()


async def propose_specimen(tx: Tx, bpf: Bpf, offer: Offer) -> SelfBill | None:
    """A specimen of this BPF's invoice, if its provider has the platform write its invoices (BL-04).

    None without a mandate in force that was signed before the service was complete, in manual mode, and where the
    platform owes nothing: to a Rise mission's provider, or when a credit note is due.
    """
    if offer is Offer.RISE or bpf.kind is BpfKind.CREDIT or not bpf.gross.amount:
        return None
    mandate = await mandate_in_force(tx, bpf.provider_company_id, hold=True)
    if mandate is None or not mandate.is_prior_to(bpf.period.end):
        return None
    settings = await settings_of(tx, bpf.provider_company_id)
    if settings.mode(mandated=True) is InvoiceMode.MANUAL:
        return None
    specimen = SelfBill.propose(bpf, mandate, tx.now)
    tx.add(specimen)
    audit(tx, "self_bill.propose", specimen.id, bpf=bpf.id, mandate=mandate.id)
    return specimen


async def withdraw_specimens(tx: Tx, company_id: UUID) -> None:
    """Take back the provider's specimens that staff has not validated: it imports those invoices itself."""
    waiting = select(SelfBill).where(
        SelfBill.provider_company_id == company_id, SelfBill.status == SelfBillStatus.PROPOSED
    )
    for specimen in (await tx.scalars(waiting.with_for_update())).all():
        specimen.withdraw()
        audit(tx, "self_bill.withdraw", specimen.id)


async def check_imports_own(tx: Tx, bpf_id: UUID) -> None:
    """Raise SelfBilled while the platform writes the invoice of this BPF: no other may be handed in."""
    query = select(SelfBill.id).where(SelfBill.bpf_id == bpf_id, SelfBill.status.in_(LIVE))
    require((await tx.scalars(query)).first() is None, SelfBilled())
