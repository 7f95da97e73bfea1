"""The platform's invoice for its fee: withheld from the payment of a provider's invoice (decision 0014)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from billing.bpf.domain import Bpf
from billing.bpf.vat import treatment_of_sale
from billing.company_settings.queries import language_of
from billing.directory.companies import Company
from billing.issuing.issue import issue
from billing.issuing.sheet import Draft, DraftLine, Kind, Language
from billing.settings import BillingSettings
from chassis import Tx
from contracts.company import LegalIdentity
from contracts.values import Money

_PIECE = "C62"
_TITLES = {Language.FR: "Frais de paiement, facture {number}", Language.EN: "Payment fee, invoice {number}"}


async def invoice_fee(
    tx: Tx, settings: BillingSettings, bpf: Bpf, *, invoice_id: UUID, number: str, fee: Money
) -> None:
    """Issue the fee's invoice, paid by set-off, for an accepted invoice of the provider; none for a fee of nothing.

    The fee is booked with the provider's invoice.
    """
    if not fee.amount:
        return
    provider = (await tx.get_one(Company, bpf.provider_company_id)).identity
    language = await language_of(tx, bpf.provider_company_id)
    await issue(tx, settings, draft_of(bpf, provider, language, invoice_id=invoice_id, number=number, fee=fee))


def draft_of(
    bpf: Bpf, provider: LegalIdentity, language: Language, *, invoice_id: UUID, number: str, fee: Money
) -> Draft:
    """One line: the fee, with the VAT that it holds told apart."""
    vat = treatment_of_sale(provider)
    title = _TITLES[language].format(number=number)
    net = Money.of(fee.amount / (1 + vat.rate / 100)) if vat.rate else fee
    return Draft(
        kind=Kind.FEE,
        party_id=bpf.provider_company_id,
        source_id=invoice_id,
        lines=[DraftLine(title, Decimal(1), _PIECE, net, vat)],
        period=bpf.period,
        title=title,
        order_reference=bpf.order_reference,
        language=language,
        gross=fee,
        mission_id=bpf.mission_id,
    )
