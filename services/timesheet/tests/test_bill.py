"""Whatever lines are written and taken out: the bill is their sum, and a validated one never moves."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.errors import Problem
from chassis.rows import new_id
from contracts.contracting import WorkType
from contracts.timesheet import CraLineKind
from contracts.values import Money, Month
from timesheet.cra.days import DayWorked
from timesheet.cra.domain import Cra, CraStatus, Decision
from timesheet.directory.missions import Mission, Part
from timesheet.line.corrections import Corrections
from timesheet.line.domain import MOST_LINES, Line, net_of, total_of
from timesheet.settings.domain import ActivitySettings

AT = datetime(2026, 6, 30, 9, tzinfo=UTC)
CHOICES = ActivitySettings.default(uuid4())
WRITABLE = {CraStatus.DRAFT, CraStatus.REFUSED}
parts = st.sampled_from([Part.CONSULTANT, Part.INDEPENDENT, Part.APPROVER, Part.OPERATIONAL_MANAGER, Part.OBSERVER])
cents = st.integers(1, 10_000_000).map(lambda n: Decimal(n) / 100)
hundredths = st.integers(1, 2_400).map(lambda n: Decimal(n) / 100)


def mission(work_type=WorkType.TIME_AND_MATERIALS):
    names = (
        "bdc_id", "mission_id", "client_company_id", "provider_company_id", "operational_manager_id", "consultant_id",
    )  # fmt: skip
    return Mission(
        **{name: uuid4() for name in names},
        reference="BDC-1",
        title="T",
        consultant_name="N",
        version=1,
        workplace="FR",
        days=Decimal(20),
        daily_rate_amount=Decimal("333.33"),
        work_type=work_type,
        starts_on=date(2026, 6, 1),
        ends_on=date(2026, 6, 30),
    )


def line(kind, quantity, price):
    facts = {"bdc_id": uuid4(), "month": "2026-05"} if kind is CraLineKind.ADJUSTMENT else {}
    return Line(id=new_id(), kind=kind, title="L", quantity=quantity, unit="C62", unit_price=Money.of(price), **facts)


class AnyBill(RuleBasedStateMachine):
    """Random people write, take out, send and decide."""

    @initialize(work_type=st.sampled_from(WorkType))
    def begin(self, work_type):
        self.cra = Cra.begin(mission(work_type), Month("2026-06"), by=Part.CONSULTANT, today=date(2026, 6, 2))
        self.known: dict[object, Line] = {}
        self.final = None

    def state(self):
        return json.dumps(self.cra.lines), self.cra.status, self.cra.version

    def attempt(self, command):
        """Do it as a request does: all or nothing."""
        before = (self.cra.lines, self.cra.status, self.cra.version)
        try:
            return command() or True
        except Problem:
            self.cra.lines, self.cra.status, self.cra.version = before
            return None

    @rule(days=st.integers(0, 5), by=parts)
    def fill(self, days, by):
        worked = [DayWorked(date(2026, 6, day), Decimal("1.0")) for day in range(1, days + 1)]
        self.attempt(lambda: self.cra.fill(worked, elsewhere=Decimal(0), by=by, choices=CHOICES))

    @rule(kind=st.sampled_from([CraLineKind.EXPENSE, CraLineKind.OVERTIME]), quantity=hundredths, price=cents, by=parts)
    def write(self, kind, quantity, price, by):
        new = line(kind, quantity, price)
        if self.attempt(lambda: (self.cra.edit(by, CHOICES), self.cra.put_line(new))):
            self.known[new.id] = new

    @rule(halves=st.integers(-8, 8).filter(bool), by=parts)
    def correct(self, halves, by):
        new = line(CraLineKind.ADJUSTMENT, Decimal(halves) / 2, Decimal("333.33"))
        if self.attempt(lambda: (self.cra.edit(by, CHOICES), self.cra.put_line(new))):
            self.known[new.id] = new

    @rule(price=cents, by=parts)
    def deliver(self, price, by):
        new = line(CraLineKind.DELIVERABLE, Decimal(1), price)
        if self.attempt(
            lambda: (self.cra.deliver(by, CHOICES), self.cra.put_deliverable(new, elsewhere=Money.of("100")))
        ):
            self.known[new.id] = new

    @rule(pick=st.integers(0, 50), by=parts)
    def drop(self, pick, by):
        if self.known:
            gone = list(self.known.values())[pick % len(self.known)]
            if self.attempt(lambda: (self.cra.edit(by, CHOICES), self.cra.drop_line(gone))):
                del self.known[gone.id]

    @rule(by=parts)
    def submit(self, by):
        self.attempt(lambda: self.cra.submit(Decision(by, uuid4(), AT), CHOICES, elsewhere=Decimal(0)))

    @rule(by=parts)
    def approve(self, by):
        self.attempt(lambda: self.cra.approve(Decision(by, uuid4(), AT), CHOICES))

    @rule(by=parts)
    def refuse(self, by):
        self.attempt(lambda: self.cra.refuse("Not these", by=by))

    @rule(by=parts)
    def validate(self, by):
        event = self.attempt(lambda: self.cra.validate(Decision(by, uuid4(), AT)))
        if event:
            assert [each.model_dump() for each in event.lines] == [each.model_dump() for each in self.cra.bill]
            assert event.days == self.cra.billed_days
            self.final = self.state()

    @invariant()
    def the_bill_is_the_days_and_exactly_the_lines_written(self):
        if hasattr(self, "cra"):
            work = Money.of("333.33").times(self.cra.billed_days)
            nets = [net_of(each) for each in self.known.values()]
            assert total_of(self.cra.bill) == sum(nets, work)
            assert {each.id for each in self.cra.items} == set(self.known)

    @invariant()
    def deliverables_fit_the_order_and_days_are_not_billed_with_them(self):
        if hasattr(self, "cra"):
            assert self.cra.delivered.amount + 100 <= Decimal("6666.60") or not self.cra.delivered.amount
            assert not (self.cra.delivered.amount and self.cra.billed_days)

    @invariant()
    def what_the_client_has_is_worth_billing(self):
        if hasattr(self, "cra") and self.cra.status in {CraStatus.SUBMITTED, CraStatus.VALIDATED}:
            assert total_of(self.cra.bill).amount > 0

    @invariant()
    def what_was_validated_stays(self):
        if getattr(self, "final", None):
            assert self.state() == self.final


AnyBill.TestCase.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestAnyBill = pytest.mark.req("TS-10", "TS-15")(AnyBill.TestCase)


@pytest.mark.req("TS-08")
def test_a_report_holds_so_many_lines_and_no_more():
    cra = Cra.begin(mission(), Month("2026-06"), by=Part.CONSULTANT, today=date(2026, 6, 2))
    for _ in range(MOST_LINES):
        cra.put_line(line(CraLineKind.EXPENSE, Decimal(1), Decimal(1)))
    with pytest.raises(Problem) as refused:
        cra.put_line(line(CraLineKind.EXPENSE, Decimal(1), Decimal(1)))
    assert refused.value.code == "too_many_lines"
    changed = cra.items[0].model_copy(update={"title": "Changed"})
    cra.put_line(changed)
    assert (cra.line(changed.id).title, len(cra.lines)) == ("Changed", MOST_LINES)


steps = st.lists(
    st.tuples(st.sampled_from(["add", "add", "settle", "drop"]), st.integers(-10, 10).filter(bool)), max_size=40
)


@pytest.mark.req("TS-11")
@given(worked=st.integers(1, 10), steps=steps)
@settings(max_examples=200, deadline=None)
def test_whatever_is_still_taken_out_no_month_falls_below_zero_and_no_order_above_its_days(worked, steps):
    """Each addition is judged by what is there; what is open may then be settled, or taken out again."""
    corrected = Cra(bdc_id=uuid4(), month="2026-05", total_days=Decimal(worked) / 2, mission=mission())
    corrected.mission.days = Decimal(8)
    lines: list[tuple[Line, bool]] = []
    for step, number in steps:
        if step == "add":
            new = line(CraLineKind.ADJUSTMENT, Decimal(number) / 2, Decimal(1))
            new = new.model_copy(update={"bdc_id": corrected.bdc_id})
            with suppress(Problem):
                so_far = Corrections(tuple(lines))
                counted = corrected.total_days + so_far.counted_for(corrected.bdc_id)
                so_far.check(new.quantity, corrected, counted=counted, overrun=False)
                lines.append((new, False))
        elif lines and not lines[number % len(lines)][1]:
            place = number % len(lines)
            lines[place : place + 1] = [(lines[place][0], True)] if step == "settle" else []
        settled = sum((one.quantity for one, final in lines if final), corrected.total_days)
        still_open = [one.quantity for one, final in lines if not final]
        assert settled + sum(n for n in still_open if n < 0) >= 0
        assert settled + sum(n for n in still_open if n > 0) <= corrected.mission.days
