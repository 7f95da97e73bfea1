"""The files of issued invoices: made after the commit, in batches that can be run again (performance design 6)."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import datetime
from typing import cast

from sqlalchemy import select

from billing.issuing.domain import IssuedInvoice
from billing.issuing.paper import pdf_of
from billing.own import Own
from chassis.chores import keep_doing
from chassis.platform import Platform

logger = logging.getLogger("billing.documents")

BATCH = 20
RESTS = 2.0
"""Seconds between two looks for what was issued since."""


async def make_documents(platform: Platform) -> int:
    """Make and keep the next documents that are lacking; say how many.

    Their rows are locked meanwhile and passed over by others, so that replicas share the work and none is made
    twice. A crash leaves them lacking, and at most a file that nothing names.
    """
    contact = cast("Own", platform.own).settings.accounting_contact
    lacking = (
        select(IssuedInvoice)
        .where(IssuedInvoice.document_key.is_(None))
        .order_by(IssuedInvoice.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    async with platform.database.transaction() as tx:
        tx.actor = "make_documents"
        rows = (await tx.scalars(lacking)).all()
        made = [await _make(platform, row, contact, tx.now) for row in rows]
    return sum(made)


async def _make(platform: Platform, row: IssuedInvoice, contact: str, at: datetime) -> bool:
    """Make one; where that fails the others go on, and it is tried again."""
    try:
        content = await asyncio.to_thread(pdf_of, row, contact)
    except Exception:
        logger.exception("document_not_made", extra={"issued_invoice": str(row.id)})
        return False
    row.document_key = await platform.files.put_made(content)
    row.document_sha256, row.document_made_at = hashlib.sha256(content).hexdigest(), at
    return True


make_lacking = keep_doing(make_documents, rest=RESTS, failing="documents_not_made")
