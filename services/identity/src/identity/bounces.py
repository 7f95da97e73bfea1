"""Mail that came back: what a mail server pipes to us as a delivery status notification (RFC 3464).

    python -m identity.bounces < report.eml

Run by the mail server for whatever arrives at the sender's address; no network route leads here. It ends with 0 when
the report was recorded or is none of ours, with 75 when the database is away, so that the server tries again.

Somebody may write such a report by hand, but must know the Message-ID, which only the mailbox it was sent to does.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from uuid import UUID

from chassis.db import Database, Tx, is_transient
from chassis.settings import get_settings
from identity.notification.domain import Notification
from identity.notification.queries import record_bounce

LARGEST = 1024 * 1024
"""Bytes of a report that are read; returned attachments may be longer, and do not matter."""

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail of ours that a server gave up, with its status (RFC 3463)."""

    notification_id: UUID
    status: str

    @property
    def for_good(self) -> bool:
        """Whether the mailbox itself is what failed; not when servers lost patience, or refuse by policy."""
        return self.status.startswith("5.") and not self.status.startswith("5.7.")


def read_report(content: bytes) -> Bounce | None:
    """What a report says of a mail of ours; nothing for a delay, a success, or anything else that is mailed to us."""
    report = message_from_bytes(content, policy=policy.compat32)
    if report.get_content_type() != "multipart/report":
        return None
    failed = [status for block in _recipients(report) if (status := _failure(block))]
    original = _original_id(report)
    return Bounce(original, failed[0]) if failed and original else None


def _recipients(report: Message) -> Iterator[Message]:
    """The blocks that speak of one recipient each: all but the first, which speaks of the whole mail."""
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            blocks = [block for block in part.get_payload() if isinstance(block, Message)]
            yield from blocks[1:]


def _failure(block: Message) -> str | None:
    if str(block.get("Action", "")).strip().lower() != "failed":
        return None
    said = _STATUS.search(str(block.get("Status", "")))
    return said.group() if said else "5.0.0"


def _original_id(report: Message) -> UUID | None:
    """The Message-ID of the mail that came back, in the headers that the report returns."""
    for part in report.walk():
        if part is report:
            continue
        written = str(part.get("Message-ID", ""))
        if part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}:
            written = str(part.get_payload())
        if found := _OURS.search(written):
            return UUID(found.group(1))
    return None


async def record(tx: Tx, bounce: Bounce) -> bool:
    """Record it against its message; say whether there is such a message."""
    bounced = await tx.get(Notification, bounce.notification_id, with_for_update=True)
    if bounced is None:
        return False
    await record_bounce(tx, bounced, bounce.status, for_good=bounce.for_good)
    return True


async def _record(bounce: Bounce) -> bool:
    database = Database(get_settings().database_url.get_secret_value(), pool_size=1)
    try:
        async with database.transaction() as tx:
            tx.actor = "operator"
            return await record(tx, bounce)
    finally:
        await database.close()


def main() -> int:
    """Read one report from standard input."""
    bounce = read_report(sys.stdin.buffer.read(LARGEST))
    if bounce is None:
        print("ignored: not a report of a failure of ours")  # noqa: T201 - a command line
        return 0
    try:
        known = asyncio.run(_record(bounce))
    except Exception as failure:
        if not is_transient(failure):
            raise
        print("error: the database is away", file=sys.stderr)  # noqa: T201 - a command line
        return os.EX_TEMPFAIL
    print("recorded" if known else "ignored: no such message")  # noqa: T201 - a command line
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
