"""The pure rules: which documents are asked of whom on which day, and until when they hold."""

from datetime import UTC, date, datetime

import pytest

from chassis.clock import months_after
from chassis.rows import new_id
from company.company.domain import Company, CompanyStatus
from company.compliance.assessment import assess, reassess
from company.compliance.domain import (
    Document,
    DocumentActor,
    DocumentStatus,
    DocumentTooOld,
    DocumentTypeNotExpected,
    IssuedInTheFuture,
    supersede,
)
from company.compliance.rules import Basis, CountryGroup, DocumentType, Rule, Situation, last_change, rules_for
from contracts.roles import ProfileType

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONSULTANCY, FREELANCE, CLIENT = ProfileType.CONSULTANCY, ProfileType.FREELANCE, ProfileType.CLIENT
URSSAF, EXTRACT = DocumentType.URSSAF_CERTIFICATE, DocumentType.REGISTRATION_EXTRACT
FR_SET = {
    "urssaf_certificate",
    "registration_extract",
    "sworn_tax_statement",
    "sworn_employment_statement",
    "foreign_worker_list",
}


def company(profile=CONSULTANCY, country="FR", status=CompanyStatus.VALIDATED, **facts):
    return Company(profile_type=profile, country=country, status=status, version=2, id=new_id(), **facts)


def document(kind, issued_on=TODAY, status=DocumentStatus.ACCEPTED, *, today=None, profile=CONSULTANCY, country="FR"):
    made = Document.announce(
        company(profile, country), DocumentType(kind), issued_on, today or issued_on, in_french=True
    )
    made.status = status
    return made


def complete(issued_on=TODAY):
    return [document(kind, issued_on) for kind in FR_SET]


class TestMonthsAfter:
    @pytest.mark.parametrize(
        ("day", "months", "result"),
        [
            (date(2026, 1, 15), 6, date(2026, 7, 15)),
            (date(2026, 8, 31), 6, date(2027, 2, 28)),
            (date(2027, 8, 31), 6, date(2028, 2, 29)),
            (date(2026, 7, 15), -1, date(2026, 6, 15)),
            (date(2026, 3, 31), -1, date(2026, 2, 28)),
            (date(2026, 1, 1), -1, date(2025, 12, 1)),
            (date(2026, 12, 5), 0, date(2026, 12, 5)),
        ],
    )
    def test_keeps_the_day_or_takes_the_last_one(self, day, months, result) -> None:
        assert months_after(day, months) == result


class TestRules:
    @pytest.mark.req("CO-30", "CO-31", "CO-32", "CO-33", "CO-34", "CO-35", "CO-50")
    @pytest.mark.parametrize(
        ("profile", "country", "required"),
        [
            (CONSULTANCY, "FR", FR_SET),
            (FREELANCE, "FR", FR_SET - {"sworn_employment_statement"}),
            (CONSULTANCY, "DE", {"vat_document", "social_regularity", "home_body_certificate"}),
            (FREELANCE, "CH", {"vat_document", "social_regularity", "home_body_certificate"}),
            (FREELANCE, "GB", {"vat_document", "social_regularity"}),
            (CLIENT, "FR", {"registration_extract"}),
            (CLIENT, "US", {"registration_extract"}),
        ],
    )
    def test_ask_by_side_and_country(self, profile, country, required) -> None:
        assert {
            rule.type
            for rule in rules_for(Situation(profile, country), TODAY)
            if rule.binds(Situation(profile, country))
        } == required

    @pytest.mark.req("CO-31", "CO-33")
    def test_say_what_is_the_legal_minimum(self) -> None:
        legal = {
            rule.type for rule in rules_for(Situation(CONSULTANCY, "FR"), TODAY) if rule.basis is Basis.LEGAL_MINIMUM
        }
        assert legal == {"urssaf_certificate", "registration_extract", "foreign_worker_list"}

    def test_apply_between_their_dates(self) -> None:
        rule = Rule(
            EXTRACT,
            frozenset({CLIENT}),
            frozenset({CountryGroup.FRANCE}),
            None,
            Basis.CONTRACT_POLICY,
            "test",
            date(2026, 3, 1),
            date(2026, 3, 31),
        )
        on = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)]
        assert [rule.applies(Situation(CLIENT, "FR"), day) for day in on] == [False, True, True, False]
        assert not rule.applies(Situation(CONSULTANCY, "FR"), on[1])
        assert not rule.applies(Situation(CLIENT, "DE"), on[1])
        changes = [date.min, date(2026, 3, 1), date(2026, 3, 1), date(2026, 4, 1)]
        assert [last_change(day, [rule]) for day in on] == changes


class TestAnnounce:
    @pytest.mark.req("CO-30")
    @pytest.mark.parametrize(
        ("today", "taken"), [(date(2026, 7, 14), True), (date(2026, 7, 15), False), (date(2026, 7, 16), False)]
    )
    def test_takes_a_certificate_issued_less_than_six_months_ago(self, today, taken) -> None:
        if taken:
            made = document(URSSAF, date(2026, 1, 15), today=today)
            assert (made.expires_on, made.warn_on) == (date(2026, 7, 15), date(2026, 6, 15))
        else:
            with pytest.raises(DocumentTooOld):
                document(URSSAF, date(2026, 1, 15), today=today)

    def test_takes_nothing_from_the_future(self) -> None:
        with pytest.raises(IssuedInTheFuture):
            document(EXTRACT, date(2026, 7, 16), today=date(2026, 7, 15))

    def test_takes_an_extract_of_any_age(self) -> None:
        assert document(EXTRACT, date(1990, 1, 1), today=TODAY).expires_on is None

    @pytest.mark.parametrize(
        ("kind", "profile", "country"),
        [
            ("vat_document", CONSULTANCY, "FR"),
            ("urssaf_certificate", CLIENT, "FR"),
            ("urssaf_certificate", FREELANCE, "GB"),
        ],
    )
    def test_takes_nothing_that_is_not_asked(self, kind, profile, country) -> None:
        with pytest.raises(DocumentTypeNotExpected):
            document(kind, profile=profile, country=country)

    @pytest.mark.req("CO-33")
    def test_takes_what_a_freelance_offers_of_its_own_accord(self) -> None:
        assert document("sworn_employment_statement", profile=FREELANCE).type == "sworn_employment_statement"


class TestAssess:
    @pytest.mark.req("CO-30")
    @pytest.mark.parametrize(
        ("on", "compliant"), [(date(2026, 1, 15), True), (date(2026, 7, 14), True), (date(2026, 7, 15), False)]
    )
    def test_holds_while_every_document_is_younger_than_six_months(self, on, compliant) -> None:
        outcome = assess(Situation(CONSULTANCY, "FR"), complete(date(2026, 1, 15)), on)
        assert outcome.compliant is compliant
        assert outcome.valid_until == (date(2026, 7, 14) if compliant else None)
        assert set(outcome.missing) == (set() if compliant else FR_SET - {"registration_extract"})

    def test_ends_with_the_first_document_that_ends(self) -> None:
        others = [d for d in complete(date(2026, 1, 15)) if d.type is not URSSAF]
        documents = [*others, document(URSSAF, date(2026, 1, 10))]
        assert assess(Situation(CONSULTANCY, "FR"), documents, date(2026, 2, 1)).valid_until == date(2026, 7, 9)

    @pytest.mark.parametrize("kind", sorted(FR_SET))
    def test_misses_each_absent_document(self, kind) -> None:
        outcome = assess(Situation(CONSULTANCY, "FR"), [d for d in complete() if d.type != kind], TODAY)
        assert (outcome.compliant, outcome.missing, outcome.valid_until) == (False, (kind,), None)

    @pytest.mark.parametrize("status", [s for s in DocumentStatus if s is not DocumentStatus.ACCEPTED])
    def test_counts_accepted_documents_only(self, status) -> None:
        documents = [d for d in complete() if d.type is not URSSAF] + [document(URSSAF, status=status)]
        assert assess(Situation(CONSULTANCY, "FR"), documents, TODAY).missing == ("urssaf_certificate",)

    @pytest.mark.req("CO-50")
    def test_needs_of_a_client_its_registration_which_never_ends(self) -> None:
        held = [document(EXTRACT, profile=CLIENT)]
        assert assess(Situation(CLIENT, "FR"), [], TODAY).missing == ("registration_extract",)
        outcome = assess(Situation(CLIENT, "FR"), held, date(2036, 1, 1))
        assert (outcome.compliant, outcome.valid_until) == (True, None)

    @pytest.mark.req("CO-35")
    def test_needs_other_documents_of_a_provider_abroad(self) -> None:
        vat = document("vat_document", country="GB")
        social = document("social_regularity", date(2026, 11, 1), country="GB")
        assert assess(Situation(CONSULTANCY, "GB"), [vat], TODAY).missing == ("social_regularity",)
        assert assess(Situation(CONSULTANCY, "GB"), [vat, social], TODAY).valid_until == date(2027, 4, 30)

    def test_follows_the_rules_of_the_day(self) -> None:
        rule = Rule(
            EXTRACT,
            frozenset({CLIENT}),
            frozenset(CountryGroup),
            None,
            Basis.CONTRACT_POLICY,
            "test",
            date(2027, 1, 1),
        )
        assert assess(Situation(CLIENT, "FR"), [], date(2026, 12, 31), [rule]).compliant is True
        assert assess(Situation(CLIENT, "FR"), [], date(2027, 1, 1), [rule]).compliant is False


class TestReassess:
    def test_speaks_when_the_outcome_differs_and_then_is_silent(self) -> None:
        subject, documents = company(), complete()
        first = reassess(subject, documents, TODAY, NOW)
        assert first is not None
        assert (first.compliant, first.version, first.valid_until) == (True, 3, date(2027, 5, 19))
        assert reassess(subject, documents, TODAY, NOW) is None
        lost = reassess(subject, documents[1:], TODAY, NOW)
        assert lost is not None
        assert (lost.compliant, lost.version) == (False, 4)

    def test_speaks_of_a_first_outcome_even_when_it_is_bad(self) -> None:
        first = reassess(company(), [], TODAY, NOW)
        assert first is not None
        assert set(first.missing) == FR_SET

    @pytest.mark.parametrize("status", [CompanyStatus.TO_VERIFY, CompanyStatus.REFUSED])
    def test_is_silent_about_companies_that_are_not_validated(self, status) -> None:
        subject = company(status=status)
        assert reassess(subject, complete(), TODAY, NOW) is None
        assert subject.version == 2


class TestSupersede:
    @pytest.mark.parametrize(
        ("former", "new", "left"),
        [
            (DocumentStatus.UPLOADED, DocumentStatus.UPLOADED, DocumentStatus.REPLACED),
            (DocumentStatus.REFUSED, DocumentStatus.UPLOADED, DocumentStatus.REPLACED),
            (DocumentStatus.EXPIRED, DocumentStatus.UPLOADED, DocumentStatus.REPLACED),
            (DocumentStatus.ACCEPTED, DocumentStatus.UPLOADED, DocumentStatus.ACCEPTED),
            (DocumentStatus.ACCEPTED, DocumentStatus.ACCEPTED, DocumentStatus.REPLACED),
        ],
    )
    def test_leaves_an_accepted_document_until_the_new_one_is_accepted(self, former, new, left) -> None:
        old, other, fresh = document(URSSAF, status=former), document(EXTRACT), document(URSSAF, status=new)
        supersede([old, other, fresh], fresh, DocumentActor.COMPANY)
        assert (old.status, other.status, fresh.status) == (left, DocumentStatus.ACCEPTED, new)
