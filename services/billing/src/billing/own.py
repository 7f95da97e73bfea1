"""What billing alone holds beside the platform's common parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends

from billing.reading.reader import Reader
from billing.settings import BillingSettings
from chassis.http import PlatformDep
from chassis.settings import Settings


@dataclass(frozen=True)
class Own:
    """Settings, and the way to the process that reads invoices."""

    settings: BillingSettings
    reader: Reader


def build(_: Settings) -> Own:
    """Read billing's settings; nothing starts yet. Raises ValidationError for a wrong one."""
    own = BillingSettings()
    return Own(own, Reader(idle_seconds=own.reader_idle_seconds))


async def _own(platform: PlatformDep) -> Own:
    return cast("Own", platform.own)


OwnDep = Annotated[Own, Depends(_own)]
