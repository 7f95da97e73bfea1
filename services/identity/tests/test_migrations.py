"""What a migration moves is still there afterwards, both ways."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.testing import environment_of, scratch_database

ALEMBIC = """
import sys
from alembic import command
from alembic.config import Config
from chassis.migrate import migrations_of
from chassis.settings import get_settings

config = Config()
config.set_main_option("script_location", str(migrations_of("identity", get_settings())))
getattr(command, sys.argv[1])(config, sys.argv[2])
"""


async def move(url, direction, revision):
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", ALEMBIC, direction, revision],
        env=environment_of("identity", url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.req("ID-26", "ID-27")
async def test_declarations_made_before_they_had_rows_are_kept_with_their_address():
    member, staff, at = uuid4(), uuid4(), datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    async with scratch_database() as url:
        await move(url, "upgrade", "0001")
        engine = create_async_engine(url)
        async with engine.begin() as database:
            add = text(
                "INSERT INTO members (id, first_name, last_name, email, email_key, password_hash, language, status,"
                " staff_scopes, signed_up_at, declared_adult_at, declared_professional_at, version)"
                " VALUES (:id, 'A', 'L', :id, :id, '$', 'fr', 'pending', '[]', :at, :declared, :declared, 1)"
            )
            for one, declared in ((member, at), (staff, None)):
                await database.execute(text(str(add).replace(":id", f"'{one}'")), {"at": at, "declared": declared})
            await database.execute(
                text(
                    "INSERT INTO consents (id, member_id, document, document_version, document_date, accepted_at, ip)"
                    f" VALUES (gen_random_uuid(), '{member}', 'terms', '2026-11-01', '2026-11-01', :at, '203.0.113.9')"
                ),
                {"at": at},
            )
        await move(url, "upgrade", "head")
        async with engine.begin() as database:
            query = text("SELECT member_id, kind, text_version, declared_at, host(ip) FROM declarations ORDER BY kind")
            kept = [tuple(row) for row in await database.execute(query)]
        assert kept == [(member, kind, "2026-11-01", at, "203.0.113.9") for kind in ("adulthood", "professional_use")]
        await move(url, "downgrade", "0006")
        async with engine.begin() as database:
            query = text("SELECT id, declared_adult_at, declared_professional_at FROM members")
            back = {row[0]: (row[1], row[2]) for row in await database.execute(query)}
        assert back == {member: (at, at), staff: (None, None)}
        await engine.dispose()
