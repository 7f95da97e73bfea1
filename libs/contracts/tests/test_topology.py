import importlib
import pkgutil
import re
from itertools import chain

import pytest

import contracts
from contracts.event import Event
from contracts.topology import QUEUES, RETRY_LADDER, SERVICES, dead_queue, queues_of, retry_queue

for module in pkgutil.iter_modules(contracts.__path__, "contracts."):
    if not module.ispkg:
        importlib.import_module(module.name)

EVENTS = sorted(Event.registry.values(), key=lambda event: event.type_name)
EVERY_QUEUE = sorted(chain.from_iterable(QUEUES.values()))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type_name)
def test_every_event_has_a_producer_that_exists_and_a_consumer(event):
    assert event.type_name.split(".")[0] in {*SERVICES, "platform"}
    assert QUEUES.get(event), f"nobody consumes {event.__name__}: add its line to topology.QUEUES"
    assert event.type_name.split(".")[1] == re.sub(r"V[0-9]+$", "", event.__name__)
    assert event.type_name.endswith(".v" + (re.search(r"V([0-9]+)$", event.__name__) or "1")[-1])


@pytest.mark.parametrize(("event", "queue"), [(event, queue) for event, queues in QUEUES.items() for queue in queues])
def test_every_queue_is_an_effect_of_a_known_service_on_its_event(event, queue):
    service, handler = queue.split(".")
    effect, on, name = handler.rpartition("_on_")
    assert service in SERVICES
    assert (on, name) == ("_on_", event.__name__)
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", effect)


def test_no_queue_stands_twice_and_names_fit_the_broker():
    assert len(EVERY_QUEUE) == len(set(EVERY_QUEUE))
    assert max(len(queue.encode()) for queue in EVERY_QUEUE) < 200


def test_the_queues_of_all_services_are_all_queues():
    assert sorted(queue for service in SERVICES for queue in queues_of(service)) == EVERY_QUEUE
    assert queues_of("bill") == {}


def test_the_ladder_climbs_and_its_queues_differ_from_all_others():
    assert list(RETRY_LADDER.values()) == sorted(RETRY_LADDER.values())
    around = {retry_queue(step) for step in RETRY_LADDER} | {dead_queue(service) for service in SERVICES}
    assert len(around) == len(RETRY_LADDER) + len(SERVICES)
    assert around.isdisjoint(EVERY_QUEUE)
