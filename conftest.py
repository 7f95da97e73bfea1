"""How two processes share the suite: a file's tests stay together, and the whole platform runs once at a time."""

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.scheduler.protocol import Scheduling

TOGETHER = ("tests/e2e", "stack/tests", "libs/chassis/tests")
"""Folders that one process runs: their tests start, freeze and kill servers of their own."""


class ByFile(LoadScopeScheduling):
    """A file's tests run in one process and in their order, the folders of `TOGETHER` as if they were one file."""

    def _split_scope(self, nodeid: str) -> str:
        return "servers" if nodeid.startswith(TOGETHER) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """Give the suite to the processes; `loadgroup` would do, were its groups not lost since pytest 9.2."""
    return ByFile(config, log)


PAIRS = "role x route x company pairs in "
"""What the authorisation tests record, with the service's name."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much the authorisation tests tried."""
    recorded = [p for report in terminalreporter.stats.get("passed", []) for p in report.user_properties]
    tried = {name.removeprefix(PAIRS): count for name, count in recorded if name.startswith(PAIRS)}
    if tried:
        by_service = ", ".join(f"{service} {count:,}" for service, count in sorted(tried.items()))
        terminalreporter.write_line(f"{sum(tried.values()):,} role x route x company pairs tried: {by_service}")
