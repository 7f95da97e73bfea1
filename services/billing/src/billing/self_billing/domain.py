"""An invoice that the platform writes for a provider: specimen, validation, issue, contest (domain facts 1.7)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.bpf.domain import Bpf
from billing.columns import word
from billing.self_billing.mandate import Mandate
from chassis.errors import Conflict, NotFound, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import SELLERS
from contracts.values import Money


class SelfBillNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "self_bill_not_found", "There is no such self-billed invoice"


class SelfBilled(Conflict):
    """The platform writes this invoice under the provider's mandate: another would bill the month twice."""

    code, title = "bpf_self_billed", "This invoice is written by the platform under your mandate"


class ContestPeriodOver(Conflict):
    """The mandate's delay has passed: the invoice is accepted (CGI ann. II, art. 242 nonies, I)."""

    code, title = "contest_period_over", "The time to contest this invoice is over"


class SelfBillStatus(StrEnum):
    """Where it stands."""

    PROPOSED = "proposed"
    """A specimen, without number."""
    REFUSED = "refused"
    """Staff refused the specimen: the provider imports its own invoice."""
    WITHDRAWN = "withdrawn"
    """The provider revoked the mandate or turned to its own invoices first."""
    ISSUED = "issued"
    CONTESTED = "contested"
    """Its payment is held."""
    UPHELD = "upheld"
    CREDITED = "credited"
    """A credit note takes it back; another specimen follows."""


class SelfBillActor(StrEnum):
    """Who may try to move it."""

    STAFF = "staff"
    PROVIDER = "provider"


_S, _A = SelfBillStatus, SelfBillActor
ALLOWED = {
    _S.PROPOSED: moves(set(), set()),
    _S.REFUSED: moves({_S.PROPOSED}, {_A.STAFF}),
    _S.WITHDRAWN: moves({_S.PROPOSED}, {_A.PROVIDER}),
    _S.ISSUED: moves({_S.PROPOSED}, {_A.STAFF}),
    _S.CONTESTED: moves({_S.ISSUED}, {_A.PROVIDER}),
    _S.UPHELD: moves({_S.CONTESTED}, {_A.STAFF}),
    _S.CREDITED: moves({_S.CONTESTED}, {_A.STAFF}),
}
CONTESTED = "contested by the provider"
"""Why the payment of a contested invoice is held."""
LIVE = (_S.PROPOSED, _S.ISSUED, _S.CONTESTED, _S.UPHELD)
"""The platform writes, or has written, the BPF's invoice."""
_LIVE = "status IN ('proposed', 'issued', 'contested', 'upheld')"


class SelfBill(Base):
    """The platform's writing of the invoice of one BPF; after a credit note the BPF has another."""

    __tablename__ = "self_bills"
    __table_args__ = (
        Index("uq_self_bills_live", "bpf_id", unique=True, postgresql_where=text(_LIVE)),
        Index("ix_self_bills_provider", "provider_company_id", "id"),
        Index("ix_self_bills_status", "status", "id"),
        CheckConstraint(
            "(invoice_id IS NULL) = (status IN ('proposed', 'refused', 'withdrawn'))", name="numbered_once_issued"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    bpf_id: Mapped[UUID]
    mandate_id: Mapped[UUID] = mapped_column(ForeignKey(Mandate.id))
    provider_company_id: Mapped[UUID]
    status: Mapped[SelfBillStatus] = mapped_column(word(SelfBillStatus))
    proposed_at: Mapped[datetime]
    validated_by: Mapped[UUID | None]
    """Of the staff: who validated or refused the specimen."""
    validated_at: Mapped[datetime | None]
    refusal_reason: Mapped[str | None] = mapped_column(String(1000))
    invoice_id: Mapped[UUID | None] = mapped_column(unique=True)
    """The provider's invoice that came of it."""
    issued_invoice_id: Mapped[UUID | None] = mapped_column(unique=True)
    """The numbered document."""
    number: Mapped[str | None] = mapped_column(String(35))
    issued_on: Mapped[date | None]
    contest_until: Mapped[date | None]
    """The last day on which it may be contested."""
    contested_by: Mapped[UUID | None]
    contested_at: Mapped[datetime | None]
    contest_reason: Mapped[str | None] = mapped_column(String(1000))
    settled_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
    remark: Mapped[str | None] = mapped_column(String(1000))
    """What staff answered to the contest."""
    version: Mapped[int]

    @classmethod
    def propose(cls, bpf: Bpf, mandate: Mandate, at: datetime) -> SelfBill:
        """A specimen for staff to validate and the provider to look at."""
        return cls(
            id=new_id(),
            bpf_id=bpf.id,
            mandate_id=mandate.id,
            provider_company_id=bpf.provider_company_id,
            status=SelfBillStatus.PROPOSED,
            proposed_at=at,
            version=1,
        )

    def issue(
        self, *, by: UUID, at: datetime, on: date, number: str, invoice_id: UUID, issued_invoice_id: UUID, days: int
    ) -> None:
        """Staff validated the specimen: it has its number, and `days` to be contested in. Raises IllegalMove."""
        self._move_to(SelfBillStatus.ISSUED, SelfBillActor.STAFF)
        self.validated_by, self.validated_at = by, at
        self.number, self.invoice_id, self.issued_invoice_id = number, invoice_id, issued_invoice_id
        self.issued_on, self.contest_until = on, on + timedelta(days)

    def refuse(self, *, by: UUID, at: datetime, reason: str) -> None:
        """Staff refused the specimen. Raises IllegalMove."""
        self._move_to(SelfBillStatus.REFUSED, SelfBillActor.STAFF)
        self.validated_by, self.validated_at, self.refusal_reason = by, at, reason

    def withdraw(self) -> None:
        """The provider wants no invoice written for it any more. Raises IllegalMove."""
        self._move_to(SelfBillStatus.WITHDRAWN, SelfBillActor.PROVIDER)

    def contest(self, *, by: UUID, at: datetime, today: date, reason: str) -> None:
        """The provider does not accept it: nothing is paid until staff has settled it.

        Raises:
            IllegalMove: it is not issued, or was contested before.
            ContestPeriodOver: after the last day.

        """
        self._move_to(SelfBillStatus.CONTESTED, SelfBillActor.PROVIDER)
        require(self.contest_until is not None and today <= self.contest_until, ContestPeriodOver())
        self.contested_by, self.contested_at, self.contest_reason = by, at, reason

    def settle(self, outcome: SelfBillStatus, *, by: UUID, at: datetime, remark: str) -> None:
        """Staff upheld or credited what was contested. Raises IllegalMove."""
        self._move_to(outcome, SelfBillActor.STAFF)
        self.settled_by, self.settled_at, self.remark = by, at, remark

    def _move_to(self, target: SelfBillStatus, actor: SelfBillActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, actor)
        self.version += 1

    def told(self, template: str, **context: str) -> NotificationRequested:
        """Tell those who sell for the provider."""
        return NotificationRequested(
            subject_id=self.id,
            template=template,
            roles=[RoleInCompany(company_id=self.provider_company_id, roles=sorted(SELLERS))],
            context=context,
        )

    def told_issued(self, bpf: Bpf, gross: Money) -> NotificationRequested:
        """The invoice is out: its number, its amount and until when it may be contested."""
        return self.told(
            "self_bill_issued",
            invoice_number=self.number or "",
            title=bpf.title,
            month=bpf.month_text,
            gross=f"{gross.amount:.2f}",
            contest_until=self.contest_until.isoformat() if self.contest_until else "",
        )
