"""Files that nobody may read any more leave the store after the act that ended them."""

import asyncio
import logging

from sqlalchemy import or_, select

from chassis.platform import Platform
from marketplace.attachment.domain import Attachment

logger = logging.getLogger("marketplace.attachments")

EVERY_SECONDS = 60.0
_BATCH = 100


async def drop_removed(platform: Platform) -> int:
    """Drop some; how many there were. One that the store does not let go of stays."""
    async with platform.database.transaction() as tx:
        tx.actor = "attachments"
        gone = or_(Attachment.removed_at.is_not(None), Attachment.proposal_id.is_(None))
        query = select(Attachment).where(gone).order_by(Attachment.id).limit(_BATCH)
        rows = (await tx.scalars(query.with_for_update(skip_locked=True))).all()
        for row in rows:
            await platform.files.remove(str(row.file["key"]))
            await tx.delete(row)
        return len(rows)


async def keep_dropping(platform: Platform) -> None:
    """The loop of the worker role."""
    while True:
        try:
            await drop_removed(platform)
        except Exception as failure:  # noqa: BLE001 - a store or database that is away is tried again
            logger.warning("files_not_removed", extra={"reason": type(failure).__name__})
        await asyncio.sleep(EVERY_SECONDS)
