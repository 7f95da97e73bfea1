"""P6: eight clients post invoices on one gapless series over HTTP; each is numbered, fixed and booked."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from uuid import uuid4

import asyncpg
from load import request, saturate
from machinery import AMQP_URL, free_port, helper_of, plain, process
from measure import Figure, figure

from billing.directory.companies import Company
from chassis.auth import Caller
from chassis.db import Database
from chassis.testing import Keys, migrate, scratch_database
from contracts.roles import StaffScope

POSTINGS, CLIENTS, ROUNDS = 500, 8, 3
GOAL = 100.0


async def posting() -> list[Figure]:
    """Odoo's figure for the same was 3.0 a second; an invoice counts once its number, postings and event are kept."""
    party, port = uuid4(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys.make(Path(folder))
        staff = Caller(uuid4(), uuid4(), scopes=frozenset({StaffScope.FINANCE}))
        headers = {"authorization": f"Bearer {keys.token(staff, lifetime=3600)}"}
        line = {"name": "Conseil", "quantity": "18.00", "unit": "DAY", "unit_price": {"amount": "500.00"}}
        period = {"start": "2026-10-01", "end": "2026-10-31"}
        body = json.dumps({"party_id": str(party), "title": "Conseil", "period": period, "lines": [line]}).encode()
        async with scratch_database() as url:
            migrate("billing", url)
            database = Database(url)
            legal = helper_of("billing", "billing_months").french_identity().model_dump(mode="json")
            async with database.transaction() as tx:
                tx.add(Company(company_id=party, legal=legal, version=1))
            await database.close()
            settings = {
                "MAILLON_DATABASE_URL": url,
                "MAILLON_AMQP_URL": AMQP_URL,
                "MAILLON_JWKS_FILE": str(keys.jwks_file),
                "MAILLON_PORT": str(port),
                "MAILLON_ROLES": "api",
            }
            message = request("POST", "/staff/issued-invoices", headers, body)
            async with process("-m", "chassis.serve", "billing", port=port, **settings):
                await saturate(port, [message] * 100, CLIENTS)
                rates = [POSTINGS / await saturate(port, [message] * POSTINGS, CLIENTS) for _ in range(ROUNDS)]
            connection = await asyncpg.connect(plain(url))
            numbers = await connection.fetchrow(
                "SELECT count(*), max(position), count(DISTINCT position) FROM issued_invoices"
            )
            booked = await connection.fetchval("SELECT count(*) FROM ledger_entries WHERE kind = 'client_invoice'")
            await connection.close()
    expected = 100 + ROUNDS * POSTINGS
    assert set(numbers) == {expected, booked}, (numbers, booked)
    print(f"P6 {expected} operations, as many numbers without a gap, as many postings, no failure")
    return [
        figure(
            "P6", "8 clients post on one gapless series", [(rate, GOAL) for rate in rates], goal=1, unit="invoices/s"
        )
    ]
