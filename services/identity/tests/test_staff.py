"""Staff accounts, opened by an operator on the command line."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import select

from chassis.audit import audit_log
from contracts.roles import StaffScope
from identity.member.domain import Member

PASSWORD = "a staff password, long enough"


@pytest.fixture
def create(world):
    """Run the command as an operator would; the password comes by pipe unless the environment has it."""

    def run(email, *, scopes="compliance,contracts", name="Grace Hopper", password=PASSWORD, piped=True):
        environment = {
            **os.environ,
            "MAILLON_SERVICE": "identity",
            "MAILLON_DATABASE_URL": world.h.platform.settings.database_url.get_secret_value(),
            "MAILLON_AMQP_URL": "amqp://unused",
            "MAILLON_JWKS_FILE": "unused",
        }
        if not piped:
            environment["MAILLON_STAFF_PASSWORD"] = password
        command = [sys.executable, "-m", "identity.staff", "create"]
        command += ["--email", email, "--name", name, "--scopes", scopes]
        given = f"{password}\n" if piped else ""
        return subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("piped", [True, False])
async def test_a_staff_account_logs_in_at_once_with_its_scopes(world, create, piped):
    email = world.new_address()
    made = create(email, piped=piped)
    assert made.returncode == 0, made.stderr
    tokens = (await world.log_in(email, PASSWORD)).json()
    caller = world.caller(tokens)
    assert (str(caller.member_id), caller.scopes) == (
        made.stdout.strip(),
        {StaffScope.COMPLIANCE, StaffScope.CONTRACTS},
    )
    refused = await world.client.put(
        "/members/me/profile-type", json={"profile_type": "client"}, headers=world.bearer(tokens)
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_it_is_in_the_audit_trail(world, create):
    member_id = create(world.new_address()).stdout.strip()
    async with world.h.tx() as tx:
        act = (await tx.execute(select(audit_log).where(audit_log.c.subject == member_id))).one()
    assert (act.actor, act.action, act.details) == ("operator", "staff.created", {"scopes": "compliance,contracts"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": "everything"},
        {"scopes": ""},
        {"password": "eleven char"},
        {"name": ""},
        {"name": "G" * 81},
    ],
)
async def test_refused_in_one_line_that_shows_no_password(world, create, wrong):
    email = world.new_address()
    refused = create(email, **wrong)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: ")
    assert refused.stderr.count("\n") == 1
    assert wrong.get("password", PASSWORD) not in refused.stderr + refused.stdout
    async with world.h.tx() as tx:
        assert (await tx.scalars(select(Member).where(Member.email == email))).one_or_none() is None


async def test_refused_for_an_address_that_has_an_account(world, create):
    account = await world.activated()
    refused = create(account.email.upper())
    assert (refused.returncode, refused.stderr) == (1, "error: An account has this address already\n")
    assert world.caller((await world.log_in(account.email)).json()).scopes == frozenset()


async def test_refused_for_what_is_no_address(create):
    assert create("nobody").returncode == 1
