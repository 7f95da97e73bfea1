"""What a CRA bills: the days worked, and a line for everything else that its month brought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base
from contracts.contracting import WorkType
from contracts.timesheet import CraLine, CraLineKind
from contracts.values import Money, Value
from timesheet.cra.refusals import EmptyCra

if TYPE_CHECKING:
    from timesheet.directory.missions import Mission

MOST_LINES = 100
"""More than any month brings; what is left out here goes with the next month."""


class LineNotFound(NotFound):
    """The CRA has no such line."""

    code, title = "line_not_found", "The CRA has no such line"


class LineWithoutFile(NotFound):
    """Nothing was handed in with it, or it is gone after its time."""

    code, title = "line_without_file", "The line has no file"


class TooManyLines(Conflict):
    """The report holds as many lines as one may."""

    code, title = "too_many_lines", "The CRA has as many lines as it may have"


class NotFixedPrice(Conflict):
    """The order bills days, no deliverables."""

    code, title = "not_fixed_price", "The order bills days, not deliverables"


class DeliverablesExceedOrder(Unprocessable):
    """All reports together would bill more than the order is worth."""

    code, title = "deliverables_exceed_order", "More than the order is worth"


class CorrectionsExceedMonth(Unprocessable):
    """An invoice cannot be about less than nothing: what is left to give back is for the support to settle."""

    code, title = "corrections_exceed_month", "The corrections take back all that the month bills, or more"


class Paper(Value):
    """A file that proves a line: frozen with it, so that it can be told from any other."""

    id: UUID
    name: str
    media_type: str
    sha256: str
    size: int
    """In bytes."""


class Line(CraLine):
    """A line as its CRA keeps it: what billing will bill, and what stands behind it."""

    id: UUID
    on: date | None = None
    """The day of the overtime."""
    code: str | None = None
    """The rate that priced it (TS-09)."""
    comment: Annotated[str, Field(max_length=500)] | None = None
    file: Paper | None = None

    def billed(self) -> CraLine:
        """What billing is told of it."""
        return CraLine.model_validate({name: getattr(self, name) for name in CraLine.model_fields})

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return self.model_dump(mode="json", exclude_none=True)


def net_of(line: CraLine) -> Money | None:
    """Price without VAT, rounded once; unknown for a day of an order whose rate was never told here."""
    return None if line.unit_price is None else line.unit_price.times(line.quantity)


def total_of(lines: Sequence[CraLine]) -> Money | None:
    """Without VAT; unknown as soon as one price is."""
    total = Money.of(0)
    for line in lines:
        net = net_of(line)
        if net is None:
            return None
        total += net
    return total


class Itemised:
    """The lines of a CRA; they are written while it is, and freeze with it (TS-10)."""

    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)

    if TYPE_CHECKING:
        total_days: Mapped[Decimal]
        mission: Mapped[Mission]

    @property
    def items(self) -> list[Line]:
        """All lines but the days, in the order in which they were written."""
        return [Line.model_validate(line) for line in self.lines]

    @property
    def fixed_price(self) -> bool:
        """Whether deliverables are billed, and days are not."""
        return self.mission.work_type is WorkType.FIXED_PRICE

    @property
    def billed_days(self) -> Decimal:
        """Days to bill; at a fixed price days only indicate (TS-16)."""
        return Decimal(0) if self.fixed_price else self.total_days

    @property
    def bill(self) -> list[CraLine]:
        """Exactly what billing will bill, in order: both sides and the event show nothing else (TS-15)."""
        days = self.billed_days
        price = self.mission.daily_rate
        work = CraLine(kind=CraLineKind.WORK, title=self.mission.title, quantity=days, unit="DAY", unit_price=price)
        return [*([work] if days else []), *(line.billed() for line in self.items)]

    def line(self, line_id: UUID) -> Line:
        """One of its lines. Raises LineNotFound."""
        found = next((line for line in self.items if line.id == line_id), None)
        if found is None:
            raise LineNotFound
        return found

    def put_line(self, line: Line) -> None:
        """Keep a line, anew or in the place of the one with its id. Raises TooManyLines."""
        items = self.items
        known = any(one.id == line.id for one in items)
        items = [line if one.id == line.id else one for one in items] if known else [*items, line]
        require(len(items) <= MOST_LINES, TooManyLines(f"at most {MOST_LINES}"))
        self.lines = [one.kept() for one in items]

    def drop_line(self, line: Line) -> None:
        """Take a line out."""
        self.lines = [one.kept() for one in self.items if one.id != line.id]

    def put_deliverable(self, line: Line, *, elsewhere: Money) -> None:
        """State what was delivered; `elsewhere` is what the order's other reports bill.

        Raises:
            NotFixedPrice: the order bills days.
            DeliverablesExceedOrder: the order is not worth as much.
            TooManyLines: there is no room for another.

        """
        require(self.fixed_price, NotFixedPrice())
        self.put_line(line)
        self.check_delivered(elsewhere)

    def check_delivered(self, elsewhere: Money) -> None:
        """Refuse deliverables that, with those of the order's other reports, come to more than it is worth by now.

        Raises DeliverablesExceedOrder.
        """
        price, total = self.mission.price, elsewhere + self.delivered
        if price is not None and total.amount > price.amount:
            raise DeliverablesExceedOrder(f"{total.amount} of {price.amount} would be billed", field="amount")

    @property
    def delivered(self) -> Money:
        """What its deliverables come to, without VAT."""
        nets = [net_of(line) for line in self.items if line.kind is CraLineKind.DELIVERABLE]
        return sum((net for net in nets if net is not None), Money.of(0))

    def check_worth_billing(self, *, stated: bool) -> None:
        """Refuse what would entitle to an invoice of nothing; `stated` once the provider has said what it delivered.

        Raises:
            EmptyCra: there is nothing on it.
            CorrectionsExceedMonth: its corrections take back all of it, or more.

        """
        bill = self.bill
        if self.fixed_price and not stated:
            require(bool(bill) or self.total_days > 0, EmptyCra())
            return
        require(bool(bill), EmptyCra())
        total = total_of(bill)
        require(total is None or total.amount > 0, CorrectionsExceedMonth())

    def cut_off_lines(self, last: date) -> bool:
        """Drop what was done after the order's new last day; say whether there was any (CT-28)."""
        kept = [line for line in self.items if line.on is None or line.on <= last]
        if len(kept) == len(self.lines):
            return False
        self.lines = [line.kept() for line in kept]
        return True


class LineFile(Base):
    """Where a line's file is stored; it outlives its line only until it is removed from the store."""

    __tablename__ = "line_files"
    __table_args__ = (
        Index("ix_line_files_cra_id", "cra_id"),
        Index("ix_line_files_removed_at", "removed_at", postgresql_where=text("removed_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cra_id: Mapped[UUID] = mapped_column(ForeignKey("cras.id"))
    key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    scan: Mapped[str] = mapped_column(String(16))
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    @property
    def paper(self) -> Paper:
        """What its line says of it."""
        return Paper(id=self.id, name=self.name, media_type=self.media_type, sha256=self.sha256, size=self.size)
