"""What a worker does beside its consumers, one batch after the other: mails, files to remove, documents to make."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from chassis.platform import Platform

logger = logging.getLogger("chassis.chores")


def keep_doing(
    batch: Callable[[Platform], Awaitable[int]], *, rest: float, failing: str
) -> Callable[[Platform], Awaitable[None]]:
    """A loop for `Service.background` that ends only when it is cancelled.

    `batch` says how much it did: after nothing, or a failure, which is logged under the name `failing`, the loop
    rests for this many seconds.
    """

    async def loop(platform: Platform) -> None:
        while True:
            done = 0
            try:
                done = await batch(platform)
            except Exception as failure:  # noqa: BLE001 - a database or file store that is down comes back
                logger.warning(failing, extra={"reason": type(failure).__name__})
            if not done:
                await asyncio.sleep(rest)

    loop.__qualname__ = f"keep_doing.{batch.__qualname__}"
    return loop
