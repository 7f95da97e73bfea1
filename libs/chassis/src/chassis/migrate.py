"""Migrations, one shot before a service starts: `python -m chassis.migrate <service> [--check | --new TEXT]`.

Revisions are numbered `0001`, `0002`, …: the order is the file name, and readiness compares numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
from pathlib import Path
from typing import Any

from chassis.settings import Settings, get_settings


def migrations_of(service: str, settings: Settings) -> Path:
    """The folder of a service's migrations: as configured, or beside its sources."""
    if settings.migrations:
        return settings.migrations
    found = importlib.util.find_spec(service)
    if found is None or not found.origin:
        raise LookupError(f"no service called {service}")
    return Path(found.origin).parents[2] / "migrations"


def run_env() -> None:
    """What a service's `migrations/env.py` calls: migrate with its tables and the chassis'."""
    from alembic import context  # noqa: PLC0415

    import chassis.app  # noqa: F401, PLC0415 - declares every table of the chassis, the inbox among them
    from chassis.db import make_engine  # noqa: PLC0415
    from chassis.rows import metadata, tables_of  # noqa: PLC0415

    tables = [metadata, tables_of(get_settings().service)]

    def migrate(connection: Any) -> None:
        context.configure(connection=connection, target_metadata=tables, compare_server_default=False)
        with context.begin_transaction():
            context.run_migrations()

    async def connect() -> None:
        engine = make_engine(get_settings().database_url.get_secret_value(), pool_size=1)
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
        await engine.dispose()

    asyncio.run(connect())


def main(arguments: list[str] | None = None) -> int:
    """Upgrade to the newest revision, or compare the tables with it, or write a new one."""
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="chassis.migrate", description=__doc__)
    parser.add_argument("service")
    parser.add_argument("--check", action="store_true", help="fail when the code's tables differ from the schema")
    parser.add_argument("--new", metavar="TEXT", help="write a revision for what differs")
    asked = parser.parse_args(arguments)
    folder = migrations_of(asked.service, get_settings())
    config = Config()
    config.set_main_option("script_location", str(folder))
    if asked.check:
        command.check(config)
    elif asked.new:
        number = 1 + max((int(f.name[:4]) for f in (folder / "versions").glob("[0-9]*.py")), default=0)
        command.revision(config, asked.new, autogenerate=True, rev_id=f"{number:04d}")
    else:
        command.upgrade(config, "head")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
