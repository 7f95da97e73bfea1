"""A platform of its own for the journeys: nothing here imports a service, everything goes through the gateway."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from stack.demo.chapters import play
from stack.demo.deal import Deal, Stage
from stack.lifecycle import Lifecycle
from stack.paths import REPOSITORY, State
from stack.wiring import Platform

DATA = ("postgres", "rabbitmq", "files", "logs", "run")


@dataclass
class Theatre(Stage):
    """A stage whose machinery a test may stop, start and replace."""

    lifecycle: Lifecycle

    @classmethod
    def with_platform(cls, lifecycle: Lifecycle) -> "Theatre":
        stage = Stage.of(lifecycle.platform)
        return cls(stage.platform, stage.door, stage.postbox, stage.traces, lifecycle)

    def deal(self, *, through: str = "payment") -> Deal:
        """A fresh deal, played through this chapter."""
        deal = Deal(self)
        self.go_on(deal, through=through)
        return deal

    def go_on(self, deal: Deal, *, through: str, after: str = "") -> None:
        """Play the next chapters of a deal."""
        for _ in play(deal, after=after, through=through):
            pass

    @contextmanager
    def without(self, service: str) -> Iterator[None]:
        """The platform while one service is down; it is up again afterwards."""
        self.lifecycle.stop(service)
        try:
            yield
        finally:
            self.lifecycle.start(service)


def own_platform() -> Platform:
    """State of its own beside the clone's, so that a running platform is left alone."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    directory = REPOSITORY / ".maillon" / f"e2e{worker}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAILLON_STATE_DIR", str(directory))
        return Platform(State.of_this_clone())


@pytest.fixture(scope="session")
def stage() -> Iterator[Theatre]:
    """The whole platform, empty at first, stopped at the end."""
    platform = own_platform()
    Lifecycle(platform).down()
    for part in DATA:
        shutil.rmtree(platform.state.directory / part, ignore_errors=True)
    lifecycle = Lifecycle(own_platform())
    try:
        lifecycle.up()
        theatre = Theatre.with_platform(lifecycle)
        try:
            yield theatre
        finally:
            theatre.close()
    finally:
        lifecycle.down()


@pytest.fixture(scope="session")
def deal(stage: Theatre) -> Deal:
    """One deal played to its end, for tests that only look at what became of it."""
    return stage.deal()
