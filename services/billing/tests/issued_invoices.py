"""Invoices that companies owe the platform."""

from decimal import Decimal
from uuid import UUID, uuid4

from billing_months import NOW, french_identity
from sqlalchemy import select

from billing.bpf.vat import VatTreatment
from billing.issuing.credit_note import credit
from billing.issuing.domain import IssuedInvoice
from billing.issuing.issue import issue
from billing.issuing.sheet import Draft, DraftLine, Kind
from billing.ledger.domain import Account
from billing.ledger.posting import balance
from chassis import get_locked
from contracts.company import CompanyValidated
from contracts.roles import CompanyKind
from contracts.values import Money, Period


class Seller:
    """Issues what companies owe."""

    def __init__(self, h):
        self.h = h

    async def company(self):
        company_id = uuid4()
        told = CompanyValidated(
            company_id=company_id,
            kind=CompanyKind.CLIENT,
            legal=french_identity(name="Client SA"),
            verified_signatories=[],
            bank_details_on_file=False,
            validated_at=NOW,
        )
        await self.h.deliver(told)
        return company_id

    async def invoice(self, company_id=None, *, gross="120.00", kind=Kind.CLIENT, source_id=None, due_days=None):
        """One issued today, with 20 % VAT in it."""
        net = Money.of(Decimal(gross) / Decimal("1.2"))
        line = DraftLine("Prestation", Decimal(1), "C62", net, VatTreatment("S", Decimal(20), None))
        draft = Draft(
            kind=kind,
            party_id=company_id or await self.company(),
            source_id=source_id or uuid4(),
            lines=[line],
            period=Period(start=NOW.date().replace(day=1), end=NOW.date()),
            title="Refonte du portail",
            due_days=due_days,
        )
        async with self.h.tx() as tx:
            issued = await issue(tx, self.h.platform.own.settings, draft)
        assert issued.gross == Money.of(gross)
        return issued

    async def of_month(self, bpf):
        """The client's invoice of a validated month."""
        mine = IssuedInvoice.source_id == UUID(bpf["id"]), IssuedInvoice.kind == Kind.CLIENT
        async with self.h.tx() as tx:
            return (await tx.scalars(select(IssuedInvoice).where(*mine))).one()

    async def credit(self, invoice, parts=None):
        async with self.h.tx() as tx:
            row = await get_locked(tx, IssuedInvoice, invoice.id, LookupError())
            return await credit(tx, row, "billed in error", parts)

    async def account(self, company_id):
        """What the company owes, and what it has on account."""
        async with self.h.tx() as tx:
            owed = await balance(tx, Account.CLIENTS, company_id)
            kept = await balance(tx, Account.ON_ACCOUNT, company_id)
        return f"{owed.amount:.2f}", f"{-kept.amount:.2f}"

    async def read(self, invoice):
        async with self.h.tx() as tx:
            return await tx.get(IssuedInvoice, invoice.id)
