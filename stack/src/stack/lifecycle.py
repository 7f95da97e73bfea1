"""Bringing the platform up and down, whoever asks and however often."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType

from stack.databases import external_url
from stack.migrations import migrate
from stack.paths import StackError, progress
from stack.processes import tail, wait_for
from stack.remembered import is_free, locked
from stack.supervision import Program, Supervision
from stack.wiring import SERVICE_NAMES, Platform, external_amqp_url

INFRASTRUCTURE_SECONDS = 120.0
SERVICE_SECONDS = 120.0
# Written while the infrastructure runs only for a command that will end it again.
BORROWED = "borrowed"


class Lifecycle:
    """The platform of one state directory, its processes and the order in which they start."""

    def __init__(self, platform: Platform | None = None) -> None:
        self.platform = platform or Platform()
        self.state = self.platform.state
        self.supervision = Supervision(self.state, self.platform.programs())
        self._began = time.monotonic()

    def _say(self, text: str) -> None:
        progress(f"{time.monotonic() - self._began:5.1f} s  {text}")

    @property
    def elsewhere(self) -> set[str]:
        """The servers that the caller provides: they are used, never started or stopped."""
        provided = {"postgres": external_url(), "rabbitmq": external_amqp_url(), "epmd": external_amqp_url()}
        return {name for name, url in provided.items() if url}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with locked(self.state.run / ".lifecycle.lock"):
            yield

    def _ensure_supervisor(self) -> None:
        if not self.supervision.running:
            self.supervision.end_orphans()
            self._leave_taken_ports()
        self.supervision.ensure_running()

    def _leave_taken_ports(self) -> None:
        """Nothing of ours runs: whoever listens on one of our ports is a stranger, so we move."""
        for name, port in self.platform.ports.read().items():
            if not is_free(int(port)):
                self._say(f"port {port} is used by another program, {name} gets a new one")
                self.platform.ports.forget(name)
        self.platform = type(self.platform)(self.state)
        self.supervision = Supervision(self.state, self.platform.programs())

    def _start(self, names: Iterable[str]) -> None:
        for name in names:
            self.supervision.start(name)

    def _wait(self, names: Iterable[str], timeout: float) -> None:
        """Until each of these programs serves; StackError with the end of the first bad log."""
        for name in names:
            if name in self.elsewhere:
                continue
            program = self.supervision.program(name)
            try:
                wait_for(partial(self._serves, program), timeout, f"{name} is not ready")
            except StackError as error:
                log = self.state.logs / f"{name}.log"
                raise StackError(f"{error}\nThe end of {log}:\n{tail(log)}") from error
            self._say(f"{name} is ready")

    def _serves(self, program: Program) -> bool:
        if program.ready():
            return True
        if self.supervision.failing(program.name):
            raise StackError(f"{program.name} ends as soon as it starts")
        return False

    def _start_infrastructure(self) -> None:
        self._ensure_supervisor()
        self._start(["catcher"])
        with ThreadPoolExecutor(2) as pool:
            # Both may have to unpack or create something first; neither needs the other.
            for started in [pool.submit(self._start_database), pool.submit(self._start_broker)]:
                started.result()

    def _start_database(self) -> None:
        if "postgres" not in self.elsewhere:
            self.platform.postgres.prepare()
            self._start(["postgres"])

    def _start_broker(self) -> None:
        if "rabbitmq" not in self.elsewhere:
            self.platform.rabbit.prepare()
            self._start(["epmd", "rabbitmq"])

    def infra(self) -> None:
        """Start PostgreSQL, RabbitMQ and the catcher, and leave them running."""
        with self._alone():
            (self.state.run / BORROWED).unlink(missing_ok=True)
            self._start_infrastructure()
            self._wait(["postgres", "rabbitmq", "catcher"], INFRASTRUCTURE_SECONDS)

    def up(self) -> None:
        """Start what is missing of the whole platform and return when all of it is ready."""
        with self._alone():
            (self.state.run / BORROWED).unlink(missing_ok=True)
            self._start_infrastructure()
            self._start(["gateway"])
            self._wait(["postgres"], INFRASTRUCTURE_SECONDS)
            self.platform.databases.provision(SERVICE_NAMES)
            migrate(self.platform, self._say)
            self._start(SERVICE_NAMES)
            self._wait(["rabbitmq", "catcher", "gateway"], INFRASTRUCTURE_SECONDS)
            self._wait(SERVICE_NAMES, SERVICE_SECONDS)

    def down(self) -> None:
        """Stop all of it; nothing is left running. Idempotent."""
        with self._alone():
            (self.state.run / BORROWED).unlink(missing_ok=True)
            self.supervision.shut_down()

    def start(self, name: str) -> None:
        """Start one process and wait until it serves."""
        self.supervision.start(name)
        self._wait([name], SERVICE_SECONDS)

    def stop(self, name: str) -> None:
        """Stop one process and leave it stopped."""
        self.supervision.stop(name)

    def kill(self, name: str) -> None:
        """Kill one process with SIGKILL; the supervisor starts it again."""
        self.supervision.kill(name)

    @contextmanager
    def borrowed_infrastructure(self) -> Iterator[None]:
        """The infrastructure while the block runs; the last borrower stops what borrowers started."""
        with (self.state.run / ".borrowers.lock").open("a") as lease:
            try:
                with self._alone():
                    fcntl.flock(lease, fcntl.LOCK_SH)
                    if not self.supervision.running:
                        self.state.write_note(BORROWED, "")
                    self._start_infrastructure()
                    self._wait(["postgres", "rabbitmq", "catcher"], INFRASTRUCTURE_SECONDS)
                yield
            finally:
                self._give_back(lease.fileno())

    def _give_back(self, lease: int) -> None:
        with self._alone(), suppress(BlockingIOError):
            # Raises while another command still borrows; the last one to leave gets the lock.
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self.state.read_note(BORROWED) is not None:
                (self.state.run / BORROWED).unlink()
                self.supervision.shut_down()

    def test_environment(self) -> dict[str, str]:
        """What tests need to reach the infrastructure."""
        return {
            "MAILLON_TEST_DATABASE_URL": self.platform.databases.url_for_tests(),
            "MAILLON_TEST_AMQP_URL": self.platform.amqp_url,
            "MAILLON_TEST_CATCHER_URL": self.platform.catcher_url,
            "MAILLON_TEST_SMTP_URL": self.platform.smtp_url,
        }

    def execute(self, command: list[str]) -> int:
        """Run a command with the infrastructure at hand; returns its exit code as a shell would."""
        with self.borrowed_infrastructure(), signals_left_to_child() as pass_on:
            child = subprocess.Popen(command, env={**os.environ, **self.test_environment()})
            pass_on.append(child)
            code = child.wait()
        return code if code >= 0 else 128 - code


@contextmanager
def signals_left_to_child() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Ctrl-C reaches the child by the terminal and a SIGTERM by us; we stay to tidy up after it."""
    children: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        for child in children:
            if number != signal.SIGINT:
                child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield children
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
