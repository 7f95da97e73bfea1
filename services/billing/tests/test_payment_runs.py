"""Payment runs: two people, one file, nothing twice (M6)."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from billing_payments import TODAY, Finance

from billing.ledger.domain import Account
from billing.ledger.posting import balance
from contracts.contracting import PaymentOption
from contracts.roles import StaffScope


@pytest.fixture
def finance(h, given):
    return Finance(h, given)


class TestPropose:
    async def test_takes_what_is_due_and_leaves_what_is_not(self, finance):
        due = await finance.payable()
        later = await finance.payable(validated_at=datetime(2026, 11, 19, 9, tzinfo=UTC))
        orders = await finance.orders(await finance.propose())
        assert orders[due.id]["amount"] == {"amount": "10350.00", "currency": "EUR"}
        assert later.id not in orders

    @pytest.mark.parametrize(("validated_on", "due", "taken"), [(23, "2026-11-22", True), (24, "2026-11-23", False)])
    async def test_a_date_on_a_sunday_leaves_on_friday_and_one_on_monday_does_not(
        self, finance, validated_on, due, taken
    ):
        validated_at = datetime(2026, 9, validated_on, 9, tzinfo=UTC)
        basic = await finance.payable(month="2026-08", validated_at=validated_at, option=PaymentOption.BASIC)
        other = await finance.payable()  # so that there is a run
        orders = await finance.orders(await finance.propose())
        assert basic.invoice["payment_on"] == due
        assert (basic.id in orders, other.id in orders) == (taken, True)

    async def test_takes_no_invoice_that_another_run_has(self, finance):
        first, second = await finance.payable(), await finance.payable()
        run = await finance.propose()
        answer = await finance.post("/staff/payment-runs", executes_on=str(TODAY))
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_due")
        assert {first.id, second.id} <= (await finance.orders(run)).keys()

    async def test_of_two_at_once_each_invoice_is_in_one(self, finance):
        due = [await finance.payable() for _ in range(3)]
        answers = await asyncio.gather(*(finance.post("/staff/payment-runs", executes_on=str(TODAY)) for _ in range(3)))
        assert sorted(answer.json().get("code", "") for answer in answers) == ["", "nothing_due", "nothing_due"]
        (run,) = [answer.json() for answer in answers if answer.status_code == 201]
        assert {each.id for each in due} <= (await finance.orders(run)).keys()

    async def test_leaves_out_what_is_on_hold_or_has_no_account(self, finance):
        held, homeless, due = await finance.payable(), await finance.payable(account=False), await finance.payable()
        assert (await finance.post(f"/staff/invoices/{held.id}/hold", reason="contested")).status_code == 200
        orders = await finance.orders(await finance.propose())
        assert {held.id, homeless.id, due.id} & orders.keys() == {due.id}
        released = await finance.post(f"/staff/invoices/{held.id}/release")
        assert (released.json()["status"], released.json()["hold_reason"]) == ("scheduled", None)
        assert held.id in await finance.orders(await finance.propose())

    @pytest.mark.parametrize("day", ["2026-11-19", "2026-11-21", "2026-12-25", "2027-03-26", "2027-03-29"])
    async def test_only_for_a_day_to_come_on_which_banks_work(self, finance, day):
        answer = await finance.post("/staff/payment-runs", executes_on=day)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_a_bank_day")
        assert answer.json()["errors"][0]["field"] == "executes_on"


class TestStaffInvoices:
    async def test_are_listed_for_finance_by_status_and_provider(self, finance):
        due, held = await finance.payable(), await finance.payable()
        said = await finance.post(f"/staff/invoices/{held.id}/hold", reason="contested by its provider")
        assert said.json()["hold_reason"] == (await held.read())["hold_reason"] == "contested by its provider"
        for found, status in ((due, "scheduled"), (held, "on_hold")):
            path = f"/staff/invoices?status={status}&company_id={found.provider_id}"
            assert [each["id"] for each in (await finance.get(path)).json()["items"]] == [found.id]
        assert (await finance.get(f"/staff/invoices?status=paid&company_id={due.provider_id}")).json()["items"] == []

    async def test_an_unknown_one_is_not_held(self, finance):
        for act in ("hold", "release"):
            answer = await finance.post(f"/staff/invoices/{uuid4()}/{act}", reason="contested")
            assert answer.json()["code"] == "invoice_not_found"


class TestReview:
    async def test_a_dropped_payment_is_free_for_the_next_run(self, finance):
        due, other = await finance.payable(), await finance.payable()
        run = await finance.propose()
        order = (await finance.orders(run))[due.id]
        path = f"/staff/payment-runs/{run['id']}/orders/{order['id']}"
        dropped = await finance.h.client.delete(path, headers=finance.h.headers(finance.author))
        assert dropped.json()["status"] == "dropped"
        assert (await finance.approve(run)).status_code == 200
        assert (await other.read())["status"] == "in_payment"
        assert (await due.read())["status"] == "scheduled"
        again = (await finance.orders(await finance.propose()))[due.id]
        assert again["end_to_end_id"] == order["end_to_end_id"] + "-2"

    async def test_nothing_is_dropped_once_it_is_approved(self, finance):
        due = await finance.payable()
        run = await finance.propose()
        await finance.approve(run)
        order = (await finance.orders(run))[due.id]
        path = f"/staff/payment-runs/{run['id']}/orders/{order['id']}"
        refused = await finance.h.client.delete(path, headers=finance.h.headers(finance.author))
        assert refused.json()["code"] == "illegal_move"

    async def test_a_rejected_run_frees_its_invoices(self, finance):
        due = await finance.payable()
        run = await finance.propose()
        assert (await finance.post(f"/staff/payment-runs/{run['id']}/rejection")).json()["status"] == "discarded"
        assert (await finance.approve(run)).json()["code"] == "illegal_move"
        assert due.id in await finance.orders(await finance.propose())

    async def test_an_approved_run_is_taken_back_until_the_bank_has_its_file(self, finance):
        due = await finance.payable()
        run = await finance.propose()
        await finance.approve(run)
        assert (await finance.post(f"/staff/payment-runs/{run['id']}/rejection")).json()["status"] == "discarded"
        assert (await due.read())["status"] == "scheduled"
        assert (await finance.export(run)).json()["code"] == "illegal_move"
        async with finance.h.tx() as tx:
            assert (await balance(tx, Account.PROVIDERS, due.provider_id)).amount < 0
        told = await finance.pay()
        assert (await finance.post(f"/staff/payment-runs/{told['id']}/rejection")).json()["code"] == "illegal_move"

    async def test_no_file_asks_the_bank_for_a_day_that_is_over(self, finance):
        due = await finance.payable()
        run = await finance.propose()
        await finance.approve(run)
        now, last = finance.h.clock(), datetime.fromisoformat(f"{run['executes_on']}T22:59:59+00:00")
        finance.h.clock.set(last + timedelta(seconds=1))
        try:
            assert (await finance.export(run)).json()["code"] == "payment_run_late"
        finally:
            finance.h.clock.set(now)
        assert (await finance.export(run)).status_code == 201
        assert (await due.read())["status"] == "in_payment"


class TestApprove:
    async def test_its_author_may_not(self, finance):
        due = await finance.payable()
        run = await finance.propose()
        proven = replace(finance.author, proven_at=finance.h.clock())
        answer = await finance.approve(run, by=proven)
        assert (answer.status_code, answer.json()["code"]) == (403, "approved_by_author")
        assert (await due.read())["status"] == "scheduled"

    async def test_a_second_person_proves_who_they_are(self, finance):
        await finance.payable()
        run = await finance.propose()
        stale = replace(finance.second, proven_at=finance.h.clock() - timedelta(minutes=11))
        assert (await finance.approve(run, by=stale)).json()["code"] == "step_up_required"
        assert (await finance.approve(run)).json()["approved_by"] == str(finance.second.member_id)

    async def test_once_whoever_else_approves_at_the_same_time(self, finance):
        due = await finance.payable()
        run = await finance.propose()
        others = [replace(finance.h.staff(StaffScope.FINANCE), proven_at=finance.h.clock()) for _ in range(5)]
        answers = await asyncio.gather(*(finance.approve(run, by=one) for one in others))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
        assert (await due.read())["status"] == "in_payment"

    async def test_what_was_put_on_hold_since_falls_out(self, finance):
        held, due = await finance.payable(), await finance.payable()
        run = await finance.propose()
        await finance.post(f"/staff/invoices/{held.id}/hold", reason="contested")
        assert (await finance.approve(run)).status_code == 200
        orders = await finance.orders(run)
        assert (orders[held.id]["status"], orders[due.id]["status"]) == ("dropped", "ordered")

    async def test_not_when_nothing_is_left(self, finance):
        held = await finance.payable()
        run = await finance.propose()
        for invoice in await finance.orders(run):
            await finance.post(f"/staff/invoices/{invoice}/hold", reason="contested")
        assert (await finance.approve(run)).json()["code"] == "payment_run_empty"
        assert (await held.read())["status"] == "on_hold"

    async def test_not_after_its_day(self, finance):
        await finance.payable()
        run, h = await finance.propose(), finance.h
        now = h.clock()
        h.clock.set(datetime(2026, 11, 21, 9, tzinfo=UTC))
        late = await finance.approve(run, by=replace(finance.second, proven_at=h.clock()))
        h.clock.set(now)
        assert late.json()["code"] == "payment_run_late"


class TestExport:
    async def test_books_what_leaves_and_is_the_same_file_each_time(self, finance):
        due = await finance.payable()
        run = await finance.propose()
        assert (await finance.export(run)).json()["code"] == "illegal_move"
        await finance.approve(run)
        answers = await asyncio.gather(*(finance.export(run) for _ in range(4)))
        assert [answer.status_code for answer in answers] == [201] * 4
        assert len({answer.json()["file_sha256"] for answer in answers}) == 1
        files = {(await finance.file(run)).content for _ in range(2)}
        assert len(files) == 1
        async with finance.h.tx() as tx:
            assert (await balance(tx, Account.PROVIDERS, due.provider_id)).amount == 0

    async def test_an_unknown_run_has_none(self, finance):
        for method, path in [
            ("get", ""),
            ("get", "/file"),
            ("get", "/orders"),
            ("post", "/file"),
            ("post", "/rejection"),
        ]:
            answer = await getattr(finance, method)(f"/staff/payment-runs/{uuid4()}{path}")
            assert answer.json()["code"] == "payment_run_not_found", path

    async def test_is_listed(self, finance):
        await finance.payable()
        run = await finance.pay()
        found = (await finance.get("/staff/payment-runs?status=exported&limit=1")).json()["items"]
        assert (found[0]["id"], found[0]["executes_on"]) == (run["id"], str(date(2026, 11, 20)))
        assert found[0]["amount"] == run["amount"]
