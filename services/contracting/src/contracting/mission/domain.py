"""A mission: from the retained proposal through legal verification, order by order, to its last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.errors import Conflict, IllegalMove, NotFound, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move
from contracting.columns import word
from contracting.mission.payment import terms_of
from contracting.mission.standing import ALLOWED, RUNNING, MissionActor, MissionStatus
from contracts.contracting import Offer, PaymentOption, PaymentRegime, WorkType
from contracts.marketplace import ProposalRetained
from contracts.values import Money, Period


class MissionNotFound(NotFound):
    """Absent, or of two other companies."""

    code, title = "mission_not_found", "There is no such mission"


class ClientOrderNotFound(NotFound):
    """None was handed over yet."""

    code, title = "client_order_not_found", "There is no client order yet"


class PaymentOptionFrozen(Conflict):
    """The order is out; the option may be chosen again at a renewal (CT-19, CT-20)."""

    code, title = "payment_option_frozen", "The payment option does not change once the order is issued"


class PaymentRegimeUnknown(Conflict):
    """Only a signed framework contract and a known country say which options there are."""

    code, title = "payment_regime_unknown", "Sign the framework contract before choosing this option"


class ClientOrderFrozen(Conflict):
    """The platform's order already refers to it."""

    code, title = "client_order_frozen", "The client order does not change once the platform's order is issued"


class OfferFrozen(Conflict):
    """What is billed follows from the offer of the order."""

    code, title = "offer_frozen", "The offer does not change once the order is issued"


class BdcAlreadyIssued(Conflict):
    """A mission has one order until a renewal."""

    code, title = "bdc_already_issued", "The order of this mission is issued"


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What one order of a mission is for: who works, when, how many days, at what price of a day."""

    consultant_id: UUID
    consultant_name: str
    rate: Decimal
    days: Decimal
    starts_on: date
    ends_on: date


class ClientOrder(Base):
    """The client's own order for one line of a mission, as a stored file (CT-09); replaced, never edited."""

    __tablename__ = "client_orders"

    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(60))
    file_key: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    received_by: Mapped[UUID]
    received_at: Mapped[datetime]


class Mission(Base):
    """The work of one consultant for one client, on the terms of the retained proposal (CT-30)."""

    __tablename__ = "missions"
    __table_args__ = (
        Index("ix_missions_client_company_id", "client_company_id", "id"),
        Index("ix_missions_provider_company_id", "provider_company_id", "id"),
        Index("ix_missions_status", "status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    proposal_id: Mapped[UUID] = mapped_column(unique=True)
    rfp_id: Mapped[UUID]
    rfp_reference: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    client_company_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    operational_manager_id: Mapped[UUID]
    consultant_id: Mapped[UUID]
    consultant_name: Mapped[str] = mapped_column(String(200))
    rate: Mapped[Decimal] = mapped_column("daily_rate", Numeric(14, 2))
    days: Mapped[Decimal] = mapped_column(Numeric(5, 1))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    retained_by: Mapped[UUID]
    retained_at: Mapped[datetime]
    work_type: Mapped[WorkType] = mapped_column(word(WorkType))
    workplace: Mapped[str] = mapped_column(String(6))
    status: Mapped[MissionStatus] = mapped_column(word(MissionStatus, 32))
    beneath: Mapped[MissionStatus | None] = mapped_column(word(MissionStatus, 32))
    """Where a blocked mission stands but for the block."""
    offer: Mapped[Offer] = mapped_column(word(Offer))
    payment_option: Mapped[PaymentOption | None] = mapped_column(word(PaymentOption))
    line: Mapped[int]
    """The order that the gates look at, 1 for the first."""
    issued_line: Mapped[int]
    """The last order issued, 0 before any."""
    end_told_on: Mapped[date | None]
    """The last day that the client was told of in time (CT-17)."""
    version: Mapped[int]
    orders: Mapped[list[ClientOrder]] = relationship(
        ClientOrder, lazy="selectin", cascade="all, delete-orphan", order_by=ClientOrder.line
    )

    @classmethod
    def open(cls, event: ProposalRetained) -> Mission:
        """Open the legal verification; the first gate holds by construction (CT-06)."""
        same = (
            "proposal_id", "rfp_id", "rfp_reference", "title", "client_company_id", "provider_company_id",
            "operational_manager_id", "consultant_id", "consultant_name", "days", "retained_by", "retained_at",
            "work_type", "workplace",
        )  # fmt: skip
        return cls(
            **{name: getattr(event, name) for name in same},
            id=new_id(),
            rate=event.daily_rate.amount,
            starts_on=event.period.start,
            ends_on=event.period.end,
            status=MissionStatus.LEGAL_VERIFICATION,
            offer=Offer.CONNECT,
            line=1,
            issued_line=0,
            orders=[],
            version=1,
        )

    @property
    def daily_rate(self) -> Money:
        """Price of a day, without VAT; it does not change during the mission (CT-15)."""
        return Money(amount=self.rate)

    @property
    def period(self) -> Period:
        """First and last day."""
        return Period(start=self.starts_on, end=self.ends_on)

    @property
    def order(self) -> ClientOrder | None:
        """The client's order for the line that the gates look at."""
        return next((one for one in self.orders if one.line == self.line), None)

    @property
    def awaits_order(self) -> bool:
        """Whether the platform's next order is still to be issued: at first, and once a renewal is agreed."""
        return self.line > self.issued_line

    @property
    def terms(self) -> LineTerms:
        """Of the proposal that was retained, or of the last order."""
        return LineTerms(self.consultant_id, self.consultant_name, self.rate, self.days, self.starts_on, self.ends_on)

    def choose_payment(self, option: PaymentOption, regime: PaymentRegime | None) -> None:
        """Choose when to be paid, until the order is out, and again for the next one (CT-18, CT-19, CT-20).

        What an order that is out says of it stays on that order.

        Raises:
            PaymentOptionFrozen: the order is issued.
            PaymentRegimeUnknown: only Basic may be chosen before the framework contract is in force.
            PaymentOptionNotAvailable: the regime does not have this option.

        """
        require(self.awaits_order, PaymentOptionFrozen())
        if regime is not None:
            terms_of(regime, option)
        else:
            require(option is PaymentOption.BASIC, PaymentRegimeUnknown())
        self.payment_option = option
        self.version += 1

    def choose_offer(self, offer: Offer) -> None:
        """Say who contracts with whom, until the order is out (CT-05). Raises OfferFrozen."""
        require(self.awaits_order, OfferFrozen())
        self.offer = offer
        self.version += 1

    def expect_order(self) -> None:
        """Raise ClientOrderFrozen unless a client order may still be handed over or replaced."""
        require(self.awaits_order, ClientOrderFrozen())

    def receive_order(self, order: ClientOrder) -> None:
        """Keep the client's order, in place of the former one (CT-09). Raises ClientOrderFrozen."""
        self.expect_order()
        order.mission_id, order.line = self.id, self.line
        self.orders = [one for one in self.orders if one.line != self.line] + [order]
        self.version += 1

    def expect_bdc(self) -> None:
        """Raise BdcAlreadyIssued unless the platform's order is still to be issued."""
        require(self.awaits_order, BdcAlreadyIssued())

    def start_under_order(self, terms: LineTerms, today: date) -> None:
        """The platform's next order is out, for these terms (CT-10, CT-16). Raises IllegalMove."""
        self.issued_line = self.line
        if self.line == 1:
            self._move_to(MissionStatus.YET_TO_START, MissionActor.STAFF)
        else:
            self._move_to(MissionStatus.IN_PROGRESS, MissionActor.STAFF)
            self.consultant_id, self.consultant_name = terms.consultant_id, terms.consultant_name
            self.rate, self.days, self.ends_on = terms.rate, terms.days, terms.ends_on
        self.advance(today)

    def advance(self, today: date) -> bool:
        """Start on the first day, complete on the day after the last; say whether anything moved.

        A blocked mission does not start (CT-11). One whose renewal is being agreed waits for the outcome.
        """
        before = self.status
        if self.status is MissionStatus.YET_TO_START and self.starts_on <= today:
            self._move_to(MissionStatus.IN_PROGRESS, MissionActor.CALENDAR)
        waits = MissionStatus.ONGOING_RENEWAL in (self.status, self.beneath)
        if self.status in RUNNING and self.ends_on < today and not waits:
            self._move_to(MissionStatus.COMPLETED, MissionActor.CALENDAR)
        return self.status is not before

    def ask(self, request: MissionStatus) -> None:
        """One side asks for something that needs the other: a renewal, an early end. Raises IllegalMove."""
        self._move_to(request, MissionActor.PARTY)

    def settle(self, by: MissionActor = MissionActor.PARTY) -> None:
        """What was asked is decided, or withdrawn: the mission goes on. Raises IllegalMove."""
        self._move_to(MissionStatus.IN_PROGRESS, by)

    def await_next_order(self) -> None:
        """A renewal is agreed: the gates look at its order from now on, and the option is chosen anew (CT-20)."""
        self.line = self.issued_line + 1
        self.version += 1

    def forget_next_order(self, option: PaymentOption) -> None:
        """It is not to be: the gates, and the option shown, are those of the last order again."""
        self.line, self.payment_option = self.issued_line, option
        self.orders = [one for one in self.orders if one.line <= self.line]
        self.version += 1

    def require_unblocked(self) -> None:
        """Raise IllegalMove while the mission is blocked: nothing new is agreed before the documents hold (CT-31)."""
        require(self.status is not MissionStatus.BLOCKED, IllegalMove("it is blocked until the documents hold again"))

    def block(self) -> bool:
        """A company's documents do not hold any more (CT-31); say whether that is new. Work goes on meanwhile."""
        if self.status not in RUNNING or self.status is MissionStatus.BLOCKED:
            return False
        present = self.status
        self._move_to(MissionStatus.BLOCKED, MissionActor.COMPLIANCE)
        self.beneath = present
        return True

    def lift(self, today: date) -> bool:
        """The documents of both hold again (CT-31); say whether that is new."""
        if self.status is not MissionStatus.BLOCKED or self.beneath is None:
            return False
        self._move_to(self.beneath, MissionActor.COMPLIANCE)
        self.beneath = None
        self.advance(today)
        return True

    def _move_to(self, target: MissionStatus, by: MissionActor) -> None:
        """Move by the table; what the parties and staff do while the mission is blocked moves what is beneath."""
        if self.beneath is None or by is MissionActor.COMPLIANCE or target is MissionStatus.COMPLETED:
            self.status = check_move(ALLOWED, self.status, target, by)
        else:
            self.beneath = check_move(ALLOWED, self.beneath, target, by)
        self.version += 1
