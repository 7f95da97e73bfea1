"""The files of lines: kept beside them, removed from the store after the act that ended them."""

from fastapi import UploadFile
from sqlalchemy import select

from chassis import Tx
from chassis.files import JPEG, PDF, PNG
from chassis.platform import Platform
from chassis.rows import new_id
from timesheet.cra.domain import Cra
from timesheet.line.domain import LineFile, LineWithoutFile, Paper

RECEIPT = frozenset({PDF, PNG, JPEG})
LARGEST = 5 * 1024 * 1024
"""Bytes: a photograph of a receipt."""
_BATCH = 100


async def keep_file(tx: Tx, platform: Platform, cra: Cra, upload: UploadFile) -> Paper:
    """Check and store a file of a line that is about to be written.

    Raises FileTooLarge, FileNotAccepted, FileInfected or TemporarilyUnavailable.
    """
    stored = await platform.files.keep(upload, accept=RECEIPT, limit=LARGEST)
    row = LineFile(
        id=new_id(),
        cra_id=cra.id,
        key=stored.key,
        name=stored.name,
        media_type=stored.media_type,
        sha256=stored.sha256,
        size=stored.size,
        scan=stored.scan,
        added_at=tx.now,
    )
    tx.add(row)
    return row.paper


async def file_of(tx: Tx, paper: Paper | None) -> LineFile:
    """Where a line's file is. Raises LineWithoutFile: there was none, or it has passed its time."""
    row = await tx.get(LineFile, paper.id) if paper else None
    if row is None or row.removed_at is not None:
        raise LineWithoutFile
    return row


async def remove_file(tx: Tx, paper: Paper | None) -> None:
    """Let go of the file of a line that is no more."""
    row = await tx.get(LineFile, paper.id) if paper else None
    if row is not None:
        row.removed_at = tx.now


async def drop_removed(platform: Platform) -> int:
    """Drop some from the store; how many there were. One that the store does not let go of stays."""
    async with platform.database.transaction() as tx:
        tx.actor = "line_files"
        query = select(LineFile).where(LineFile.removed_at.is_not(None)).order_by(LineFile.id).limit(_BATCH)
        rows = (await tx.scalars(query.with_for_update(skip_locked=True))).all()
        for row in rows:
            await platform.files.remove(row.key)
            await tx.delete(row)
        return len(rows)
