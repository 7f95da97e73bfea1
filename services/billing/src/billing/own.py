"""What billing alone holds beside the platform's common parts."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends

from billing.bank.reader import StatementReader
from billing.reading.reader import Reader
from billing.settings import BillingSettings
from chassis.http import PlatformDep
from chassis.settings import Settings

logger = logging.getLogger("billing.settings")

PERIODIC_CAP = 45
"""Days that may be agreed at most for periodic invoices, which monthly ones may be held to be (C. com. L441-10 I)."""


@dataclass(frozen=True)
class Own:
    """Settings, and the ways to the processes that read invoices and bank statements."""

    settings: BillingSettings
    reader: Reader
    statements: StatementReader


def build(_: Settings) -> Own:
    """Read billing's settings; nothing starts yet. Raises ValidationError for a wrong one."""
    own = BillingSettings()
    if own.client_payment_days > PERIODIC_CAP:
        logger.warning("client_payment_days_above_periodic_cap", extra={"days": own.client_payment_days})
    idle = own.reader_idle_seconds
    return Own(own, Reader(idle_seconds=idle), StatementReader(idle_seconds=idle))


async def _own(platform: PlatformDep) -> Own:
    return cast("Own", platform.own)


OwnDep = Annotated[Own, Depends(_own)]
