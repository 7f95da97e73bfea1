"""The ledger: every entry balanced, nothing ever changed, each fact booked once."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from billing.ledger.domain import (
    Account,
    EntryKind,
    Posting,
    UnbalancedEntry,
    check_balanced,
    credit,
    debit,
    reversed_postings,
)
from billing.ledger.posting import balance, post
from contracts.roles import StaffScope
from contracts.values import Money

AMOUNTS = st.decimals("-99999.99", "99999.99", places=2)


def sale(amount, party):
    return [debit(Account.CLIENTS, amount, party), credit(Account.SERVICES_SOLD, amount)]


class TestPostings:
    @given(st.lists(AMOUNTS, min_size=1, max_size=6))
    def test_both_sides_of_any_amounts_are_in_balance_and_so_is_their_reverse(self, amounts):
        booked = [each for amount in amounts for each in sale(Money.of(amount), None)]
        if all(amount == 0 for amount in amounts):
            return
        assert check_balanced(booked)
        assert check_balanced(reversed_postings(booked))

    @pytest.mark.parametrize(
        "wrong",
        [
            [],
            [Posting(Account.BANK, debit=Decimal(1))],
            [Posting(Account.BANK, debit=Decimal(2)), Posting(Account.CLIENTS, credit=Decimal(1))],
            [Posting(Account.BANK, debit=Decimal(1), credit=Decimal(1))],
            [Posting(Account.BANK, debit=Decimal(-1)), Posting(Account.CLIENTS, credit=Decimal(-1))],
        ],
    )
    def test_anything_else_is_refused(self, wrong):
        with pytest.raises(UnbalancedEntry):
            check_balanced(wrong)


class TestBooking:
    async def test_a_balance_is_the_sum_of_what_was_booked(self, h):
        party = uuid4()
        async with h.tx() as tx:
            await post(tx, EntryKind.CLIENT_INVOICE, uuid4(), "a sale", sale(Money.of("120.00"), party))
            await post(tx, EntryKind.CREDIT_NOTE, uuid4(), "taken back", sale(Money.of("-20.00"), party))
        async with h.tx() as tx:
            assert await balance(tx, Account.CLIENTS, party) == Money.of("100.00")
            assert await balance(tx, Account.CLIENTS, uuid4()) == Money.of("0.00")

    async def test_the_same_fact_is_booked_once(self, h):
        party, source = uuid4(), uuid4()
        for expected in (True, False):
            async with h.tx() as tx:
                sold = sale(Money.of("50.00"), party)
                assert await post(tx, EntryKind.CLIENT_INVOICE, source, "a sale", sold) is expected
        async with h.tx() as tx:
            assert await balance(tx, Account.CLIENTS, party) == Money.of("50.00")

    async def test_the_database_refuses_what_is_not_in_balance(self, h):
        with pytest.raises(DBAPIError, match="is not balanced"):
            await self.book_one_side(h)

    async def book_one_side(self, h):
        async with h.tx() as tx:
            await post(tx, EntryKind.FEE, uuid4(), "a fee", sale(Money.of("1.00"), None))
            newest = "SELECT gen_random_uuid(), id, '512', NULL, 1, 0 FROM ledger_entries ORDER BY recorded_at DESC"
            await tx.execute(text(f"INSERT INTO ledger_lines {newest} LIMIT 1"))

    @pytest.mark.parametrize("table", ["ledger_entries", "ledger_lines"])
    @pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    async def test_the_database_refuses_every_change(self, h, table, change):
        async with h.tx() as tx:
            with pytest.raises(DBAPIError, match="added to and never changed"):
                await tx.execute(text(change.format(table)))


class TestReading:
    async def read(self, h, path, **params):
        answer = await h.client.get(path, params=params, headers=h.headers(h.staff(StaffScope.FINANCE)))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def test_the_trial_balance_comes_to_zero_whatever_was_booked(self, h):
        before = await self.read(h, "/staff/ledger/trial-balance")
        async with h.tx() as tx:
            await post(tx, EntryKind.CLIENT_INVOICE, uuid4(), "a sale", sale(Money.of("75.50"), uuid4()))
        after = await self.read(h, "/staff/ledger/trial-balance")
        assert after["difference"] == before["difference"] == {"amount": "0.00", "currency": "EUR"}
        assert Decimal(after["debit"]["amount"]) - Decimal(before["debit"]["amount"]) == Decimal("75.50")

    async def test_a_day_before_the_booking_leaves_it_out(self, h):
        async with h.tx() as tx:
            today = tx.today
            await post(tx, EntryKind.CLIENT_INVOICE, uuid4(), "a sale", sale(Money.of("75.50"), uuid4()))
        same_day = await self.read(h, "/staff/ledger/trial-balance", until=today.isoformat())
        day_before = await self.read(h, "/staff/ledger/trial-balance", until=(today - timedelta(1)).isoformat())
        assert {each["account"] for each in same_day["accounts"]} >= {"411", "706"}
        assert Decimal(same_day["debit"]["amount"]) - Decimal(day_before["debit"]["amount"]) >= Decimal("75.50")

    async def test_entries_are_found_by_company_account_and_source(self, h):
        party, source = uuid4(), uuid4()
        async with h.tx() as tx:
            await post(tx, EntryKind.CLIENT_INVOICE, source, "a sale", sale(Money.of("75.50"), party))
            await post(tx, EntryKind.CLIENT_INVOICE, uuid4(), "another", sale(Money.of("1.00"), party))
        everything = await self.read(h, "/staff/ledger/entries", party_id=party)
        assert [entry["text"] for entry in everything["items"]] == ["another", "a sale"]
        [one] = (await self.read(h, "/staff/ledger/entries", source_id=source, account="411"))["items"]
        assert [(line["account"], line["debit"]["amount"], line["credit"]["amount"]) for line in one["lines"]] == [
            ("411", "75.50", "0.00"),
            ("706", "0.00", "75.50"),
        ]
        assert (await self.read(h, "/staff/ledger/entries", party_id=party, account="512"))["items"] == []

    async def test_only_staff_for_finance_read_it(self, h):
        for path in ("/staff/ledger/entries", "/staff/ledger/trial-balance"):
            refused = await h.client.get(path, headers=h.headers(h.staff(StaffScope.SUPPORT)))
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
