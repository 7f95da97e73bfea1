"""Consumers: one queue a handler, inbox claim and effects in one commit, and the failure ladder."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from chassis.db import Tx
from contracts.event import Event
from contracts.topology import queues_of

E = TypeVar("E", bound=Event)
Handler = Callable[[E, Tx], Awaitable[None]]


@dataclass(frozen=True)
class Subscription:
    """A queue, the event it carries and the function that applies it."""

    queue: str
    event: type[Event]
    apply: Callable[[Event, Tx], Awaitable[None]]


@dataclass
class Consumers:
    """The handlers of one aggregate; `service` names whose queues they are.

    A handler never catches, commits or acknowledges: it changes rows through its transaction, emits events,
    and raises NotReady when something it needs has not arrived yet.
    """

    service: str
    subscriptions: list[Subscription] = field(default_factory=list)

    def on(self, event: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Register a handler; its name is its queue's name after the service (topology page)."""

        def register(handler: Handler[E]) -> Handler[E]:
            queue = f"{self.service}.{handler.__name__}"
            declared = queues_of(self.service).get(queue)
            if declared is not event:
                raise LookupError(f"{queue} is not a queue of {event.__name__} on the topology page")
            if not inspect.iscoroutinefunction(handler):
                raise TypeError(f"{queue} must be an async function")
            self.subscriptions.append(Subscription(queue, event, handler))  # type: ignore[arg-type]
            return handler

        return register


def check_complete(service: str, subscriptions: list[Subscription]) -> None:
    """Refuse to start unless exactly the queues of the topology page have a handler. Raises LookupError."""
    handled, declared = {s.queue for s in subscriptions}, set(queues_of(service))
    if handled != declared or len(handled) != len(subscriptions):
        raise LookupError(f"{service}: queues and handlers differ: {sorted(handled ^ declared)}")
