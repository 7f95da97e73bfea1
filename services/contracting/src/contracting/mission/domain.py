"""A mission: from the retained proposal through legal verification to its last day."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from contracting.columns import word
from contracting.mission.payment import terms_of
from contracts.contracting import PaymentOption, PaymentRegime
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


class BdcAlreadyIssued(Conflict):
    """A mission has one order until a renewal."""

    code, title = "bdc_already_issued", "The order of this mission is issued"


class MissionStatus(StrEnum):
    """Where a mission stands."""

    LEGAL_VERIFICATION = "legal_verification"
    YET_TO_START = "yet_to_start"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class MissionActor(StrEnum):
    """Who moves a mission: staff by issuing its order, afterwards the calendar alone."""

    STAFF = "staff"
    CALENDAR = "calendar"


ALLOWED = {
    MissionStatus.YET_TO_START: moves({MissionStatus.LEGAL_VERIFICATION}, {MissionActor.STAFF}),
    MissionStatus.IN_PROGRESS: moves({MissionStatus.YET_TO_START}, {MissionActor.CALENDAR}),
    MissionStatus.COMPLETED: moves({MissionStatus.IN_PROGRESS}, {MissionActor.CALENDAR}),
}


class ClientOrder(Base):
    """The client's own order, as a stored file (CT-09); replaced, never edited."""

    __tablename__ = "client_orders"

    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"), primary_key=True)
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
    status: Mapped[MissionStatus] = mapped_column(word(MissionStatus))
    payment_option: Mapped[PaymentOption | None] = mapped_column(word(PaymentOption))
    version: Mapped[int]
    order: Mapped[ClientOrder | None] = relationship(ClientOrder, lazy="selectin", cascade="all, delete-orphan")

    @classmethod
    def open(cls, event: ProposalRetained) -> Mission:
        """Open the legal verification; the first gate holds by construction (CT-06)."""
        same = (
            "proposal_id", "rfp_id", "rfp_reference", "title", "client_company_id", "provider_company_id",
            "operational_manager_id", "consultant_id", "consultant_name", "days", "retained_by", "retained_at",
        )  # fmt: skip
        return cls(
            **{name: getattr(event, name) for name in same},
            id=new_id(),
            rate=event.daily_rate.amount,
            starts_on=event.period.start,
            ends_on=event.period.end,
            status=MissionStatus.LEGAL_VERIFICATION,
            order=None,
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

    def choose_payment(self, option: PaymentOption, regime: PaymentRegime | None) -> None:
        """Choose when to be paid, until the order is out (CT-18, CT-19).

        Raises:
            PaymentOptionFrozen: the order is issued.
            PaymentRegimeUnknown: only Basic may be chosen before the framework contract is in force.
            PaymentOptionNotAvailable: the regime does not have this option.

        """
        self._require_verification(PaymentOptionFrozen())
        if regime is not None:
            terms_of(regime, option)
        else:
            require(option is PaymentOption.BASIC, PaymentRegimeUnknown())
        self.payment_option = option
        self.version += 1

    def expect_order(self) -> None:
        """Raise ClientOrderFrozen unless a client order may still be handed over or replaced."""
        self._require_verification(ClientOrderFrozen())

    def receive_order(self, order: ClientOrder) -> None:
        """Keep the client's order, in place of the former one (CT-09). Raises ClientOrderFrozen."""
        self.expect_order()
        order.mission_id = self.id
        self.order = order
        self.version += 1

    def expect_bdc(self) -> None:
        """Raise BdcAlreadyIssued unless the platform's order is still to be issued."""
        self._require_verification(BdcAlreadyIssued())

    def start_under_order(self, today: date) -> None:
        """Leave legal verification: the platform's order is out (CT-10). Raises IllegalMove."""
        self._move_to(MissionStatus.YET_TO_START, MissionActor.STAFF)
        self.advance(today)

    def advance(self, today: date) -> bool:
        """Start on the first day, complete on the day after the last; say whether anything moved."""
        before = self.status
        if self.status is MissionStatus.YET_TO_START and self.starts_on <= today:
            self._move_to(MissionStatus.IN_PROGRESS, MissionActor.CALENDAR)
        if self.status is MissionStatus.IN_PROGRESS and self.ends_on < today:
            self._move_to(MissionStatus.COMPLETED, MissionActor.CALENDAR)
        return self.status is not before

    def _require_verification(self, otherwise: Conflict) -> None:
        require(self.status is MissionStatus.LEGAL_VERIFICATION, otherwise)

    def _move_to(self, target: MissionStatus, by: MissionActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, by)
        self.version += 1
