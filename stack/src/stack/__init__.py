"""Native launcher: the whole platform on one machine without containers.

These functions act on the platform of this clone and raise StackError, whose text says what to do.
"""

from stack.lifecycle import Lifecycle
from stack.paths import StackError
from stack.wiring import SERVICE_NAMES, Platform

__all__ = [
    "SERVICE_NAMES",
    "StackError",
    "amqp_url",
    "catcher_url",
    "database_url",
    "down",
    "gateway_url",
    "is_ready",
    "kill",
    "service_url",
    "start",
    "stop",
    "up",
]


def up() -> None:
    """Start what is missing and return when the whole platform is ready."""
    Lifecycle().up()


def down() -> None:
    """Stop all of it; nothing is left running. Idempotent."""
    Lifecycle().down()


def start(name: str) -> None:
    """Start one process (a service, postgres, rabbitmq, catcher, gateway) and wait until it serves."""
    Lifecycle().start(name)


def stop(name: str) -> None:
    """Stop one process and leave it stopped."""
    Lifecycle().stop(name)


def kill(name: str) -> None:
    """Kill one process as `kill -9` does; it is started again by itself within seconds."""
    Lifecycle().kill(name)


def is_ready(name: str) -> bool:
    """Whether one process serves now."""
    return Lifecycle().supervision.program(name).ready()


def gateway_url() -> str:
    """Base URL of the platform for its users."""
    return Platform().gateway.url


def catcher_url() -> str:
    """Where caught e-mails (`/messages`) and traces (`/traces`) are read."""
    return Platform().catcher_url


def amqp_url() -> str:
    """The broker, with its user."""
    return Platform().amqp_url


def service_url(name: str) -> str:
    """One service without the gateway: `/readyz`, `/metrics`."""
    return Platform().service_url(name)


def database_url(service: str) -> str:
    """SQLAlchemy URL of a service's own database with its own login."""
    return Platform().databases.url(service)
