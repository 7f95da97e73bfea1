"""Values that are chosen once and kept: free ports and random passwords."""

import fcntl
import json
import random
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.paths import StackError, write_private

# Below the range from which the kernel picks ports for outgoing connections, above the well-known ones.
PORTS = range(20_000, 32_000)
ATTEMPTS = 200


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time through; the others wait."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Book:
    """A small JSON file of names and values, private to its owner; a value never changes by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, str]:
        """All that was kept so far."""
        try:
            content: dict[str, str] = json.loads(self.path.read_text())
        except FileNotFoundError:
            return {}
        return content

    def get(self, name: str, choose: Callable[[dict[str, str]], str]) -> str:
        """The value kept under `name`; chosen and kept when there is none yet."""
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            content = self.read()
            if name not in content:
                content[name] = choose(content)
                write_private(self.path, json.dumps(content, indent=2) + "\n")
            return content[name]

    def forget(self, name: str) -> None:
        """Drop a value, so that the next reader chooses another."""
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            content = self.read()
            content.pop(name, None)
            write_private(self.path, json.dumps(content, indent=2) + "\n")

    def port(self, name: str) -> int:
        """A TCP port on the loopback that nobody used when it was chosen, different for every name."""
        return int(self.get(name, lambda kept: str(free_port(taken=set(kept.values())))))

    def secret(self, name: str) -> str:
        """192 random bits, safe inside a URL."""
        return self.get(name, lambda _: secrets.token_urlsafe(24))


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # As servers do: a port with connections in TIME_WAIT is free all the same.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(taken: set[str] | None = None) -> int:
    """A port that is free now and not in `taken`."""
    for _ in range(ATTEMPTS):
        port = random.choice(PORTS)  # noqa: S311 - spreads clones apart, protects nothing
        if str(port) not in (taken or set()) and is_free(port):
            return port
    raise StackError(f"no free TCP port found between {PORTS.start} and {PORTS.stop}")
