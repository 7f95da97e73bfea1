"""The BPF: what a validated CRA entitles its provider to invoice, to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from billing.bpf.lines import BpfLine, vat_of
from billing.bpf.vat import VatGroup, VatTreatment
from billing.columns import Totals
from billing.directory.missions import MissionTerms
from chassis.clock import business_date
from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.company import LegalIdentity
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import HEADS, PROVIDER_ROLES, SELLERS, Role
from contracts.timesheet import CraLineKind, CraValidated
from contracts.values import Money, Month, Period

SERIES = "BPF"


class BpfNotFound(NotFound):
    """Absent, not the caller's to see, or its CRA is not validated yet (BL-03, BL-05)."""

    code, title = "bpf_not_found", "No such BPF; the month may not be validated yet"


class BpfAlreadyInvoiced(Conflict):
    """The provider's invoice for it is in already (M4)."""

    code, title = "bpf_already_invoiced", "This BPF is invoiced already"


class BpfKind(StrEnum):
    """What its provider has to hand in."""

    INVOICE = "invoice"
    CREDIT = "credit"
    """A credit note: adjustments took back more than the month brought (TS-11)."""


class BpfStatus(StrEnum):
    """Where a BPF stands."""

    OPEN = "open"
    INVOICED = "invoiced"


class Issuer(StrEnum):
    """Who invoices in the provider's name under its mandate."""

    PLATFORM = "platform"


Invoicer = Role | Issuer

ALLOWED: dict[BpfStatus, Move[BpfStatus, Invoicer]] = {
    BpfStatus.OPEN: moves({BpfStatus.INVOICED}, {Issuer.PLATFORM}),
    BpfStatus.INVOICED: moves({BpfStatus.OPEN}, {*SELLERS, Issuer.PLATFORM}),
}


class Bpf(Totals, Base):
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
    lines_json: Mapped[list[dict[str, Any]]] = mapped_column("lines", JSONB)
    days: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    """Those that the platform's fee is due on: of the month, and more or less by its adjustments."""
    unit_price_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    """The daily rate of the order."""
    net_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    vat_category: Mapped[str] = mapped_column(String(2))
    vat_rate: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    vat_mention: Mapped[str | None] = mapped_column(String(200))
    vat_amount: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    seller: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(String(16))
    validated_at: Mapped[datetime]
    issued_on: Mapped[date]
    client_paid_on: Mapped[date | None]
    """When the client had paid for it in full, which decides a back-to-back payment (BL-10)."""
    version: Mapped[int]

    @classmethod
    def issue(
        cls,
        cra: CraValidated,
        terms: MissionTerms,
        provider: LegalIdentity,
        treatment: VatTreatment,
        lines: Sequence[BpfLine],
        *,
        number: int,
        today: date,
    ) -> Bpf:
        """Turn a validated month into what may be invoiced (BL-01, BL-02).

        `number` is the next of the year of `today`. VAT is rounded half up once for each rate (BR-CO-17).
        """
        groups = vat_of(lines, treatment)
        copied = ("mission_id", "bdc_id", "title", "client_company_id", "provider_company_id")
        people = ("operational_manager_id", "consultant_id", "consultant_name")
        return cls(
            **{name: getattr(terms, name) for name in copied + people},
            id=new_id(),
            reference=f"{SERIES}-{today.year}-{number}",
            cra_id=cra.cra_id,
            order_reference=terms.reference,
            month_text=str(cra.month),
            lines_json=[line.model_dump(mode="json") for line in lines],
            days=sum((line.quantity for line in lines if line.counts_as_days), Decimal(0)),
            unit_price_amount=terms.daily_rate.amount,
            net_amount=sum((group.base.amount for group in groups), Decimal(0)),
            vat_category=treatment.category,
            vat_rate=treatment.rate,
            vat_mention=treatment.mention,
            vat_amount=sum((group.amount.amount for group in groups), Decimal(0)),
            seller=provider.model_dump(mode="json"),
            status=BpfStatus.OPEN.value,
            validated_at=cra.validated_at,
            issued_on=today,
            version=1,
        )

    @cached_property
    def lines(self) -> list[BpfLine]:
        """What is billed, in the report's order."""
        return [BpfLine.model_validate(line) for line in self.lines_json]

    @property
    def treatment(self) -> VatTreatment:
        """The VAT of the provider's own work."""
        return VatTreatment(self.vat_category, self.vat_rate, self.vat_mention)

    @property
    def vat_groups(self) -> list[VatGroup]:
        """The VAT by category and rate (BG-23)."""
        return vat_of(self.lines, self.treatment)

    @property
    def kind(self) -> BpfKind:
        """Whether an invoice or a credit note is due."""
        return BpfKind.CREDIT if self.gross.amount < 0 else BpfKind.INVOICE

    def description(self, line: BpfLine) -> str:
        """A line in words; work says whose and when, which is kept once, beside the lines."""
        if line.kind is CraLineKind.WORK:
            return f"{line.title}, {self.consultant_name}, {self.month}"[:1000]
        return line.title

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

    def available(self, supervisors: Sequence[UUID]) -> NotificationRequested:
        """Tell whoever runs the provider, and looks after the consultant, that the month can be invoiced (BL-01)."""
        return NotificationRequested(
            subject_id=self.id,
            template="bpf_available",
            members=list(supervisors),
            roles=[RoleInCompany(company_id=self.provider_company_id, roles=sorted(HEADS & PROVIDER_ROLES))],
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

    def mark_invoiced(self, by: Invoicer) -> None:
        """The provider's invoice agrees with it (BL-05).

        Raises:
            BpfAlreadyInvoiced: another one came first.
            Forbidden: this role does not sell for the provider, nor issue in its name.

        """
        self.check_open()
        self._move_to(BpfStatus.INVOICED, by)

    def reopen(self) -> None:
        """A credit note took its invoice back whole: another is awaited. Raises IllegalMove."""
        self._move_to(BpfStatus.OPEN, Issuer.PLATFORM)

    def _move_to(self, target: BpfStatus, by: Invoicer) -> None:
        self.status = check_move(ALLOWED, BpfStatus(self.status), target, by).value
        self.version += 1
