"""The programs of RabbitMQ and Erlang from Debian packages, unpacked here and installed nowhere."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack.paths import StackError, State, plain_directory, progress
from stack.remembered import locked

ERLANG_PARTS = (
    *("asn1", "base", "crypto", "eldap", "inets", "mnesia", "os-mon", "parsetools"),
    *("public-key", "runtime-tools", "ssl", "syntax-tools", "tools", "xmerl"),
)
PACKAGES = ["rabbitmq-server", *(f"erlang-{part}" for part in ERLANG_PARTS)]
INSTALL = "sudo apt-get install --no-install-recommends rabbitmq-server"
ERLANG_ROOT = re.compile(r"ROOTDIR=/\S*")


@dataclass(frozen=True)
class Installation:
    """Where RabbitMQ's scripts and Erlang's programs are."""

    server: Path
    erlang: Path

    @property
    def scripts(self) -> Path:
        """The scripts that run as whoever calls them, unlike Debian's wrappers in /usr/sbin."""
        return self.server / "sbin"

    @property
    def epmd(self) -> Path:
        """Erlang's port mapper."""
        return next(self.erlang.glob("erts-*/bin/epmd"))


def installed(root: Path) -> Installation | None:
    """What is unpacked below `root`, `/` for the packages that Debian itself installed."""
    servers = sorted((root / "usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    erlang = root / "usr/lib/erlang"
    if not servers or not (erlang / "bin" / "erl").exists():
        return None
    return Installation(servers[-1].parents[1], erlang)


def find_or_fetch() -> Installation:
    """Debian's installation, the one unpacked earlier, or a fresh download of some 32 MB.

    Raises StackError that names the command to run when the packages cannot be had.
    """
    # The scripts inside do not survive a path with spaces any better than their data.
    cache = plain_directory(State.of_this_clone().cache.resolve())
    with locked(cache / ".rabbitmq.lock"):
        unpacked = cache / "rabbitmq"
        found = installed(Path("/")) or installed(unpacked)
        if found is None:
            fetch(unpacked)
            found = installed(unpacked)
        if found is None:
            raise StackError(f"the RabbitMQ packages hold no server; instead: {INSTALL}")
    if found.erlang.is_relative_to(cache):
        point_erlang_at_itself(found.erlang)
    return found


def fetch(target: Path) -> None:
    """Download and unpack the packages; `target` appears only when all of it is there."""
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise StackError(f"RabbitMQ is missing and so is {tool}; install it, or set AMQP_URL to one")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    progress("RabbitMQ: downloading the Debian packages (32 MB, once)")
    download(draft)
    for package in sorted(draft.glob("*.deb")):
        run(["dpkg", "-x", str(package), str(draft)], draft)
        package.unlink()
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def download(directory: Path) -> None:
    """Put the packages into `directory`, refreshing the package lists once when apt knows none."""
    command = ["apt-get", "download", "-q", *PACKAGES]
    result = run(command, directory, check=False)
    if result.returncode != 0 and os.geteuid() == 0:
        progress("RabbitMQ: apt knows no such package yet, running apt-get update")
        run(["apt-get", "update", "-q"], directory, check=False)
        result = run(command, directory, check=False)
    if result.returncode != 0:
        reason = result.stderr.strip().splitlines()[-1:] or ["no reason given"]
        remedy = f"Run `sudo apt-get update && {INSTALL}` and start again"
        raise StackError(f"RabbitMQ could not be downloaded ({reason[0]}).\n{remedy}, or set AMQP_URL to one.")


def run(command: list[str], directory: Path, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a package tool; StackError with its words when `check` and it fails."""
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if check and result.returncode != 0:
        raise StackError(f"{' '.join(command)} failed: {result.stderr.strip()}")
    return result


def point_erlang_at_itself(erlang: Path) -> None:
    """Debian's scripts name /usr/lib/erlang; make them name where they are, again after each move."""
    for script in (*erlang.glob("bin/erl"), *erlang.glob("bin/start"), *erlang.glob("erts-*/bin/erl")):
        text = script.read_text()
        wanted = ERLANG_ROOT.sub(f"ROOTDIR={erlang}", text)
        if wanted != text:
            script.write_text(wanted)
