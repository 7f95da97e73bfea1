"""How two processes share the suite: a file's tests stay together, and the whole platform runs once at a time."""

from pathlib import Path

import pytest

WHOLE_PLATFORM = ("tests/e2e", "stack/tests")
"""Folders whose tests start and stop the platform of this working copy."""


OWN_SERVERS = "libs/chassis/tests"
"""Where tests kill servers of their own, one after the other."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Name the group that each test belongs to."""
    for item in items:
        folder = Path(item.path).relative_to(config.rootpath).as_posix()
        group = "platform" if folder.startswith(WHOLE_PLATFORM) else folder
        group = "chassis" if folder.startswith(OWN_SERVERS) else group
        item.add_marker(pytest.mark.xdist_group(group))


PAIRS = "role x route x company pairs in "
"""What the authorisation tests record, with the service's name."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much the authorisation tests tried."""
    recorded = [p for report in terminalreporter.stats.get("passed", []) for p in report.user_properties]
    tried = {name.removeprefix(PAIRS): count for name, count in recorded if name.startswith(PAIRS)}
    if tried:
        by_service = ", ".join(f"{service} {count:,}" for service, count in sorted(tried.items()))
        terminalreporter.write_line(f"{sum(tried.values()):,} role x route x company pairs tried: {by_service}")
