"""Any history of statements, matches, reversals and credit notes leaves the books true."""

import asyncio
from decimal import Decimal

from camt_builder import Line
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from billing.bank.domain import BankMatch, BankMovement
from billing.bank.rules import follow_credit_notes
from billing.invariants import broken
from billing.issuing.credit_note import Part
from billing.issuing.domain import IssuedStatus
from billing.ledger.domain import Account
from billing.ledger.posting import balance
from contracts.values import Money

PICK = st.integers(0, 2)
CENTS = st.integers(1, 30_000).map(lambda cents: Decimal(cents) / 100)
STEPS = st.one_of(
    st.tuples(st.just("invoice"), CENTS),
    st.tuples(st.just("receive"), CENTS, st.lists(PICK, max_size=2)),
    st.tuples(st.just("pay out"), CENTS, st.just([])),
    st.tuples(st.just("settle"), PICK, PICK, CENTS),
    st.tuples(st.just("put on account"), PICK, CENTS),
    st.tuples(st.just("undo"), PICK),
    st.tuples(st.just("undo"), PICK),
    st.tuples(st.just("credit"), PICK, st.sampled_from([None, Decimal("0.5")])),
    st.tuples(st.just("match")),
    st.tuples(st.just("match")),
)


class History:
    """One company's dealings with the platform, as far as this test goes on."""

    def __init__(self, h, desk, seller):
        self.h, self.desk, self.seller = h, desk, seller
        self.invoices, self.movements = [], []

    async def play(self, steps):
        self.company = await self.seller.company()
        await self.do_invoice(Decimal(100))
        await self.do_receive(Decimal(120), [0])
        await self.do_match()
        for name, *rest in steps:
            await getattr(self, "do_" + name.replace(" ", "_"))(*rest)
            await self.check()
        await self.settle_down()

    async def do_invoice(self, amount):
        gross = (amount * Decimal("1.2")).quantize(Decimal("0.01"))
        self.invoices.append(await self.seller.invoice(self.company, gross=f"{gross}"))

    async def do_receive(self, amount, quoted):
        said = " ".join(self.invoices[pick % len(self.invoices)].number for pick in quoted)
        self.movements += await self.desk.receive(Line(f"{amount}", remittance=said))

    async def do_pay_out(self, amount, _):
        self.movements += await self.desk.receive(Line(f"{amount}", credit=False))

    async def do_settle(self, movement, invoice, amount):
        if self.movements:
            chosen = self.movements[movement % len(self.movements)]
            wanted = self.invoices[invoice % len(self.invoices)]
            answer = await self.desk.settle(chosen, wanted, f"{amount}")
            assert answer.status_code in {201, 409}, answer.text

    async def do_put_on_account(self, movement, amount):
        if self.movements:
            chosen = self.movements[movement % len(self.movements)]
            answer = await self.desk.put(chosen, "on_account", self.company, f"{amount}")
            assert answer.status_code in {201, 409}, answer.text

    async def do_undo(self, match):
        async with self.h.tx() as tx:
            mine = select(BankMatch.id).where(BankMatch.party_id == self.company).order_by(BankMatch.id)
            made = list(await tx.scalars(mine))
        answer = await self.desk.undo({"id": made[match % len(made)]})
        assert answer.status_code in {201, 409}, answer.text

    async def do_credit(self, invoice, quantity):
        chosen = await self.seller.read(self.invoices[invoice % len(self.invoices)])
        if chosen.credited.amount == 0:
            await self.seller.credit(chosen, quantity and [Part(0, quantity)])

    async def do_match(self):
        await self.desk.match()

    async def check(self):
        async with self.h.tx() as tx:
            assert await broken(tx) == {}

    async def settle_down(self):
        """With credit notes followed, nothing is paid above what is due; and doing all of it again changes nothing."""
        await self.follow()
        before = await self.picture()
        await self.desk.match()
        after_match = await self.picture()
        await self.follow()
        await self.desk.match()
        assert await self.picture() == after_match
        for invoice in self.invoices:
            found = await self.seller.read(invoice)
            assert found.paid.amount <= found.gross.amount - found.credited.amount
            assert (found.status is IssuedStatus.CANCELLED) == (found.credited == found.gross)
            if found.status is IssuedStatus.CANCELLED:
                assert found.paid == Money.of(0)
        assert before[0] >= after_match[0]
        await self.check_accounts()

    async def check_accounts(self):
        """What the company owes is the sum of what its invoices leave open."""
        rows = [await self.seller.read(each) for each in self.invoices]
        left = sum((each.open.amount for each in rows), Decimal(0))
        async with self.h.tx() as tx:
            assert (await balance(tx, Account.CLIENTS, self.company)).amount == left

    async def follow(self):
        async with self.h.tx() as tx:
            await follow_credit_notes(tx, self.h.clock())

    async def picture(self):
        owed, kept = await self.seller.account(self.company)
        async with self.h.tx() as tx:
            rows = [await tx.get(BankMovement, each["id"]) for each in self.movements]
        return Decimal(owed), kept, [(row.matched_amount, row.status) for row in rows]


async def test_any_history_leaves_the_books_true(h, desk, seller):
    loop = asyncio.get_running_loop()

    @example([("credit", 0, None)])
    @example([("credit", 0, Decimal("0.5")), ("undo", 0)])
    @given(st.lists(STEPS, min_size=5, max_size=12))
    @settings(
        max_examples=16,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    def play(steps):
        history = History(h, desk, seller)
        asyncio.run_coroutine_threadsafe(history.play(steps), loop).result(60)

    await asyncio.to_thread(play)
