"""Invoices with an account to pay them to, and the finance staff that pays them."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import uuid4

from billing_months import Given, MissionMonth
from facturx_builder import invoice_pdf

from billing.payment.progress import transfer_executed
from chassis.testing import small_pdf
from contracts.company import BankDetailsChanged
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.roles import StaffScope

TODAY = date(2026, 11, 20)
FLASH = MissionMonth().with_(option=PaymentOption.FLASH)


def account_of(company_id, at, *, iban="FR7630006000011234567890189", version=2, **other):
    return BankDetailsChanged(
        version=version,
        company_id=company_id,
        bank_details_id=uuid4(),
        holder="Atelier Numérique SARL",
        iban=iban,
        bic="AGRIFRPPXXX" if iban else None,
        effective_at=at,
        **other,
    )


def fresh(terms=FLASH, **changes):
    """The same terms with ids of their own."""
    new = MissionMonth()
    kept = ("daily_rate", "days", "month", "option", "regime", "validated_at")
    return new.with_(**{name: getattr(terms, name) for name in kept} | changes)


BACK_TO_BACK = MissionMonth().with_(regime=PaymentRegime.BACK_TO_BACK)


@dataclass
class Payable:
    """An accepted invoice."""

    given: Given
    invoice: dict

    @property
    def id(self):
        return self.invoice["id"]

    @property
    def provider_id(self):
        return self.given.month.provider_id

    async def read(self):
        answer = await self.given.h.client.get(f"/invoices/{self.id}", headers=self.given.seller())
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def credit(self, number="AV-1", issued_on=TODAY, confirmed="true", headers=None):
        """Hand in the provider's credit note for it."""
        return await self.given.h.client.post(
            f"/invoices/{self.id}/credit-note",
            files={"file": ("avoir.pdf", small_pdf(number), "application/pdf")},
            data={"number": number, "issued_on": str(issued_on), "confirmed": confirmed},
            headers=headers or self.given.seller(),
        )


class Finance:
    """Two people of the platform who pay."""

    def __init__(self, h, given):
        self.h, self._given = h, given
        self.author = h.staff(StaffScope.FINANCE)
        self.second = replace(h.staff(StaffScope.FINANCE), proven_at=h.clock())

    async def payable(self, terms=FLASH, *, account=True, issued_on=TODAY, **changes):
        """An invoice that was imported for a month of a new provider with an account."""
        month = fresh(terms, **changes)
        if account:
            await self.h.deliver(account_of(month.provider_id, self.h.clock() - timedelta(days=30)))
        given = await self._given(month)
        answer = await given.post(invoice_pdf(given.bpf, issued_on=issued_on))
        assert answer.status_code == 201, answer.text
        return Payable(given, answer.json())

    async def post(self, path, by=None, **body):
        return await self.h.client.post(path, json=body or None, headers=self.h.headers(by or self.author))

    async def get(self, path, by=None):
        return await self.h.client.get(path, headers=self.h.headers(by or self.author))

    async def propose(self, executes_on=TODAY):
        answer = await self.post("/staff/payment-runs", executes_on=str(executes_on))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def approve(self, run, by=None):
        return await self.post(f"/staff/payment-runs/{run['id']}/approval", by or self.second)

    async def export(self, run):
        return await self.post(f"/staff/payment-runs/{run['id']}/file")

    async def file(self, run):
        return await self.get(f"/staff/payment-runs/{run['id']}/file")

    async def orders(self, run):
        """The run's orders by invoice id."""
        answer = await self.get(f"/staff/payment-runs/{run['id']}/orders?limit=200")
        return {order["invoice_id"]: order for order in answer.json()["items"]}

    async def paid(self, terms=FLASH, **changes):
        """An invoice whose transfer the bank has shown."""
        found = await self.payable(terms, **changes)
        order = (await self.orders(await self.pay()))[found.id]
        async with self.h.tx() as tx:
            await transfer_executed(tx, order["end_to_end_id"], TODAY)
        return found

    async def pay(self, executes_on=TODAY):
        """Propose, approve and export what is due."""
        run = await self.propose(executes_on)
        for step in (self.approve, self.export):
            answer = await step(run)
            assert answer.status_code in {200, 201}, answer.text
        return run


async def taken_back_objects(given, month):
    """An invoice of the month's provider with its credit note, under the routes about that."""
    other = fresh().with_(provider_id=month.provider_id, identity=month.identity)
    taken = await given(other)
    answer = await taken.post(invoice_pdf(taken.bpf, number="TAKEN-BACK", issued_on=TODAY))
    found = Payable(taken, answer.json())
    assert (await found.credit("TAKING-BACK")).status_code == 201
    path = "/invoices/{invoice_id}/credit-note"
    return {path: {"invoice_id": found.id}, f"{path}/file": {"invoice_id": found.id}}
