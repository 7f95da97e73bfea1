"""A message to one member: what it says, and how far its e-mail has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import NotFound, Unprocessable
from chassis.rows import Base, new_id

LEASE = timedelta(minutes=2)
"""How long a process may take over a mail before another tries it: longer than any SMTP timeout."""
LONGEST_PAUSE = timedelta(days=1)
PATIENCE = timedelta(days=3)
"""How long a mail that the relay refuses for good is tried all the same, in case the relay is what is wrong."""
KEPT = timedelta(days=730)
"""How long a message is kept."""

ACTIVATE_ACCOUNT = "activate_account"
ACCOUNT_EXISTS = "account_exists"
REGISTRATION_REFUSED = "registration_refused"
ACCOUNT_ERASED = "account_erased"
INVITATION = "invitation"
INVITATION_EXISTING = "invitation_existing"
RESET_PASSWORD = "reset_password"  # noqa: S105 - a template's name
RESPONSIBLE_PERSON = "responsible_person"
ADDRESS_REVIEWED = "address_reviewed"
CREDENTIAL_CHANGE_REQUIRED = "credential_change_required"
MAILBOX_REFUSES = "mailbox_refuses"
MAIL_ONLY = frozenset(
    {
        REGISTRATION_REFUSED,
        ACCOUNT_ERASED,
        ACTIVATE_ACCOUNT,
        ACCOUNT_EXISTS,
        INVITATION,
        INVITATION_EXISTING,
        RESET_PASSWORD,
        CREDENTIAL_CHANGE_REQUIRED,
    }
)
"""Templates of our own; nobody may ask for them, and no inbox shows them."""

TEMPLATES: dict[str, frozenset[str]] = {
    "join_requested": frozenset({"member_name", "company_name", "role"}),
    "join_decided": frozenset({"company_name", "decision", "role"}),
    "role_changed": frozenset({"company_name", "role"}),
    "removed_from_company": frozenset({"company_name"}),
    "left_company": frozenset({"company_name", "member_name"}),
    "company_validated": frozenset({"company_name"}),
    "company_refused": frozenset({"company_name", "reason"}),
    "bank_change_proposed": frozenset({"company_name", "ending", "holder"}),
    "bank_change_approved": frozenset({"company_name", "ending", "effective_at"}),
    "bank_change_effective": frozenset({"company_name", "ending"}),
    "bank_change_cancelled": frozenset({"company_name", "ending", "reason"}),
    "identity_change_decided": frozenset({"company_name", "decision", "remark"}),
    "capacity_decided": frozenset({"company_name", "decision", "remark"}),
    "plan_changed": frozenset({"company_name", "plan"}),
    "document_refused": frozenset({"company_name", "document_type", "comment"}),
    "document_expiring": frozenset({"company_name", "document_type", "expires_on"}),
    "rfp_approval_asked": frozenset({"title"}),
    "rfp_approval_decided": frozenset({"title", "decision", "reason"}),
    "rfp_corrected": frozenset({"title", "rfp_reference"}),
    "rfp_closed": frozenset({"title", "rfp_reference", "reason"}),
    "extension_asked": frozenset({"title", "client_name", "rfp_reference"}),
    "extension_refused": frozenset({"title", "rfp_reference", "reason"}),
    "proposal_received": frozenset({"rfp_reference", "provider_name", "consultant_name", "daily_rate"}),
    "proposal_qualified": frozenset({"rfp_reference", "qualification"}),
    "proposal_retained": frozenset({"rfp_reference", "title", "consultant_name"}),
    "proposal_edited": frozenset({"rfp_reference", "provider_name", "consultant_name"}),
    "proposal_cancelled": frozenset({"rfp_reference", "provider_name", "consultant_name"}),
    "proposal_selected": frozenset({"rfp_reference", "title"}),
    "proposal_to_approve": frozenset({"rfp_reference", "provider_name", "amount"}),
    "proposal_approval_decided": frozenset({"rfp_reference", "provider_name", "outcome", "reason"}),
    "proposal_appointed": frozenset({"rfp_reference", "title"}),
    "retention_refused": frozenset({"rfp_reference", "provider_name", "reason"}),
    "proposal_lost": frozenset({"rfp_reference", "title"}),
    "proposal_spam": frozenset({"rfp_reference", "count", "limit"}),
    "answering_blocked": frozenset({"count", "until"}),
    "spam_lifted": frozenset({"rfp_reference"}),
    "negotiation_offer": frozenset({"rfp_reference", "consultant_name", "daily_rate", "comment"}),
    "negotiation_closed": frozenset({"rfp_reference", "outcome", "daily_rate"}),
    "meeting_proposed": frozenset({"rfp_reference", "consultant_name", "slots"}),
    "meeting_confirmed": frozenset({"rfp_reference", "consultant_name", "start"}),
    "meeting_refused": frozenset({"rfp_reference", "consultant_name", "reason", "slots"}),
    "meeting_cancelled": frozenset({"rfp_reference", "consultant_name", "reason"}),
    "report_closed": frozenset({"outcome"}),
    "question_asked": frozenset({"rfp_reference", "title", "provider_name"}),
    "question_answered": frozenset({"rfp_reference", "title"}),
    "saved_search_found": frozenset({"name", "count", "rfps"}),
    "mission_blocked": frozenset({"title", "blockers"}),
    "contract_to_sign": frozenset({"company_name"}),
    "bdc_issued": frozenset({"bdc_reference", "title", "consultant_name", "start", "end"}),
    "mission_ending": frozenset({"title", "consultant_name", "end"}),
    "mission_held": frozenset({"title", "side"}),
    "mission_unblocked": frozenset({"title"}),
    "renewal_changed": frozenset(
        {"title", "kind", "status", "consultant_name", "daily_rate", "start", "end", "reason"}
    ),
    "early_end_changed": frozenset({"title", "consultant_name", "status", "end", "former_end", "reason"}),
    "cra_to_approve": frozenset({"title", "month", "consultant_name", "days"}),
    "cra_approval_refused": frozenset({"title", "month", "reason"}),
    "cra_reminder": frozenset({"title", "month"}),
    "rate_proposed": frozenset({"title", "code", "label"}),
    "cra_validation_reminder": frozenset({"title", "month", "consultant_name", "days"}),
    "cra_submitted": frozenset({"title", "month", "consultant_name", "days"}),
    "cra_refused": frozenset({"title", "month", "reason"}),
    "cra_validated": frozenset({"title", "month", "days"}),
    "bpf_available": frozenset({"bpf_reference", "title", "month", "net"}),
    "payment_scheduled": frozenset({"invoice_number", "payable", "payment_date", "title"}),
    "invoice_overdue": frozenset({"invoice_number", "open", "due_date"}),
    "self_bill_issued": frozenset({"invoice_number", "title", "month", "gross", "contest_until"}),
    "specimen_refused": frozenset({"bpf_reference", "month", "reason"}),
    "self_bill_settled": frozenset({"invoice_number", "outcome", "remark"}),
    "subscription_changed": frozenset({"plan", "ends_on", "status"}),
    "subscription_renewing": frozenset({"plan", "ends_on", "price", "months"}),
    "rise_invoice": frozenset({"invoice_number", "quarter", "gross"}),
    "payment_sent": frozenset({"invoice_number", "payable", "paid_on", "title"}),
    "privacy_request_received": frozenset({"kind", "due_on"}),
    "privacy_request_extended": frozenset({"due_on", "reason"}),
    "privacy_request_answered": frozenset({"outcome"}),
    "privacy_request_late": frozenset({"due_on"}),
    "privacy_request_due": frozenset({"kind", "due_on"}),
    "privacy_export_ready": frozenset({"until"}),
    "account_suspended": frozenset({"explanation", "demand", "ends_on"}),
    "account_terminated": frozenset({"explanation", "ends_on"}),
    "sanction_imposed": frozenset({"measure", "explanation", "ends_on"}),
    "sanction_lifted": frozenset({"measure"}),
    "notice_given": frozenset({"breach", "demand"}),
    "deletion_confirmed": frozenset({"hours"}),
    "deletion_withdrawn": frozenset(),
    "account_deactivated": frozenset({"returns_until"}),
    "account_inactive": frozenset({"returns_until"}),
    "account_reactivated": frozenset(),
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


class NotificationNotFound(NotFound):
    """No such message of yours."""

    code, title = "notification_not_found", "There is no such message"


class Notification(Base):
    """One message to one member. Its id is the Message-ID, so a mail sent twice shows once.

    An event tells a member one thing once, however often it is delivered: `event_id` sees to it.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("event_id", "member_id", "template"),
        Index("ix_notifications_created_at", "created_at"),
        Index("ix_notifications_member_id", "member_id", "id"),
        Index("ix_notifications_due", "next_attempt_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    """Absent when it is for somebody who is no member (CO-06)."""
    template: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[UUID]
    context: Mapped[dict[str, str]] = mapped_column(JSONB)
    calendar: Mapped[str | None] = mapped_column(Text)
    """An iCalendar file that its mail carries (RFC 5545)."""
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("links.id", ondelete="CASCADE"))
    address: Mapped[str | None] = mapped_column(String(320))
    """Where it goes, when not to the member's address of that moment; kept until it is sent or given up."""
    event_id: Mapped[UUID | None]
    """The event that asked for it; absent when identity speaks for itself."""
    in_inbox: Mapped[bool]
    read_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    """When its mail is tried next; absent once sent or pointless."""
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(100))
    """The class of the last failure: texts of mail servers quote addresses."""
    mailbox: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A digest of the address that it was last tried at."""
    bounced_at: Mapped[datetime | None]
    """When the mail turned out to be undeliverable."""

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
        event_id: UUID | None = None,
        calendar: str | None = None,
        mail: bool = True,
        inbox: bool = True,
    ) -> Notification:
        """A message to be mailed from now on, and shown in the inbox unless it is for the mailbox alone."""
        return cls(
            id=new_id(),
            member_id=member_id,
            template=template,
            subject_id=subject_id,
            context=context or {},
            link_id=link_id,
            event_id=event_id,
            calendar=calendar,
            in_inbox=inbox and template not in MAIL_ONLY,
            created_at=at,
            attempts=0,
            next_attempt_at=at if mail else None,
        )

    @classmethod
    def to_outsider(
        cls, address: str, template: str, *, subject_id: UUID, at: datetime, context: dict[str, str]
    ) -> Notification:
        """A mail to somebody who has no account, and so no inbox; `context` names them (CO-06)."""
        return cls(
            id=new_id(),
            address=address,
            template=template,
            subject_id=subject_id,
            context=context,
            in_inbox=False,
            created_at=at,
            attempts=0,
            next_attempt_at=at,
        )

    def read(self, at: datetime) -> None:
        """The member has seen it; the first time counts."""
        self.read_at = self.read_at or at

    def unread(self) -> None:
        """The member wants to come back to it."""
        self.read_at = None

    def take(self, at: datetime, mailbox: bytes | None) -> None:
        """Start an attempt; unless it reports back, the next may start when the lease is over."""
        self.attempts += 1
        self.next_attempt_at = at + LEASE
        self.mailbox = mailbox

    def sent(self, at: datetime) -> None:
        """The relay has taken it."""
        self.sent_at, self.next_attempt_at, self.error = at, None, None
        self.address = None

    def dropped(self) -> None:
        """Its link works no more, or its mailbox takes nothing, so that nobody would have it."""
        self.next_attempt_at = self.address = None

    def failed(self, at: datetime, reason: str) -> None:
        """The relay could not take it: try again after 5, 10, 20 … seconds, at last once a day, for ever."""
        pause = min(timedelta(seconds=5 * 2 ** min(self.attempts - 1, 20)), LONGEST_PAUSE)
        self.next_attempt_at, self.error = at + pause, reason[:100]

    def refused(self, at: datetime, reason: str) -> None:
        """The relay will not take it: the relay may be set up wrongly, so try for three days, then give up."""
        self.failed(at, reason)
        if at - self.created_at >= PATIENCE:
            self.bounced(at, reason)

    def bounced(self, at: datetime, reason: str) -> None:
        """Its mailbox will never have it."""
        self.bounced_at = self.bounced_at or at
        self.next_attempt_at, self.error, self.address = None, reason[:100], None


class RefusingMailbox(Base):
    """A mailbox that took a mail no more: known by a digest, so that another address starts afresh."""

    __tablename__ = "refusing_mailboxes"

    mailbox: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), index=True)
    status: Mapped[str] = mapped_column(String(16))
    """What its server said, as an enhanced status code (RFC 3463), e.g. `5.1.1`."""
    since: Mapped[datetime]
