"""Random histories of payments over HTTP: whoever does what in whatever order, the books hold after each step (M6)."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from billing_payments import BACK_TO_BACK, FLASH, TODAY, Finance, Payable, account_of, fresh
from facturx_builder import invoice_pdf
from sqlalchemy import text

from billing.invariants import broken
from billing.payment.progress import client_has_paid, client_payment_undone, transfer_executed, transfer_returned
from chassis.errors import Problem
from contracts.roles import StaffScope

STEPS = 80


class History:
    """Two providers and three people of finance who do anything, in any order."""

    def __init__(self, finance, given, seed):
        self.finance, self.h, self._given = finance, finance.h, given
        self.chance = random.Random(seed)
        self.providers = [fresh(), fresh()]
        self.people = [replace(self.h.staff(StaffScope.FINANCE), proven_at=self.h.clock()) for _ in range(3)]
        self.invoices, self.runs, self.references = [], [], set()
        self.answers = Counter()

    async def start(self):
        for provider in self.providers:
            await self.h.deliver(account_of(provider.provider_id, self.h.clock() - timedelta(days=1)))

    async def step(self):
        seldom = [self.discard, self.drop, self.hold, self.release, self.returned, self.client_undone, self.credit]
        often = [self.bill, self.propose, self.approve, self.export, self.executed, self.client_pays]
        acts = seldom + often * 3
        act = self.chance.choice(acts) if self.invoices else self.bill
        self.answers[act.__name__, await act()] += 1

    async def bill(self):
        provider, terms = self.chance.choice(self.providers), self.chance.choice([FLASH, FLASH, BACK_TO_BACK])
        days, daily_rate = self.chance.choice(["1", "7.5", "18"]), self.chance.choice(["333.33", "500"])
        terms = fresh(terms, days=days, daily_rate=daily_rate)
        month = await self._given(terms.with_(provider_id=provider.provider_id, identity=provider.identity))
        answer = await month.post(invoice_pdf(month.bpf, number=f"F-{len(self.invoices)}"))
        self.invoices.append(Payable(month, answer.json()))
        return answer.status_code

    async def propose(self):
        answer = await self.post("/staff/payment-runs", executes_on=str(TODAY))
        if answer.status_code == 201:
            self.runs.append(answer.json())
        return answer.status_code

    async def approve(self):
        return await self.on_a_run("approval")

    async def export(self):
        return await self.on_a_run("file")

    async def discard(self):
        return await self.on_a_run("rejection")

    async def on_a_run(self, what):
        if not self.runs:
            return 0
        run = self.chance.choice(self.runs[-3:])
        return (await self.post(f"/staff/payment-runs/{run['id']}/{what}")).status_code

    async def drop(self):
        order = await self.some_order()
        if order is None:
            return 0
        path = f"/staff/payment-runs/{order['run_id']}/orders/{order['id']}"
        return (await self.h.client.delete(path, headers=self.h.headers(self.people[0]))).status_code

    async def hold(self):
        return await self.on_an_invoice("hold", reason="contested")

    async def release(self):
        return await self.on_an_invoice("release")

    async def on_an_invoice(self, what, **body):
        found = self.chance.choice(self.invoices)
        return (await self.post(f"/staff/invoices/{found.id}/{what}", **body)).status_code

    async def credit(self):
        found = self.chance.choice(self.invoices)
        return (await found.credit(f"AV-{self.chance.randrange(10**6)}")).status_code

    async def executed(self):
        return await self.told_by_bank(transfer_executed, TODAY)

    async def returned(self):
        return await self.told_by_bank(transfer_returned, "AC04")

    async def told_by_bank(self, tell, what):
        order = await self.some_order()
        if order is None:
            return 0
        try:
            async with self.h.tx() as tx:
                await tell(tx, order["end_to_end_id"], what)
        except Problem as refused:
            return refused.status
        return 200

    async def client_pays(self):
        return await self.by_client(client_has_paid, TODAY)

    async def client_undone(self):
        return await self.by_client(client_payment_undone)

    async def by_client(self, act, *more):
        async with self.h.tx() as tx:
            await act(tx, self.chance.choice(self.invoices).given.bpf["id"], *more)
        return 200

    async def some_order(self):
        """A payment of ours in one of our last runs, half of the time one that the bank has not told of."""
        found = (await self.finance.get("/staff/payment-runs")).json()["items"]
        mine, own = {run["id"] for run in self.runs}, {each.id for each in self.invoices}
        orders = [
            order
            for run in [run for run in found if run["id"] in mine][:3]
            for order in (await self.finance.orders(run)).values()
            if order["invoice_id"] in own
        ]
        if self.chance.random() < 0.5:
            orders = [order for order in orders if order["status"] == "ordered"] or orders
        return self.chance.choice(orders) if orders else None

    async def post(self, path, **body):
        return await self.finance.post(path, self.chance.choice(self.people), **body)


async def sent_for(tx):
    """What left for each invoice and did not come back, and what is payable."""
    query = """SELECT i.id, i.payable, sum(o.amount + o.set_off) AS sent, count(DISTINCT o.end_to_end_id) AS references
        FROM payment_orders o JOIN invoices i ON i.id = o.invoice_id
        WHERE o.status IN ('ordered', 'executed') GROUP BY i.id"""
    return (await tx.execute(text(query))).all()


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_paid_twice_or_too_much_or_unasked_whatever_people_do(h, given, seed):
    history = History(Finance(h, given), given, seed)
    await history.start()
    for _ in range(STEPS):
        await history.step()
        async with h.tx() as tx:
            assert await broken(tx) == {}
            for _, payable, sent, references in await sent_for(tx):
                assert (sent, references) == (payable, 1)
    assert {act for act, status in history.answers if status in {200, 201}} >= {"bill", "propose", "approve"}
    last = await history.finance.paid()
    async with h.tx() as tx:
        assert await broken(tx) == {}
    assert (await last.read())["status"] == "paid"
