"""What the person at the keyboard sees: progress, the summary, the events that flowed, one trace as a tree."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.tree import Tree

from stack.demo.client import Json
from stack.demo.deal import DAILY_RATE, PAYMENT_OPTION, Deal
from stack.demo.traces import children

PLAIN_WIDTH = 110
COLOURS = {"producer": "magenta", "consumer": "green", "server": "cyan"}


def summary(deal: Deal) -> Panel:
    """Who, what, how much, when."""
    invoice = deal.invoice
    rows = {
        "Freelancer": f"{deal.camille.name}, {deal.freelance.name}, SIRET {deal.freelance.siret}",
        "Client": f"{deal.helene.name} and {deal.marc.name}, {deal.client.name}, SIRET {deal.client.siret}",
        "Mission": f"{deal.rfp['reference']}  {deal.rfp['title']}",
        "Order": f"{deal.bdc['reference']}, {DAILY_RATE} EUR a day, paid {PAYMENT_OPTION}",
        "Month": f"{deal.plan.month}, {deal.plan.days} days, CRA {deal.cra['status']}",
        "Pre-invoice": deal.bpf["reference"],
        "Invoice": f"{invoice['number']}, {invoice['status']}",
        "Net, VAT, gross": " + ".join(invoice[part]["amount"] for part in ("net", "vat"))
        + f" = {invoice['gross']['amount']} EUR",
        "Fee withheld": f"{invoice['fee']['amount']} EUR",
        "Payable": f"[bold]{invoice['payable']['amount']} EUR on {invoice['payment_on']}[/]",
    }
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        table.add_row(f"[dim]{name}[/]", value)
    return Panel(table, title="The deal", title_align="left", expand=False)


def flow(published: Counter[str], applied: dict[str, set[str]]) -> Table:
    """The events by type, and the services that applied them."""
    table = Table(title=f"{sum(published.values())} events", title_justify="left", box=None, pad_edge=False)
    table.add_column("published", justify="right")
    table.add_column("event")
    table.add_column("applied by")
    for name, count in sorted(published.items(), key=lambda each: (-each[1], each[0])):
        table.add_row(str(count), name, ", ".join(sorted(applied.get(name.split(".")[1], set()))))
    return table


def tree(spans: list[Json]) -> Tree:
    """One trace: each span under its parent, with its service and how long it took."""
    below = children(spans)
    root = Tree(f"[bold]One trace: the CRA's validation[/], {len(spans)} spans")

    def grow(branch: Tree, parent: str | None) -> None:
        for span in below.get(parent, []):
            colour = COLOURS.get(span["kind"], "white")
            took = f"[dim]{span['duration_ms']:.1f} ms[/]"
            grow(branch.add(f"[{colour}]{span['service']}[/]  {span['name']}  {took}"), span["span_id"])

    grow(root, None)
    return root


def everything(parts: Iterable[Panel | Table | Tree]) -> Group:
    """The closing pages, a line apart."""
    lines: list[Panel | Table | Tree | str] = []
    for part in parts:
        lines += ["", part]
    return Group(*lines)


def console() -> Console:
    """Where it is all printed; colours, and the terminal's width, only on a terminal."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
