"""The platform's order (BDC) to the provider: issued when all five gates hold, then frozen."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import months_after
from chassis.errors import Conflict, FieldError, NotFound
from chassis.rows import Base, new_id
from contracting.columns import word
from contracting.mission.domain import LineTerms, Mission
from contracting.mission.gates import Blocker, GateState, blockers_of
from contracting.mission.payment import Terms, fee_of, terms_of
from contracts.contracting import (
    BdcIssued,
    MissionRescheduled,
    Offer,
    PaymentOption,
    PaymentRegime,
    RescheduleReason,
    WorkType,
)
from contracts.values import Money, Period


class BdcNotFound(NotFound):
    """Absent, or of two other companies."""

    code, title = "bdc_not_found", "There is no such order"


class GatesOpen(Conflict):
    """A gate is open: each blocker is named, with the side that must act (CT-10, CT-12)."""

    code, title = "gates_open", "The order cannot be issued while a gate is open"

    def __init__(self, blockers: list[Blocker]) -> None:
        named = [FieldError(one.gate, one.code, f"{one.side}: {one.text}") for one in blockers]
        super().__init__("; ".join(error.detail for error in named), errors=named)


@dataclass(frozen=True, slots=True)
class Names:
    """The legal names that the order shows."""

    client: str
    provider: str


@dataclass(frozen=True, slots=True)
class StoredPdf:
    """A document of ours: where it is, how it is called, what it is."""

    key: str
    name: str
    sha256: str
    size: int


class Bdc(Base):
    """The platform's order for one mission; a renewal brings the next line of the same number (CT-22).

    Only its last day changes, by an early end that both sides agreed on (CT-28).
    """

    __tablename__ = "bdcs"
    __table_args__ = (
        UniqueConstraint("mission_id", "line"),
        CheckConstraint("starts_on <= ends_on", name="in_order"),
        ExcludeConstraint(
            ("mission_id", "="),
            (func.daterange(text("starts_on"), text("ends_on"), text("'[]'")), "&&"),
            name="ex_bdcs_overlap",
            using="gist",
        ),
        Index("ix_bdcs_client_company_id", "client_company_id", "id"),
        Index("ix_bdcs_provider_company_id", "provider_company_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(String(24), unique=True)
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"))
    line: Mapped[int]
    """1 for the first order of the mission, one more for each that follows."""
    title: Mapped[str] = mapped_column(String(200))
    rfp_reference: Mapped[str] = mapped_column(String(40))
    proposal_id: Mapped[UUID]
    client_company_id: Mapped[UUID]
    client_name: Mapped[str] = mapped_column(String(200))
    provider_company_id: Mapped[UUID]
    provider_name: Mapped[str] = mapped_column(String(200))
    operational_manager_id: Mapped[UUID]
    consultant_id: Mapped[UUID]
    consultant_name: Mapped[str] = mapped_column(String(200))
    rate: Mapped[Decimal] = mapped_column("daily_rate", Numeric(14, 2))
    days: Mapped[Decimal] = mapped_column(Numeric(5, 1))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    payment_option: Mapped[PaymentOption] = mapped_column(word(PaymentOption))
    payment_regime: Mapped[PaymentRegime] = mapped_column(word(PaymentRegime))
    offer: Mapped[Offer] = mapped_column(word(Offer))
    work_type: Mapped[WorkType] = mapped_column(word(WorkType))
    workplace: Mapped[str] = mapped_column(String(6))
    notice_months: Mapped[int]
    """Notice of an early end, in months, unless both sides agree on less (CT-28)."""
    special_conditions: Mapped[str | None] = mapped_column(Text)
    client_order_reference: Mapped[str] = mapped_column(String(60))
    file_key: Mapped[str | None] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]
    issued_by: Mapped[UUID]
    issued_at: Mapped[datetime]
    version: Mapped[int]

    @classmethod
    def issue(
        cls,
        mission: Mission,
        gates: list[GateState],
        *,
        terms: LineTerms,
        regime: PaymentRegime | None,
        names: Names,
        notice_months: int,
        special_conditions: str | None,
        by: UUID,
        at: datetime,
    ) -> Bdc:
        """Freeze the terms of the mission's next order, without its number and its document yet.

        Raises:
            BdcAlreadyIssued: no order is awaited.
            GatesOpen: names everything that keeps a gate open.

        """
        mission.expect_bdc()
        blockers = blockers_of(gates)
        if blockers:
            raise GatesOpen(blockers)
        assert mission.order is not None
        assert mission.payment_option is not None
        assert regime is not None
        same = (
            "title", "rfp_reference", "proposal_id", "client_company_id", "provider_company_id",
            "operational_manager_id", "line", "offer", "work_type", "workplace",
        )  # fmt: skip
        return cls(
            **{name: getattr(mission, name) for name in same},
            **asdict(terms),
            id=new_id(),
            mission_id=mission.id,
            notice_months=notice_months,
            special_conditions=special_conditions,
            client_name=names.client,
            provider_name=names.provider,
            payment_option=mission.payment_option,
            payment_regime=regime,
            client_order_reference=mission.order.reference,
            issued_by=by,
            issued_at=at,
            version=1,
        )

    def number(self, number: int) -> BdcIssued:
        """Give the order its number, `PO-<5 digits>-<line>`: it exists for others from now on (CT-10)."""
        self.reference = f"PO-{number:05d}-{self.line}"
        same = (
            "reference", "mission_id", "title", "client_company_id", "provider_company_id", "operational_manager_id",
            "consultant_id", "consultant_name", "daily_rate", "days", "period", "payment_option", "payment_regime",
            "client_order_reference", "proposal_id", "issued_at", "offer", "work_type",
            "workplace", "version",
        )  # fmt: skip
        return BdcIssued(bdc_id=self.id, **{name: getattr(self, name) for name in same})

    @property
    def serial(self) -> int:
        """The number that all orders of the mission share."""
        return int(self.reference.split("-")[1])

    def keep_document(self, key: str, sealed: bytes) -> None:
        """Remember the sealed document (CT-22)."""
        self.file_key, self.sha256, self.size = key, hashlib.sha256(sealed).hexdigest(), len(sealed)

    @property
    def line_terms(self) -> LineTerms:
        """What this order is for."""
        return LineTerms(self.consultant_id, self.consultant_name, self.rate, self.days, self.starts_on, self.ends_on)

    @property
    def document(self) -> StoredPdf | None:
        """Where the document is; none for an order from before there were any."""
        if self.file_key is None or self.sha256 is None or self.size is None:
            return None
        return StoredPdf(self.file_key, f"{self.reference}.pdf", self.sha256, self.size)

    def notice_ends_on(self, asked_on: date) -> date:
        """The earliest last day that needs no agreement on a shorter notice, when asked for on that day (CT-28)."""
        return min(months_after(asked_on, self.notice_months), self.ends_on)

    def end_on(
        self, day: date, reason: RescheduleReason, at: datetime, days: Decimal | None = None
    ) -> MissionRescheduled:
        """End earlier than ordered, as agreed (CT-28)."""
        self.ends_on = day
        self.days = self.days if days is None else days
        self.version += 1
        return MissionRescheduled(
            mission_id=self.mission_id,
            bdc_id=self.id,
            ends_on=day,
            days=days,
            reason=reason,
            rescheduled_at=at,
            version=self.version,
        )

    @property
    def daily_rate(self) -> Money:
        """Price of a day, without VAT."""
        return Money(amount=self.rate)

    @property
    def period(self) -> Period:
        """First and last day."""
        return Period(start=self.starts_on, end=self.ends_on)

    @property
    def total(self) -> Money:
        """Price of all days ordered, without VAT."""
        return self.daily_rate.times(self.days)

    @property
    def terms(self) -> Terms:
        """Fee and settlement (CT-22)."""
        return terms_of(self.payment_regime, self.payment_option)

    @property
    def fee(self) -> Money:
        """The fee if exactly the days ordered are worked, without VAT."""
        return fee_of(self.terms, self.daily_rate, self.days)
