"""What nobody may read in the database or in a log: passwords, tokens, codes, secrets (ID-30)."""

import logging

import pyotp
import pytest
from sqlalchemy import text

PASSWORD = "canary-8Jk2 password"
NEXT_PASSWORD = "canary-Qz71 password"


class Everything(logging.Handler):
    """Keeps each record whole, with whatever was attached to it, except those of the tests' own SMTP server."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []

    def emit(self, record):
        if record.name not in {"mail.log", "mail.debug"}:
            self.lines.append(f"{self.format(record)} {record.__dict__}")


async def whole_database(world):
    """Every row of every table as text, bytes in hexadecimal."""
    async with world.h.tx() as tx:
        tables = await tx.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        return {table: "\n".join(await tx.scalars(text(f'SELECT t::text FROM "{table}" t'))) for table in tables.all()}


async def live(world):
    """Live through all that has a secret in it; say which there were."""
    email, client = await world.pending(password=PASSWORD), world.client
    activation = await world.mailed_token(email)
    await client.post("/activations", json={"token": activation})
    first = (await world.log_in(email, PASSWORD)).json()
    headers = world.bearer(first)
    keyed = headers | {"Idempotency-Key": "canary"}
    again = (await client.post("/sessions/refresh", json={"refresh_token": first["refresh_token"]})).json()
    factor = (await client.post("/members/me/totp", headers=keyed)).json()["secret"]
    code = pyotp.TOTP(factor).at(world.h.clock())
    confirmed = await client.post("/members/me/totp/confirmation", json={"code": code}, headers=keyed)
    codes = confirmed.json()["recovery_codes"]
    proven = await client.post("/sessions/current/step-up", json={"code": codes[0]}, headers=keyed)
    changed = {"current": PASSWORD, "new": NEXT_PASSWORD}
    assert (await client.put("/members/me/password", json=changed, headers=headers)).status_code == 204
    await client.post("/sessions", json={"email": email, "password": NEXT_PASSWORD, "code": codes[1]})
    await client.post("/sessions", json={"email": email, "password": [NEXT_PASSWORD]})
    new = world.new_address()
    await client.post("/members/me/email-changes", json={"email": new}, headers=keyed)
    move = await world.mailed_token(new)
    await client.post("/password-resets", json={"email": email}, headers=keyed)
    lost = await world.mailed_token(email)
    tokens = [first["refresh_token"], again["refresh_token"], first["access_token"], proven.json()["access_token"]]
    return [PASSWORD, NEXT_PASSWORD, activation, move, lost, factor, *tokens, *codes]


@pytest.mark.req("ID-30")
async def test_no_secret_is_in_any_table_or_log(world):
    heard, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        secrets = await live(world)
    finally:
        root.removeHandler(heard)
        root.setLevel(level)
    kept = await whole_database(world)
    assert kept["members"]
    assert kept["audit_log"]
    for secret in secrets:
        plain = {secret, secret.replace("-", ""), secret.encode().hex()}
        assert [table for table, rows in kept.items() if any(form in rows for form in plain)] == []
        assert [line[:300] for line in heard.lines if any(form in line for form in plain)] == []


@pytest.mark.req("ID-30")
async def test_a_password_is_kept_as_a_salted_argon2id_hash(world):
    accounts = [await world.pending(password=PASSWORD) for _ in range(2)]
    async with world.h.tx() as tx:
        query = text("SELECT password_hash FROM members WHERE email = ANY(:emails)")
        hashes = (await tx.scalars(query, {"emails": accounts})).all()
    assert all(kept.startswith("$argon2id$v=19$m=19456,t=3,p=1$") for kept in hashes)
    assert len(set(hashes)) == 2
