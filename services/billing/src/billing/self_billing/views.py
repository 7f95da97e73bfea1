"""What is shown of self-billed invoices."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from billing.self_billing.domain import SelfBillStatus
from billing.words import Prose
from chassis.http import Body, View


class SelfBillView(View):
    """A specimen, or the invoice that came of it."""

    id: UUID
    bpf_id: UUID
    provider_company_id: UUID
    status: SelfBillStatus
    proposed_at: datetime
    refusal_reason: str | None
    invoice_id: UUID | None
    issued_invoice_id: UUID | None
    number: str | None
    issued_on: date | None
    contest_until: date | None
    contested_at: datetime | None
    contest_reason: str | None
    settled_at: datetime | None
    remark: str | None


class ReasonBody(Body):
    """Why."""

    reason: Prose


class SettlementBody(Body):
    """Whether the invoice stands or is taken back, and what the provider is told."""

    upheld: bool
    remark: Prose


class BatchBody(Body):
    """Specimens to validate together: all of them or none."""

    self_bill_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)]
