"""The chain of the audit trail: sealed while the service runs, verified and exported by hand (PL-10).

python -m chassis.audit_chain verify  <service> [--anchor POSITION:HASH]
python -m chassis.audit_chain head    <service>
python -m chassis.audit_chain export  <service> [--member ID] [--company ID] [--since DAY] [--until DAY]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, or_, select

from chassis.audit import BATCH, GENESIS, audit_chain, audit_log, head_of, link_of, seal
from chassis.clock import PARIS
from chassis.db import Database, Tx

logger = logging.getLogger("chassis.audit")

REST = 1.0
"""Seconds between two looks when nothing was left to seal."""
ANCHOR_EVERY = timedelta(hours=1)
GRACE = timedelta(minutes=15)
"""How long an entry may wait for its link before the verification calls it left out."""


async def keep_sealing(database: Database) -> None:
    """Seal until cancelled, and write the head to the log now and then: a chain rebuilt later contradicts it."""
    anchored = datetime.min.replace(tzinfo=UTC)
    while True:
        sealed = 0
        try:
            async with database.transaction() as tx:
                sealed = await seal(tx)
                due = sealed and tx.now - anchored >= ANCHOR_EVERY
                if due and (head := await head_of(tx)):
                    logger.info("audit_anchor", extra={"anchor": f"{head[0]}:{head[1].hex()}"})
                    anchored = tx.now
        except Exception as failure:  # noqa: BLE001 - a database that is down comes back
            logger.warning("audit_not_sealed", extra={"reason": type(failure).__name__})
        if sealed < BATCH:
            await asyncio.sleep(REST)


async def first_fault(tx: Tx, anchors: dict[int, str] | None = None) -> str | None:
    """Say what is wrong with the trail first, or None: every link, every entry, and each anchor must agree."""
    expected, former, awaited = 1, GENESIS, dict(anchors or {})
    async for link, entry in _links(tx):
        place = f"link {link['position']}"
        if link["position"] != expected:
            return f"link {expected} is missing"
        if entry["id"] is None:
            return f"{place}: its entry {link['entry_id']} is gone"
        former = link_of(former, expected, entry)
        if former != link["hash"]:
            return f"{place}: entry {link['entry_id']} or an earlier link was changed"
        if awaited.pop(expected, former.hex()) != former.hex():
            return f"{place}: contradicts its anchor"
        expected += 1
    if awaited:
        return f"the chain ends before the anchor at {min(awaited)}"
    unlinked = select(func.min(audit_log.c.id)).where(
        audit_log.c.id.not_in(select(audit_chain.c.entry_id)), audit_log.c.at < tx.now - GRACE
    )
    left_out = await tx.scalar(unlinked)
    return None if left_out is None else f"entry {left_out} has no link"


async def _links(tx: Tx) -> AsyncIterator[tuple[dict[str, Any], Any]]:
    """Every link with its entry, in order; the entry's fields are None when it is gone."""
    query = (
        select(audit_chain.c.position, audit_chain.c.entry_id, audit_chain.c.hash, *audit_log.c)
        .outerjoin(audit_log, audit_log.c.id == audit_chain.c.entry_id)
        .order_by(audit_chain.c.position)
        .execution_options(yield_per=1000)
    )
    rows = await tx.stream(query)
    async for row in rows.mappings():
        yield {"position": row["position"], "entry_id": row["entry_id"], "hash": row["hash"]}, row


async def evidence(
    tx: Tx,
    *,
    member: str | None = None,
    company: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> AsyncIterator[dict[str, Any]]:
    """The sealed entries about a member, a company or a period (days in Paris, both included), with their links."""
    query = select(*audit_log.c, audit_chain.c.position, audit_chain.c.hash, audit_chain.c.sealed_at)
    query = query.join(audit_chain, audit_chain.c.entry_id == audit_log.c.id).order_by(audit_chain.c.position)
    query = query.where(*_about(member), *_about(company))
    if since is not None:
        query = query.where(audit_log.c.at >= datetime.combine(since, datetime.min.time(), PARIS))
    if until is not None:
        query = query.where(audit_log.c.at < datetime.combine(until + timedelta(days=1), datetime.min.time(), PARIS))
    rows = await tx.stream(query.execution_options(yield_per=1000))
    async for row in rows.mappings():
        yield {
            "position": row["position"],
            "hash": row["hash"].hex(),
            "sealed_at": row["sealed_at"].isoformat(),
            "id": row["id"],
            "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": row["actor"],
            "action": row["action"],
            "subject": row["subject"],
            "details": row["details"],
            "written_by": row["written_by"],
        }


def _about(who: str | None) -> list[ColumnElement[bool]]:
    """Entries that the member or company did, suffered or is named in."""
    if who is None:
        return []
    named = cast(audit_log.c.details, String).contains(f'"{who}"', autoescape=True)
    return [or_(audit_log.c.actor == who, audit_log.c.subject == who, named)]


def main(arguments: list[str] | None = None) -> int:
    """Verify (exit 1 names the first fault), show the head, or export one JSON line an entry."""
    parser = argparse.ArgumentParser(prog="chassis.audit_chain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("verify", "head", "export"):
        command = commands.add_parser(name)
        command.add_argument("service", help="whose trail; MAILLON_DATABASE_URL says where it is")
        if name == "verify":
            command.add_argument("--anchor", action="append", default=[], help="POSITION:HASH noted earlier")
        if name == "export":
            command.add_argument("--member")
            command.add_argument("--company")
            command.add_argument("--since", type=date.fromisoformat)
            command.add_argument("--until", type=date.fromisoformat)
    return asyncio.run(_run(parser.parse_args(arguments)))


async def _run(asked: argparse.Namespace) -> int:
    from chassis.settings import get_settings  # noqa: PLC0415

    database = Database(get_settings().database_url.get_secret_value(), pool_size=1)
    try:
        async with database.transaction() as tx:
            return await _answer(tx, asked)
    finally:
        await database.close()


async def _answer(tx: Tx, asked: argparse.Namespace) -> int:
    if asked.command == "export":
        period = {"since": asked.since, "until": asked.until}
        async for entry in evidence(tx, member=asked.member, company=asked.company, **period):
            print(json.dumps(entry, ensure_ascii=False))  # noqa: T201 - a command line
        return 0
    head = await head_of(tx)
    shown = f"{head[0]}:{head[1].hex()}" if head else "0:" + GENESIS.hex()
    if asked.command == "head":
        print(shown)  # noqa: T201 - a command line
        return 0
    anchors = {int(position): digest for position, _, digest in (a.partition(":") for a in asked.anchor)}
    fault = await first_fault(tx, anchors)
    print(f"{asked.service}: {fault or f'whole up to {shown}'}")  # noqa: T201 - a command line
    return 0 if fault is None else 1


if __name__ == "__main__":
    raise SystemExit(main())
