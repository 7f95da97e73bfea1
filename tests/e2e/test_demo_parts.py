"""The parts of the journey that decide by themselves: dates, numbers, paper, the reading of traces."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from facturx import get_xml_from_pdf, parse_ubl_cii_xml

from stack.demo.accounting import Invoice, Party
from stack.demo.client import TooLate, eventually
from stack.demo.identifiers import PUBLIC_SIRENS, establishment, french_vat_number, luhn_check_digit
from stack.demo.papers import certificate
from stack.demo.traces import ancestors, children, consumers, events
from stack.demo.workdays import WORKED, NoWorkdayLeft, Plan, easter, holidays, is_workday, workdays

EVERY_DAY = [date(2026, 1, 1) + timedelta(days=n) for n in range(6 * 366)]
REGULARISED = timedelta(days=31)


class TestPlan:
    def test_with_a_month_of_regularisation_there_are_days_to_enter_on_every_day_of_six_years(self):
        for day in EVERY_DAY:
            plan = Plan.beginning(day, backdated=REGULARISED)
            assert plan.start == day.replace(day=1)
            assert WORKED - 1 <= len(plan.worked) <= WORKED  # May 2026 has seventeen
            assert all(each.month == day.month and plan.start <= each <= plan.end for each in plan.worked)

    def test_without_it_only_the_week_ends_that_close_a_month_are_too_late(self):
        for day in EVERY_DAY:
            left = list(workdays(day, date.fromordinal(last_of(day))))
            if left:
                assert Plan.beginning(day).worked == tuple(left[:WORKED])
            else:
                assert not is_workday(day)
                with pytest.raises(NoWorkdayLeft):
                    Plan.beginning(day)


def last_of(day: date) -> int:
    following = day.replace(day=28) + timedelta(days=4)
    return following.replace(day=1).toordinal() - 1


class TestWorkdays:
    @pytest.mark.parametrize("sunday", ["2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25"])
    def test_easter_is_where_the_calendar_has_it(self, sunday):
        assert easter(int(sunday[:4])) == date.fromisoformat(sunday)

    def test_there_are_eleven_holidays_unless_two_fall_together(self):
        assert len(holidays(2026)) == 11
        assert date(2026, 5, 14) in holidays(2026)
        assert len(holidays(2008)) == 10


class TestIdentifiers:
    def test_the_published_examples_hold(self):
        assert luhn_check_digit("7328293200007") == "4"
        assert french_vat_number("732829320") == "FR44732829320"

    @pytest.mark.parametrize("siren", PUBLIC_SIRENS)
    def test_every_establishment_drawn_is_valid(self, siren):
        for _ in range(50):
            siret = establishment(siren)
            assert siret.startswith(siren)
            assert luhn_check_digit(siret[:-1]) == siret[-1]


class TestPaper:
    def test_words_are_data_and_never_markup(self):
        pdf = certificate("kbis", '#panic("x") *', "$$$", date(2026, 11, 21))
        assert pdf.startswith(b"%PDF-")

    def test_the_invoice_says_the_same_in_its_xml(self):
        seller = Party("Exemple", "732829320", "FR44732829320", "1 rue A", "75002", "Paris", "73282932000074")
        buyer = Party.told(
            {"name": "B", "siren": "954506077", "vat_number": "FR61954506077", "address": "2 rue C, 69006 Lyon, France"}
        )
        day = date(2026, 11, 21)
        made = Invoice(
            *("FA-1", seller, buyer, "FR7630006000011234567890189", "AGRIFRPPXXX", "PO-1"),
            *(day, day.replace(day=1), day, Decimal("18.0"), Decimal("500.00")),
        )
        read = parse_ubl_cii_xml(get_xml_from_pdf(made.facturx())[1])
        assert (read["BT-109"], read["BT-110"], read["BT-112"]) == ("9000.00", "1800.00", "10800.00")
        assert (read["BT-13"], read["BT-72"], read["BG-7"]["city"]) == ("PO-1", day, "Lyon")
        assert sorted(note["BT-21"] for note in read["BG-1"]) == ["AAB", "PMD", "PMT"]


def span(number: int, parent: int | None, name: str) -> dict:
    return {
        "span_id": str(number),
        "parent_id": None if parent is None else str(parent),
        "name": name,
        "service": "s",
        "start": f"{number}",
    }


class TestTraces:
    SPANS = [span(2, 1, "publish a.B.v1"), span(1, 99, "POST /x"), span(3, 2, "apply c.do_on_B")]

    def test_a_span_whose_parent_is_not_ours_is_a_root(self):
        below = children(self.SPANS)
        assert [each["name"] for each in below[None]] == ["POST /x"]
        assert [each["name"] for each in below["2"]] == ["apply c.do_on_B"]

    def test_ancestors_events_and_consumers_are_read_from_names(self):
        assert ancestors(self.SPANS, self.SPANS[2]) == ["s: publish a.B.v1", "s: POST /x"]
        assert events(self.SPANS) == {"a.B.v1": 1}
        assert consumers(self.SPANS) == {"B": {"c"}}


def test_waiting_ends_with_what_was_awaited():
    with pytest.raises(TooLate, match="the moon: not within 0 s"):
        eventually(lambda: None, "the moon", within=0.05)
