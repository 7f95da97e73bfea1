"""Who listens where, and what each process is told: the platform of one state directory."""

import os
import sys
from functools import cached_property
from pathlib import Path

import httpx2

from stack.databases import Databases, external_url
from stack.gateway import Gateway
from stack.keys import public_keys_file, signing_key
from stack.paths import REPOSITORY, State
from stack.postgres import Postgres
from stack.processes import Launch
from stack.rabbitmq import Rabbit, listens
from stack.remembered import Book
from stack.supervision import INFRASTRUCTURE, SERVICES, Program, plain_environment

SERVICE_NAMES = ("identity", "company", "marketplace", "contracting", "timesheet", "billing")
# Never handed on from the caller's shell: secrets of one service, and what only our own tools read.
KEPT_BACK = (
    "MAILLON_TEST_",
    "MAILLON_STATE_DIR",
    "MAILLON_SIGNING_KEY",
    "MAILLON_LINK_SECRET",
    "MAILLON_SMTP_",
    "MAILLON_OIDC_PROVIDERS",
)
PROBE_SECONDS = 2.0


def external_amqp_url() -> str | None:
    """The broker to use instead of ours: `AMQP_URL`."""
    return os.environ.get("AMQP_URL")


def answers(url: str) -> bool:
    """Whether a GET of this URL gives 200 within two seconds."""
    try:
        return httpx2.get(url, timeout=PROBE_SECONDS, trust_env=False).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False


class Platform:
    """Ports, secrets and commands of every process; starts nothing by itself."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State.of_this_clone()
        self.ports = Book(self.state.directory / "ports.json")
        self.secrets = Book(self.state.directory / "secrets.json")

    @cached_property
    def postgres(self) -> Postgres:
        """Our own cluster."""
        password = self.secrets.secret("postgres-password")
        return Postgres(self.state.directory / "postgres", port=self.ports.port("postgres"), password=password)

    @cached_property
    def rabbit(self) -> Rabbit:
        """Our own node."""
        password = self.secrets.secret("rabbitmq-password")
        return Rabbit(self.state.directory / "rabbitmq", ports=self.ports, password=password)

    @cached_property
    def databases(self) -> Databases:
        """The services' databases, on our cluster or on the one of `DATABASE_URL_BASE`."""
        external = external_url()
        return Databases(external or self.postgres.url(), self.secrets, ours=external is None)

    @cached_property
    def gateway(self) -> Gateway:
        """The gateway in front of the services."""
        upstreams = {name: f"127.0.0.1:{self.ports.port(name)}" for name in SERVICE_NAMES}
        return Gateway(
            port=self.ports.port("gateway"),
            upstreams=upstreams,
            home=self.state.directory / "caddy",
            traces=self.catcher_url,
        )

    @property
    def amqp_url(self) -> str:
        """The broker: `AMQP_URL`, or our own."""
        return external_amqp_url() or self.rabbit.url

    @property
    def catcher_url(self) -> str:
        """Where caught e-mails and traces are read, and where traces are sent."""
        return f"http://127.0.0.1:{self.ports.port('catcher')}"

    @property
    def smtp_url(self) -> str:
        """Where e-mails go."""
        return f"smtp://127.0.0.1:{self.ports.port('smtp')}"

    def service_url(self, name: str) -> str:
        """A service without the gateway, for probes and operators."""
        return f"http://127.0.0.1:{self.ports.port(name)}"

    def service_environment(self, name: str) -> dict[str, str]:
        """All that one service is told; a secret is given only to the service that owns it."""
        files = self.state.files / name
        files.mkdir(parents=True, exist_ok=True, mode=0o700)
        chosen = {
            key: value
            for key, value in os.environ.items()
            if key.startswith("MAILLON_") and not key.startswith(KEPT_BACK)
        }
        environment = {
            **plain_environment(),
            "PYTHONUNBUFFERED": "1",
            "MAILLON_TRACE_SAMPLING": "1.0",
            **chosen,
            "MAILLON_SERVICE": name,
            "MAILLON_DATABASE_URL": self.databases.url(name),
            "MAILLON_AMQP_URL": self.amqp_url,
            "MAILLON_HOST": "127.0.0.1",
            "MAILLON_PORT": str(self.ports.port(name)),
            "MAILLON_JWKS_FILE": str(public_keys_file(self.state, self.secrets)),
            "MAILLON_FILES_URL": files.as_uri(),
            "MAILLON_PUBLIC_URL": self.gateway.url,
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.catcher_url,
        }
        return {**environment, **(self._identity_secrets() if name == "identity" else {})}

    def _identity_secrets(self) -> dict[str, str]:
        return {
            "MAILLON_SIGNING_KEY": signing_key(self.secrets),
            "MAILLON_LINK_SECRET": self.secrets.secret("identity-link-secret"),
            "MAILLON_SMTP_URL": self.smtp_url,
            "MAILLON_MAIL_FROM": "mail@maillon.example",
            "MAILLON_OIDC_PROVIDERS": os.environ.get("MAILLON_OIDC_PROVIDERS", "[]"),
        }

    def service_launch(self, name: str, module: str = "chassis.serve") -> Launch:
        """How a module of the chassis is run for one service."""
        return Launch([sys.executable, "-m", module, name], self.service_environment(name), REPOSITORY)

    def _catcher_launch(self) -> Launch:
        ports = ["--smtp", str(self.ports.port("smtp")), "--http", str(self.ports.port("catcher"))]
        return Launch([sys.executable, "-m", "stack.catcher", *ports], plain_environment(), Path("/"))

    def programs(self) -> list[Program]:
        """Every process that the supervisor may run for us."""
        return [*self._own_servers(), self._catcher(), self._gateway(), *map(self._service, SERVICE_NAMES)]

    def _own_servers(self) -> list[Program]:
        postgres, rabbit = self.postgres, self.rabbit
        return [
            Program("postgres", INFRASTRUCTURE, postgres.launch, postgres.ready, "INT"),
            Program("epmd", INFRASTRUCTURE, rabbit.launch_epmd, lambda: listens(rabbit.epmd_port)),
            Program("rabbitmq", INFRASTRUCTURE, rabbit.launch, rabbit.ready),
        ]

    def _catcher(self) -> Program:
        url = f"{self.catcher_url}/healthz"
        return Program("catcher", INFRASTRUCTURE, self._catcher_launch, lambda: answers(url))

    def _gateway(self) -> Program:
        url = f"{self.gateway.url}/healthz"
        return Program("gateway", INFRASTRUCTURE, self.gateway.launch, lambda: answers(url))

    def _service(self, name: str) -> Program:
        url = f"{self.service_url(name)}/readyz"
        return Program(name, SERVICES, lambda: self.service_launch(name), lambda: answers(url))
