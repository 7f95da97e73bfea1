"""P17: an issued invoice as PDF/A-3 with its XML inside, against Typst alone setting the same page."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from itertools import count
from uuid import uuid4

from machinery import scene_of
from measure import Figure, alternate, figure

from billing.issuing import paper
from billing.issuing.issue import issue
from billing.main import service
from chassis.testing import harness

DOCUMENTS = 60


async def invoice_document() -> list[Figure]:
    """Ours writes the XML, attaches it and says so in the metadata; the other has a kept compiler too."""
    scene = scene_of("billing")
    from issuing_world import draft  # noqa: PLC0415 - beside the scene, which makes it importable

    async with harness(service) as h:
        h.clock.set(scene.NOW)
        month = scene.MissionMonth()
        await h.deliver(month.client_validated)
        async with h.tx() as tx:
            row = await issue(tx, h.platform.own.settings, draft(month.client_id))
    contact = h.platform.own.settings.accounting_contact
    numbers = count(1)
    compiler, template = paper.kept_compiler()
    page = b"\n".join(line for line in template.splitlines() if not line.startswith(b"#pdf.attach"))

    def next_one() -> None:
        """No two documents are alike, so that nothing is remembered."""
        row.number, row.net_amount = f"FC-2026-{next(numbers)}", row.net_amount + Decimal("0.01")
        row.id = uuid4()

    async def ours() -> float:
        started = time.perf_counter()
        for _ in range(DOCUMENTS):
            next_one()
            paper.pdf_of(row, contact)
        return DOCUMENTS / (time.perf_counter() - started)

    async def alone() -> float:
        started = time.perf_counter()
        for _ in range(DOCUMENTS):
            next_one()
            sheet = json.dumps(paper.page_of(row, row.sheet, contact))
            compiler.compile(page, format="pdf", pdf_standards="a-3b", sys_inputs={"sheet": sheet})
        return DOCUMENTS / (time.perf_counter() - started)

    pairs = await alternate(ours, alone)
    return [figure("P17", "invoice with PDF/A-3 and XML", pairs, goal=0.7, unit="documents/s")]
