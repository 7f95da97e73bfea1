import gzip
import secrets
import smtplib
import sys
from email.message import EmailMessage

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from stack.catcher.mailbox import Mailbox
from stack.catcher.spans import TraceStore
from stack.processes import Child, Launch, wait_for
from stack.remembered import free_port
from stack.wiring import answers

PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    home = tmp_path_factory.mktemp("catcher")
    http, smtp = free_port(), free_port()
    argv = [sys.executable, "-m", "stack.catcher", "--http", str(http), "--smtp", str(smtp)]
    child = Child(Launch(argv, {"PATH": "/usr/bin:/bin"}, home), home / "log")
    child.start()
    wait_for(lambda: answers(f"http://127.0.0.1:{http}/healthz"), 20, "the catcher does not answer")
    yield http, smtp
    child.stop()


@pytest.fixture
def catcher(ports):
    with httpx2.Client(base_url=f"http://127.0.0.1:{ports[0]}", trust_env=False) as client:
        client.delete("/messages")
        yield client


def send(ports, to, subject="Bonjour", text="Écrit à la main", html=None):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "mail@maillon.example", to
    message["Message-ID"] = "<event-1@maillon.example>"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", ports[1]) as smtp:
        smtp.send_message(message)


class TestMail:
    def test_is_found_by_its_recipient(self, ports, catcher):
        send(ports, "claire@client.example", html="<p>Écrit</p>")
        send(ports, "else@client.example")
        (found,) = catcher.get("/messages", params={"to": "Claire@client.example"}).json()["items"]
        assert found["subject"] == "Bonjour"
        assert found["text"].strip() == "Écrit à la main"
        assert found["html"].strip() == "<p>Écrit</p>"
        assert found["to"] == ["claire@client.example"]
        assert found["headers"]["Message-ID"] == "<event-1@maillon.example>"
        assert catcher.get(f"/messages/{found['id']}").json() == found

    def test_the_newest_is_first(self, ports, catcher):
        send(ports, "a@x.example", subject="one")
        send(ports, "a@x.example", subject="two")
        assert [m["subject"] for m in catcher.get("/messages").json()["items"]] == ["two", "one"]

    def test_delete_forgets_all(self, ports, catcher):
        send(ports, "a@x.example")
        assert catcher.delete("/messages").status_code == 204
        assert catcher.get("/messages").json() == {"items": []}

    def test_the_list_for_humans_links_and_escapes(self, ports, catcher):
        send(ports, "a@x.example", subject="<script>", text="Open https://x.example/a?b=1&c=2 now")
        page = catcher.get("/").text
        assert "<script>" not in page
        assert '<a href="https://x.example/a?b=1&amp;c=2">' in page

    def test_an_unknown_message_is_404(self, catcher):
        assert catcher.get("/messages/999999").status_code == 404

    def test_memory_is_bounded(self):
        mailbox = Mailbox(capacity=1000)
        for _ in range(10):
            mailbox.add("a", ["b"], b"Subject: x\r\n\r\n" + b"y" * 300)
        assert len(mailbox.list()) == 3
        assert mailbox.list()[0].id == 10


def export(trace_id, *names, service="billing"):
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    attribute = resource.resource.attributes.add()
    attribute.key, attribute.value.string_value = "service.name", service
    parent = b""
    for position, name in enumerate(names):
        span = resource.scope_spans.add().spans.add()
        span.trace_id, span.span_id, span.parent_span_id = trace_id, secrets.token_bytes(8), parent
        span.name, span.kind = name, Span.SPAN_KIND_SERVER
        span.start_time_unix_nano = 1_700_000_000_000_000_000 + position
        span.end_time_unix_nano = span.start_time_unix_nano + 2_500_000
        code = span.attributes.add()
        code.key, code.value.int_value = "http.response.status_code", 201
        parent = span.span_id
    return request


class TestTraces:
    @pytest.mark.parametrize("packed", [True, False])
    def test_spans_are_found_by_trace(self, catcher, packed):
        trace_id = secrets.token_bytes(16)
        body = export(trace_id, "POST /invoices", "publish").SerializeToString()
        headers = PROTOBUF | ({"Content-Encoding": "gzip"} if packed else {})
        answer = catcher.post("/v1/traces", content=gzip.compress(body) if packed else body, headers=headers)
        assert answer.status_code == 200
        first, second = catcher.get(f"/traces/{trace_id.hex()}").json()
        assert (first["service"], first["name"], first["parent_id"]) == ("billing", "POST /invoices", None)
        assert second["parent_id"] == first["span_id"]
        assert first["duration_ms"] == 2.5
        assert first["attributes"] == {"http.response.status_code": 201}
        newest = catcher.get("/traces", params={"limit": "1"}).json()
        assert [trace["trace_id"] for trace in newest] == [trace_id.hex()]

    def test_an_unknown_trace_has_no_spans(self, catcher):
        assert catcher.get(f"/traces/{'0' * 32}").json() == []

    @pytest.mark.parametrize("headers", [PROTOBUF, PROTOBUF | {"Content-Encoding": "gzip"}])
    def test_rubbish_is_refused(self, catcher, headers):
        assert catcher.post("/v1/traces", content=b"\xff\xff\xff", headers=headers).status_code == 400

    def test_a_gzip_bomb_is_refused(self, catcher):
        bomb = gzip.compress(b"\x00" * 100_000_000)
        headers = PROTOBUF | {"Content-Encoding": "gzip"}
        assert catcher.post("/v1/traces", content=bomb, headers=headers).status_code == 400

    @pytest.mark.parametrize("kind", ["metrics", "logs"])
    def test_metrics_and_logs_are_taken_and_dropped(self, catcher, kind):
        assert catcher.post(f"/v1/{kind}", content=b"x", headers=PROTOBUF).status_code == 200

    def test_memory_is_bounded(self):
        store = TraceStore(capacity=10)
        first, last = b"\x01" * 16, b"\x02" * 16
        store.add(export(first, *"abcdef"))
        store.add(export(last, *"abcdef"))
        assert store.get(first.hex()) == []
        assert len(store.get(last.hex())) == 6
