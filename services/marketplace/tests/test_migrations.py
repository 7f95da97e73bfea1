"""The revisions and the code say the same."""

import asyncio
import os
import subprocess
import sys


async def test_the_tables_of_the_code_are_those_of_the_newest_revision(h):
    environment = {
        **os.environ,
        "MAILLON_SERVICE": "marketplace",
        "MAILLON_DATABASE_URL": h.platform.settings.database_url.get_secret_value(),
        "MAILLON_AMQP_URL": "amqp://unused",
        "MAILLON_JWKS_FILE": "unused",
    }
    command = [sys.executable, "-m", "chassis.migrate", "marketplace", "--check"]
    checked = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
