"""Passwords: argon2id in a thread, a few at a time, never in clear anywhere (ID-30)."""

from __future__ import annotations

import asyncio
import os
import secrets
import unicodedata
from typing import Annotated

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import Field, SecretStr

SHORTEST, LONGEST = 12, 128

NewPassword = Annotated[SecretStr, Field(min_length=SHORTEST, max_length=LONGEST)]
"""12 to 128 characters of any kind."""
GivenPassword = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST)]
"""What somebody claims to be their password."""


class Passwords:
    """Hashes and verifies. One turn costs some 20 MiB and 50 ms of a core, so turns are few.

    `turn` is taken before the database is asked for anything: a flood of logins queues here, in memory, and
    never on the connections that everybody else needs.
    """

    def __init__(self) -> None:
        self._argon2 = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=19 * 1024, parallelism=1),))
        self._nobodys = self._argon2.hash(secrets.token_urlsafe(32))
        self.turn = asyncio.Semaphore(max(2, os.cpu_count() or 2))

    def hash_now(self, password: SecretStr) -> str:
        """The hash to store; blocks."""
        return self._argon2.hash(_normal(password))

    async def hash(self, password: SecretStr) -> str:
        """The hash to store. Waits for a turn by itself."""
        async with self.turn:
            return await self.hash_in_turn(password)

    async def hash_in_turn(self, password: SecretStr) -> str:
        """The hash to store. The caller holds a turn."""
        return await asyncio.to_thread(self.hash_now, password)

    async def verify(self, password: SecretStr, stored: str | None) -> tuple[bool, str | None]:
        """Say whether it matches, and the hash to store instead when today's is stronger.

        Takes as long without a stored hash as with one, so that time does not tell known addresses apart.
        The caller holds a turn.
        """
        given, against = _normal(password), stored or self._nobodys
        matches, renewed = await asyncio.to_thread(self._argon2.verify_and_update, given, against)
        return (matches and stored is not None), renewed


def _normal(password: SecretStr) -> str:
    """The same characters whatever keyboard typed them."""
    return unicodedata.normalize("NFKC", password.get_secret_value())
