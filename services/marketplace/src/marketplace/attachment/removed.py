"""Files that nobody may read any more leave the store after the act that ended them."""

from sqlalchemy import or_, select

from chassis.platform import Platform
from marketplace.attachment.domain import Attachment

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
