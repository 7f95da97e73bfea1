"""Bringing every service's database to the schema of its code."""

import hashlib
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from stack.databases import external_url
from stack.paths import REPOSITORY, StackError, write_private
from stack.processes import tail
from stack.wiring import SERVICE_NAMES, Platform

AT_ONCE = 3


def fingerprint(platform: Platform, service: str) -> str:
    """Changes with the migrations of a service, with the chassis, and with our cluster."""
    cluster = (platform.postgres.data / "PG_VERSION").stat()
    digest = hashlib.sha256(f"{cluster.st_ino} {cluster.st_mtime_ns}".encode())
    for folder in (REPOSITORY / "services" / service / "migrations", REPOSITORY / "libs/chassis/src"):
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{path}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def migrate(platform: Platform, say: Callable[[str], None]) -> None:
    """Run the migrations that are not known to be done; StackError with the output of a failed one."""
    # Of a server that is not ours nobody knows what happened to it since.
    known = external_url() is None
    wanted = {name: fingerprint(platform, name) if known else "" for name in SERVICE_NAMES}
    pending = [
        name for name, mark in wanted.items() if not known or platform.state.read_note(f"{name}.migrated") != mark
    ]
    if not pending:
        return
    say("migrating " + ", ".join(pending))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(migrate_one, platform, name, wanted[name]) for name in pending]:
            done.result()
    say("the databases are migrated")


def migrate_one(platform: Platform, service: str, mark: str) -> None:
    """Run the migrations of one service and note that they are done."""
    launch = platform.service_launch(service, "chassis.migrate")
    result = subprocess.run(launch.argv, env=launch.env, cwd=launch.cwd, capture_output=True, text=True, check=False)
    log = platform.state.logs / f"{service}.migration.log"
    write_private(log, result.stdout + result.stderr)
    if result.returncode != 0:
        raise StackError(f"the migration of {service} failed, see {log}:\n{tail(log)}")
    platform.state.write_note(f"{service}.migrated", mark)
