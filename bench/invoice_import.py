"""P16: import a Factur-X PDF over HTTP, against the reading process alone."""

from __future__ import annotations

import time
from itertools import count

from machinery import scene_of
from measure import Figure, alternate, figure

from billing.main import service
from billing.reading.reader import Reader
from chassis.testing import harness
from contracts.roles import Role

INVOICES = 20


async def invoice_import() -> list[Figure]:
    """Both read, check and judge the same files; ours compares, stores, books and tells besides."""
    scene = scene_of("billing")
    from facturx_builder import invoice_pdf  # noqa: PLC0415 - beside the scene, which makes it importable

    numbers = count(1)
    async with harness(service) as h:
        h.clock.set(scene.NOW)
        reader = Reader()

        async def months() -> list[tuple[object, bytes]]:
            made = []
            for _ in range(INVOICES):
                month = scene.MissionMonth()
                for event in (*month.known, month.cra_validated):
                    await h.deliver(event)
                seller = h.headers(h.member(Role.GERANT, month.provider_id))
                bpf = (await h.client.get("/bpfs", headers=seller)).json()["items"][0]
                made.append((scene.Given(h, month, bpf), invoice_pdf(bpf, number=f"FA-{next(numbers)}")))
            return made

        async def ours() -> float:
            made = await months()
            started = time.perf_counter()
            for month, pdf in made:
                answer = await month.post(pdf)  # type: ignore[attr-defined]
                assert answer.status_code == 201, answer.text
            return (time.perf_counter() - started) * 1000 / INVOICES

        async def alone() -> float:
            made = await months()
            started = time.perf_counter()
            for _, pdf in made:
                await reader.read(pdf)
            return (time.perf_counter() - started) * 1000 / INVOICES

        pairs = await alternate(ours, alone)
        await reader.close()
        await h.platform.own.reader.close()
    return [figure("P16", "import of a Factur-X PDF", pairs, goal=2.5, unit="ms", higher_is_better=False)]
