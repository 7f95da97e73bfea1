"""What a member wants to be told, and where: by category and channel, some of which are not a choice."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Unprocessable
from chassis.rows import Base


class Channel(StrEnum):
    """Where a message reaches a member."""

    MAIL = "mail"
    INBOX = "inbox"


class Category(StrEnum):
    """What a message is about."""

    SECURITY = "security"
    """The account itself: access, sanctions, deletion, terms."""
    CONTRACT = "contract"
    """What binds a company: its validation, documents, contracts, orders."""
    PAYMENT = "payment"
    """What may be invoiced, and what is paid."""
    PEOPLE = "people"
    """Who joins and leaves the company."""
    BUSINESS = "business"
    """Requests for proposals, and the proposals that answer them."""
    ACTIVITY = "activity"
    """Activity reports."""


MANDATORY = frozenset({Category.SECURITY, Category.CONTRACT, Category.PAYMENT})
"""Nobody can turn these off: rights and money hang on them."""

CATEGORY_OF: dict[str, Category] = {
    "join_requested": Category.PEOPLE,
    "join_decided": Category.PEOPLE,
    "role_changed": Category.PEOPLE,
    "removed_from_company": Category.PEOPLE,
    "left_company": Category.PEOPLE,
    "company_validated": Category.CONTRACT,
    "company_refused": Category.CONTRACT,
    "capacity_decided": Category.CONTRACT,
    "identity_change_decided": Category.CONTRACT,
    "plan_changed": Category.CONTRACT,
    "bank_change_proposed": Category.PAYMENT,
    "bank_change_approved": Category.PAYMENT,
    "bank_change_effective": Category.PAYMENT,
    "bank_change_cancelled": Category.PAYMENT,
    "document_refused": Category.CONTRACT,
    "document_expiring": Category.CONTRACT,
    "rfp_approval_asked": Category.BUSINESS,
    "rfp_approval_decided": Category.BUSINESS,
    "rfp_corrected": Category.BUSINESS,
    "rfp_closed": Category.BUSINESS,
    "extension_asked": Category.BUSINESS,
    "extension_refused": Category.BUSINESS,
    "proposal_received": Category.BUSINESS,
    "proposal_qualified": Category.BUSINESS,
    "proposal_retained": Category.BUSINESS,
    "proposal_edited": Category.BUSINESS,
    "proposal_cancelled": Category.BUSINESS,
    "proposal_selected": Category.BUSINESS,
    "proposal_to_approve": Category.BUSINESS,
    "proposal_approval_decided": Category.BUSINESS,
    "proposal_appointed": Category.BUSINESS,
    "retention_refused": Category.BUSINESS,
    "proposal_lost": Category.BUSINESS,
    "proposal_spam": Category.BUSINESS,
    "spam_lifted": Category.BUSINESS,
    "negotiation_offer": Category.BUSINESS,
    "negotiation_closed": Category.BUSINESS,
    "meeting_proposed": Category.BUSINESS,
    "meeting_confirmed": Category.BUSINESS,
    "meeting_refused": Category.BUSINESS,
    "meeting_cancelled": Category.BUSINESS,
    "report_closed": Category.BUSINESS,
    "question_asked": Category.BUSINESS,
    "question_answered": Category.BUSINESS,
    "saved_search_found": Category.BUSINESS,
    "mission_blocked": Category.CONTRACT,
    "contract_to_sign": Category.CONTRACT,
    "bdc_issued": Category.CONTRACT,
    "mission_ending": Category.CONTRACT,
    "mission_held": Category.CONTRACT,
    "mission_unblocked": Category.CONTRACT,
    "renewal_changed": Category.CONTRACT,
    "early_end_changed": Category.CONTRACT,
    "cra_submitted": Category.ACTIVITY,
    "cra_refused": Category.ACTIVITY,
    "cra_validated": Category.ACTIVITY,
    "bpf_available": Category.PAYMENT,
    "payment_scheduled": Category.PAYMENT,
    "self_bill_issued": Category.PAYMENT,
    "specimen_refused": Category.PAYMENT,
    "self_bill_settled": Category.PAYMENT,
    "subscription_changed": Category.PAYMENT,
    "subscription_renewing": Category.PAYMENT,
    "rise_invoice": Category.PAYMENT,
}


def category_of(template: str) -> Category:
    """What a text is about; one that the table leaves out concerns the account, and is never held back."""
    return CATEGORY_OF.get(template, Category.SECURITY)


class MandatoryCategory(Unprocessable):
    """Security, contracts and payments are told to everybody."""

    code, title = "mandatory_category", "These messages cannot be turned off"


class UnsubscribeTokenInvalid(Unprocessable):
    """Not a link of ours."""

    code, title = "unsubscribe_token_invalid", "This link is not valid"


class NotificationRefusal(Base):
    """A member wants nothing of a category by a channel; without a row, everything is told."""

    __tablename__ = "notification_refusals"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"), primary_key=True)
    category: Mapped[Category] = mapped_column(String(20), primary_key=True)
    channel: Mapped[Channel] = mapped_column(String(20), primary_key=True)
    refused_at: Mapped[datetime]


def check_may_be_refused(category: Category) -> None:
    """Raise MandatoryCategory unless members may do without it."""
    if category in MANDATORY:
        raise MandatoryCategory(f"{category} cannot be turned off", field="categories")
