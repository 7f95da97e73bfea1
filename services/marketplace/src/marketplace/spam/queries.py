"""Who may not answer for a while."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text

from chassis import Tx
from marketplace.settings import MarketplaceSettings
from marketplace.spam.domain import COUNTED, AnsweringBlocked, SpamMark, blocked_until


async def marks_of(tx: Tx, author_id: UUID, settings: MarketplaceSettings) -> list[datetime]:
    """When each mark was put that matters to a pause that may still run; lifted ones never were."""
    since = tx.now - COUNTED - timedelta(days=settings.spam_pause_days)
    counted = (SpamMark.author_id == author_id, SpamMark.lifted_at.is_(None), SpamMark.marked_at > since)
    return list(await tx.scalars(select(SpamMark.marked_at).where(*counted)))


async def pause_of(tx: Tx, author_id: UUID, settings: MarketplaceSettings) -> datetime | None:
    """Until when the member may not answer, if that is still to come."""
    marks = await marks_of(tx, author_id, settings)
    until = blocked_until(marks, settings.spam_limit, timedelta(days=settings.spam_pause_days))
    return until if until is not None and until > tx.now else None


async def check_may_answer(tx: Tx, author_id: UUID, settings: MarketplaceSettings) -> None:
    """Raise AnsweringBlocked while a pause runs."""
    until = await pause_of(tx, author_id, settings)
    if until is not None:
        raise AnsweringBlocked(f"you can answer requests again after {until:%Y-%m-%d}")


async def hold_author(tx: Tx, author_id: UUID) -> None:
    """Count one mark of a person after the other."""
    key = {"key": f"spam|{author_id}"}
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)
