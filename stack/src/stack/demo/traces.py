"""What an operator sees of the deal: the spans that the catcher kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import httpx2

from stack.demo.client import Json, eventually

PUBLISH, APPLY = "publish ", "apply "


class Traces:
    """The traces of requests that a door sent."""

    def __init__(self, catcher_url: str):
        self._http = httpx2.Client(base_url=catcher_url, timeout=10, trust_env=False)

    def spans(self, trace_id: str) -> list[Json]:
        """The spans of one trace by start time; none when nothing was recorded yet."""
        found: list[Json] = self._http.get(f"/traces/{trace_id}").json()
        return found

    def whole(self, trace_id: str, *names: str) -> list[Json]:
        """The trace once it has a span of each name. Raises TooLate."""

        def look() -> list[Json] | None:
            spans = self.spans(trace_id)
            return spans if set(names) <= {span["name"] for span in spans} else None

        return eventually(look, f"a trace with {', '.join(names)}")

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()


def events(spans: Iterable[Json]) -> Counter[str]:
    """How many events of each type were published."""
    return Counter(span["name"].removeprefix(PUBLISH) for span in spans if span["name"].startswith(PUBLISH))


def consumers(spans: Iterable[Json]) -> dict[str, set[str]]:
    """Which services applied events of each class, `CraValidated` by its name."""
    found: dict[str, set[str]] = defaultdict(set)
    for span in spans:
        if span["name"].startswith(APPLY):
            service, _, handler = span["name"].removeprefix(APPLY).partition(".")
            found[handler.rpartition("_on_")[2]].add(service)
    return found


def children(spans: list[Json]) -> dict[str | None, list[Json]]:
    """The spans under each parent; those whose parent is nobody here stand under None."""
    known = {span["span_id"] for span in spans}
    below: dict[str | None, list[Json]] = defaultdict(list)
    for span in sorted(spans, key=lambda each: each["start"]):
        below[span["parent_id"] if span["parent_id"] in known else None].append(span)
    return below


def ancestors(spans: list[Json], span: Json) -> list[str]:
    """Names of a span's ancestors within the trace, the nearest first."""
    by_id = {each["span_id"]: each for each in spans}
    names = []
    while (parent := by_id.get(span["parent_id"])) is not None:
        names.append(f"{parent['service']}: {parent['name']}")
        span = parent
    return names
