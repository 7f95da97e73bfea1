"""What a provider's invoice does to the books, once it is accepted."""

from __future__ import annotations

from billing.bpf.domain import Bpf
from billing.bpf.vat import STANDARD_RATE
from billing.invoice.domain import Invoice
from billing.ledger.domain import Account, EntryKind, Posting, credit, debit
from billing.ledger.posting import post
from chassis import Tx
from contracts.values import Money

_SELF_ASSESSED = frozenset({"AE", "O"})
"""The platform declares the VAT itself (CGI art. 283-2)."""


async def book(tx: Tx, invoice: Invoice, bpf: Bpf) -> None:
    """Post the debt, or what a credit note takes off it, and the fee withheld; a total of zero moves nothing."""
    kind = EntryKind.PROVIDER_CREDIT_NOTE if invoice.is_credit else EntryKind.PROVIDER_INVOICE
    if lines := [line for line in debt_of(invoice, bpf) if line.debit or line.credit]:
        await post(tx, kind, invoice.id, invoice.number, lines)
    if invoice.fee.amount:
        await post(tx, EntryKind.FEE, invoice.id, invoice.number, withheld(invoice, bpf))


def debt_of(invoice: Invoice, bpf: Bpf) -> list[Posting]:
    """What was bought, the VAT on it and what the provider is owed."""
    lines = [
        debit(Account.SERVICES_BOUGHT, invoice.net),
        debit(Account.VAT_DEDUCTIBLE, invoice.vat),
        credit(Account.PROVIDERS, invoice.gross, invoice.provider_company_id),
    ]
    if bpf.vat_category in _SELF_ASSESSED:
        own = invoice.net.times(STANDARD_RATE / 100)
        lines += [debit(Account.VAT_DEDUCTIBLE, own), credit(Account.VAT_DUE, own)]
    return lines


def withheld(invoice: Invoice, bpf: Bpf) -> list[Posting]:
    """The fee, which holds French VAT unless the provider is established elsewhere."""
    vat = Money.of(0) if bpf.vat_category in _SELF_ASSESSED else vat_within(invoice.fee)
    return [
        debit(Account.PROVIDERS, invoice.fee, invoice.provider_company_id),
        credit(Account.FEES, invoice.fee - vat),
        credit(Account.VAT_COLLECTED, vat),
    ]


def vat_within(gross: Money) -> Money:
    """The VAT at the standard rate that an amount holds."""
    return gross - Money.of(gross.amount / (1 + STANDARD_RATE / 100))
