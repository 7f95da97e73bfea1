"""Measure everything, print a table, write `.maillon/bench.json`: `python bench/run.py [P1 P2 …]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import bdc_issue
import chain
import company_search
import invoice_document
import invoice_import
import messaging
import month_end
import posting
import processes
import proposals
import rfp_search
import uvloop
import validations
from measure import Figure, cpu_loop
from rich.console import Console
from rich.table import Table

OUTPUT = Path(__file__).parents[1] / ".maillon" / "bench.json"


def benches() -> dict[str, Callable[[], Awaitable[list[Figure]]]]:
    """What can be measured, by the first figure it gives."""

    async def one(measured: Callable[[], Awaitable[Figure]]) -> list[Figure]:
        return [await measured()]

    return {
        "P1": lambda: one(messaging.relay_throughput),
        "P2": lambda: one(messaging.consumer_throughput),
        "P3": validations.validation,
        "P4": chain.latency,
        "P5": chain.throughput,
        "P6": posting.posting,
        "P7": month_end.month_end,
        "P9": processes.start_and_memory,
        "P11": company_search.search,
        "P12": rfp_search.search,
        "P13": proposals.submission,
        "P14": bdc_issue.issue,
        "P16": invoice_import.invoice_import,
        "P17": invoice_document.invoice_document,
    }


async def measure_all(chosen: list[str]) -> list[Figure]:
    figures: list[Figure] = []
    for name, bench in benches().items():
        if not chosen or name in chosen:
            print(f"{name} … (this machine: {cpu_loop()} M additions/s)", flush=True)
            figures += await bench()
    return figures


def show(figures: list[Figure]) -> None:
    table = Table("", "figure", "ours", "reference", "ratio", "goal", "unit", "", title="bench")
    for f in figures:
        goal = f"{'≥' if f.higher_is_better else '≤'} {f.goal}"
        verdict = "reached" if f.reached else "missed"
        table.add_row(f.id, f.name, f"{f.ours:,}", f"{f.reference:,}", str(f.ratio), goal, f.unit, verdict)
    Console(width=150).print(table)


def main() -> None:
    figures = uvloop.run(measure_all(sys.argv[1:]))
    show(figures)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps([f.as_dict() for f in figures], indent=2) + "\n")
    print(f"written to {OUTPUT.relative_to(OUTPUT.parents[1])}")


if __name__ == "__main__":
    main()
