"""A proposal's rules, without a server."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest

from chassis.errors import Forbidden, IllegalMove
from contracts.roles import BUYERS, CLIENT_ROLES, SELLERS, Role
from marketplace.actor import Actor, Platform
from marketplace.choice import domain as choice
from marketplace.choice.domain import Decision, Outcome
from marketplace.choice.domain import Qualification as Opinion
from marketplace.directory.domain import Affiliation, Company
from marketplace.proposal.content import CancellationReason, ProposalContent
from marketplace.proposal.domain import MOVES, Proposal, ProposalStatus
from marketplace.proposal.refusals import (
    ApprovalMissing,
    ApprovalNotNeeded,
    CancellationUnexplained,
    CandidateNotAConsultant,
    ConsultantOrCandidate,
    DailyRateAboveMaximum,
    DailyRateNotEditable,
    DecisionUnexplained,
    NotACandidate,
    RetentionDecided,
    UnknownConsultant,
)
from marketplace.rfp.domain import Rfp
from marketplace.rfp.refusals import RfpAlreadyAwarded
from marketplace.rfp.status import RfpStatus

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
PROVIDER = uuid4()
S = ProposalStatus
CANDIDATE = {"first_name": "Ada", "last_name": "King", "headline": "Analyst"}


def actor(role):
    return Actor(uuid4(), PROVIDER, role)


def rfp(status=RfpStatus.PUBLISHED, ceiling=None):
    return Rfp(
        id=uuid4(),
        version=2,
        status=status,
        type="time_and_materials",
        country="FR",
        number=7,
        edition=1,
        client_company_id=uuid4(),
        author_id=uuid4(),
        title="Data engineer",
        operational_manager_id=uuid4(),
        period_start=date(2026, 12, 1),
        period_end=date(2026, 12, 31),
        days=Decimal("20.0"),
        max_daily_rate_amount=ceiling,
        clause_ids=[],
    )


def affiliation(company_id=PROVIDER, name="Alan Turing"):
    return Affiliation(id=uuid4(), version=1, member_id=uuid4(), display_name=name, company_id=company_id, role="x")


def submitted(*, to=None, consultant="own", amount="550.00", **changes):
    return Proposal.submit(
        offered(daily_rate={"amount": amount}, **changes),
        to or rfp(),
        provider=Company(id=PROVIDER, version=1, kind="provider", name="P", validated_at=AT),
        consultant=affiliation() if consultant == "own" else consultant,
        by=actor(Role.COMMERCIAL),
        at=AT,
    )


def proposal(status):
    made = submitted()
    made.status = status
    return made


def offered(**changes):
    terms = {"consultant_id": uuid4(), "daily_rate": {"amount": "550.00"}, "pitch": "Me", "available_on": "2026-12-01"}
    return ProposalContent.model_validate(terms | changes)


def edit(made, by, asked=None, **changes):
    made.edit(offered(**changes), asked or rfp(), consultant=affiliation(), by=by, at=AT)


def approve(made, by, outcome=Outcome.ACCEPTED):
    choice.approve(made, Decision(outcome=outcome, reason="No"), rfp(), Decimal(1), by=by, at=AT)


ACTIONS = {
    "open": (S.ONGOING, lambda made, by: made.open(by, AT)),
    "edit": (S.ONGOING, edit),
    "unmark": (S.ONGOING, lambda made, _: choice.unmark_spam(made, AT)),
    "interesting": (S.INTERESTING, lambda made, by: choice.qualify(made, Opinion.INTERESTING, rfp(), by, AT)),
    "not_interesting": (
        S.NOT_INTERESTING,
        lambda made, by: choice.qualify(made, Opinion.NOT_INTERESTING, rfp(), by, AT),
    ),
    "select": (S.SELECTED, lambda made, by: choice.select(made, rfp(), by, AT)),
    "approve": (S.APPROVED, approve),
    "hand_back": (S.INTERESTING, lambda made, by: approve(made, by, Outcome.REFUSED)),
    "retain": (S.APPOINTED, lambda made, by: choice.retain(made, rfp(), None, affiliation(), by=by, at=AT)),
    "cancel": (S.CANCELLED, lambda made, by: made.cancel(CancellationReason.OTHER_PROJECT, None, by, AT)),
    "spam": (S.SPAM, lambda made, by: choice.mark_spam(made, by, AT)),
    "turn_down": (S.LOST, lambda made, _: choice.turn_down(made, "No", AT)),
    "close": (S.LOST, lambda made, _: made.move_to(S.LOST, Platform.CLOSING, AT)),
}
OPENED = {S.ONGOING, S.INTERESTING, S.NOT_INTERESTING}
CHOSEN = {S.SELECTED, S.APPROVED}
APPROVERS = {Role.ACHETEUR, Role.DIRECTEUR_ACHATS}
STAFF, CLOSING = {Platform.STAFF}, {Platform.CLOSING}
ALLOWED = {
    "open": ({S.UNREAD}, CLIENT_ROLES),
    "edit": (OPENED | CHOSEN, SELLERS),
    "unmark": ({S.SPAM}, STAFF),
    "interesting": (OPENED | CHOSEN, BUYERS),
    "not_interesting": (OPENED | CHOSEN, BUYERS),
    "select": ({S.INTERESTING}, BUYERS),
    "approve": ({S.SELECTED}, APPROVERS),
    "hand_back": ({S.SELECTED}, APPROVERS | BUYERS),
    "retain": ({S.INTERESTING} | CHOSEN, BUYERS),
    "cancel": (OPENED | CHOSEN | {S.UNREAD}, SELLERS),
    "spam": (OPENED, BUYERS),
    "turn_down": ({S.APPOINTED}, STAFF),
    "close": (OPENED | CHOSEN | {S.UNREAD}, CLOSING),
}
"""By the words of the table: `hand_back` is the buyer's act, and whoever qualifies may do the same."""


def may(action, who):
    """Nobody but the platform calls its acts; nobody of the platform calls those of members."""
    return who in ALLOWED[action][1] or (isinstance(who, Role) and action not in {"unmark", "turn_down", "close"})


EVERY = [(present, action, who) for present, action, who in product(S, ACTIONS, [*Role, *Platform]) if may(action, who)]
BY_THE_TABLE_ALONE = [(S.SELECTED, "interesting", Role.ACHETEUR)]
"""The route keeps the buyer from qualifying; to the table it is what `hand_back` does."""
FINE = [
    one for one in EVERY if (one[0] in ALLOWED[one[1]][0] and one[2] in ALLOWED[one[1]][1]) or one in BY_THE_TABLE_ALONE
]
QUIET = [one for one in EVERY if one[1] == "open" and one[0] != S.UNREAD] + [
    one for one in EVERY if one[1] == "edit" and one[0] == S.UNREAD and one[2] in SELLERS
]
REFUSED = [case for case in EVERY if case not in FINE and case not in QUIET]


class TestMoves:
    @pytest.mark.req("MK-06", "MK-08")
    @pytest.mark.parametrize(("present", "action", "who"), FINE)
    def test_allowed(self, present, action, who):
        made, (target, act) = proposal(present), ACTIONS[action]
        act(made, actor(who))
        assert (made.status, made.version) == (target, 2)
        assert made.history[-1] == {"status": target, "at": AT.isoformat()}

    @pytest.mark.req("MK-06")
    @pytest.mark.parametrize(("present", "action", "who"), REFUSED)
    def test_refused(self, present, action, who):
        made = proposal(present)
        with pytest.raises((Forbidden, IllegalMove)):
            ACTIONS[action][1](made, actor(who))
        assert (made.status, made.version) == (present, 1)

    @pytest.mark.parametrize(("present", "action", "who"), QUIET)
    def test_reading_again_and_editing_what_nobody_read_move_nothing(self, present, action, who):
        made = proposal(present)
        ACTIONS[action][1](made, actor(who))
        assert (made.status, len(made.history)) == (present, 1)

    def test_each_line_of_the_table_is_walked(self):
        walked = {(present, ACTIONS[action][0], who) for present, action, who in FINE}
        table = {(source, target, who) for target, move in MOVES.items() for source, who in move.pairs}
        assert walked == table


class TestTab:
    @pytest.mark.req("MK-10")
    @pytest.mark.parametrize(
        ("status", "closed", "won", "tab"),
        [(status, False, False, "in_progress") for status in S if status not in {S.APPOINTED, S.LOST}]
        + [(status, True, False, "lost") for status in S if status != S.APPOINTED]
        + [(S.APPOINTED, False, False, "contracting"), (S.APPOINTED, False, True, "won")],
    )
    def test_each_proposal_is_in_one(self, status, closed, won, tab):
        made = proposal(status)
        made.closed_at, made.won_at = (AT if closed else None), (AT if won else None)
        assert made.tab == tab


class TestSubmit:
    def test_begins_unread(self):
        assert submitted().status == "unread"

    def test_refused_for_somebody_unknown(self):
        with pytest.raises(UnknownConsultant):
            submitted(consultant=None)

    def test_refused_for_another_companys_consultant(self):
        with pytest.raises(UnknownConsultant):
            submitted(consultant=affiliation(uuid4()))

    def test_refused_once_awarded(self):
        with pytest.raises(RfpAlreadyAwarded):
            submitted(to=rfp(RfpStatus.AWARDED))

    def test_at_the_ceiling(self):
        assert submitted(to=rfp(ceiling=Decimal(550))).daily_rate.amount == 550

    def test_refused_a_cent_above_the_ceiling(self):
        with pytest.raises(DailyRateAboveMaximum) as refusal:
            submitted(to=rfp(ceiling=Decimal(550)), amount="550.01")
        assert refusal.value.errors[0].field == "daily_rate.amount"


class TestQualify:
    def test_says_whether_the_opinion_is_new(self):
        made = proposal(S.ONGOING)
        by = actor(Role.RESPONSABLE_PROJET)
        assert choice.qualify(made, Opinion.INTERESTING, rfp(), by, AT)
        assert not choice.qualify(made, Opinion.INTERESTING, rfp(), by, AT)

    def test_refused_once_awarded(self):
        with pytest.raises(RfpAlreadyAwarded):
            choice.qualify(
                proposal(S.ONGOING), Opinion.INTERESTING, rfp(RfpStatus.AWARDED), actor(Role.RESPONSABLE_PROJET), AT
            )


class TestEdit:
    @pytest.mark.req("MK-09")
    @pytest.mark.parametrize("status", sorted(S))
    def test_the_rate_changes_only_while_not_interesting(self, status):
        made, by = proposal(status), actor(Role.COMMERCIAL)
        if status == S.NOT_INTERESTING:
            edit(made, by, daily_rate={"amount": "500.00"})
            assert made.daily_rate.amount == 500
        else:
            with pytest.raises((DailyRateNotEditable, IllegalMove)):
                edit(made, by, daily_rate={"amount": "500.00"})

    def test_a_cent_above_the_ceiling_is_refused(self):
        with pytest.raises(DailyRateAboveMaximum):
            edit(
                proposal(S.NOT_INTERESTING),
                actor(Role.GERANT),
                rfp(ceiling=Decimal(560)),
                daily_rate={"amount": "560.01"},
            )

    def test_refused_once_awarded(self):
        with pytest.raises(RfpAlreadyAwarded):
            edit(proposal(S.ONGOING), actor(Role.GERANT), rfp(RfpStatus.AWARDED))

    def test_undoes_the_buyers_validation(self):
        made = proposal(S.APPROVED)
        made.approved_by = uuid4()
        edit(made, actor(Role.GERANT))
        assert (made.status, made.approved_by, made.edited_at) == (S.ONGOING, None, AT)


class TestApprove:
    @pytest.mark.parametrize(("threshold", "needed"), [("10999.99", True), ("11000.00", False), (None, False)])
    def test_the_buyer_has_a_say_above_the_threshold_and_not_at_it(self, threshold, needed):
        made, limit = proposal(S.INTERESTING), threshold and Decimal(threshold)
        assert choice.needs_approval(made, limit) is needed
        if needed:
            with pytest.raises(ApprovalMissing):
                choice.retain(made, rfp(), limit, None, by=actor(Role.DIRECTEUR_ACHATS), at=AT)
        else:
            choice.retain(made, rfp(), limit, None, by=actor(Role.DIRECTEUR_ACHATS), at=AT)

    def test_refused_where_nobody_asked(self):
        with pytest.raises(ApprovalNotNeeded):
            choice.approve(
                proposal(S.SELECTED), Decision(outcome="accepted"), rfp(), None, by=actor(Role.ACHETEUR), at=AT
            )

    def test_a_refusal_has_a_reason(self):
        with pytest.raises(DecisionUnexplained):
            Decision(outcome="refused").check_explained()


class TestDecide:
    def retained(self, asked, **changes):
        made = submitted(to=asked, **changes)
        made.status = S.INTERESTING
        choice.retain(made, asked, None, affiliation(name="Alan M. Turing"), by=actor(Role.DIRECTEUR_ACHATS), at=AT)
        return made

    @pytest.mark.req("MK-12", "MK-23")
    def test_takes_the_terms_from_the_request_and_the_name_from_the_copy(self):
        asked = rfp()
        made = self.retained(asked)
        event = choice.complete(made, asked, AT)
        assert (event.days, event.period, event.title) == (20, asked.period, "Data engineer")
        assert event.operational_manager_id == asked.operational_manager_id
        assert event.consultant_name == "Alan M. Turing"
        assert event.version == made.version == 3

    def test_decides_once(self):
        asked = rfp()
        made = self.retained(asked)
        choice.complete(made, asked, AT)
        for again in (lambda: choice.complete(made, asked, AT), lambda: choice.turn_down(made, "No", AT)):
            with pytest.raises(RetentionDecided):
                again()

    def test_a_candidate_has_to_become_a_consultant_first(self):
        asked = rfp()
        made = self.retained(asked, consultant_id=None, candidate=CANDIDATE)
        with pytest.raises(CandidateNotAConsultant):
            choice.complete(made, asked, AT)
        made.name_consultant(affiliation())
        assert choice.complete(made, asked, AT).consultant_id == made.consultant_id

    @pytest.mark.parametrize("status", sorted(set(S) - {S.APPOINTED}))
    def test_refused_before_the_client_retains(self, status):
        with pytest.raises(IllegalMove):
            choice.complete(proposal(status), rfp(), AT)

    def test_refused_when_another_was_retained(self):
        with pytest.raises(RfpAlreadyAwarded):
            choice.retain(
                proposal(S.INTERESTING), rfp(RfpStatus.AWARDED), None, None, by=actor(Role.DIRECTEUR_ACHATS), at=AT
            )


class TestCandidate:
    @pytest.mark.parametrize("people", [{}, {"consultant_id": uuid4(), "candidate": {}}])
    def test_one_person_is_named(self, people):
        named = {"consultant_id": None} | people
        if "candidate" in named:
            named["candidate"] = CANDIDATE
        with pytest.raises(ConsultantOrCandidate):
            submitted(**named)

    def test_only_a_candidate_is_replaced(self):
        with pytest.raises(NotACandidate):
            proposal(S.APPOINTED).name_consultant(affiliation())

    def test_by_one_of_the_provider(self):
        made = submitted(consultant_id=None, candidate=CANDIDATE)
        for stranger in (None, affiliation(uuid4())):
            with pytest.raises(UnknownConsultant):
                made.name_consultant(stranger)


class TestCancel:
    def test_other_needs_a_comment(self):
        with pytest.raises(CancellationUnexplained):
            proposal(S.UNREAD).cancel(CancellationReason.OTHER, None, actor(Role.GERANT), AT)

    def test_other_with_a_comment(self):
        made = proposal(S.UNREAD)
        made.cancel(CancellationReason.OTHER, "Ill", actor(Role.GERANT), AT)
        assert (made.status, made.cancellation_comment) == ("cancelled", "Ill")
