"""The platform as seen from outside: one door, and people who knock at it with tokens of their own."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2

T = TypeVar("T")
Json = dict[str, Any]

PATIENCE = 20.0
"""Seconds within which an event must have reached the service that waits for it."""
TIMEOUT = 30.0
PAUSE = 0.1
UNFORTUNATE = 400
NOT_YET = frozenset({403, 404, 409, 503})
"""Answers while an event that changes a service's mind is on its way, or while the service itself is away."""


class Refused(Exception):
    """The platform said no: `status`, the stable `code`, and the whole problem (RFC 9457)."""

    def __init__(self, response: httpx2.Response, request: str):
        self.status = response.status_code
        try:
            self.problem: Json = response.json()
        except ValueError:
            self.problem = {"detail": response.text[:200]}
        self.code = str(self.problem.get("code", ""))
        super().__init__(f"{request} was refused: {self.status} {self.code} {self.problem.get('detail', '')}")

    @property
    def errors(self) -> list[Json]:
        """The fields or differences that the problem names."""
        return list(self.problem.get("errors", []))


class TooLate(AssertionError):
    """What was waited for did not come in time."""


def eventually(probe: Callable[[], T | None], what: str, *, within: float = PATIENCE) -> T:
    """Ask until the probe returns something true. Raises TooLate, with the last refusal when there was one.

    A refusal that no waiting can change is raised at once.
    """
    deadline, last = time.monotonic() + within, ""
    while True:
        try:
            found = probe()
        except Refused as refusal:
            if refusal.status not in NOT_YET:
                raise
            found, last = None, f" ({refusal})"
        if found:
            return found
        if time.monotonic() > deadline:
            raise TooLate(f"{what}: not within {within:.0f} s{last}")
        time.sleep(PAUSE)


class Door:
    """The gateway. Every request starts a trace of its own, whose id is kept for whoever asks afterwards."""

    def __init__(self, base_url: str):
        self._http = httpx2.Client(base_url=base_url, timeout=TIMEOUT, trust_env=False)
        self.traces: list[str] = []

    def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """Send a request and give the answer, whatever it says."""
        trace_id = secrets.token_hex(16)
        self.traces.append(trace_id)
        headers = {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01", **request.pop("headers", {})}
        return self._http.request(method, path, headers=headers, **request)

    def ask(self, method: str, path: str, **request: Any) -> Json:
        """Send a request and give the body of the answer. Raises Refused."""
        response = self.send(method, path, **request)
        if response.status_code >= UNFORTUNATE:
            raise Refused(response, f"{method} {path}")
        body: Json = response.json() if response.content else {}
        return body

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()


@dataclass
class Person:
    """Somebody who uses the platform; `access_token` is set once they are signed in."""

    door: Door
    first_name: str
    last_name: str
    email: str
    password: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(18))
    id: str = ""
    access_token: str = field(repr=False, default="")
    refresh_token: str = field(repr=False, default="")

    @property
    def name(self) -> str:
        """As documents show it."""
        return f"{self.first_name} {self.last_name}"

    def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """Send a request as this person and give the answer, whatever it says."""
        headers = {"Authorization": f"Bearer {self.access_token}", **request.pop("headers", {})}
        if method == "POST":
            headers.setdefault("Idempotency-Key", secrets.token_hex(16))
        return self.door.send(method, path, headers=headers, **request)

    def ask(self, method: str, path: str, **request: Any) -> Json:
        """Send a request as this person and give the body of the answer. Raises Refused."""
        response = self.send(method, path, **request)
        if response.status_code >= UNFORTUNATE:
            raise Refused(response, f"{method} {path} by {self.first_name}")
        body: Json = response.json() if response.content else {}
        return body

    def get(self, path: str, **query: str) -> Json:
        """Read."""
        return self.ask("GET", path, params=query)

    def post(self, path: str, body: Json | None = None) -> Json:
        """Create, or act."""
        return self.ask("POST", path, json=body) if body is not None else self.ask("POST", path)

    def put(self, path: str, body: Json) -> Json:
        """Replace."""
        return self.ask("PUT", path, json=body)

    def upload(self, path: str, pdf: bytes, name: str, **fields: str) -> Json:
        """Hand over a PDF with the fields of a form."""
        return self.ask("POST", path, data=fields, files={"file": (name, pdf, "application/pdf")})

    def download(self, path: str) -> bytes:
        """Fetch a file. Raises Refused."""
        response = self.send("GET", path)
        if response.status_code >= UNFORTUNATE:
            raise Refused(response, f"GET {path} by {self.first_name}")
        return response.content

    def all(self, path: str, **query: str) -> list[Json]:
        """Every item of a list, page after page. Raises Refused."""
        page = self.get(path, **query)
        items: list[Json] = page["items"]
        while page["next"]:
            page = self.get(path, **query, cursor=page["next"])
            items += page["items"]
        return items
