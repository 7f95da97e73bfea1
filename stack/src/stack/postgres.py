"""A private PostgreSQL cluster that can be started, stopped and killed."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from stack.paths import StackError, can_walk_to, private_directory, write_private
from stack.postgres_binaries import find_installation, reachable_installation, runtime_user
from stack.processes import Child, Launch, freeze, send, tail, wait_for
from stack.remembered import Book

SUPERUSER = "maillon"
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
START_SECONDS = 60.0
STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}


class Postgres:
    """A cluster of our own on a loopback port; what it holds survives `kill9` as it survives a power cut.

    `directory` may be any path: when the user who runs the server cannot reach it, the data lives in a
    private directory below /var/tmp and `directory/postgres-is-in` says where.
    """

    def __init__(self, directory: Path, *, port: int | None = None, password: str | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.user = runtime_user()
        self.home = self._reachable_home(directory.resolve())
        book = Book(directory / "instance.json")
        self.port = port or book.port("postgres")
        self.password = password or book.secret("postgres-password")
        self.data = self.home / "data"
        self.log = directory / "postgres.log"
        self._child: Child | None = None

    def _reachable_home(self, directory: Path) -> Path:
        if can_walk_to(directory / "postgres", self.user.uid):
            home = directory / "postgres"
        else:
            home = private_directory(directory) / "postgres"
            write_private(directory / "postgres-is-in", f"{home}\n")
        home.mkdir(mode=0o700, exist_ok=True)
        os.chown(home, self.user.uid, self.user.gid)
        return home

    @property
    def installation(self) -> Path:
        """Root of the PostgreSQL programs that this cluster runs."""
        return reachable_installation(self.user.uid, self.home.parent)

    def url(self, database: str = "postgres") -> str:
        """SQLAlchemy URL of a database for the superuser."""
        return self._url(database, scheme="postgresql+asyncpg")

    def _url(self, database: str, scheme: str) -> str:
        return f"{scheme}://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Create the cluster when there is none; about a second, later calls cost nothing."""
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        passwords = self.home / "password"
        write_private(passwords, self.password)
        os.chown(passwords, self.user.uid, self.user.gid)
        # A directory without PG_VERSION is thrown away above, so an interrupted initdb never counts as done.
        command = [str(self.installation / "bin" / "initdb"), "-D", str(self.data), "-U", SUPERUSER]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--data-checksums"]
        result = subprocess.run(
            [*command, f"--pwfile={passwords}"],
            user=self.user.uid if self.user.changed else None,
            group=self.user.gid if self.user.changed else None,
            extra_groups=[] if self.user.changed else None,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        passwords.unlink()
        if result.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise StackError(f"initdb failed:\n{result.stdout}{result.stderr}")

    def launch(self) -> Launch:
        """How the server is run in the foreground."""
        argv = [str(self.installation / "bin" / "postgres"), "-D", str(self.data)]
        for name, value in {**SETTINGS, "port": str(self.port)}.items():
            argv += ["-c", f"{name}={value}"]
        return Launch(
            argv,
            {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            self.home,
            self.user.uid if self.user.changed else None,
            self.user.gid if self.user.changed else None,
        )

    def start(self) -> Self:
        """Run the server as a child of this process and wait until it answers."""
        self.prepare()
        self._child = Child(self.launch(), self.log, on_orphan=signal.SIGQUIT)
        self._child.start()
        self.wait_ready()
        return self

    def wait_ready(self, timeout: float = START_SECONDS) -> None:
        """Return once a client can log in; StackError with the end of the log otherwise."""

        def answers() -> bool:
            if self._child is not None and not self._child.running:
                raise StackError(f"PostgreSQL ended at once:\n{tail(self.log)}")
            return self.ready()

        wait_for(answers, timeout, "PostgreSQL does not answer")

    def ready(self) -> bool:
        """Whether a client can log in now."""
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return self._psql("SELECT 1", "postgres").returncode == 0

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        if self._child is None:
            raise StackError("PostgreSQL is not running")
        return self._child.pid

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """End the server; `immediate` skips the checkpoint and leaves recovery to the next start."""
        if self._child is not None:
            self._child.stop(STOP_SIGNALS[mode])
            self._child = None

    def kill9(self) -> None:
        """End the server and every backend at once, as a power cut would."""
        if self._child is not None:
            self._child.kill9()
            self._child = None

    def freeze(self) -> None:
        """Stop the postmaster in its tracks: connections are accepted by the kernel and never served."""
        freeze(self.pid)

    def thaw(self) -> None:
        """Let a frozen postmaster go on."""
        send(self.pid, signal.SIGCONT)

    def restart(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop and start on the same port with the same data."""
        self.stop(mode)
        self.start()

    def sql(self, script: str, database: str = "postgres") -> str:
        """Run a psql script as superuser and return its unaligned output; StackError when it fails."""
        result = self._psql(script, database)
        if result.returncode != 0:
            raise StackError(f"psql: {result.stderr.strip()}")
        return result.stdout.strip()

    def _psql(self, script: str, database: str) -> subprocess.CompletedProcess[str]:
        return run_psql(self._url(database, scheme="postgresql"), script)

    def create_database(self, name: str) -> str:
        """A fresh empty database (an older one of that name is dropped); returns its SQLAlchemy URL."""
        checked(name)
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE);\nCREATE DATABASE "{name}";')
        return self.url(name)

    def destroy(self) -> None:
        """Kill the server and remove its data."""
        self.kill9()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop("immediate")


def checked(name: str) -> str:
    """A database or login name that needs no quoting; StackError otherwise."""
    if not NAME.fullmatch(name):
        raise StackError(f"not a usable database name: {name!r}")
    return name


def run_psql(url: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script with the psql of our installation; `url` starts with postgresql://."""
    psql = find_installation() / "bin" / "psql"
    command = [str(psql), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--no-password"]
    return subprocess.run(
        [*command, "--set=ON_ERROR_STOP=1"],
        input=script,
        # The URL travels in the environment: the command line of a process is visible to everybody.
        env={"PATH": "/usr/bin:/bin", "PGCONNECT_TIMEOUT": "10", "PGOPTIONS": "", **libpq_environment(url)},
        capture_output=True,
        text=True,
        check=False,
    )


def libpq_environment(url: str) -> dict[str, str]:
    """The PG* variables that say the same as a postgresql:// URL."""
    parts = urlsplit(url)
    return {
        "PGHOST": parts.hostname or "127.0.0.1",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/") or "postgres",
    }


@contextmanager
def temporary_postgres() -> Iterator[Postgres]:
    """A running cluster in a directory of its own that disappears, data included, at the end."""
    with tempfile.TemporaryDirectory(prefix="maillon-pg-", dir="/var/tmp") as name:
        directory = Path(name)
        directory.chmod(0o711)
        postgres = Postgres(directory)
        try:
            yield postgres.start()
        finally:
            postgres.destroy()
