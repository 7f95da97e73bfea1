"""The e-mails that arrived, the last ones only."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

CAPACITY_BYTES = 64 * 1024 * 1024
LARGEST_MESSAGE = 10 * 1024 * 1024


@dataclass(frozen=True)
class Message:
    """One delivery, as the envelope says, with the parsed content."""

    id: int
    sender: str
    recipients: list[str]
    content: EmailMessage
    size: int
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def body(self, kind: str) -> str | None:
        """The `plain` or `html` text, None when the message has none."""
        part = self.content.get_body(preferencelist=(kind,))
        return None if part is None else str(part.get_content())

    def as_json(self) -> dict[str, Any]:
        """All that a test or a reader may ask about."""
        return {
            "id": self.id,
            "received_at": self.received_at.isoformat(),
            "from": self.sender,
            "to": self.recipients,
            "subject": str(self.content.get("Subject", "")),
            "headers": {name: str(value) for name, value in self.content.items()},
            "text": self.body("plain"),
            "html": self.body("html"),
            "attachments": [
                {"name": part.get_filename(), "type": part.get_content_type()}
                for part in self.content.iter_attachments()
            ],
        }


class Mailbox:
    """Keeps messages until `capacity` bytes are reached, then drops the oldest."""

    def __init__(self, capacity: int = CAPACITY_BYTES) -> None:
        self._messages: deque[Message] = deque()
        self._numbers = count(1)
        self._capacity = capacity
        self._size = 0

    def add(self, sender: str, recipients: list[str], raw: bytes) -> Message:
        """Keep one message."""
        content = message_from_bytes(raw, policy=policy.default)
        message = Message(next(self._numbers), sender, recipients, content, len(raw))
        self._messages.append(message)
        self._size += message.size
        while self._size > self._capacity:
            self._size -= self._messages.popleft().size
        return message

    def list(self, recipient: str | None = None) -> list[Message]:
        """Messages, the newest first; only those delivered to `recipient` when given."""
        wanted = recipient.lower() if recipient else None
        return [m for m in reversed(self._messages) if wanted is None or wanted in map(str.lower, m.recipients)]

    def get(self, number: int) -> Message | None:
        """One message, None when it was dropped or never came."""
        return next((m for m in self._messages if m.id == number), None)

    def clear(self) -> None:
        """Forget all messages; numbers are not used again."""
        self._messages.clear()
        self._size = 0


class Inlet:
    """Takes what the SMTP server received."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """Answer an SMTP DATA command; the name is the library's."""
        raw = envelope.original_content or b""
        message = self._mailbox.add(envelope.mail_from or "", list(envelope.rcpt_tos), raw)
        return f"250 OK, kept as {message.id}"
