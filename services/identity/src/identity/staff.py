"""Accounts of the platform's own staff, opened by an operator on the command line.

    python -m identity.staff create --email E --name "First Last" --scopes compliance,contracts

The password comes from MAILLON_STAFF_PASSWORD, or is read from standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys

from pydantic import SecretStr, TypeAdapter, ValidationError

from chassis.audit import audit
from chassis.db import Database, Tx
from chassis.errors import Problem
from chassis.settings import get_settings
from contracts.roles import StaffScope
from identity.member.address import Address
from identity.member.domain import EmailTaken, Member
from identity.member.queries import lock_address, member_at
from identity.member.routes import PersonName
from identity.passwords import NewPassword, Passwords


async def create(tx: Tx, *, address: Address, name: str, scopes: frozenset[StaffScope], password_hash: str) -> Member:
    """Open a staff account; it may log in at once. Raises EmailTaken."""
    await lock_address(tx, address)
    if await member_at(tx, address):
        raise EmailTaken
    member = Member.staff(name=name, address=address, password_hash=password_hash, scopes=scopes, at=tx.now)
    tx.add(member)
    audit(tx, "staff.created", member.id, scopes=",".join(member.staff_scopes))
    return member


def main(arguments: list[str] | None = None) -> int:
    """Read the command line; say what is wrong in one line and end with 1."""
    parser = argparse.ArgumentParser(prog="identity.staff", description="Accounts of the platform's own staff")
    command = parser.add_subparsers(required=True, metavar="command").add_parser("create", help="open an account")
    command.add_argument("--email", required=True)
    command.add_argument("--name", required=True, help="first and last name")
    command.add_argument("--scopes", required=True, help=f"some of {', '.join(StaffScope)}, separated by commas")
    asked = parser.parse_args(arguments)
    try:
        address = Address.parse(asked.email)
        name = TypeAdapter(PersonName).validate_python(asked.name)
        scopes = frozenset(StaffScope(scope.strip()) for scope in asked.scopes.split(","))
        password = TypeAdapter[SecretStr](NewPassword).validate_python(_password())
        member_id = asyncio.run(_create(address, name, scopes, password))
    except ValidationError as wrong:
        print("error:", wrong.errors(include_input=False)[0]["msg"], file=sys.stderr)  # noqa: T201 - a command line
        return 1
    except (ValueError, Problem) as wrong:
        print("error:", wrong, file=sys.stderr)  # noqa: T201 - a command line
        return 1
    print(member_id)  # noqa: T201 - a command line
    return 0


def _password() -> str:
    """From the environment, the terminal without echo, or the first line of a pipe."""
    given = os.environ.get("MAILLON_STAFF_PASSWORD")
    if given is not None:
        return given
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


async def _create(address: Address, name: str, scopes: frozenset[StaffScope], password: SecretStr) -> str:
    password_hash = Passwords().hash_now(password)
    database = Database(get_settings().database_url.get_secret_value(), pool_size=1)
    try:
        async with database.transaction() as tx:
            tx.actor = "operator"
            member = await create(tx, address=address, name=name, scopes=scopes, password_hash=password_hash)
        return str(member.id)
    finally:
        await database.close()


if __name__ == "__main__":
    raise SystemExit(main())
