"""A request's rules, without a server."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from pydantic import ValidationError

from chassis.errors import Forbidden, IllegalMove, Problem
from contracts.contracting import ContractKind
from contracts.roles import Role
from marketplace.actor import Actor
from marketplace.directory.domain import (
    Affiliation,
    Company,
    CompanyNotValidated,
    FrameworkContractMissing,
    MarketClosedToUnvalidated,
    PrincipalContractMissing,
    check_may_find,
    check_may_publish,
)
from marketplace.rfp.domain import (
    Rfp,
    RfpAlreadyAwarded,
    RfpAlreadyPublished,
    RfpContent,
    RfpStartsInThePast,
    RfpStatus,
    UnknownOperationalManager,
)

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
START = date(2026, 12, 1)
BUYERS = {Role.RESPONSABLE_PROJET, Role.DIRECTEUR_ACHATS}
CLIENT = uuid4()


def actor(role=Role.RESPONSABLE_PROJET, company_id=CLIENT):
    return Actor(uuid4(), company_id, role)


def manager(role=Role.RESPONSABLE_PROJET, company_id=CLIENT):
    return Affiliation(id=uuid4(), version=1, member_id=uuid4(), display_name="G", company_id=company_id, role=role)


def written(**changes):
    known = {
        "title": "Data engineer",
        "description": "Build pipelines",
        "category": "it",
        "skills": ["Python"],
        "city": "Lyon",
        "country": "FR",
        "remote_share": 50,
        "period": {"start": START, "end": START + timedelta(days=30)},
        "days": "20",
        "operational_manager_id": uuid4(),
    }
    return RfpContent.model_validate(known | changes)


def rfp(status=RfpStatus.DRAFT):
    made = Rfp.draft(written(), manager(), actor(), AT)
    made.status = status
    return made


ACTIONS = {
    RfpStatus.PUBLISHED: lambda made, role: made.publish(1, "Client", actor(role), AT),
    RfpStatus.AWARDED: lambda made, role: made.award(actor(role), AT),
}
ALLOWED = {(RfpStatus.DRAFT, RfpStatus.PUBLISHED), (RfpStatus.PUBLISHED, RfpStatus.AWARDED)}
EVERY = list(product(RfpStatus, ACTIONS, Role))
FINE = [(present, target, role) for present, target, role in EVERY if (present, target) in ALLOWED and role in BUYERS]


class TestMoves:
    @pytest.mark.parametrize(("present", "target", "role"), FINE)
    def test_allowed(self, present, target, role):
        made = rfp(present)
        ACTIONS[target](made, role)
        assert (made.status, made.version) == (target, 2)

    @pytest.mark.parametrize(("present", "target", "role"), [case for case in EVERY if case not in FINE])
    def test_refused(self, present, target, role):
        made = rfp(present)
        with pytest.raises((Forbidden, IllegalMove, RfpAlreadyAwarded)):
            ACTIONS[target](made, role)
        assert (made.status, made.version) == (present, 1)

    def test_nothing_becomes_a_draft_again(self):
        with pytest.raises(IllegalMove):
            rfp(RfpStatus.PUBLISHED)._move_to(RfpStatus.DRAFT, actor())


class TestDraft:
    @pytest.mark.req("MK-15")
    @pytest.mark.parametrize("role", sorted(BUYERS))
    def test_a_buyer_of_the_client_follows_the_mission(self, role):
        assert Rfp.draft(written(), manager(role), actor(), AT).status == "draft"

    @pytest.mark.parametrize("role", sorted(set(Role) - BUYERS))
    def test_refused_with_a_manager_in_another_role(self, role):
        with pytest.raises(UnknownOperationalManager):
            Rfp.draft(written(), manager(role), actor(), AT)

    def test_refused_with_a_manager_of_another_company(self):
        with pytest.raises(UnknownOperationalManager):
            Rfp.draft(written(), manager(company_id=uuid4()), actor(), AT)

    def test_refused_with_an_unknown_manager(self):
        with pytest.raises(UnknownOperationalManager) as refusal:
            Rfp.draft(written(), None, actor(), AT)
        assert refusal.value.errors[0].field == "operational_manager_id"

    def test_has_no_reference(self):
        assert rfp().reference is None


class TestEdit:
    def test_replaces_everything_and_grows_the_version(self):
        made = rfp()
        made.edit(written(title="Other", max_daily_rate={"amount": "600.00"}), manager())
        assert (made.title, made.max_daily_rate.amount, made.version) == ("Other", 600, 2)

    @pytest.mark.req("MK-23")
    @pytest.mark.parametrize("status", [RfpStatus.PUBLISHED, RfpStatus.AWARDED])
    def test_refused_once_published(self, status):
        with pytest.raises(RfpAlreadyPublished):
            rfp(status).edit(written(), manager())


class TestPublish:
    @pytest.mark.parametrize("after", [-1, 0, 31])
    def test_starts_later_today_or_up_to_31_days_ago(self, after):
        rfp().check_publishable(manager(), START + timedelta(days=after))

    def test_refused_on_the_32nd_day_after_the_start(self):
        with pytest.raises(RfpStartsInThePast):
            rfp().check_publishable(manager(), START + timedelta(days=32))

    def test_refused_when_the_manager_changed_roles(self):
        with pytest.raises(UnknownOperationalManager):
            rfp().check_publishable(manager(Role.ACHETEUR), START)

    @pytest.mark.parametrize("status", [RfpStatus.PUBLISHED, RfpStatus.AWARDED])
    def test_refused_twice(self, status):
        with pytest.raises(RfpAlreadyPublished):
            rfp(status).check_publishable(manager(), START)

    def test_gives_the_reference(self):
        made = rfp()
        made.publish(90064, "Client", actor(), AT)
        assert made.reference == "RFP-90064-1"


class TestGates:
    COMPANY = Company(id=CLIENT, version=1, kind="client", name="C", validated_at=AT)

    @pytest.mark.req("MK-17", "MK-20")
    @pytest.mark.parametrize(
        ("gate", "company", "contract", "refusal", "status"),
        [
            (check_may_publish, None, ContractKind.PRINCIPAL, CompanyNotValidated, 409),
            (check_may_publish, COMPANY, None, PrincipalContractMissing, 409),
            (check_may_publish, COMPANY, ContractKind.FRAMEWORK, PrincipalContractMissing, 409),
            (check_may_find, None, ContractKind.FRAMEWORK, MarketClosedToUnvalidated, 403),
            (check_may_find, COMPANY, None, FrameworkContractMissing, 403),
            (check_may_find, COMPANY, ContractKind.PRINCIPAL, FrameworkContractMissing, 403),
        ],
    )
    def test_closed(self, gate, company, contract, refusal, status):
        with pytest.raises(Problem) as raised:
            gate(company, {contract} - {None})
        assert type(raised.value) is refusal
        assert raised.value.status == status

    def test_open(self):
        assert check_may_publish(self.COMPANY, {ContractKind.PRINCIPAL}) is self.COMPANY
        assert check_may_find(self.COMPANY, {ContractKind.FRAMEWORK}) is self.COMPANY


class TestContent:
    @pytest.mark.req("MK-24")
    @pytest.mark.parametrize("category", ["it", "engineering"])
    def test_categories(self, category):
        assert written(category=category).category == category

    @pytest.mark.parametrize(
        "right",
        [
            {"skills": ["x"] * 20},
            {"remote_share": 0},
            {"remote_share": 100},
            {"days": "0.5"},
            {"period": {"start": "2026-12-01", "end": "2026-12-01"}},
            {"max_daily_rate": {"amount": "0.01"}},
            {"description": "a" * 5000},
            {"description": "two\nlines\tand a tab"},
        ],
    )
    def test_taken(self, right):
        written(**right)

    @pytest.mark.req("MK-24")
    @pytest.mark.parametrize(
        "wrong",
        [
            {"category": "cleaning"},
            {"skills": []},
            {"skills": ["x"] * 21},
            {"skills": [" "]},
            {"skills": ["x" * 61]},
            {"skills": ["nul\x00"]},
            {"remote_share": -1},
            {"remote_share": 101},
            {"remote_share": True},
            {"remote_share": "50"},
            {"days": "0"},
            {"days": "0.0"},
            {"days": "1.25"},
            {"days": "-1"},
            {"days": 20.0},
            {"period": {"start": "2026-12-02", "end": "2026-12-01"}},
            {"max_daily_rate": {"amount": "0.00"}},
            {"max_daily_rate": {"amount": "1.001"}},
            {"max_daily_rate": {"amount": "1.00", "currency": "USD"}},
            {"description": ""},
            {"description": "a" * 5001},
            {"description": "nul\x00"},
            {"description": "turned \u202e round"},
            {"title": "two\nlines"},
            {"country": "fr"},
            {"more": 1},
        ],
    )
    def test_refused(self, wrong):
        with pytest.raises(ValidationError):
            written(**wrong)
