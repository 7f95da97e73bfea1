"""The rules of a CRA, without a server."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest

from chassis.errors import Forbidden, IllegalMove
from contracts.roles import SELLERS, Role
from contracts.timesheet import CraValidated
from contracts.values import Month
from timesheet.cra.days import DayWorked
from timesheet.cra.domain import MOVES, Cra, CraStatus, Decision
from timesheet.cra.refusals import (
    DaysExceedOrder,
    EmptyCra,
    InvalidDays,
    MissionNotStarted,
    MonthNotBegun,
    MonthOutsideMission,
)
from timesheet.directory.missions import Part
from timesheet.settings.domain import ActivitySettings, Choices

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
_S, _P = CraStatus, Part
ALLOWED = {
    *(("fill", status, part) for status in (_S.DRAFT, _S.REFUSED) for part in (_P.CONSULTANT, _P.INDEPENDENT)),
    ("fill", _S.DRAFT, _P.CALENDAR),
    *(("submit", status, part) for status in (_S.DRAFT, _S.REFUSED) for part in (_P.CONSULTANT, _P.INDEPENDENT)),
    ("approve", _S.PENDING_APPROVAL, _P.APPROVER),
    ("refuse", _S.PENDING_APPROVAL, _P.APPROVER),
    ("refuse", _S.PENDING_APPROVAL, _P.ORDER),
    ("refuse", _S.SUBMITTED, _P.OPERATIONAL_MANAGER),
    ("refuse", _S.SUBMITTED, _P.ORDER),
    ("validate", _S.SUBMITTED, _P.OPERATIONAL_MANAGER),
    ("report", _S.DRAFT, _P.CALENDAR),
}
ACTIONS = ("fill", "submit", "approve", "refuse", "validate", "report")
EVERY = list(product(ACTIONS, CraStatus, Part))
LOOKS, TRUSTS = Choices(), Choices(validation_on=False)
"""A client that validates, and one that leaves it to the provider."""


def target(action: str, part: Part, choices: Choices) -> CraStatus:
    """Where an action leads, as the help centre tells it."""
    after = _S.SUBMITTED if choices.validation_on else _S.VALIDATED
    sent = after if part is _P.INDEPENDENT else _S.PENDING_APPROVAL
    ends = {"fill": _S.DRAFT, "submit": sent, "approve": after, "refuse": _S.REFUSED}
    return ends.get(action, _S.VALIDATED)


def full(*days: str) -> list[DayWorked]:
    return [DayWorked(date.fromisoformat(day), Decimal(1)) for day in days]


def settings(choices: Choices = LOOKS) -> ActivitySettings:
    made = ActivitySettings.default(uuid4())
    made.change(choices, by=uuid4(), at=AT, today=AT.date())
    return made


def decided(by: Part) -> Decision:
    return Decision(by, uuid4(), AT)


def act(cra: Cra, action: str, by: Part, choices: Choices = LOOKS) -> object:
    if action == "fill":
        return cra.fill(full("2026-05-04"), elsewhere=Decimal(0), by=by, choices=settings(choices))
    if action == "refuse":
        return cra.refuse("Too many days", by=by)
    if action == "report":
        return cra.report(full("2026-05-04"), decided(by))
    if action == "validate":
        return cra.validate(decided(by))
    if action == "submit":
        return cra.submit(decided(by), settings(choices), elsewhere=Decimal(0))
    return cra.approve(decided(by), settings(choices))


@pytest.fixture
def make_cra(make_mission):
    def make(month: str = "2026-05", status: CraStatus = CraStatus.DRAFT, **mission) -> Cra:
        cra = Cra.begin(make_mission(**mission), Month(month), by=Part.CONSULTANT, today=date(2099, 12, 31))
        cra.status, cra.entries, cra.total_days = status, {"2026-05-04": "1.0"}, Decimal(1)
        return cra

    return make


@pytest.mark.req("TS-10")
class TestMoves:
    def test_every_status_is_decided(self):
        assert set(MOVES) == set(CraStatus)

    @pytest.mark.parametrize("choices", [LOOKS, TRUSTS])
    @pytest.mark.parametrize(("action", "status", "part"), sorted(ALLOWED))
    def test_allowed(self, make_cra, action, status, part, choices):
        cra = make_cra(status=status)
        before = cra.version
        event = act(cra, action, part, choices)
        assert cra.status is target(action, part, choices)
        assert cra.version == before + 1
        assert isinstance(event, CraValidated) is (cra.status is _S.VALIDATED)

    @pytest.mark.parametrize("choices", [LOOKS, TRUSTS])
    @pytest.mark.parametrize(("action", "status", "part"), [case for case in EVERY if case not in ALLOWED])
    def test_refused(self, make_cra, action, status, part, choices):
        cra = make_cra(status=status)
        with pytest.raises((Forbidden, IllegalMove)):
            act(cra, action, part, choices)
        assert (cra.status, cra.version, cra.entries) == (status, 0, {"2026-05-04": "1.0"})

    @pytest.mark.parametrize("action", ACTIONS)
    def test_an_observer_is_forbidden_rather_than_told_the_status(self, make_cra, action):
        with pytest.raises(Forbidden):
            act(make_cra(), action, Part.OBSERVER)


@pytest.mark.req("TS-05", "TS-07")
class TestBegin:
    def begin(self, mission, month: str, today: date, by: Part = Part.CONSULTANT) -> Cra:
        return Cra.begin(mission, Month(month), by=by, today=today)

    def test_makes_an_empty_draft(self, make_mission):
        cra = self.begin(make_mission(), "2026-05", date(2026, 5, 1))
        assert (cra.status, cra.entries, cra.total_days, cra.month) == (CraStatus.DRAFT, {}, 0, "2026-05")

    @pytest.mark.parametrize("part", [Part.OPERATIONAL_MANAGER, Part.OBSERVER, Part.APPROVER, Part.ORDER])
    def test_is_for_the_consultant(self, make_mission, part):
        with pytest.raises(Forbidden):
            self.begin(make_mission(), "2026-05", date(2026, 5, 1), by=part)

    def test_refused_the_day_before_the_mission_starts(self, make_mission):
        with pytest.raises(MissionNotStarted):
            self.begin(make_mission(), "2026-04", date(2026, 4, 14))

    def test_allowed_the_day_it_starts(self, make_mission):
        assert self.begin(make_mission(), "2026-04", date(2026, 4, 15))

    def test_refused_the_day_before_the_month(self, make_mission):
        with pytest.raises(MonthNotBegun):
            self.begin(make_mission(), "2026-06", date(2026, 5, 31))

    def test_allowed_the_month_s_first_day(self, make_mission):
        assert self.begin(make_mission(), "2026-06", date(2026, 6, 1))

    def test_a_past_month_stays_open(self, make_mission):
        assert self.begin(make_mission(), "2026-04", date(2027, 1, 1))

    @pytest.mark.parametrize("month", ["2026-03", "2026-08"])
    def test_refused_outside_the_mission(self, make_mission, month):
        with pytest.raises(MonthOutsideMission):
            self.begin(make_mission(), month, date(2026, 12, 1))

    @pytest.mark.parametrize("month", ["2026-04", "2026-07"])
    def test_allowed_in_the_first_and_the_last_month(self, make_mission, month):
        assert self.begin(make_mission(), month, date(2026, 12, 1))


class TestFill:
    def fill(self, cra: Cra, days: list[DayWorked], elsewhere: str = "0", choices: Choices = LOOKS) -> Cra:
        cra.fill(days, elsewhere=Decimal(elsewhere), by=Part.CONSULTANT, choices=settings(choices))
        return cra

    def fault(self, cra: Cra, *days: str) -> list[tuple[str, str]]:
        with pytest.raises(InvalidDays) as refused:
            self.fill(cra, full(*days))
        return [(error.field, error.code) for error in refused.value.errors]

    @pytest.mark.req("TS-15", "TS-16")
    def test_the_total_is_the_exact_sum_of_days_and_halves(self, make_cra):
        halves = [DayWorked(date(2026, 5, day), Decimal("0.5")) for day in (4, 5, 6)]
        cra = self.fill(make_cra(), [*full("2026-05-07"), *halves])
        assert cra.total_days == Decimal("2.5")
        assert cra.entries == {"2026-05-04": "0.5", "2026-05-05": "0.5", "2026-05-06": "0.5", "2026-05-07": "1.0"}

    def test_replaces_the_former_days(self, make_cra):
        assert self.fill(make_cra(), []).entries == {}

    @pytest.mark.parametrize(
        "day",
        ["2026-05-01", "2026-05-08", "2026-05-14", "2026-05-25", "2026-05-16", "2026-05-17"],
        ids=["1 May", "8 May", "Ascension", "Whit Monday", "Saturday", "Sunday"],
    )
    def test_refuses_a_day_off(self, make_cra, day):
        assert self.fault(make_cra(), day) == [("days.0.date", "not_a_working_day")]

    @pytest.mark.parametrize("day", ["2026-05-07", "2026-05-13", "2026-05-15", "2026-05-26", "2026-05-18"])
    def test_takes_the_day_beside_a_day_off(self, make_cra, day):
        assert self.fill(make_cra(), full(day)).total_days == 1

    def test_easter_monday_is_off_and_the_tuesday_is_not(self, make_cra):
        april = {"month": "2026-04", "start": date(2026, 4, 1)}
        assert self.fault(make_cra(**april), "2026-04-06") == [("days.0.date", "not_a_working_day")]
        assert self.fill(make_cra(**april), full("2026-04-07")).total_days == 1

    def test_a_leap_day_is_a_day(self, make_cra):
        leap = make_cra("2028-02", start=date(2028, 2, 1), end=date(2028, 3, 31))
        assert self.fill(leap, full("2028-02-28", "2028-02-29")).total_days == 2
        assert self.fault(leap, "2028-03-01") == [("days.0.date", "outside_month")]

    def test_refuses_days_of_the_months_around(self, make_cra):
        assert self.fault(make_cra(), "2026-04-30", "2026-05-29", "2026-06-01") == [
            ("days.0.date", "outside_month"),
            ("days.2.date", "outside_month"),
        ]

    def test_refuses_the_day_before_the_mission_starts_inside_the_month(self, make_cra):
        assert self.fault(make_cra("2026-04"), "2026-04-14", "2026-04-15") == [("days.0.date", "outside_mission")]

    def test_refuses_the_day_after_it_ends_inside_the_month(self, make_cra):
        july = make_cra("2026-07", end=date(2026, 7, 15))
        assert self.fault(july, "2026-07-15", "2026-07-16") == [("days.1.date", "outside_mission")]

    def test_refuses_a_date_that_comes_twice(self, make_cra):
        assert self.fault(make_cra(), "2026-05-04", "2026-05-05", "2026-05-04") == [("days.2.date", "duplicate_date")]

    def test_takes_exactly_the_days_that_are_left(self, make_cra):
        assert self.fill(make_cra(days="20.5"), full("2026-05-04"), elsewhere="19.5").total_days == 1

    def test_refuses_half_a_day_more_than_ordered(self, make_cra):
        cra = make_cra(days="20.5")
        with pytest.raises(DaysExceedOrder):
            self.fill(cra, full("2026-05-05"), elsewhere="20.0")
        assert cra.entries == {"2026-05-04": "1.0"}


class TestSubmit:
    def test_refuses_a_month_without_a_day(self, make_cra):
        cra = make_cra()
        cra.entries, cra.total_days = {}, Decimal(0)
        with pytest.raises(EmptyCra):
            act(cra, "submit", Part.CONSULTANT)
        assert cra.status is CraStatus.DRAFT

    def test_takes_half_a_day(self, make_cra):
        cra = make_cra()
        cra.total_days = Decimal("0.5")
        act(cra, "submit", Part.CONSULTANT)
        assert cra.submitted_at == AT

    def test_refuses_more_days_than_the_order_has_by_now(self, make_cra):
        cra = make_cra()
        for ordered, left in ((2, True), (3, False)):
            cra.mission.days = Decimal(ordered)
            if left:
                with pytest.raises(DaysExceedOrder):
                    cra.submit(decided(Part.CONSULTANT), settings(), elsewhere=Decimal("1.5"))
            else:
                cra.submit(decided(Part.CONSULTANT), settings(), elsewhere=Decimal("1.5"))
        assert cra.status is CraStatus.PENDING_APPROVAL

    def test_forgets_the_former_refusal(self, make_cra):
        cra = make_cra(status=CraStatus.SUBMITTED)
        cra.refuse("Too many days", by=Part.OPERATIONAL_MANAGER)
        assert cra.refusal_reason == "Too many days"
        act(cra, "submit", Part.CONSULTANT)
        assert cra.refusal_reason is None


@pytest.mark.req("TS-12", "TS-15", "TS-16")
class TestValidate:
    def test_says_exactly_what_was_filled_in(self, make_cra):
        cra = make_cra(status=CraStatus.SUBMITTED)
        decision = decided(Part.OPERATIONAL_MANAGER)
        event = cra.validate(decision)
        assert (event.cra_id, event.bdc_id, event.mission_id) == (cra.id, cra.bdc_id, cra.mission.mission_id)
        assert (event.month, event.days, event.validated_by) == ("2026-05", Decimal("1.0"), decision.member_id)
        assert (event.validated_at, event.version) == (AT, cra.version)


class TestPartOf:
    def test_is_said_by_the_member_and_the_company_together(self, make_mission):
        m = make_mission()
        assert m.part_of(m.operational_manager_id, m.client_company_id, Role.RESPONSABLE_PROJET) is (
            Part.OPERATIONAL_MANAGER
        )
        assert m.part_of(m.consultant_id, m.provider_company_id, Role.CONSULTANT) is Part.CONSULTANT

    @pytest.mark.parametrize("role", sorted(SELLERS))
    def test_who_sells_approves_others_months_and_their_own(self, make_mission, role):
        m = make_mission()
        assert m.part_of(m.consultant_id, m.provider_company_id, role) is Part.INDEPENDENT
        assert m.part_of(uuid4(), m.provider_company_id, role) is Part.APPROVER
        assert m.part_of(uuid4(), m.client_company_id, role) is Part.OBSERVER

    def test_who_left_the_company_only_looks_on(self, make_mission):
        m = make_mission()
        assert m.part_of(m.consultant_id, uuid4(), Role.GERANT) is Part.OBSERVER
        assert m.part_of(m.operational_manager_id, m.provider_company_id, Role.CONSULTANT) is Part.OBSERVER
        assert m.part_of(uuid4(), m.client_company_id, Role.DIRECTEUR_ACHATS) is Part.OBSERVER
