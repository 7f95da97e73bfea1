"""`python -m stack.demo [--keep]`: start what is missing, play one deal, show it, leave nothing behind."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import httpx2
from rich.console import Console

import stack
from stack.demo import show
from stack.demo.chapters import CHAPTERS, play
from stack.demo.client import Refused
from stack.demo.deal import Deal, Stage
from stack.demo.traces import consumers, events
from stack.demo.workdays import NoWorkdayLeft
from stack.lifecycle import Lifecycle
from stack.wiring import Platform

INTERRUPTED = 130
VALIDATION_SPANS = (
    # The gateway exports every five seconds, the services twice a second.
    "gateway POST",
    "publish timesheet.CraValidated.v1",
    "apply billing.issue_bpf_on_CraValidated",
    "apply identity.notify_on_NotificationRequested",
)
LAST_EVENT = "publish billing.InvoiceImported.v1"
FAILURES = (AssertionError, Refused, NoWorkdayLeft, httpx2.HTTPError, stack.StackError, OSError)


@contextmanager
def running(*, keep: bool) -> Iterator[Platform]:
    """The platform: what does not run yet is started, and exactly that is stopped afterwards."""
    lifecycle = Lifecycle()
    found = {name for name in lifecycle.supervision.programs if lifecycle.supervision.pid(name)}
    try:
        stack.up()
        yield Platform()
    finally:
        if not keep:
            # A second Ctrl-C must not leave half of it behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            leave_as_found(found)


def leave_as_found(found: set[str]) -> None:
    """Stop whatever was not running before; all of it, supervisor included, when nothing was."""
    if not found:
        stack.down()
        return
    for name in reversed(Lifecycle().supervision.programs):
        if name not in found:
            stack.stop(name)


def tell(deal: Deal, console: Console) -> None:
    """Play every chapter with its title while it lasts and its outcome afterwards."""
    chapters = play(deal)
    for number, chapter in enumerate(CHAPTERS, start=1):
        began = time.monotonic()
        with console.status(f"{chapter.title} ..."):
            _, outcome = next(chapters)
        console.print(f"[green]✔[/] {number:2} [bold]{chapter.title}[/]  [dim]{time.monotonic() - began:.1f} s[/]")
        console.print(f"      {outcome}", style="dim", soft_wrap=True)


def conclude(deal: Deal, console: Console) -> None:
    """Show the deal, the events that flowed, and the trace of the validation."""
    stage = deal.stage
    stage.traces.whole(deal.traces["import"], LAST_EVENT)
    spans = [span for trace_id in stage.door.traces for span in stage.traces.spans(trace_id)]
    validation = stage.traces.whole(deal.traces["validation"], *VALIDATION_SPANS)
    parts = (show.summary(deal), show.flow(events(spans), consumers(spans)), show.tree(validation))
    console.print(show.everything(parts))


def main() -> int:
    """Exit code 0 only when every step of the deal held."""
    parser = argparse.ArgumentParser(prog="stack.demo", description="One deal, from sign-up to invoice")
    parser.add_argument("--keep", action="store_true", help="leave the platform running afterwards")
    options = parser.parse_args()
    console = show.console()
    signal.signal(signal.SIGTERM, interrupt)
    began = time.monotonic()
    try:
        with running(keep=options.keep) as platform:
            stage = Stage.of(platform)
            try:
                deal = Deal(stage)
                tell(deal, console)
                conclude(deal, console)
                if options.keep:
                    console.print(f"\nStill running: {platform.gateway.url}/  e-mails: {platform.catcher_url}/")
            finally:
                stage.close()
    except FAILURES as failure:
        console.print(f"[red]✘[/] {failure}", style="bold", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted")
        return INTERRUPTED
    console.print(f"\n[green]✔ All of it held[/], {time.monotonic() - began:.0f} s")
    return 0


def interrupt(_: int, __: FrameType | None) -> None:
    """A polite kill ends as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
