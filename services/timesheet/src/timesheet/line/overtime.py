"""Overtime and on-call duty: priced by the mission's table, and by nothing else (TS-09)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from chassis.errors import Conflict, Unprocessable
from chassis.rows import new_id
from contracts.timesheet import CraLineKind
from timesheet.cra.domain import Cra
from timesheet.line.domain import Line
from timesheet.rate.domain import MOST, Rate


class RateNotAgreed(Conflict):
    """Client and provider have agreed on no such code for that day."""

    code, title = "rate_not_agreed", "Client and provider have not agreed on this rate for that day"


class InvalidOvertime(Unprocessable):
    """Not a day of the month and the order, or more than a day holds."""

    code, title = "invalid_overtime", "This overtime cannot be counted"


def overtime_line(
    cra: Cra, rates: Iterable[Rate], *, code: str, on: date, quantity: Decimal, comment: str | None
) -> Line:
    """Price an entry as both sides agreed; the price stays, whatever they agree on later.

    Raises:
        InvalidOvertime: the date or the quantity cannot be.
        RateNotAgreed: the table has no such code for that day.

    """
    if f"{on:%Y-%m}" != cra.month or not cra.mission.starts_on <= on <= cra.mission.ends_on:
        raise InvalidOvertime(f"{on} is no day of the mission in {cra.month}", field="on")
    rate = next((rate for rate in rates if rate.code == code and rate.holds_on(on)), None)
    if rate is None:
        raise RateNotAgreed(f"{code} on {on}", field="code")
    same = (line.quantity for line in cra.items if (line.code, line.on) == (code, on))
    if sum(same, quantity) > MOST[rate.unit]:
        raise InvalidOvertime(f"at most {MOST[rate.unit]} a day", field="quantity")
    return Line(
        id=new_id(),
        kind=CraLineKind.OVERTIME,
        title=rate.label,
        quantity=quantity,
        unit=rate.unit,
        unit_price=rate.price,
        on=on,
        code=code,
        comment=comment,
    )
