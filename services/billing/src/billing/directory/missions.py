"""The terms of issued orders (BDC), copied from contracting: frozen there, so never edited here."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.rows import Base
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.values import Money


class MissionTerms(Base):
    """What one order says about price, parties and payment; a renewal brings another row (BL-25)."""

    __tablename__ = "mission_terms"

    bdc_id: Mapped[UUID] = mapped_column(primary_key=True)
    mission_id: Mapped[UUID]
    reference: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200))
    client_company_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    operational_manager_id: Mapped[UUID]
    consultant_id: Mapped[UUID]
    consultant_name: Mapped[str] = mapped_column(String(200))
    daily_rate_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    period_start: Mapped[date]
    period_end: Mapped[date]
    payment_option: Mapped[str] = mapped_column(String(16))
    payment_regime: Mapped[str] = mapped_column(String(16))
    offer: Mapped[str] = mapped_column(String(16))
    client_order_reference: Mapped[str | None] = mapped_column(String(200))
    """The client's own number, which its invoices have to name (C. com. L441-9)."""
    issued_at: Mapped[datetime]
    immediate_from: Mapped[date | None]
    """The day on which the provider asked to be paid at once in the place of back-to-back (BL-11): billing's own."""
    older_fee: Mapped[str | None] = mapped_column(String(16))
    older_fee_rate: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    """What an order of the older general terms stipulates (BL-28): billing's own."""
    version: Mapped[int]

    @property
    def daily_rate(self) -> Money:
        """Price of a day, without VAT."""
        return Money(amount=self.daily_rate_amount)

    @property
    def option(self) -> PaymentOption:
        """The offer chosen before the start (CT-18)."""
        return PaymentOption(self.payment_option)

    @property
    def regime(self) -> PaymentRegime:
        """Guaranteed date or back-to-back."""
        return PaymentRegime(self.payment_regime)

    @property
    def is_immediate(self) -> bool:
        """Whether its months are paid within days for an amount a day, whenever the client pays (BL-11)."""
        return self.immediate_from is not None
