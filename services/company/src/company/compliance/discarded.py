"""Files that nobody may read any more: marked with the act that ends them, removed from the store afterwards."""

from datetime import datetime

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from chassis.platform import Platform
from chassis.rows import Base

_BATCH = 100


class DiscardedFile(Base):
    """A key of the file store that is to be removed."""

    __tablename__ = "discarded_files"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    discarded_at: Mapped[datetime]


async def remove_discarded(platform: Platform) -> int:
    """Remove some; how many there were. One that the store does not let go of stays marked."""
    async with platform.database.transaction() as tx:
        query = select(DiscardedFile.key).order_by(DiscardedFile.discarded_at).limit(_BATCH)
        keys = (await tx.scalars(query.with_for_update(skip_locked=True))).all()
        for key in keys:
            await platform.files.remove(key)
        await tx.execute(delete(DiscardedFile).where(DiscardedFile.key.in_(keys)))
        return len(keys)
