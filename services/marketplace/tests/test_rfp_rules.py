"""A request's rules, without a server."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest
from pydantic import ValidationError

from chassis.errors import Forbidden, IllegalMove, Problem
from contracts.contracting import ContractKind
from contracts.roles import Role
from marketplace.actor import Actor, Platform
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
from marketplace.rfp.content import (
    STEPS,
    DeliverableOutsidePeriod,
    FieldOfAnotherStep,
    RfpContent,
    RfpIncomplete,
    RfpType,
    Step,
    StepNotFound,
    StepsInOrder,
    completeness,
    with_step,
)
from marketplace.rfp.domain import Rfp
from marketplace.rfp.refusals import (
    ClosingUnexplained,
    RfpAlreadyAwarded,
    RfpAlreadyPublished,
    RfpClosed,
    RfpStartsInThePast,
    UnknownOperationalManager,
)
from marketplace.rfp.status import OPEN, ClosingReason, RfpStatus

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


CLIENTS = BUYERS | {Role.ACHETEUR}
SELLERS = {Role.COMMERCIAL, Role.GERANT, Role.FREELANCE}
WRITABLE = {"draft", "publication_rejected"}
ALLOWED = {
    "workflow_in_progress": [(WRITABLE | {"workflow_in_progress"}, BUYERS)],
    "publication_rejected": [({"workflow_in_progress"}, CLIENTS)],
    "published": [
        (WRITABLE, BUYERS),
        ({"workflow_in_progress"}, CLIENTS),
        ({"awaiting_extension_approval"}, SELLERS),
        ({"awarded"}, {Platform.STAFF}),
    ],
    "awaiting_extension_approval": [(WRITABLE, BUYERS), ({"workflow_in_progress"}, CLIENTS)],
    "extension_refused": [({"awaiting_extension_approval"}, SELLERS)],
    "awarded": [({"published"}, BUYERS)],
    "closed": [({"published", "awaiting_extension_approval", "extension_refused"}, BUYERS)],
}
EVERY = list(product(RfpStatus, RfpStatus, [*Role, *Platform]))


def allowed(case):
    present, target, who = case
    return any(present in sources and who in by for sources, by in ALLOWED.get(target, []))


class TestMoves:
    @pytest.mark.parametrize(("present", "target", "who"), [case for case in EVERY if allowed(case)])
    def test_allowed(self, present, target, who):
        made = rfp(present)
        made._move_to(target, who)
        assert (made.status, made.version) == (target, 2)

    @pytest.mark.parametrize(("present", "target", "who"), [case for case in EVERY if not allowed(case)])
    def test_refused(self, present, target, who):
        made = rfp(present)
        with pytest.raises((Forbidden, IllegalMove)):
            made._move_to(target, who)
        assert (made.status, made.version) == (present, 1)

    @pytest.mark.parametrize("status", sorted(set(RfpStatus) - OPEN))
    def test_nobody_answers_awards_or_corrects_what_is_not_open(self, status):
        refusal = RfpAlreadyAwarded if status == "awarded" else RfpClosed
        for act in (
            lambda made: made.take_answer(actor(Role.GERANT)),
            lambda made: made.award(actor(), AT),
            lambda made: made.correct(written(), manager(), START),
        ):
            with pytest.raises(refusal):
                act(rfp(status))

    @pytest.mark.parametrize("status", sorted(set(RfpStatus) - {"draft", "publication_rejected"}))
    def test_only_what_nobody_reads_yet_is_rewritten(self, status):
        with pytest.raises(RfpAlreadyPublished):
            rfp(status).edit(written(), manager())

    def test_an_answer_to_an_extension_publishes_it(self):
        made = rfp(RfpStatus.AWAITING_EXTENSION_APPROVAL)
        made.take_answer(actor(Role.COMMERCIAL))
        assert made.status == "published"

    def test_an_extension_waits_for_its_provider_instead(self):
        made = rfp()
        made.addressee_id = uuid4()
        made.publish(1, "Client", actor(), AT)
        assert made.status == "awaiting_extension_approval"


class TestClosing:
    @pytest.mark.parametrize("reason", list(ClosingReason))
    def test_other_alone_needs_a_comment(self, reason):
        made = rfp(RfpStatus.PUBLISHED)
        if reason == "other":
            with pytest.raises(ClosingUnexplained):
                made.close(reason, None, actor(), AT)
        made.close(reason, "Budget moved" if reason == "other" else None, actor(), AT)
        assert (made.status, made.closing_reason, made.closed_at) == ("closed", reason, AT)


FIXED = {
    "type": "fixed_price",
    "deliverables": [{"title": "Report", "due_on": "2026-12-15", "max_price": {"amount": "3000.00"}}],
    "pricing": "per_deliverable",
}


class TestSteps:
    def test_eight_in_any_order_and_five_in_theirs(self):
        assert [len(STEPS[kind]) for kind in RfpType] == [8, 5]

    @pytest.mark.parametrize("kind", list(RfpType))
    def test_one_lacks_each_mandatory_field_that_is_absent(self, kind):
        states = completeness(RfpContent(type=kind))
        assert [list(state.missing) for state in states] == [
            [name for name in fields.mandatory if name != "market_after_days"] for fields in STEPS[kind].values()
        ]
        assert [state.step for state in states if state.complete] == (
            ["price", "publication"] if kind == "time_and_materials" else ["publication"]
        )

    @pytest.mark.parametrize("content", [written(), written(**FIXED)])
    def test_the_whole_content_completes_them_all(self, content):
        assert all(state.complete for state in completeness(content))
        content.check_complete()

    @pytest.mark.parametrize("name", [n for step in STEPS[RfpType.FIXED_PRICE].values() for n in step.mandatory])
    def test_each_mandatory_field_is_needed_to_publish(self, name):
        if name == "market_after_days":
            return
        with pytest.raises(RfpIncomplete):
            written(**FIXED).model_copy(update={name: None}).check_complete()

    def test_steps_of_days_are_filled_in_any_order(self):
        part = RfpContent(period={"start": START, "end": START}, days="1")
        assert with_step(RfpContent(), Step.DURATION, part).days == 1

    def test_steps_of_a_fixed_price_are_filled_one_after_the_other(self):
        begun = RfpContent(type="fixed_price", operational_manager_id=uuid4())
        with pytest.raises(StepsInOrder):
            with_step(begun, Step.DELIVERABLES, RfpContent(deliverables=FIXED["deliverables"]))
        part = RfpContent(title="T", category="it", description="D", skills=["S"])
        following = with_step(begun, Step.MISSION, part)
        assert with_step(following, Step.DELIVERABLES, RfpContent(deliverables=FIXED["deliverables"])).deliverables

    def test_a_step_says_nothing_of_another_and_empties_what_it_leaves_out(self):
        with pytest.raises(FieldOfAnotherStep) as refusal:
            with_step(written(), Step.MISSION, RfpContent(title="T", city="Lyon"))
        assert refusal.value.errors[0].field == "city"
        assert with_step(written(), Step.MISSION, RfpContent(title="T")).category is None

    @pytest.mark.parametrize(("kind", "step"), [("time_and_materials", "deliverables"), ("fixed_price", "price")])
    def test_a_step_of_the_other_type_does_not_exist(self, kind, step):
        with pytest.raises(StepNotFound):
            with_step(RfpContent(type=kind), Step(step), RfpContent())

    @pytest.mark.parametrize("wrong", [{"deliverables": FIXED["deliverables"]}, {"pricing": "monthly"}])
    def test_days_have_no_deliverables(self, wrong):
        with pytest.raises(FieldOfAnotherStep):
            Rfp.draft(written(**wrong), manager(), actor(), AT)

    @pytest.mark.parametrize(("due", "fine"), [("2026-11-30", False), ("2026-12-01", True), ("2026-12-31", True)])
    def test_deliverables_are_due_within_the_period(self, due, fine):
        content = written(**FIXED | {"deliverables": [{"title": "Report", "due_on": due}]})
        if fine:
            content.check_complete()
        else:
            with pytest.raises(DeliverableOutsidePeriod):
                content.check_complete()

    @pytest.mark.parametrize(
        ("changes", "amount"),
        [
            ({"max_daily_rate": {"amount": "500.00"}}, "10000.00"),
            ({}, None),
            (FIXED, "3000.00"),
            (FIXED | {"deliverables": [*FIXED["deliverables"], {"title": "Code"}]}, None),
            (FIXED | {"pricing": "monthly", "max_monthly_price": {"amount": "100.00"}}, "100.00"),
            (
                FIXED
                | {
                    "pricing": "monthly",
                    "max_monthly_price": {"amount": "100.00"},
                    "period": {"start": "2026-12-31", "end": "2027-02-01"},
                },
                "300.00",
            ),
            (FIXED | {"pricing": "monthly"}, None),
        ],
    )
    def test_the_expected_amount_is_what_the_content_says(self, changes, amount):
        assert written(**changes).expected_amount == (None if amount is None else Decimal(amount))


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
