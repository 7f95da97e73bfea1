"""The service over a real database, and a real SMTP server that keeps what it is given."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from joserfc.jwk import ECKey, KeySet

from chassis.auth import Caller
from chassis.testing import Harness, harness
from contracts.roles import StaffScope

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside this file

PASSWORD = "correct horse battery staple"
PLACES = count(1)
TOKEN = re.compile(r"#token=(\S+)")


@dataclass
class Mailbox:
    """What an SMTP server was given; it refuses everything while `down`, and for good what `refuses` says."""

    mails: list[EmailMessage] = field(default_factory=list)
    down: bool = False
    refuses: dict[str, str] = field(default_factory=dict)
    """Its answer to an address, or (as "DATA") to any mail."""
    on_data: Callable[[], None] | None = None
    """What happens once, just after the next mail was taken."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.down:
            return "451 try again later, dear someone@example.com"
        if "DATA" in self.refuses:
            return self.refuses["DATA"]
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        if self.on_data is not None:
            happens, self.on_data = self.on_data, None
            happens()
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


@dataclass
class Account:
    """A member as a test knows one."""

    id: UUID
    email: str
    tokens: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def new_address() -> str:
    return f"m{uuid4().hex}@example.com"


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return part.get_content()


@dataclass
class World:
    """The service, its mailbox and the steps that most tests begin with."""

    h: Harness
    mailbox: Mailbox
    place: str = ""
    """The network address that the test calls from."""

    @property
    def client(self) -> httpx2.AsyncClient:
        return self.h.client

    @asynccontextmanager
    async def calling_from(self, ip: str) -> AsyncIterator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(app=self.h.app, client=(ip, 1), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client

    async def sign_up(self, address: str, **changes: Any) -> httpx2.Response:
        body = {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": address,
            "password": PASSWORD,
            "accept_terms": True,
            "accept_privacy": True,
            "is_adult": True,
            "is_professional": True,
        } | changes
        body = {name: value for name, value in body.items() if value is not ...}
        return await self.client.post("/members", json=body)

    async def mails(self, address: str) -> list[EmailMessage]:
        """Everything that this address was sent so far, oldest first: a batch leaves at once, in any order."""
        from identity.notification.outgoing import send_due

        while await send_due(self.h.platform):
            pass
        return sorted(self.mailbox.to(address), key=lambda mail: str(mail["Message-ID"]))

    async def mailed_token(self, address: str) -> str:
        found = TOKEN.search(text_of((await self.mails(address))[-1]))
        assert found, "no token in the mail"
        return found.group(1)

    async def pending(self, **changes: Any) -> str:
        email = new_address()
        assert (await self.sign_up(email, **changes)).status_code == 202
        return email

    async def log_in(self, email: str, password: str = PASSWORD) -> httpx2.Response:
        return await self.client.post("/sessions", json={"email": email, "password": password})

    async def activated(self, **changes: Any) -> Account:
        email = await self.pending(**changes)
        token = await self.mailed_token(email)
        assert (await self.client.post("/activations", json={"token": token})).status_code == 200
        tokens = (await self.log_in(email)).json()
        me = await self.client.get("/members/me", headers=bearer(tokens))
        return Account(UUID(me.json()["id"]), email, tokens)

    def caller(self, tokens: dict[str, Any]) -> Caller:
        """What the services read in an access token."""
        return self.h.platform.verifier.verify(tokens["access_token"])

    bearer = staticmethod(bearer)
    new_address = staticmethod(new_address)
    text_of = staticmethod(text_of)
    html_of = staticmethod(html_of)
    password = PASSWORD


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


@pytest.fixture(scope="session")
def smtp() -> Iterator[tuple[Mailbox, str]]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield mailbox, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture(scope="session")
def oidc() -> Iterator[str]:
    """A real OpenID provider in a process of its own; it repeats a nonce only where one was sent."""
    port = _free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = monotonic() + 30
        while not _listens(port):
            assert running.poll() is None, "the provider ended"
            assert monotonic() < deadline, "the provider does not start"
            sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def providers_at(url: str) -> str:
    """LinkedIn's shape, one that repeats the nonce, and one that nobody answers for."""
    shared = {"client_id": "maillon", "client_secret": "a secret of the provider"}
    where = {"discovery_url": f"{url}/.well-known/openid-configuration"}
    gone = {"discovery_url": f"http://127.0.0.1:{_free_port()}/.well-known/openid-configuration"}
    return json.dumps(
        [
            {"name": "linkedin", "title": "LinkedIn", "nonce": False, **shared, **where},
            {"name": "corporate", "title": "Corporate", "client_auth": "client_secret_basic", **shared, **where},
            {"name": "silent", "title": "Silent", **shared, **gone},
        ]
    )


@pytest.fixture(scope="session")
async def whole_world(smtp: tuple[Mailbox, str], oidc: str) -> AsyncIterator[World]:
    mailbox, url = smtp
    key = ECKey.generate_key("P-256", {"kid": "identity"}, private=True)
    told = {
        "MAILLON_SIGNING_KEY": json.dumps(key.as_dict(private=True)),
        "MAILLON_LINK_SECRET": "a secret of tests, long enough to serve",
        "MAILLON_SMTP_URL": url,
        "MAILLON_MAIL_FROM": "mail@maillon.example",
        "MAILLON_OIDC_PROVIDERS": providers_at(oidc),
        "MAILLON_LOGIN_FAILURES_PER_ADDRESS": "20",
        "MAILLON_MAILS_PER_ADDRESS": "60",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, value)
        from identity.main import service

        async with harness(service, public_url="https://maillon.example/") as h:
            public = KeySet([h.keys.private, key]).as_dict(private=False)
            h.keys.jwks_file.write_text(json.dumps(public))
            yield World(h, mailbox)


@pytest.fixture
async def world(whole_world: World) -> AsyncIterator[World]:
    """The world at the present time, with mail flowing, called from a network that no other test calls from."""
    place = str(ip_address("10.0.0.0") + next(PLACES))
    async with whole_world.calling_from(place) as client:
        yield World(replace(whole_world.h, client=client), whole_world.mailbox, place)
    whole_world.h.clock.offset = timedelta()
    whole_world.mailbox.down = False
    whole_world.mailbox.refuses.clear()
    os.environ.pop("MAILLON_STAFF_PASSWORD", None)


@pytest.fixture
def legal(world):
    """Headers of somebody who handles sanctions and requests about personal data."""
    return world.h.headers(world.h.staff(StaffScope.LEGAL))
