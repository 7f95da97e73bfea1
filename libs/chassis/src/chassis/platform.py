"""What one process of a service holds: settings, database, broker, keys, files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chassis.auth import TokenVerifier
from chassis.broker import Broker
from chassis.consume import Consumers
from chassis.db import Database
from chassis.files import FileStore
from chassis.personal_data import DataClass
from chassis.relay import Relay
from chassis.revocations import Revocations
from chassis.settings import Settings
from chassis.sweeps import Sweep

if TYPE_CHECKING:
    from chassis.http import Router


@dataclass(frozen=True)
class Service:
    """The declaration of a service: all that its `main.py` says."""

    name: str
    summary: str
    routers: list[Router]
    consumers: list[Consumers]
    sweeps: list[Sweep] = field(default_factory=list)
    personal_data: list[DataClass] = field(default_factory=list)
    """Every class of personal data that the service holds: export, erasure and retention follow from it."""
    background: list[Callable[[Platform], Awaitable[None]]] = field(default_factory=list)
    """Loops of the worker role beyond relay, consumers and sweeps; each runs until cancelled."""
    state: Callable[[Settings], Any] | None = None
    """Builds what the service alone needs (a signing key, a mailer); routes find it in `platform.own`."""


@dataclass
class Platform:
    """The running parts that routes, consumers and loops share."""

    settings: Settings
    database: Database
    broker: Broker
    relay: Relay
    revocations: Revocations
    verifier: TokenVerifier
    files: FileStore
    own: Any = None
