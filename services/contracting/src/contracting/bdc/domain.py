"""The platform's order (BDC) to the provider: issued when all five gates hold, then frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, FieldError, NotFound
from chassis.rows import Base, new_id
from contracting.columns import word
from contracting.mission.domain import Mission
from contracting.mission.gates import Blocker, GateState, blockers_of
from contracting.mission.payment import Terms, fee_of, terms_of
from contracts.contracting import BdcIssued, PaymentOption, PaymentRegime
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


class Bdc(Base):
    """The platform's order for one mission; a renewal will bring the next line of the same number (CT-22)."""

    __tablename__ = "bdcs"
    __table_args__ = (
        Index("ix_bdcs_client_company_id", "client_company_id", "id"),
        Index("ix_bdcs_provider_company_id", "provider_company_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(String(24), unique=True)
    mission_id: Mapped[UUID] = mapped_column(ForeignKey("missions.id"), unique=True)
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
    client_order_reference: Mapped[str] = mapped_column(String(60))
    issued_by: Mapped[UUID]
    issued_at: Mapped[datetime]
    version: Mapped[int]

    @classmethod
    def issue(
        cls,
        mission: Mission,
        gates: list[GateState],
        *,
        regime: PaymentRegime | None,
        names: Names,
        by: UUID,
        at: datetime,
    ) -> Bdc:
        """Freeze the mission's terms into its order, without its number yet.

        Raises:
            BdcAlreadyIssued: the mission has left legal verification.
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
            "operational_manager_id", "consultant_id", "consultant_name", "rate", "days", "starts_on", "ends_on",
        )  # fmt: skip
        return cls(
            **{name: getattr(mission, name) for name in same},
            id=new_id(),
            mission_id=mission.id,
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
        """Give the order its number, `PO-<5 digits>-1`: it exists for others from now on (CT-10)."""
        self.reference = f"PO-{number:05d}-1"
        same = (
            "reference", "mission_id", "title", "client_company_id", "provider_company_id", "operational_manager_id",
            "consultant_id", "consultant_name", "daily_rate", "days", "period", "payment_option", "payment_regime",
            "client_order_reference", "proposal_id", "issued_at", "version",
        )  # fmt: skip
        return BdcIssued(bdc_id=self.id, **{name: getattr(self, name) for name in same})

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
