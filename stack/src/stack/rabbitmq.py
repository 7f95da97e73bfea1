"""A private RabbitMQ node that can be started, stopped, killed and frozen."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Self

from stack.paths import StackError, plain_directory, write_private
from stack.processes import Child, Launch, freeze, send, tail, wait_for
from stack.rabbitmq_packages import Installation, find_or_fetch
from stack.remembered import Book

START_SECONDS = 90.0
USER = "maillon"
# One scheduler that does not spin: a node that idles should not cost the machine anything.
ERLANG_ARGUMENTS = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"


class Rabbit:
    """A node of our own on loopback ports, with its own port mapper, cookie, user and data.

    `directory` keeps what must survive a restart: data, ports and password.
    """

    def __init__(self, directory: Path, *, ports: Book | None = None, password: str | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.home = plain_directory(directory.resolve())
        book = Book(directory / "instance.json")
        ports = ports or book
        self.port = ports.port("rabbitmq")
        self.distribution_port = ports.port("rabbitmq-distribution")
        self.epmd_port = ports.port("epmd")
        self.password = password or book.secret("rabbitmq-password")
        self.node = f"maillon-{sha256(str(self.home).encode()).hexdigest()[:8]}@localhost"
        self.log = directory / "rabbitmq.log"
        self._installation: Installation | None = None
        self._node: Child | None = None
        self._epmd: Child | None = None

    @property
    def url(self) -> str:
        """AMQP URL of the default virtual host."""
        return f"amqp://{USER}:{self.password}@127.0.0.1:{self.port}/"

    @property
    def installation(self) -> Installation:
        """The programs, downloaded when this is the first time."""
        if self._installation is None:
            self._installation = find_or_fetch()
        return self._installation

    @property
    def environment(self) -> dict[str, str]:
        """What the node and its command line tools need to find each other and nobody else."""
        return {
            "HOME": str(self.home),
            "PATH": f"{self.installation.erlang}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            # Erlang would start a port mapper that outlives us whenever it does not find ours.
            "ERL_FLAGS": "-start_epmd false",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self.home / "data"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "none.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.home / "none.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.home / "generated"),
            "RABBITMQ_PID_FILE": str(self.home / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_ARGUMENTS,
            # Makes the start script become the node instead of its parent, so that signals reach it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def prepare(self) -> None:
        """Write the configuration; the user in it is created by the first start."""
        write_private(
            self.home / "rabbitmq.conf",
            f"default_user = {USER}\n"
            f"default_pass = {self.password}\n"
            "log.console = true\n"
            "log.console.level = warning\n"
            "log.file = false\n"
            # The default of 50 MB would stop every publisher on a laptop that runs low; say so earlier.
            "disk_free_limit.absolute = 50MB\n",
        )
        write_private(self.home / "enabled_plugins", "[].\n")

    def launch(self) -> Launch:
        """How the node is run in the foreground; its port mapper must be running."""
        return Launch([str(self.installation.scripts / "rabbitmq-server")], self.environment, self.home)

    def launch_epmd(self) -> Launch:
        """How the node's own port mapper is run in the foreground."""
        argv = [str(self.installation.epmd), "-port", str(self.epmd_port), "-address", "127.0.0.1"]
        return Launch(argv, self.environment, self.home)

    def start(self) -> Self:
        """Run the node as a child of this process and wait until it speaks AMQP."""
        self.prepare()
        if self._epmd is None or not self._epmd.running:
            self._epmd = Child(self.launch_epmd(), self.log)
            self._epmd.start()
        wait_for(lambda: listens(self.epmd_port), START_SECONDS, "epmd does not answer")
        self._node = Child(self.launch(), self.log)
        self._node.start()
        self.wait_ready()
        return self

    def wait_ready(self, timeout: float = START_SECONDS) -> None:
        """Return once the node speaks AMQP; StackError with the end of the log otherwise."""

        def answers() -> bool:
            if self._node is not None and not self._node.running:
                raise StackError(f"RabbitMQ ended at once:\n{tail(self.log)}")
            return self.ready()

        wait_for(answers, timeout, "RabbitMQ does not answer")

    def ready(self) -> bool:
        """Whether the node answers an AMQP greeting now."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.settimeout(1)
                connection.sendall(PROTOCOL_HEADER)
                return bool(connection.recv(1))
        except OSError:
            return False

    @property
    def pid(self) -> int:
        """Process id of the Erlang virtual machine."""
        if self._node is None:
            raise StackError("RabbitMQ is not running")
        return self._node.pid

    def stop(self) -> None:
        """Shut the node down in good order, one to three seconds; its port mapper goes too."""
        if self._node is not None:
            self._node.stop(signal.SIGTERM)
            self._node = None
        self._stop_epmd()

    def kill9(self) -> None:
        """End the node at once, as a power cut would."""
        if self._node is not None:
            self._node.kill9()
            self._node = None
        self._stop_epmd()

    def _stop_epmd(self) -> None:
        if self._epmd is not None:
            self._epmd.kill9()
            self._epmd = None

    def restart(self) -> None:
        """Stop and start on the same port with the same data."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Stop the node in its tracks: its connections stay open and nothing answers."""
        freeze(self.pid)

    def thaw(self) -> None:
        """Let a frozen node go on."""
        send(self.pid, signal.SIGCONT)

    def rabbitmqctl(self, *arguments: str) -> str:
        """Output of a rabbitmqctl command, one to two seconds; StackError when it fails."""
        result = subprocess.run(
            [str(self.installation.scripts / "rabbitmqctl"), "--quiet", *arguments],
            env={**os.environ, **self.environment},
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise StackError(f"rabbitmqctl {' '.join(arguments)}: {result.stdout}{result.stderr}")
        return result.stdout

    def destroy(self) -> None:
        """Kill the node and remove its data."""
        self.kill9()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill9()


def listens(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@contextmanager
def temporary_rabbit() -> Iterator[Rabbit]:
    """A running node in a directory of its own that disappears, data included, at the end."""
    with tempfile.TemporaryDirectory(prefix="maillon-mq-", dir="/var/tmp", ignore_cleanup_errors=True) as name:
        rabbit = Rabbit(Path(name))
        try:
            yield rabbit.start()
        finally:
            rabbit.kill9()
