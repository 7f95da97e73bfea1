"""What requests under the GDPR keep about a member."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from chassis.clock import instant_of
from chassis.db import Tx
from chassis.personal_data import CONTRACT_YEARS, Basis, DataClass, record_of, years_before
from identity.privacy.domain import EXPORT_KEPT, OPEN, ExportPart, PrivacyRequest
from identity.privacy.exports import drop_parts


async def _gather(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    mine = select(PrivacyRequest).where(PrivacyRequest.member_id == member_id).order_by(PrivacyRequest.id)
    told = ("kind", "status", "channel", "details", "received_on", "due_on", "extension_reason", "answer", "closed_at")
    return [record_of(request, *told) for request in await tx.scalars(mine)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    """Keep that a request was made and answered, and no word of it; an export goes at once."""
    mine = select(PrivacyRequest).where(PrivacyRequest.member_id == member_id).with_for_update()
    for request in await tx.scalars(mine):
        request.details = request.answer = request.extension_reason = request.sealed_key = None
        if request.export_file is not None:
            request.export_until = tx.now
        if request.status in OPEN:
            request.lapse(tx.now)
        await drop_parts(tx, request.id)


async def _forget(tx: Tx, as_of: datetime) -> None:
    long_ago = instant_of(years_before(as_of, CONTRACT_YEARS))
    await tx.execute(
        delete(PrivacyRequest).where(PrivacyRequest.closed_at < long_ago, PrivacyRequest.export_file.is_(None))
    )


DATA = [
    DataClass(
        "privacy requests",
        purpose="Answer requests under the GDPR in time, and prove it",
        basis=Basis.LEGAL_OBLIGATION,
        kept=(
            f"{CONTRACT_YEARS} years after the answer, its words as long as the account; "
            f"an export {EXPORT_KEPT.days} days"
        ),
        tables=(PrivacyRequest, ExportPart),
        gather=_gather,
        erase=_erase,
        forget=_forget,
    ),
]
