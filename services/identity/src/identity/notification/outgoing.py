"""The way out: due mails are taken, written and handed to the relay; a relay that is down is waited for."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from jinja2 import TemplateError
from sqlalchemy import select

from chassis.db import Tx
from chassis.mail import Rendered
from chassis.platform import Platform
from identity.link.domain import Link
from identity.member.domain import Member
from identity.notification.domain import Notification
from identity.notification.queries import mailbox_of, record_bounce, refusing_among
from identity.own import Own, own_of
from identity.preference.domain import Category, category_of
from identity.preference.unsubscribing import unsubscribe_headers

logger = logging.getLogger("identity.mail")

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
    headers: dict[str, str] = field(default_factory=dict)
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail did not leave; `status` is the relay's final word, where it said one (RFC 3463, or three digits)."""

    reason: str
    status: str | None = None
    by_mailbox: bool = False
    """Whether it is the mailbox that is refused, rather than the mail or ourselves."""


async def send_due(platform: Platform) -> int:
    """Try a batch of due mails at once; say how many were due, those included that nobody needs any more.

    They are taken in one commit and sent after it: no lock is held while a relay thinks, and replicas share
    the work. A crash in between sends again, with the same Message-ID.
    """
    own = own_of(platform)
    async with platform.database.transaction() as tx:
        letters, due = await _take(tx, own)
    await asyncio.gather(*(_send(platform, own, letter) for letter in letters))
    return due


async def _take(tx: Tx, own: Own) -> tuple[list[Letter], int]:
    query = (
        select(Notification, Member, Link)
        .outerjoin(Member, Member.id == Notification.member_id)
        .outerjoin(Link, Link.id == Notification.link_id)
        .where(Notification.next_attempt_at <= tx.now)
        .order_by(Notification.next_attempt_at)
        .limit(BATCH)
        .with_for_update(of=Notification, skip_locked=True)
    )
    taken = [
        (due, member, link, mailbox_of(own.links, member) if member and not due.address else None)
        for due, member, link in await tx.execute(query)
    ]
    refusing = await refusing_among(tx, {mailbox for *_, mailbox in taken if mailbox})
    letters = []
    for due, member, link, mailbox in taken:
        category = category_of(due.template)
        pointless = mailbox in refusing and category != Category.SECURITY
        to = due.address or (member.email if member else "")
        if pointless or not to or (link is not None and not link.usable(tx.now)):
            due.dropped()
            continue
        due.take(tx.now, mailbox)
        headers = unsubscribe_headers(own.links, own.public_url, member.id, category) if member else {}
        context = _context(due, member, link, own)
        language = member.language if member else context["language"]
        letters.append(Letter(due.id, to, due.template, language, context, due.created_at, headers, due.calendar))
    return letters, len(taken)


def _context(due: Notification, member: Member | None, link: Link | None, own: Own) -> dict[str, str]:
    """What the text shows; a link's token is derived here and kept nowhere."""
    context = due.context | {"public_url": own.public_url}
    if member is not None:
        context["name"] = member.display_name
    if link is not None:
        context["token"] = own.links.token(link.id, link.purpose)
    return context


async def _send(platform: Platform, own: Own, letter: Letter) -> None:
    failure: Failure | None = None
    try:
        rendered = render(own, letter)
        await own.mailer.send(
            letter.to,
            rendered,
            message_id=str(letter.id),
            at=letter.at,
            headers=letter.headers,
            calendar=letter.calendar,
        )
    except (SMTPException, OSError, TemplateError, ValueError) as wrong:
        failure = failure_of(wrong)
        logger.warning("mail_not_sent", extra={"notification": str(letter.id), "reason": failure.reason})
    async with platform.database.transaction() as tx:
        tx.actor = "mail"
        sent = await tx.get(Notification, letter.id)
        if sent is not None:  # it may be forgotten by now
            await _record(tx, sent, failure)


async def _record(tx: Tx, sent: Notification, failure: Failure | None) -> None:
    if failure is None:
        sent.sent(tx.now)
    elif failure.status is None:
        sent.failed(tx.now, failure.reason)
    elif failure.by_mailbox:
        await record_bounce(tx, sent, failure.status)
    else:
        sent.refused(tx.now, failure.reason)


_ENHANCED = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b", re.ASCII)
_POLICY = "5.7."
_PERMANENT = 500


def failure_of(wrong: Exception) -> Failure:
    """Read a relay's answer: 4xx and silence pass; 5xx is its last word on the mailbox, or on the mail.

    A refusal by policy (5.7.x: "relay access denied") says nothing of the mailbox, and a refused sender, log-in or
    greeting (5xx before any recipient) is our own set-up: mail waits until somebody mends it.
    """
    reason = type(wrong).__name__
    if isinstance(wrong, SMTPRecipientsRefused) and wrong.recipients:
        answer = wrong.recipients[0]
        code, text, at_mailbox = answer.code, answer.message, True
    elif isinstance(wrong, SMTPDataError):
        code, text, at_mailbox = wrong.code, wrong.message, False
    else:
        return Failure(reason)
    if code < _PERMANENT:
        return Failure(reason)
    said = _ENHANCED.search(text)
    status = said.group() if said else str(code)
    return Failure(reason, status, at_mailbox and not status.startswith(_POLICY))


def render(own: Own, letter: Letter) -> Rendered:
    """Write the mail in its reader's language."""
    return own.templates.render(letter.template, letter.language, letter.context)
