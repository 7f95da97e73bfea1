"""A change of bank details: proposed by one head, agreed by another person, stoppable until it takes effect (CO-45).

Somebody who took over a head's session, or talked one into it, is the attacker: hence the second person, who was
a head long before the proposal or is staff who called back, the message to every head, and the cooling period. An
accomplice whom the attacker makes a head first is neither of the two.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Forbidden, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from company.bank.domain import Account, HoldsAccount
from company.words import words


class BankChangeStatus(StrEnum):
    """Where a change stands."""

    PROPOSED = "proposed"
    COOLING = "cooling"
    EFFECTIVE = "effective"
    CANCELLED = "cancelled"


class BankChangeActor(StrEnum):
    """Who may try to move it."""

    HEAD = "head"
    STAFF = "staff"
    PLATFORM = "platform"
    """Time that passed, a newer proposal, or a head who is one no more."""


_S, _A = BankChangeStatus, BankChangeActor
ALLOWED = {
    _S.PROPOSED: moves(set(), set()),
    _S.COOLING: moves({_S.PROPOSED}, {_A.HEAD, _A.STAFF}),
    _S.EFFECTIVE: moves({_S.PROPOSED, _S.COOLING}, {_A.PLATFORM}),
    _S.CANCELLED: moves({_S.PROPOSED, _S.COOLING}, {_A.HEAD, _A.STAFF, _A.PLATFORM}),
}
PENDING = (BankChangeStatus.PROPOSED, BankChangeStatus.COOLING)


class CancelReason(StrEnum):
    """Why a change never took effect."""

    BY_HEAD = "by_head"
    BY_STAFF = "by_staff"
    REPLACED = "replaced"
    HEAD_LEFT = "head_left"
    EXPIRED = "expired"


class NumberSource(StrEnum):
    """Where staff found the number they called: never in the proposal itself."""

    REGISTER = "register"
    OFFICIAL_WEBSITE = "official_website"
    EARLIER_CONTRACT = "earlier_contract"


class BankChangeNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "bank_change_not_found", "There is no such change"


class AccountInForce(Conflict):
    """The company is paid there already."""

    code, title = "account_in_force", "The company is paid on this account already"


class AnotherHeadDecides(Conflict):
    """Staff step in only where the company has no second head."""

    code, title = "another_head_decides", "Another head of the company has to decide"


class StaffDecide(Forbidden):
    """Who became a head after the proposal, or shortly before, has no say in it."""

    code, title = "staff_decide", "Only who was a head well before it was proposed may agree to it"


class CalledInTheFuture(Unprocessable):
    """A call cannot have taken place after today, nor before there was anything to call about."""

    code, title = "called_outside_the_proposal", "The call took place between the proposal and today"


class NotAHead(Unprocessable):
    """The call is with somebody who runs the company."""

    code, title = "not_a_head", "The person called does not run the company"


@dataclass(frozen=True, slots=True)
class CallBack:
    """Staff called the company under a number that they found themselves, and spoke with a head."""

    called_on: date
    number_source: NumberSource
    spoke_with: UUID

    def check(self, proposed_on: date, today: date, heads: Collection[UUID]) -> None:
        """Raises CalledInTheFuture or NotAHead."""
        require(proposed_on <= self.called_on <= today, CalledInTheFuture(field="called_on"))
        require(self.spoke_with in heads, NotAHead(field="spoke_with"))


class BankChange(HoldsAccount, Base):
    """One account that a company wants to be paid on; at most one is pending. `heads` could agree when it began."""

    __tablename__ = "bank_changes"
    __table_args__ = (
        Index(
            "uq_bank_changes_pending",
            "company_id",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'cooling')"),
        ),
        Index("ix_bank_changes_company_id_id", "company_id", "id"),
        Index("ix_bank_changes_effective_at", "effective_at", postgresql_where=text("status = 'cooling'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    status: Mapped[BankChangeStatus] = mapped_column(words(BankChangeStatus))
    heads: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    approved_by_staff: Mapped[bool]
    approved_at: Mapped[datetime | None]
    called_on: Mapped[date | None]
    number_source: Mapped[NumberSource | None] = mapped_column(words(NumberSource))
    spoke_with: Mapped[UUID | None]
    effective_at: Mapped[datetime | None]
    cancelled_by: Mapped[UUID | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[CancelReason | None] = mapped_column(words(CancelReason))

    @classmethod
    def propose(
        cls, company_id: UUID, account: Account, by: UUID, other_heads: Collection[UUID], at: datetime
    ) -> BankChange:
        """An account that somebody else has to agree to: one of the `other_heads`, or staff when there is none."""
        return cls(
            id=new_id(),
            company_id=company_id,
            status=BankChangeStatus.PROPOSED,
            heads=sorted(other_heads),
            proposed_by=by,
            proposed_at=at,
            approved_by_staff=False,
            **asdict(account),
        )

    def vouched_by(self, heads: Collection[UUID]) -> bool:
        """Say whether who proposed it, and the head who agreed, still run the company."""
        agreed = {self.approved_by} - {None} if not self.approved_by_staff else set()
        return {self.proposed_by, *agreed} <= set(heads)

    def awaits_head(self, heads: Collection[UUID]) -> bool:
        """Say whether somebody who was a head when it was proposed is there to decide."""
        return bool(set(self.heads) & set(heads))

    def agree(self, head_id: UUID, at: datetime, cooling: timedelta) -> None:
        """Another head agrees. Raises StaffDecide or IllegalMove."""
        require(head_id in self.heads, StaffDecide())
        self._cool(BankChangeActor.HEAD, head_id, at, cooling)

    def confirm(self, staff_id: UUID, call: CallBack, at: datetime, cooling: timedelta) -> None:
        """Staff called back and agree. Raises IllegalMove."""
        self._cool(BankChangeActor.STAFF, staff_id, at, cooling)
        self.approved_by_staff = True
        self.called_on, self.number_source, self.spoke_with = call.called_on, call.number_source, call.spoke_with

    def take_effect(self) -> None:
        """The cooling period is over, or there was nobody to protect yet. Raises IllegalMove."""
        self._move_to(BankChangeStatus.EFFECTIVE, BankChangeActor.PLATFORM)

    def cancel(self, reason: CancelReason, by: UUID | None, at: datetime) -> None:
        """It never takes effect. Raises IllegalMove."""
        actors = {CancelReason.BY_HEAD: BankChangeActor.HEAD, CancelReason.BY_STAFF: BankChangeActor.STAFF}
        self._move_to(BankChangeStatus.CANCELLED, actors.get(reason, BankChangeActor.PLATFORM))
        self.cancelled_by, self.cancelled_at, self.cancel_reason = by, at, reason

    def _cool(self, actor: BankChangeActor, by: UUID, at: datetime, cooling: timedelta) -> None:
        self._move_to(BankChangeStatus.COOLING, actor)
        self.approved_by, self.approved_at, self.effective_at = by, at, at + cooling

    def _move_to(self, target: BankChangeStatus, actor: BankChangeActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, actor)
