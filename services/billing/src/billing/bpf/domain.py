"""The BPF: what a validated CRA entitles its provider to invoice, to the cent."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from billing.bpf.vat import treatment_of
from billing.directory.missions import MissionTerms
from chassis.clock import business_date
from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.company import LegalIdentity
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import SELLERS, Role
from contracts.timesheet import CraValidated
from contracts.values import Money, Month, Period

SERIES = "BPF"
UNIT = "DAY"
"""Day, UN/ECE recommendation 20."""


class BpfNotFound(NotFound):
    """Absent, not the caller's to see, or its CRA is not validated yet (BL-03, BL-05)."""

    code, title = "bpf_not_found", "No such BPF; the month may not be validated yet"


class BpfAlreadyInvoiced(Conflict):
    """The provider's invoice for it is in already (M4)."""

    code, title = "bpf_already_invoiced", "This BPF is invoiced already"


class BpfStatus(StrEnum):
    """Where a BPF stands."""

    OPEN = "open"
    INVOICED = "invoiced"


ALLOWED: dict[BpfStatus, Move[BpfStatus, Role]] = {
    BpfStatus.INVOICED: moves({BpfStatus.OPEN}, set(SELLERS)),
}


class Bpf(Base):
    """The document of one CRA: its content repeats the CRA's and never changes, only its status does (BL-02)."""

    __tablename__ = "bpfs"
    __table_args__ = (
        Index("ix_bpfs_provider", "provider_company_id", "id"),
        Index("ix_bpfs_operational_manager", "operational_manager_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(String(32), unique=True)
    cra_id: Mapped[UUID] = mapped_column(unique=True)
    mission_id: Mapped[UUID]
    bdc_id: Mapped[UUID]
    order_reference: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200))
    client_company_id: Mapped[UUID]
    provider_company_id: Mapped[UUID]
    operational_manager_id: Mapped[UUID]
    consultant_id: Mapped[UUID]
    consultant_name: Mapped[str] = mapped_column(String(200))
    month_text: Mapped[str] = mapped_column("month", String(7))
    days: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    unit_price_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    net_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    vat_category: Mapped[str] = mapped_column(String(2))
    vat_rate: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    vat_mention: Mapped[str | None] = mapped_column(String(200))
    vat_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    seller: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(String(16))
    validated_at: Mapped[datetime]
    issued_on: Mapped[date]
    version: Mapped[int]

    @classmethod
    def issue(cls, cra: CraValidated, terms: MissionTerms, provider: LegalIdentity, *, number: int, today: date) -> Bpf:
        """Turn a validated month into what may be invoiced (BL-01, BL-02).

        `number` is the next of the year of `today`. Net is days x daily rate and VAT is net x rate, each
        rounded half up once (EN 16931 BR-CO-17).
        """
        vat = treatment_of(provider)
        net = terms.daily_rate.times(cra.days)
        copied = ("mission_id", "bdc_id", "title", "client_company_id", "provider_company_id")
        people = ("operational_manager_id", "consultant_id", "consultant_name")
        return cls(
            **{name: getattr(terms, name) for name in copied + people},
            id=new_id(),
            reference=f"{SERIES}-{today.year}-{number}",
            cra_id=cra.cra_id,
            order_reference=terms.reference,
            month_text=str(cra.month),
            days=cra.days,
            unit_price_amount=terms.daily_rate.amount,
            net_amount=net.amount,
            vat_category=vat.category,
            vat_rate=vat.rate,
            vat_mention=vat.mention,
            vat_amount=net.times(vat.rate / 100).amount,
            seller=provider.model_dump(mode="json"),
            status=BpfStatus.OPEN.value,
            validated_at=cra.validated_at,
            issued_on=today,
            version=1,
        )

    @property
    def month(self) -> Month:
        """The month worked."""
        return Month(self.month_text)

    @property
    def period(self) -> Period:
        """First to last day of the month worked."""
        return Period(start=self.month.first, end=self.month.last)

    @property
    def validated_on(self) -> date:
        """The business date of the CRA's validation, from which payment terms run (BL-09)."""
        return business_date(self.validated_at)

    @property
    def unit_price(self) -> Money:
        """The daily rate, without VAT."""
        return Money(amount=self.unit_price_amount)

    @property
    def net(self) -> Money:
        """Total without VAT."""
        return Money(amount=self.net_amount)

    @property
    def vat(self) -> Money:
        """Total of the VAT."""
        return Money(amount=self.vat_amount)

    @property
    def gross(self) -> Money:
        """Total with VAT."""
        return self.net + self.vat

    def available(self) -> NotificationRequested:
        """Tell those who sell for the provider that the month can be invoiced (BL-01)."""
        return NotificationRequested(
            subject_id=self.id,
            template="bpf_available",
            roles=[RoleInCompany(company_id=self.provider_company_id, roles=sorted(SELLERS))],
            context={
                "bpf_reference": self.reference,
                "title": self.title,
                "month": self.month_text,
                "net": f"{self.net.amount:.2f}",
            },
        )

    def check_open(self) -> None:
        """Raise BpfAlreadyInvoiced unless an invoice is still awaited."""
        require(self.status == BpfStatus.OPEN, BpfAlreadyInvoiced())

    def mark_invoiced(self, by: Role) -> None:
        """The provider's invoice agrees with it (BL-05).

        Raises:
            BpfAlreadyInvoiced: another one came first.
            Forbidden: this role does not sell for the provider.

        """
        self.check_open()
        self._move_to(BpfStatus.INVOICED, by)

    def _move_to(self, target: BpfStatus, by: Role) -> None:
        self.status = check_move(ALLOWED, BpfStatus(self.status), target, by).value
        self.version += 1
