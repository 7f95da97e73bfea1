"""A message to one member: what it says, and how far its e-mail has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Unprocessable
from chassis.rows import Base, new_id

LEASE = timedelta(minutes=2)
"""How long a process may take over a mail before another tries it: longer than any SMTP timeout."""
LONGEST_PAUSE = timedelta(days=1)

ACTIVATE_ACCOUNT = "activate_account"
ACCOUNT_EXISTS = "account_exists"
MAIL_ONLY = frozenset({ACTIVATE_ACCOUNT, ACCOUNT_EXISTS})
"""Templates of our own; nobody may ask for them, and no inbox shows them."""

TEMPLATES: dict[str, frozenset[str]] = {
    "join_requested": frozenset({"member_name", "company_name", "role"}),
    "join_decided": frozenset({"company_name", "decision", "role"}),
    "company_validated": frozenset({"company_name"}),
    "company_refused": frozenset({"company_name", "reason"}),
    "document_refused": frozenset({"company_name", "document_type", "comment"}),
    "document_expiring": frozenset({"company_name", "document_type", "expires_on"}),
    "proposal_received": frozenset({"rfp_reference", "provider_name", "consultant_name", "daily_rate"}),
    "proposal_qualified": frozenset({"rfp_reference", "qualification"}),
    "proposal_retained": frozenset({"rfp_reference", "title", "consultant_name"}),
    "mission_blocked": frozenset({"title", "blockers"}),
    "bdc_issued": frozenset({"bdc_reference", "title", "consultant_name", "start", "end"}),
    "cra_submitted": frozenset({"title", "month", "consultant_name", "days"}),
    "cra_refused": frozenset({"title", "month", "reason"}),
    "cra_validated": frozenset({"title", "month", "days"}),
    "bpf_available": frozenset({"bpf_reference", "title", "month", "net"}),
    "payment_scheduled": frozenset({"invoice_number", "payable", "payment_date", "title"}),
}
"""What other services may ask for, and the context that each text shows."""


class UnknownTemplate(Unprocessable):
    """Nobody has written that text."""

    code, title = "unknown_template", "There is no such text"


class IncompleteContext(Unprocessable):
    """The text shows something that was not given."""

    code, title = "incomplete_context", "The text needs more than what was given"


def check_template(template: str, context: dict[str, str]) -> None:
    """Refuse what could never be written. Raises UnknownTemplate or IncompleteContext."""
    needed = TEMPLATES.get(template)
    if needed is None:
        raise UnknownTemplate
    if not needed <= context.keys():
        raise IncompleteContext


class Notification(Base):
    """One message to one member. Its id is the Message-ID, so a mail sent twice shows once."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_member_id", "member_id", "id"),
        Index("ix_notifications_due", "next_attempt_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    template: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[UUID]
    context: Mapped[dict[str, str]] = mapped_column(JSONB)
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("links.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    """When its mail is tried next; absent once sent or pointless."""
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(100))
    """The class of the last failure: texts of mail servers quote addresses."""

    @classmethod
    def to(
        cls,
        member_id: UUID,
        template: str,
        *,
        subject_id: UUID,
        at: datetime,
        context: dict[str, str] | None = None,
        link_id: UUID | None = None,
    ) -> Notification:
        """A message to be mailed from now on."""
        return cls(
            id=new_id(),
            member_id=member_id,
            template=template,
            subject_id=subject_id,
            context=context or {},
            link_id=link_id,
            created_at=at,
            attempts=0,
            next_attempt_at=at,
        )

    def take(self, at: datetime) -> None:
        """Start an attempt; unless it reports back, the next may start when the lease is over."""
        self.attempts += 1
        self.next_attempt_at = at + LEASE

    def sent(self, at: datetime) -> None:
        """The relay has taken it."""
        self.sent_at, self.next_attempt_at, self.error = at, None, None

    def dropped(self) -> None:
        """Its link works no more, so nobody needs it."""
        self.next_attempt_at = None

    def failed(self, at: datetime, reason: str) -> None:
        """The relay has not taken it: try again after 5, 10, 20 … seconds, at last once a day, for ever."""
        pause = min(timedelta(seconds=5 * 2 ** min(self.attempts - 1, 20)), LONGEST_PAUSE)
        self.next_attempt_at, self.error = at + pause, reason[:100]
