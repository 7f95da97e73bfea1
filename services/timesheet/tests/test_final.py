"""Whatever is tried, in whatever order: a status moves by the table alone, and a validated month never moves."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.errors import Problem
from contracts.billing import InvoiceImported
from contracts.values import Money, Month
from timesheet.cra.days import DayWorked
from timesheet.cra.domain import MOVES, Cra, CraStatus, Decision
from timesheet.directory.missions import Mission, Part
from timesheet.settings.domain import ActivitySettings

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
LOOKS, TRUSTS = ActivitySettings.default(uuid4()), ActivitySettings.default(uuid4())
TRUSTS.validation_on = False
INVOICE = InvoiceImported(
    **{name: uuid4() for name in ("invoice_id", "bpf_id", "cra_id", "mission_id", "provider_company_id")},
    **dict.fromkeys(("net", "vat", "gross", "fee", "payable"), Money.of("1")),
    number="F-1",
    payment_on=None,
    imported_at=AT,
)
EDGES = {(source, target) for target, move in MOVES.items() for source in move.sources if source is not target}

parts = st.sampled_from(Part)
any_day = st.builds(
    DayWorked,
    date=st.integers(-3, 34).map(lambda n: date(2026, 6, 1) + timedelta(days=n)),
    quantity=st.sampled_from([Decimal("0.5"), Decimal("1.0")]),
)
working_days = st.sets(st.sampled_from(range(1, 6)), max_size=5).map(
    lambda days: [DayWorked(date(2026, 6, day), Decimal("1.0")) for day in sorted(days)]
)


class AnyHistory(RuleBasedStateMachine):
    """Random commands of random people against one CRA."""

    @initialize()
    def begin(self):
        ids = {
            name: uuid4()
            for name in (
                "bdc_id",
                "mission_id",
                "client_company_id",
                "provider_company_id",
                "operational_manager_id",
                "consultant_id",
            )
        }
        terms = {"reference": "BDC-1", "title": "T", "consultant_name": "N", "workplace": "FR", "version": 1}
        mission = Mission(days=Decimal(4), starts_on=date(2026, 6, 2), ends_on=date(2026, 6, 29), **ids, **terms)
        self.cra = Cra.begin(mission, Month("2026-06"), by=Part.CONSULTANT, today=date(2026, 6, 2))
        self.former = self.cra.status
        self.events = []
        self.final = None

    def attempt(self, command):
        before = (self.fingerprint(), self.cra.status, self.cra.version)
        try:
            return command()
        except Problem:
            assert (self.fingerprint(), self.cra.status, self.cra.version) == before
            return None

    def fingerprint(self):
        return json.dumps(self.cra.entries), self.cra.total_days

    @rule(days=st.one_of(working_days, st.lists(any_day, max_size=4)), by=parts, elsewhere=st.sampled_from([0, 2]))
    def fill(self, days, by, elsewhere):
        self.attempt(lambda: self.cra.fill(days, elsewhere=Decimal(elsewhere), by=by, choices=LOOKS))

    @rule(by=parts, choices=st.sampled_from([LOOKS, TRUSTS]), elsewhere=st.sampled_from([0, 2]))
    def submit(self, by, choices, elsewhere):
        decision = Decision(by, uuid4(), AT)
        self.keep(self.attempt(lambda: self.cra.submit(decision, choices, elsewhere=Decimal(elsewhere))))

    @rule(by=parts, choices=st.sampled_from([LOOKS, TRUSTS]))
    def approve(self, by, choices):
        self.keep(self.attempt(lambda: self.cra.approve(Decision(by, uuid4(), AT), choices)))

    @rule(by=parts)
    def refuse(self, by):
        self.attempt(lambda: self.cra.refuse("Not these days", by=by))

    @rule(by=parts)
    def validate(self, by):
        self.keep(self.attempt(lambda: self.cra.validate(Decision(by, uuid4(), AT))))

    @rule(by=parts, days=working_days)
    def report(self, by, days):
        self.keep(self.attempt(lambda: self.cra.report(days[:4], Decision(by, uuid4(), AT))))

    @rule(day=st.integers(2, 29))
    def end_early(self, day):
        if self.cra.status is not CraStatus.VALIDATED:  # as the consumer asks (CT-28)
            self.cra.mission.ends_on = min(self.cra.mission.ends_on, date(2026, 6, day))
            self.cra.cut_off()

    def keep(self, event):
        if event is not None:
            self.events.append(event)
            self.final = self.fingerprint()

    @rule(version=st.integers(1, 3))
    def invoice(self, version):
        self.attempt(lambda: self.cra.mark_invoiced(INVOICE.model_copy(update={"version": version})))

    @invariant()
    def statuses_move_by_the_table(self):
        if hasattr(self, "cra"):
            assert self.cra.status == self.former or (self.former, self.cra.status) in EDGES
            self.former = self.cra.status

    @invariant()
    def the_total_is_the_sum_and_fits_the_order(self):
        if hasattr(self, "cra"):
            assert self.cra.total_days == sum(map(Decimal, self.cra.entries.values()), Decimal(0))
            assert self.cra.total_days <= self.cra.mission.days

    @invariant()
    def what_was_validated_stays(self):
        if getattr(self, "final", None):
            assert self.cra.status is CraStatus.VALIDATED
            assert self.fingerprint() == self.final
            assert [event.days for event in self.events] == [self.cra.total_days]


AnyHistory.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestAnyHistory = pytest.mark.req("TS-10", "TS-16")(AnyHistory.TestCase)
