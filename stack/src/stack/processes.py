"""One child process: how it is described, started, ended, and never left behind."""

import atexit
import os
import signal
import subprocess
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stack.paths import StackError

POLL_SECONDS = 0.05
TAIL_LINES = 15
# Ends the child when we vanish without a word: the pipe closes, `read` returns, the signal goes out.
GUARD = 'read -r _; kill -"$1" "$2" 2>/dev/null'


@dataclass(frozen=True)
class Launch:
    """All that is needed to run one program; nothing is inherited from the surroundings."""

    argv: list[str]
    env: dict[str, str]
    cwd: Path
    uid: int | None = None
    gid: int | None = None


@dataclass
class Child:
    """A program run by this process, in a process group of its own."""

    launch: Launch
    log: Path
    on_orphan: signal.Signals = signal.SIGKILL
    process: subprocess.Popen[bytes] | None = None
    guard: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Run the program; its output is appended to the log."""
        launch = self.launch
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                launch.argv,
                env=launch.env,
                cwd=launch.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
                user=launch.uid,
                group=launch.gid,
                extra_groups=None if launch.uid is None else [],
            )
        self.guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", str(int(self.on_orphan)), str(self.process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        LIVING.add(self)

    @property
    def pid(self) -> int:
        """Process id; StackError when it was never started or has been stopped."""
        if self.process is None:
            raise StackError(f"{self.launch.argv[0]} is not running")
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the program has been started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def stop(self, how: signal.Signals = signal.SIGTERM, timeout: float = 20.0) -> None:
        """Ask the program to end; after `timeout` seconds it is killed. Idempotent."""
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill9()
        self._forget()

    def kill9(self) -> None:
        """End the program and all that it started, as a power cut would. Idempotent."""
        if self.process is None:
            return
        family = [self.process.pid, *descendants(self.process.pid)]
        for pid in family:
            send(pid, signal.SIGKILL)
        self.process.wait()
        wait_for(lambda: not any(alive(pid) for pid in family), 10, "killed processes are still there")
        self._forget()

    def _forget(self) -> None:
        self.process = None
        LIVING.discard(self)
        if self.guard is not None:
            self.guard.kill()
            self.guard.communicate()
            self.guard = None

    def __hash__(self) -> int:
        return id(self)


LIVING: "weakref.WeakSet[Child]" = weakref.WeakSet()


@atexit.register
def end_all_children() -> None:
    """Kill what was not stopped, so that a failed test leaves nothing behind."""
    for child in list(LIVING):
        child.kill9()


def send(pid: int, how: signal.Signals) -> None:
    """Signal a process that may already be gone."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return


def freeze(pid: int) -> None:
    """Stop a process in its tracks and wait until its last thread stands still. Raises StackError."""
    send(pid, signal.SIGSTOP)
    wait_for(lambda: all(state == "T" for state in thread_states(pid)), 5, f"process {pid} did not stand still")


def thread_states(pid: int) -> list[str]:
    """The kernel's letter for each thread of a process; a thread that ends meanwhile counts as running."""
    stats = Path(f"/proc/{pid}/task").glob("*/stat")
    try:
        return [stat.read_text().rpartition(")")[2].split()[0] for stat in stats]
    except (FileNotFoundError, ProcessLookupError):
        return ["R"]


def alive(pid: int) -> bool:
    """Whether the process exists and is more than an uncollected exit status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid: int) -> list[int]:
    """Children, their children and so on, at this instant; sessions and groups do not matter."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    todo = [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def wait_for(condition: Callable[[], bool], timeout: float, complaint: str) -> None:
    """Poll until the condition holds; StackError with the complaint after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise StackError(f"{complaint} (waited {timeout:.0f} s)")
        time.sleep(POLL_SECONDS)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log file, empty when there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
