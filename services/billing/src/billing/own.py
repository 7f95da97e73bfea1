"""What billing alone holds beside the platform's common parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends

from billing.bank.reader import StatementReader
from billing.reading.reader import Reader
from billing.settings import BillingSettings
from chassis.http import PlatformDep
from chassis.settings import Settings


@dataclass(frozen=True)
class Own:
    """Settings, and the ways to the processes that read invoices and bank statements."""

    settings: BillingSettings
    reader: Reader
    statements: StatementReader


def build(_: Settings) -> Own:
    """Read billing's settings; nothing starts yet. Raises ValidationError for a wrong one."""
    own = BillingSettings()
    idle = own.reader_idle_seconds
    return Own(own, Reader(idle_seconds=idle), StatementReader(idle_seconds=idle))


async def _own(platform: PlatformDep) -> Own:
    return cast("Own", platform.own)


OwnDep = Annotated[Own, Depends(_own)]
