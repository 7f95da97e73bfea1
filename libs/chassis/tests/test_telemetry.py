"""One trace from the request to the last consumer; JSON logs that carry it and name nobody."""

import io
import json
import logging
import sys

import chassis_probe as probe
import pytest
from chassis_probe import running
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_binary_event
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text

from chassis import emit
from chassis.auth import PUBLIC
from chassis.http import Body, Router, TxDep
from chassis.logs import set_up_logs
from chassis.testing import eventually

CANARY = "zoe.canary@example.com"


class Greeting(Body):
    email: str
    amount: int


def build_router():
    router = Router("greetings")

    @router.post("/greetings", access=PUBLIC)
    async def greet(body: Greeting, tx: TxDep) -> dict[str, str]:
        emit(tx, probe.cra_validated())
        return {"status": "sent"}

    @router.post("/clashes", access=PUBLIC)
    async def clash(body: Greeting, tx: TxDep) -> dict[str, str]:
        for _ in range(2):
            await tx.execute(text("INSERT INTO mails VALUES (:email, :amount)"), body.model_dump())
        return {}

    return router


@pytest.fixture(scope="module")
def spans():
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


@pytest.fixture
def logged(monkeypatch):
    """Read what the process logged since the last look, as an operator's collector would."""
    written = io.StringIO()
    before = logging.root.handlers[:], logging.root.level
    monkeypatch.setattr(sys, "stdout", written)
    set_up_logs("timesheet", "INFO")
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the test's own client
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.root.handlers[:] = before[0]
    logging.root.setLevel(before[1])


async def test_one_trace_goes_through_request_outbox_broker_and_consumer(api_for, pipe, spans, database_url):
    spans.clear()
    parent = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    async with api_for([build_router()], database_url=pipe.url) as api:
        body = {"email": CANARY, "amount": 1}
        await api.client.post("/greetings", json=body, headers={"traceparent": parent})
    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer().run()):

        async def applied():
            return await pipe.counts() == (1, 1)

        await eventually(applied)
    ours = {span.name: span for span in spans.get_finished_spans() if span.context.trace_id == int("a" * 32, 16)}
    request = next(span for name, span in ours.items() if name.startswith("POST"))
    publish = ours["publish timesheet.CraValidated.v1"]
    apply = ours[f"apply {probe.QUEUE}"]
    assert publish.parent.span_id == request.context.span_id
    assert apply.parent.span_id == publish.context.span_id


async def test_what_leaves_is_a_cloud_event_that_the_standard_library_reads(pipe, amqp):
    await amqp.queue_unbind(probe.QUEUE, "maillon.events", routing_key="timesheet.CraValidated.v1")
    await amqp.queue_bind(probe.QUEUE, "maillon.events", routing_key="timesheet.CraValidated.v1")
    event = probe.cra_validated()
    async with running(pipe.broker.run(), pipe.relay.run()):
        await pipe.emit(event)

        async def left():
            return await pipe.waiting() == 0

        await eventually(left)
    message = await amqp.basic_get(probe.QUEUE, no_ack=True)
    known = message.header.properties
    read = from_binary_event(RabbitMQMessage(dict(known.headers), known.content_type, message.body))
    assert read.get_type() == known.message_type == "timesheet.CraValidated.v1"
    assert read.get_id() == known.message_id
    assert read.get_source() == "/timesheet"
    assert read.get_subject() == str(event.cra_id)
    assert read.get_time().tzinfo is not None
    assert known.delivery_mode == 2


async def test_a_request_is_one_json_line_with_its_trace_and_without_personal_data(api_for, logged):
    async with api_for([build_router()]) as api:
        async with api.tx() as tx:
            await tx.execute(text("CREATE TABLE mails (email text UNIQUE, amount int CHECK (amount < 100))"))
        for path, body, status in [
            ("/greetings", {"email": CANARY, "amount": 1}, 200),
            ("/greetings", {"email": CANARY, "amount": CANARY}, 422),
            ("/clashes", {"email": CANARY, "amount": 1}, 409),
            ("/clashes", {"email": CANARY, "amount": 1000}, 500),
        ]:
            answer = await api.client.post(f"{path}?hint={CANARY}", json=body)
            assert answer.status_code == status
            assert CANARY not in answer.text
    lines = logged()
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["status"] for line in requests] == [200, 422, 409, 500]
    assert all(line["service"] == "timesheet" and line["route"] in {"/greetings", "/clashes"} for line in requests)
    assert CANARY not in json.dumps(lines)


async def test_a_failed_message_is_logged_without_its_content(pipe, logged):
    async def fail(event, tx):
        await tx.execute(text("CREATE TEMP TABLE IF NOT EXISTS t (email text UNIQUE)"))
        for _ in range(2):
            await tx.execute(text("INSERT INTO t VALUES (:email)"), {"email": CANARY})

    async with running(pipe.broker.run(), pipe.relay.run(), pipe.consumer(fail).run()):
        await pipe.emit(probe.cra_validated())
        lines = []

        async def parked():
            lines[:] = logged()
            return any(line["event"] == "message_parked" for line in lines)

        await eventually(parked)
    assert CANARY not in json.dumps(lines)
    (parked_line,) = [line for line in lines if line["event"] == "message_parked"]
    assert parked_line["reason"] == "IntegrityError"
