"""One service is deployed with the next version of its event while the others run the old one."""

import asyncio
import json
import shutil
from dataclasses import replace
from uuid import uuid4

import aiormq
import pytest

from stack.demo.client import eventually
from stack.paths import REPOSITORY

V1, V2 = "timesheet.CraValidated.v1", "timesheet.CraValidated.v2"
OPTIONAL_FIELD = '''    worked_at: str | None = None
    """Where the days were worked: the field that readers of today do not know."""
'''
NEXT_CLASS = '''

class CraValidatedV2(Event, type="timesheet.CraValidated.v2", subject="cra_id"):
    """The same fact, told as the next readers want it."""

    cra_id: UUID
    month: Month
    half_days: int
'''
TELL_BOTH = """

from contracts.timesheet import CraValidated, CraValidatedV2
from timesheet.cra import decisions as cra_decisions

emit_one = cra_decisions.emit


def emit_both(tx, event):
    if isinstance(event, CraValidated):
        halves = int(event.days * 2)
        emit_one(tx, CraValidatedV2(cra_id=event.cra_id, month=event.month, half_days=halves, version=event.version))
        event = event.model_copy(update={"worked_at": "Lyon"})
    emit_one(tx, event)


cra_decisions.emit = emit_both
"""


def edited(path, *changes):
    """Change a copied source file; a text that is not there any more is a reason to look at this test again."""
    text = path.read_text()
    for before, after in changes:
        assert text.count(before) == 1, f"{path.name}: {before!r}"
        text = text.replace(before, after)
    path.write_text(text)


@pytest.fixture
def next_version(tmp_path):
    """PYTHONPATH of a timesheet service that publishes the event as the next version will."""
    contracts, timesheet = tmp_path / "contracts", tmp_path / "service" / "src" / "timesheet"
    shutil.copytree(REPOSITORY / "libs/contracts/src/contracts", contracts)
    shutil.copytree(REPOSITORY / "services/timesheet/src/timesheet", timesheet)
    shutil.copytree(REPOSITORY / "services/timesheet/migrations", tmp_path / "service" / "migrations")
    events, topology, main = contracts / "timesheet.py", contracts / "topology.py", timesheet / "main.py"
    events.write_text(events.read_text() + OPTIONAL_FIELD + NEXT_CLASS)
    edited(
        topology,
        ("import CraValidated\n", "import CraValidated, CraValidatedV2\n"),
        ("    CraValidated: (", '    CraValidatedV2: ("billing.issue_bpf_on_CraValidatedV2",),\n    CraValidated: ('),
    )
    main.write_text(main.read_text() + TELL_BOTH)
    return f"{tmp_path}:{timesheet.parent}"


@pytest.fixture
def deployed(stage, next_version):
    """Run the next version of timesheet; today's is back afterwards."""
    today = stage.lifecycle.supervision.program("timesheet")
    launch = stage.platform.service_launch("timesheet")
    tomorrow = replace(launch, env={**launch.env, "PYTHONPATH": next_version})
    deploy(stage, replace(today, launch=lambda: tomorrow))
    yield
    deploy(stage, today)


def deploy(stage, program):
    stage.lifecycle.stop(program.name)
    stage.lifecycle.supervision.programs[program.name] = program
    stage.lifecycle.start(program.name)


class Wiretap:
    """A queue of the test's own beside those of the consumers."""

    def __init__(self, url):
        self.url, self.name = url, f"e2e.{uuid4().hex}"

    async def _channel(self):
        return await (await aiormq.connect(self.url)).channel()

    async def _attach(self):
        channel = await self._channel()
        await channel.queue_declare(self.name, arguments={"x-expires": 60_000})
        for key in (V1, V2):
            await channel.queue_bind(self.name, "maillon.events", routing_key=key)
        await channel.connection.close()

    async def _heard(self):
        channel = await self._channel()
        found = {}
        while (message := await channel.basic_get(self.name, no_ack=True)).delivery_tag:
            found[message.header.properties.message_type] = json.loads(message.body)
        await channel.connection.close()
        return found

    def attach(self):
        asyncio.run(self._attach())

    def heard(self):
        return asyncio.run(self._heard())


def test_the_old_reader_bills_once_while_the_event_grows_and_its_successor_flies_beside_it(stage, deployed):
    deal = stage.deal(through="work")
    tap = Wiretap(stage.platform.amqp_url)
    tap.attach()
    stage.go_on(deal, after="work", through="payment")
    heard = {}
    eventually(lambda: heard.update(tap.heard()) or set(heard) == {V1, V2}, "both versions on the broker")
    assert heard[V1]["worked_at"] == "Lyon"
    assert heard[V2]["half_days"] == int(deal.plan.days * 2)
    assert [bpf["cra_id"] for bpf in deal.camille.all("/api/billing/bpfs")] == [deal.cra["id"]]
