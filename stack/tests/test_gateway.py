import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from stack.gateway import Gateway
from stack.processes import Child, Launch, wait_for
from stack.remembered import free_port
from stack.wiring import SERVICE_NAMES, answers

MEGABYTE = 1024 * 1024
SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        seen = {name.lower(): value for name, value in self.headers.items()}
        answer = json.dumps({"path": self.path, "headers": seen, "body_bytes": len(body)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Frame-Options", "SAMEORIGIN")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """The gateway hangs up on a body that is too large; that is no news."""


@pytest.fixture(scope="module")
def upstream():
    server = Server(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run(home: Path, gateway: Gateway) -> Child:
    child = Child(gateway.launch(), home / "caddy.log")
    child.start()
    wait_for(lambda: answers(f"{gateway.url}/healthz"), 20, "the gateway does not answer")
    return child


@pytest.fixture(scope="module")
def gateway(upstream, tmp_path_factory):
    """All services are the echo, except billing, which is down."""
    home = tmp_path_factory.mktemp("gateway")
    upstreams = dict.fromkeys(SERVICE_NAMES, upstream) | {"billing": f"127.0.0.1:{free_port()}"}
    running = Gateway(port=free_port(), upstreams=upstreams, home=home)
    child = run(home, running)
    with httpx2.Client(base_url=running.url, trust_env=False, timeout=20) as client:
        client.log = home / "caddy.log"
        yield client
    child.stop()


@pytest.mark.parametrize("service", [name for name in SERVICE_NAMES if name != "billing"])
def test_routes_to_each_service_without_the_prefix(gateway, service):
    seen = gateway.get(f"/api/{service}/things/1?a=b%20c").json()
    assert seen["path"] == "/things/1?a=b%20c"
    assert seen["headers"]["x-forwarded-prefix"] == f"/api/{service}"


@pytest.mark.parametrize(
    "header",
    [
        "X-User-Id",
        "X-Org-Id",
        "X-Company-Id",
        "X-Roles",
        "X-Maillon-Anything",
        "X-Forwarded-User",
        "X-Real-Ip",
        "X-Original-Url",
        "X-Rewrite-Url",
        "X-Http-Method-Override",
        "Forwarded",
        "Baggage",
    ],
)
def test_forged_headers_never_reach_a_service(gateway, header):
    seen = gateway.get("/api/identity/x", headers={header: "forged"}).json()["headers"]
    assert "forged" not in seen.values()


@pytest.mark.parametrize("header", ["X-Forwarded-Prefix", "X-Request-Id", "X-Forwarded-For", "X-Forwarded-Host"])
def test_headers_of_the_gateway_are_its_own(gateway, header):
    seen = gateway.get("/api/identity/x", headers={header: "forged"}).json()["headers"]
    assert "forged" not in seen[header.lower()]


def test_the_caller_keeps_what_is_his(gateway):
    mine = {"Authorization": "Bearer t", "Idempotency-Key": "k", "If-Match": '"3"', "Accept-Language": "fr"}
    seen = gateway.get("/api/identity/x", headers=mine).json()["headers"]
    assert {name: seen[name.lower()] for name in mine} == mine


def test_request_id_is_the_same_for_service_and_caller(gateway):
    answer = gateway.get("/api/identity/x")
    assert answer.headers.get_list("x-request-id") == [answer.json()["headers"]["x-request-id"]]


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/events", "/terms", "/api/identity/x", "/api/billing/x", "/nowhere", "/pages/docs.js"]
)
def test_every_answer_carries_the_security_headers_once(gateway, path):
    headers = gateway.get(path).headers
    for name, value in SECURITY.items():
        assert headers.get_list(name) == [value]
    assert len(headers.get_list("content-security-policy")) == 1
    assert "server" not in headers
    assert "via" not in headers


def assert_problem(answer, status, code):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"] == f"urn:maillon:problem:{code}"
    assert problem["errors"] == []
    assert problem["trace_id"] is None
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]


def test_a_service_that_is_down_is_a_problem(gateway):
    answer = gateway.post("/api/billing/invoices", json={})
    assert_problem(answer, 503, "service_unavailable")
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("path", ["/nowhere", "/api", "/api/", "/api/nobody/x", "/api/identity", "/Caddyfile"])
def test_an_unknown_path_is_a_problem(gateway, path):
    assert_problem(gateway.get(path), 404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/internal",
        "/internal/x",
        "/Internal/x",
        "/metrics",
        "/metrics/",
        "//metrics",
        "/./metrics",
        "/x/%2e%2e/metrics",
        "/%6detrics",
        "/livez",
        "/readyz",
        "/readyz?x=1",
    ],
)
def test_what_is_for_operators_is_not_for_the_world(gateway, path):
    request = httpx2.Request("GET", httpx2.URL(gateway.base_url).copy_with(raw_path=f"/api/identity{path}".encode()))
    assert_problem(gateway.send(request), 404, "not_found")


def test_a_body_of_twelve_megabytes_passes(gateway):
    answer = gateway.post("/api/identity/x", content=b"x" * 12_000_000)
    assert answer.json()["body_bytes"] == 12_000_000


def test_a_larger_body_is_a_problem(gateway):
    assert_problem(gateway.post("/api/identity/x", content=b"x" * 13 * MEGABYTE), 413, "body_too_large")


@pytest.mark.parametrize("path", ["/", "/docs", "/events", "/terms", "/asyncapi.json", "/pages/site.css"])
def test_pages_are_served_from_here(gateway, path):
    answer = gateway.get(path)
    assert answer.status_code == 200
    assert "https://" not in answer.text.replace("https://json-schema.org", "") or path == "/asyncapi.json"


def test_pages_ask_only_for_what_is_here(gateway):
    for page in ("/", "/docs", "/events", "/terms"):
        for line in gateway.get(page).text.split('"'):
            if line.startswith(("/pages/", "/assets/")):
                assert gateway.get(line).status_code == 200, line


@pytest.mark.parametrize("path", ["/", "/terms"])
def test_pages_run_only_scripts_of_their_own(gateway, path):
    answer = gateway.get(path)
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert "connect-src 'self';" in answer.headers["content-security-policy"]
    assert re.findall(r"<script(?![^>]* src=\"/pages/)[^>]*>|\son[a-z]+=|javascript:", answer.text) == []


@pytest.mark.parametrize("path", ["/pages/../Caddyfile", "/assets/README.md", "/pages/", "/pages/%2e%2e/Caddyfile"])
def test_other_files_are_not_served(gateway, path):
    request = httpx2.Request("GET", httpx2.URL(gateway.base_url).copy_with(raw_path=path.encode()))
    assert_problem(gateway.send(request), 404, "not_found")


def test_tokens_stay_out_of_the_log(gateway):
    gateway.get("/api/identity/activations?token=very-secret", headers={"Authorization": "Bearer very-secret"})
    wait_for(lambda: "/api/identity/activations" in gateway.log.read_text(), 5, "no access log")
    assert "very-secret" not in gateway.log.read_text()


def test_nothing_complains_when_traces_go_nowhere(gateway):
    gateway.get("/api/identity/x")
    assert "traces export" not in gateway.log.read_text()


@pytest.fixture
def catcher(tmp_path):
    http, smtp = free_port(), free_port()
    argv = [sys.executable, "-m", "stack.catcher", "--http", str(http), "--smtp", str(smtp)]
    child = Child(Launch(argv, {"PATH": "/usr/bin:/bin"}, tmp_path), tmp_path / "catcher.log")
    child.start()
    wait_for(lambda: answers(f"http://127.0.0.1:{http}/healthz"), 20, "the catcher does not answer")
    yield f"http://127.0.0.1:{http}"
    child.stop()


def test_a_trace_starts_at_the_gateway_and_goes_on_in_the_service(upstream, catcher, tmp_path):
    upstreams = dict.fromkeys(SERVICE_NAMES, upstream) | {"billing": f"127.0.0.1:{free_port()}"}
    gateway = Gateway(port=free_port(), upstreams=upstreams, home=tmp_path, traces=catcher)
    child = run(tmp_path, gateway)
    answer = httpx2.get(f"{gateway.url}/api/identity/x", trust_env=False)
    _, trace_id, parent_id, _ = answer.json()["headers"]["traceparent"].split("-")

    def spans():
        return httpx2.get(f"{catcher}/traces/{trace_id}", trust_env=False).json()

    wait_for(lambda: bool(spans()), 20, "the gateway exported no span")
    (span,) = spans()
    assert span["service"] == "gateway"
    assert span["span_id"] == parent_id
    assert span["parent_id"] is None
    trace_of_a_failure = httpx2.get(f"{gateway.url}/api/billing/x", trust_env=False).json()["trace_id"]
    assert len(trace_of_a_failure) == 32
    assert httpx2.get(f"{gateway.url}/healthz", trust_env=False).text == "ok"
    child.stop()


def test_a_trace_of_the_caller_goes_on(gateway):
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    seen = gateway.get("/api/identity/x", headers={"traceparent": parent}).json()["headers"]
    assert seen["traceparent"].split("-")[1] == parent.split("-")[1]
