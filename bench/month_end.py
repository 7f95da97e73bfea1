"""P7 and P8: the end of a month of 1,000 and of 10,000 reports, and a page of invoices among 1,000,000."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from machinery import helper_of, plain, scene_of
from measure import Figure, figure
from sqlalchemy import select

from billing.issuing.documents import make_documents
from billing.issuing.domain import IssuedInvoice
from billing.issuing.paper import pdf_of
from billing.main import service
from billing.month_end.domain import MonthEnd, Step
from billing.month_end.work import advance
from chassis.testing import Harness, harness
from contracts.roles import Role, StaffScope
from contracts.values import Month

SMALL, LARGE = 1_000, 10_000
DOCUMENTS = 100
INVOICES, PAGES = 1_000_000, 200
RATE, LIMIT_MS = 250.0, 50.0
MEGABYTE = 1024 * 1024


async def month_end() -> list[Figure]:
    scene, months = scene_of("billing"), helper_of("billing", "validated_months")
    async with harness(service) as h:
        h.clock.set(scene.NOW)
        orders = await months.orders(h)
        await months.validate(h, orders, SMALL)
        await _bill(h, "2026-10", SMALL)  # warm
        small = await _costs(h, months, orders, "2026-09", SMALL)
        before = _resident()
        large = await _costs(h, months, orders, "2026-08", LARGE)
        grown = _resident() / before
        documents = [await _documents(h) for _ in range(3)]
        await _fill(h)
        pages = await _pages(h, orders[0])
        await h.platform.own.reader.close()
    hundredths = statistics.quantiles(pages, n=100)
    return [
        figure("P7", "month end, seconds an invoice, 10,000 / 1,000", [(large, small)], goal=1.1, unit="s",
               higher_is_better=False),
        figure("P7", "month end of 10,000 without documents", [(1 / large, RATE)], goal=1, unit="invoices/s"),
        figure("P7", "documents kept / documents made alone", documents, goal=0.7, unit="documents/s"),
        figure("P7", "memory after 10,000 / before", [(grown, 1.0)], goal=1.15, unit="times", higher_is_better=False),
        *(
            figure("P8", f"page of a client's invoices among 1,000,000, {name}", [(value, LIMIT_MS)], goal=1,
                   unit="ms", higher_is_better=False)
            for name, value in (("p50", hundredths[49]), ("p99", hundredths[98]))
        ),
    ]  # fmt: skip


async def _costs(h: Harness, months: Any, orders: Any, month: str, count: int) -> float:
    """Seconds an invoice; the median of three months of 1,000, or one of 10,000."""
    taken = []
    for _ in range(3 if count == SMALL else 1):
        await months.validate(h, [order.with_(month=month) for order in orders], count)
        taken.append(await _bill(h, month, count) / count)
    return statistics.median(taken)


async def _bill(h: Harness, month: str, count: int) -> float:
    """Number, book and keep the month's invoices; their documents are left for later."""
    async with h.tx() as tx:
        await tx.execute(MonthEnd.__table__.delete())
        tx.add(MonthEnd.start(Month(month), by=uuid4(), at=tx.now, traceparent=None))
    started, done = time.perf_counter(), 0
    while done < count:
        async with h.tx() as tx:
            done = (await tx.scalars(select(MonthEnd.done))).one()[Step.CLIENT_INVOICES]
        assert done >= count or await advance(h.platform), done
    return time.perf_counter() - started


async def _documents(h: Harness) -> tuple[float, float]:
    """Documents made and kept in a second, and as many made alone."""
    started, made = time.perf_counter(), 0
    while made < DOCUMENTS:
        made += await make_documents(h.platform)
    kept = made / (time.perf_counter() - started)
    async with h.tx() as tx:
        rows = list(await tx.scalars(select(IssuedInvoice).limit(DOCUMENTS)))
    started = time.perf_counter()
    for row in rows:
        pdf_of(row, "accounting@example.com")
    return kept, len(rows) / (time.perf_counter() - started)


async def _fill(h: Harness) -> None:
    """A million invoices, as copies of those that were issued, a thousandth of them of each client."""
    connection = await asyncpg.connect(plain(h.database_url))
    try:
        columns = await connection.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'issued_invoices' ORDER BY 1"
        )
        changed = {
            "id": "uuidv7()",
            "series": "'ZZ-' || n",
            "number": "'ZZ-' || n || '-' || position",
            "source_id": "gen_random_uuid()",
        }
        names = [row["column_name"] for row in columns]
        values = ", ".join(changed.get(name, f'"{name}"') for name in names)
        copies = INVOICES // (SMALL + 3 * SMALL + LARGE)
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(
            f"INSERT INTO issued_invoices ({', '.join(names)}) "  # noqa: S608 - the table's own columns
            f"SELECT {values} FROM issued_invoices, generate_series(1, {copies}) n",
            timeout=300,
        )
        await connection.execute("VACUUM ANALYZE issued_invoices")
    finally:
        await connection.close()


async def _pages(h: Harness, order: Any) -> list[float]:
    """Milliseconds of pages of a client's own list, each from where the last one ended, and of the staff's."""
    client = h.headers(h.member(Role.DIRECTEUR_ACHATS, order.client_id))
    staff = h.headers(h.staff(StaffScope.FINANCE))
    taken = []
    for path, headers in (("/client-invoices", client), ("/staff/issued-invoices", staff)):
        cursor = None
        for _ in range(PAGES // 2):
            started = time.perf_counter()
            answer = await h.client.get(path, params={"cursor": cursor} if cursor else {}, headers=headers)
            taken.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.text
            cursor = answer.json()["next"]
    return taken


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / MEGABYTE
