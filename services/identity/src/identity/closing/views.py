"""What members and staff are shown of a closure."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from chassis.http import View
from identity.closing.domain import Channel, ClosureKind, ClosureStatus
from identity.standing.domain import Standing


class DeletionView(View):
    """The deletion of your own account; it is carried out at `due_at` and can be withdrawn before."""

    id: UUID
    status: ClosureStatus
    requested_at: datetime
    due_at: datetime | None


class ClosureView(View):
    """One account's way out, as the staff sees it; `returns_until` is the last day on which it may come back."""

    id: UUID
    member_id: UUID
    kind: ClosureKind
    status: ClosureStatus
    reason: str | None
    channel: Channel | None
    reference: str | None
    requested_at: datetime
    requested_by: UUID | None
    due_at: datetime | None
    deactivated_at: datetime | None
    returns_until: date | None
    final_after: date | None
    ended_at: datetime | None
    proof_sha256: str | None


class AccountView(View):
    """How an account stands."""

    member_id: UUID
    standing: Standing
    erased_at: datetime | None
