"""The end of a month: everything validated is billed once, whatever interrupts it."""

import asyncio
import os
import signal
import sys
from uuid import uuid4

import pytest
from billing_months import NOW
from sqlalchemy import text
from validated_months import orders, validate

from billing.invariants import broken
from billing.main import service
from billing.month_end.domain import ALLOWED, Actor, MonthEndStatus
from billing.month_end.work import BATCH, advance
from chassis.errors import Problem
from chassis.testing import environment_of, harness
from chassis.transitions import check_move
from contracts.roles import StaffScope

MONTH = "2026-10"


@pytest.fixture
async def office():
    """A service of its own: what is billed here would move the dates of other tests' series."""
    async with harness(service) as h:
        h.clock.set(NOW)
        yield h


def finance(h):
    return h.headers(h.staff(StaffScope.FINANCE))


async def start(h, month=MONTH, headers=None):
    return await h.client.post("/staff/month-ends", json={"month": month}, headers=headers or finance(h))


async def finish(h):
    while await advance(h.platform):
        pass


async def read(h, month_end):
    return (await h.client.get(f"/staff/month-ends/{month_end['id']}", headers=finance(h))).json()


async def scalar(h, query):
    async with h.tx() as tx:
        return await tx.scalar(text(query))


class TestEndingAMonth:
    async def test_every_validated_month_is_invoiced_documented_and_booked_once(self, office):
        await validate(office, await orders(office, 3), BATCH + 5)
        begun = (await start(office)).json()
        assert (begun["status"], begun["step"]) == ("running", "client_invoices")
        await finish(office)
        ended = await read(office, begun)
        assert (ended["status"], ended["left"]) == (
            "finished",
            {"payment_run": {"count": 0, "reason": "nothing is due"}},
        )
        assert ended["done"] == {"client_invoices": BATCH + 5, "documents": BATCH + 5, "payment_run": 0}
        assert await scalar(office, "SELECT count(*) FROM issued_invoices WHERE document_key IS NOT NULL") == BATCH + 5
        assert await scalar(office, "SELECT count(*) FROM ledger_entries WHERE kind = 'client_invoice'") == BATCH + 5
        assert await scalar(office, "SELECT count(*) FROM payment_runs") == 0
        async with office.tx() as tx:
            assert await broken(tx) == {}

    async def test_again_it_bills_what_was_validated_since_and_nothing_twice(self, office):
        months = await orders(office, 1)
        await validate(office, months, 2)
        begun = (await start(office)).json()
        await finish(office)
        await validate(office, months, 1)
        again = await start(office)
        assert (again.status_code, again.json()["id"]) == (201, begun["id"])
        await finish(office)
        assert (await read(office, begun))["done"]["client_invoices"] == 3
        assert await scalar(office, "SELECT count(*) FROM issued_invoices") == 3

    async def test_a_client_that_nobody_told_of_is_named_and_stops_nobody(self, office):
        months = await orders(office, 2)
        await validate(office, months, 4)
        async with office.tx() as tx:
            await tx.execute(text("DELETE FROM companies WHERE company_id = :id"), {"id": months[0].client_id})
        begun = (await start(office)).json()
        await finish(office)
        ended = await read(office, begun)
        assert ended["left"]["client_invoices"] == {"count": 2, "reason": "the client's identity was never told"}
        assert (ended["status"], ended["done"]["client_invoices"]) == ("finished", 2)

    async def test_only_once_at_a_time_and_not_before_the_month(self, office):
        assert (await start(office)).status_code == 201
        twice = await start(office)
        assert (twice.status_code, twice.json()["code"]) == (409, "month_end_running")
        early = await start(office, "2026-12")
        assert (early.status_code, early.json()["errors"][0]["field"]) == (422, "month")
        listed = (await office.client.get("/staff/month-ends", headers=finance(office))).json()["items"]
        assert [each["month"] for each in listed] == [MONTH]
        unknown = await office.client.get(f"/staff/month-ends/{uuid4()}", headers=finance(office))
        assert unknown.status_code == 404

    async def test_two_workers_share_a_month_without_billing_twice(self, office):
        await validate(office, await orders(office, 3), BATCH * 2)
        await start(office)
        await asyncio.gather(*(finish(office) for _ in range(3)))
        await finish(office)
        assert await scalar(office, "SELECT count(*) FROM issued_invoices") == BATCH * 2

    def test_its_status_moves_as_the_table_says(self):
        for present in MonthEndStatus:
            for target in MonthEndStatus:
                for actor in Actor:
                    if (present, actor) in ALLOWED[target].pairs:
                        assert check_move(ALLOWED, present, target, actor) is target
                        continue
                    with pytest.raises(Problem):
                        check_move(ALLOWED, present, target, actor)


class TestKilled:
    async def test_it_goes_on_where_it_was_killed_and_bills_nothing_twice(self, office, tmp_path):
        await validate(office, await orders(office, 3), BATCH * 3)
        environment = environment_of("billing", office.database_url) | {"MAILLON_FILES_URL": tmp_path.as_uri()}
        command = [sys.executable, "-m", "billing.month_end", MONTH, "--by", str(uuid4())]
        process = await asyncio.create_subprocess_exec(
            *command, env=environment | {"PYTHONUNBUFFERED": "1"}, stdout=asyncio.subprocess.PIPE
        )
        assert b"client_invoices 100" in await process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
        billed = await scalar(office, "SELECT count(*) FROM issued_invoices")
        assert 0 < billed < BATCH * 3
        assert await scalar(office, "SELECT status FROM month_ends") == "running"
        while await scalar(office, "SELECT step FROM month_ends") == "client_invoices":
            await advance(office.platform)
        assert await scalar(office, "SELECT count(*) FROM issued_invoices") == BATCH * 3
        assert await scalar(office, "SELECT count(DISTINCT source_id) FROM issued_invoices") == BATCH * 3
        assert await scalar(office, "SELECT max(position) FROM issued_invoices") == BATCH * 3
        assert await scalar(office, "SELECT (done->>'client_invoices')::int FROM month_ends") == BATCH * 3


class TestWhoEndedIt:
    async def test_it_is_exported_and_forgotten_with_the_accounts(self, office):
        by = office.staff(StaffScope.FINANCE)
        begun = (await start(office, headers=office.headers(by))).json()
        exported = await office.exported(by.member_id)
        assert [each["month_text"] for each in exported["month ends"]] == [MONTH]
        for years, kept in ((10, True), (12, False)):
            async with office.forgetting(NOW.replace(year=NOW.year + years)) as tx:
                query = text("SELECT started_by FROM month_ends WHERE id = :id")
                assert (await tx.scalar(query, {"id": begun["id"]}) == by.member_id) is kept
