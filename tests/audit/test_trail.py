"""The audit trail in the database of every service: only ever added to, and whole."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.audit import audit, seal
from chassis.audit_chain import first_fault
from chassis.db import Database
from chassis.testing import eventually, migrate, scratch_database
from contracts.topology import SERVICES

CHANGES = ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table}"]
COLUMN = {"audit_log": "actor", "audit_chain": "hash"}


@pytest.fixture(params=SERVICES)
async def database(request):
    async with scratch_database() as url:
        await asyncio.to_thread(migrate, request.param, url)
        opened = Database(url)
        yield opened
        await opened.close()


@pytest.mark.req("PL-10")
async def test_is_only_ever_added_to(database):
    async def run(statement):
        async with database.transaction() as tx:
            await tx.execute(text(statement))

    async with database.transaction() as tx:
        audit(tx, "thing.done", "it")

    async def is_sealed():
        async with database.transaction() as tx:
            return await seal(tx) == 1

    await eventually(is_sealed)  # transactions of other databases of the cluster are waited for, too
    for table, column in COLUMN.items():
        for change in CHANGES:
            with pytest.raises(DBAPIError, match="only ever added to"):
                await run(change.format(table=table, column=column))
    async with database.transaction() as tx:
        assert await first_fault(tx) is None
