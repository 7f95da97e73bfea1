"""Reminding companies of what they owe: once for each step of lateness."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from billing.bank.domain import BankMatch, Target
from billing.bank.settlement import live
from billing.issuing.domain import IssuedInvoice, IssuedStatus
from billing.issuing.issue import BOOKED_HERE
from billing.settings import BillingSettings
from chassis import Tx, emit
from chassis.clock import business_date
from chassis.rows import Base
from chassis.sweeps import Sweep
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import HEADS

PART = 200
"""Reminders for each transaction."""


class InvoiceReminder(Base):
    """That a company was reminded of an invoice at one step."""

    __tablename__ = "invoice_reminders"

    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    days_late: Mapped[int] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime]


async def remind(tx: Tx, as_of: datetime) -> bool:
    """Remind of each open invoice that is late by a step, of the latest step alone; True while some are left.

    Whoever has money on account is asked by a person what it was meant for.
    """
    today, sent = business_date(as_of), 0
    waits = select(BankMatch.party_id).where(*live(BankMatch.target == Target.ON_ACCOUNT.value))
    for days in sorted(BillingSettings().reminder_days, reverse=True):
        told = select(InvoiceReminder.invoice_id).where(InvoiceReminder.days_late >= days)
        late = select(IssuedInvoice).where(
            IssuedInvoice.kind.in_(BOOKED_HERE),
            IssuedInvoice.status.in_([IssuedStatus.ISSUED, IssuedStatus.PARTLY_PAID]),
            IssuedInvoice.due_on <= today - timedelta(days),
            IssuedInvoice.id.not_in(told),
            IssuedInvoice.party_id.not_in(waits),
        )
        for invoice in await tx.scalars(late.order_by(IssuedInvoice.id).limit(PART - sent)):
            tx.add(InvoiceReminder(invoice_id=invoice.id, days_late=days, sent_at=tx.now))
            emit(tx, _reminder(invoice))
            sent += 1
        await tx.flush()
    return sent == PART


reminders = Sweep("remind_of_invoices", timedelta(days=1), remind)


def _reminder(invoice: IssuedInvoice) -> NotificationRequested:
    return NotificationRequested(
        subject_id=invoice.id,
        template="invoice_overdue",
        roles=[RoleInCompany(company_id=invoice.party_id, roles=sorted(HEADS))],
        context={
            "invoice_number": invoice.number,
            "open": f"{invoice.open.amount:.2f}",
            "due_date": invoice.due_on.isoformat(),
        },
    )
