"""The audit trail's chain: nothing is left out, and whatever is changed afterwards is found."""

import asyncio
import json
import subprocess
import sys
from datetime import date, timedelta
from uuid import uuid4

import pytest
from chassis_probe import running
from sqlalchemy import text

from chassis.audit import audit, head_of, seal
from chassis.audit_chain import GRACE, evidence, first_fault, keep_sealing
from chassis.testing import environment_of, eventually

pytestmark = pytest.mark.req("PL-10")


async def act(database, action="thing.done", actor=None, subject=None, **details):
    async with database.transaction() as tx:
        tx.actor = actor
        audit(tx, action, subject or uuid4(), **details)


async def seal_all(database):
    sealed = 0
    while True:
        async with database.transaction() as tx:
            done = await seal(tx)
        if not done:
            return sealed
        sealed += done


async def run(database, statement, **values):
    async with database.transaction() as tx:
        await tx.execute(text(statement), values)


async def fault(database, **anchors):
    async with database.transaction() as tx:
        return await first_fault(tx, {int(place[1:]): digest for place, digest in anchors.items()})


@pytest.fixture
async def chained(database):
    for number in range(5):
        await act(database, number=number, outcome=f"n{number}")
    assert await seal_all(database) == 5
    return database


class TestSealing:
    async def test_a_chain_of_acts_is_whole(self, chained):
        assert await fault(chained) is None

    async def test_an_empty_trail_is_whole(self, database):
        assert await fault(database) is None

    async def test_an_act_that_is_rolled_back_leaves_neither_entry_nor_link(self, chained):
        async def undone():
            async with chained.transaction() as tx:
                audit(tx, "thing.undone", uuid4())
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await undone()
        assert await seal_all(chained) == 0

    async def test_waits_for_older_transactions_so_that_none_of_their_acts_is_passed_over(self, database):
        async with database.transaction() as slow:
            await slow.execute(text("SELECT pg_current_xact_id()"))
            audit(slow, "thing.slow", uuid4())
            await act(database)
            assert await seal_all(database) == 0
        assert await seal_all(database) == 2
        assert await fault(database) is None

    async def test_many_writers_and_two_sealers_make_one_chain(self, database):
        async def write(writer):
            for number in range(20):
                await act(database, writer=writer, number=number)

        async with running(keep_sealing(database), keep_sealing(database)):
            await asyncio.gather(*(write(writer) for writer in range(8)))

            async def all_are_linked():
                async with database.transaction() as tx:
                    head = await head_of(tx)
                    return head is not None and head[0] == 160

            await eventually(all_are_linked)
        assert await fault(database) is None


CHANGES = [
    "at = at + interval '1 microsecond'",
    "actor = 'somebody'",
    "action = 'thing.undone'",
    "subject = 'another'",
    "details = details || '{\"number\": 7}'",
    "written_by = written_by + 1",
]


class TestTampering:
    @pytest.mark.parametrize("change", CHANGES)
    async def test_every_field_of_an_entry_is_covered(self, chained, change):
        await run(chained, f"UPDATE audit_log SET {change} WHERE id = 3")
        assert await fault(chained) == "link 3: entry 3 or an earlier link was changed"

    async def test_a_removed_entry_is_missed(self, chained):
        await run(chained, "DELETE FROM audit_log WHERE id = 2")
        assert await fault(chained) == "link 2: its entry 2 is gone"

    async def test_a_removed_link_is_missed(self, chained):
        await run(chained, "DELETE FROM audit_chain WHERE position = 4")
        assert await fault(chained) == "link 4 is missing"

    async def test_two_entries_that_changed_places_are_noticed(self, chained):
        await run(chained, "UPDATE audit_chain SET entry_id = -1 WHERE position = 2")
        await run(chained, "UPDATE audit_chain SET entry_id = 2 WHERE position = 3")
        await run(chained, "UPDATE audit_chain SET entry_id = 3 WHERE position = 2")
        assert await fault(chained) == "link 2: entry 3 or an earlier link was changed"

    async def test_an_entry_slipped_in_before_the_head_is_noticed_once_it_should_have_a_link(self, chained):
        columns = "at, actor, action, subject, details, written_by"
        slip = f"INSERT INTO audit_log ({columns}) VALUES (:at, 'x', 'y', 'z', '{{}}', 1)"
        now = chained.clock()
        await run(chained, slip, at=now - GRACE + timedelta(minutes=1))
        await seal_all(chained)
        assert await fault(chained) is None
        await run(chained, slip, at=now - GRACE - timedelta(minutes=1))
        assert await fault(chained) == "entry 7 has no link"

    async def test_a_chain_cut_short_or_rebuilt_contradicts_its_anchor(self, chained):
        async with chained.transaction() as tx:
            position, digest, _ = await head_of(tx)
        assert await fault(chained, **{f"p{position}": digest.hex()}) is None
        await run(chained, "DELETE FROM audit_chain WHERE position = 5")
        await run(chained, "DELETE FROM audit_log WHERE id = 5")
        assert await fault(chained) is None
        assert await fault(chained, p5=digest.hex()) == "the chain ends before the anchor at 5"
        await act(chained, number=5)
        await seal_all(chained)
        assert await fault(chained, p5=digest.hex()) == "link 5: contradicts its anchor"


async def exported(database, **about):
    async with database.transaction() as tx:
        return [entry async for entry in evidence(tx, **about)]


class TestEvidence:
    async def test_of_a_member_holds_what_they_did_suffered_or_are_named_in(self, database):
        member, other = str(uuid4()), str(uuid4())
        await act(database, "a", actor=member)
        await act(database, "b", subject=member)
        await act(database, "c", member=member)
        await act(database, "d", actor=other, member=other)
        await seal_all(database)
        found = await exported(database, member=member)
        assert [entry["action"] for entry in found] == ["a", "b", "c"]
        assert [entry["position"] for entry in found] == [1, 2, 3]

    async def test_of_a_period_holds_both_of_its_days_in_paris_and_no_other(self, database):
        at_moment = """
            INSERT INTO audit_log (at, actor, action, subject, details)
            VALUES (CAST(:at AS text)::timestamptz, 'a', :at, 's', '{}')
        """
        for moment in ("2026-11-09T22:59:59Z", "2026-11-09T23:00:00Z", "2026-11-11T22:59:59Z", "2026-11-11T23:00:00Z"):
            await run(database, at_moment, at=moment)
        await seal_all(database)
        found = await exported(database, since=date(2026, 11, 10), until=date(2026, 11, 11))
        assert [entry["action"] for entry in found] == ["2026-11-09T23:00:00Z", "2026-11-11T22:59:59Z"]


async def command(database_url, *arguments):
    def call():
        return subprocess.run(
            [sys.executable, "-m", "chassis.audit_chain", *arguments],
            env=environment_of("timesheet", database_url),
            capture_output=True,
            text=True,
            check=False,
        )

    return await asyncio.to_thread(call)


class TestCommand:
    async def test_says_that_a_trail_is_whole_and_ends_with_the_fault_of_one_that_is_not(self, chained, database_url):
        head = (await command(database_url, "head", "timesheet")).stdout.strip()
        assert head.startswith("5:")
        whole = await command(database_url, "verify", "timesheet", "--anchor", head)
        assert (whole.returncode, whole.stdout.strip()) == (0, f"timesheet: whole up to {head}")
        await run(chained, "UPDATE audit_log SET actor = 'nobody' WHERE id = 1")
        broken = await command(database_url, "verify", "timesheet")
        assert (broken.returncode, broken.stdout.split(": ", 1)[1].strip()) == (
            1,
            "link 1: entry 1 or an earlier link was changed",
        )

    async def test_exports_one_line_an_entry(self, chained, database_url):
        company = str(uuid4())
        await act(chained, "company.validated", subject=company)
        await seal_all(chained)
        (line,) = (await command(database_url, "export", "timesheet", "--company", company)).stdout.splitlines()
        assert json.loads(line)["action"] == "company.validated"
        assert json.loads(line)["position"] == 6
