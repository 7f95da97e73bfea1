"""Who was reminded of a month, and when: once a day at most, whoever asks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Enum, ForeignKey, Select, String, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, contains_eager, mapped_column

from chassis import Tx, emit
from chassis.clock import business_date
from chassis.rows import Base
from contracts.values import Month
from timesheet.cra import messages
from timesheet.cra.domain import Cra, CraStatus
from timesheet.cra.queries import left_to_the_calendar
from timesheet.directory.missions import Mission
from timesheet.settings.domain import ActivitySettings

LAST_DAYS = 3
"""Reminders begin with the last days of the month, since a client decides before the first of the next."""
GRACE_DAYS = 5
"""Days of the next month on which consultants are still reminded."""
_PART = 200
SENT = (CraStatus.PENDING_APPROVAL, CraStatus.SUBMITTED, CraStatus.VALIDATED)


class Due(StrEnum):
    """What is waited for."""

    SUBMISSION = "submission"
    VALIDATION = "validation"


class Reminder(Base):
    """The last reminder of one month of one order."""

    __tablename__ = "reminders"

    bdc_id: Mapped[UUID] = mapped_column(ForeignKey(Mission.bdc_id), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    due: Mapped[Due] = mapped_column(
        Enum(Due, native_enum=False, length=16, values_callable=lambda kind: [each.value for each in kind]),
        primary_key=True,
    )
    told_on: Mapped[date]


async def claim(tx: Tx, bdc_id: UUID, month: str, due: Due, today: date) -> bool:
    """Take today's only reminder; False when somebody has."""
    row = insert(Reminder).values(bdc_id=bdc_id, month=month, due=due, told_on=today)
    later = row.on_conflict_do_update(
        index_elements=["bdc_id", "month", "due"], set_={"told_on": today}, where=Reminder.told_on < today
    )
    return (await tx.execute(later.returning(Reminder.bdc_id))).first() is not None


def _told(month: Any, due: Due, today: date) -> ColumnElement[bool]:
    same = (Reminder.bdc_id == Mission.bdc_id, Reminder.month == month, Reminder.due == due)
    return exists(select(Reminder).where(*same, Reminder.told_on >= today).correlate(Mission, Cra))


def months_due(today: date) -> list[Month]:
    """The months whose reports consultants are reminded of on that day."""
    month, due = Month.of(today), list[Month]()
    if today.day <= GRACE_DAYS:
        due.append(Month.of(month.first - timedelta(days=1)))
    if (month.last - today).days < LAST_DAYS:
        due.append(month)
    return due


def _unsent(month: Month, today: date) -> Select[Mission]:
    sent = select(Cra.id).where(Cra.bdc_id == Mission.bdc_id, Cra.month == month, Cra.status.in_(SENT))
    chosen = or_(
        ActivitySettings.client_company_id.is_(None),
        and_(ActivitySettings.module_on, ActivitySettings.submission_reminders, ~left_to_the_calendar(month)),
    )
    begun = Mission.starts_on <= func.least(month.last, today)
    query = (
        select(Mission).outerjoin(ActivitySettings, _of_client()).where(chosen, begun, Mission.ends_on >= month.first)
    )
    return query.where(~exists(sent), ~_told(month, Due.SUBMISSION, today)).order_by(Mission.bdc_id).limit(_PART)


def _of_client() -> ColumnElement[bool]:
    return ActivitySettings.client_company_id == Mission.client_company_id


async def remind_consultants(tx: Tx, as_of: datetime) -> bool:
    """Tell who has not sent a month that is over, or nearly; a part at a time."""
    today, more = business_date(as_of), False
    for month in months_due(today):
        missions = (await tx.scalars(_unsent(month, today))).all()
        for mission in missions:
            if await claim(tx, mission.bdc_id, month, Due.SUBMISSION, today):
                emit(tx, messages.submission_due(mission, month))
        more = more or len(missions) == _PART
    return more


async def remind_clients(tx: Tx, as_of: datetime) -> bool:
    """In a month's last days, tell who has not decided on a report yet; a part at a time."""
    today = business_date(as_of)
    if (Month.of(today).last - today).days >= LAST_DAYS:
        return False
    chosen = or_(ActivitySettings.client_company_id.is_(None), ActivitySettings.validation_reminders)
    query = select(Cra).join(Cra.mission).outerjoin(ActivitySettings, _of_client()).options(contains_eager(Cra.mission))
    query = query.where(Cra.status == CraStatus.SUBMITTED, chosen, ~_told(Cra.month, Due.VALIDATION, today))
    waiting = (await tx.scalars(query.order_by(Cra.id).limit(_PART))).all()
    for cra in waiting:
        if await claim(tx, cra.bdc_id, cra.month, Due.VALIDATION, today):
            emit(tx, messages.validation_due(cra))
    return len(waiting) == _PART
