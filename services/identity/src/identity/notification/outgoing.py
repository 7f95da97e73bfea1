"""The way out: due mails are taken, written and handed to the relay; a relay that is down is waited for."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aiosmtplib import SMTPException
from jinja2 import TemplateError
from sqlalchemy import select

from chassis.db import Tx
from chassis.mail import Rendered
from chassis.platform import Platform
from identity.link.domain import Link
from identity.member.domain import Member
from identity.notification.domain import Notification
from identity.own import Own, own_of

logger = logging.getLogger("identity.mail")

POLL = 0.5
"""Seconds between two looks when nothing was due."""
BATCH = 10


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to send."""

    id: UUID
    to: str
    template: str
    language: str
    context: dict[str, str]
    at: datetime


async def send_mail(platform: Platform) -> None:
    """Send what is due until cancelled; no failure ends the loop."""
    while True:
        taken = 0
        try:
            taken = await send_due(platform)
        except Exception as failure:  # noqa: BLE001 - a database that is down comes back
            logger.warning("mail_not_taken", extra={"reason": type(failure).__name__})
        if not taken:
            await asyncio.sleep(POLL)


async def send_due(platform: Platform) -> int:
    """Try a batch of due mails at once; say how many were tried.

    They are taken in one commit and sent after it: no lock is held while a relay thinks, and replicas share
    the work. A crash in between sends again, with the same Message-ID.
    """
    own = own_of(platform)
    async with platform.database.transaction() as tx:
        letters = await _take(tx, own)
    await asyncio.gather(*(_send(platform, own, letter) for letter in letters))
    return len(letters)


async def _take(tx: Tx, own: Own) -> list[Letter]:
    query = (
        select(Notification, Member, Link)
        .join(Member, Member.id == Notification.member_id)
        .outerjoin(Link, Link.id == Notification.link_id)
        .where(Notification.next_attempt_at <= tx.now)
        .order_by(Notification.next_attempt_at)
        .limit(BATCH)
        .with_for_update(of=Notification, skip_locked=True)
    )
    letters = []
    for due, member, link in await tx.execute(query):
        if link is not None and not link.usable(tx.now):
            due.dropped()
            continue
        due.take(tx.now)
        letters.append(
            Letter(
                due.id, member.email, due.template, member.language, _context(due, member, link, own), due.created_at
            )
        )
    return letters


def _context(due: Notification, member: Member, link: Link | None, own: Own) -> dict[str, str]:
    """What the text shows; a link's token is derived here and kept nowhere."""
    context = due.context | {"name": member.display_name, "public_url": own.public_url}
    if link is not None:
        context["token"] = own.links.token(link.id, link.purpose)
    return context


async def _send(platform: Platform, own: Own, letter: Letter) -> None:
    reason: str | None = None
    try:
        rendered = render(own, letter)
        await own.mailer.send(letter.to, rendered, message_id=str(letter.id), at=letter.at)
    except (SMTPException, OSError, TemplateError, ValueError) as failure:
        reason = type(failure).__name__
        logger.warning("mail_not_sent", extra={"notification": str(letter.id), "reason": reason})
    async with platform.database.transaction() as tx:
        sent = await tx.get_one(Notification, letter.id)
        sent.sent(tx.now) if reason is None else sent.failed(tx.now, reason)


def render(own: Own, letter: Letter) -> Rendered:
    """Write the mail in its reader's language."""
    return own.templates.render(letter.template, letter.language, letter.context)
