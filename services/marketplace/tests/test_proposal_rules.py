"""A proposal's rules, without a server."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest

from chassis.errors import Forbidden, IllegalMove
from contracts.roles import BUYERS, CLIENT_ROLES, SELLERS, Role
from marketplace.actor import Actor
from marketplace.directory.domain import Affiliation, Company
from marketplace.proposal.domain import (
    CancellationReason,
    CancellationUnexplained,
    DailyRateAboveMaximum,
    Proposal,
    ProposalContent,
    ProposalStatus,
    Qualification,
    UnknownConsultant,
)
from marketplace.rfp.domain import Rfp, RfpAlreadyAwarded, RfpStatus

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
PROVIDER = uuid4()
S = ProposalStatus


def actor(role):
    return Actor(uuid4(), PROVIDER, role)


def rfp(status=RfpStatus.PUBLISHED, ceiling=None):
    return Rfp(
        id=uuid4(),
        version=2,
        status=status,
        number=7,
        edition=1,
        client_company_id=uuid4(),
        author_id=uuid4(),
        title="Data engineer",
        operational_manager_id=uuid4(),
        period_start=date(2026, 12, 1),
        period_end=date(2026, 12, 31),
        days="20.0",
        max_daily_rate_amount=ceiling,
    )


def affiliation(company_id=PROVIDER, name="Alan Turing"):
    return Affiliation(id=uuid4(), version=1, member_id=uuid4(), display_name=name, company_id=company_id, role="x")


def submitted(*, to=None, consultant="own", amount="550.00"):
    offered = {"consultant_id": uuid4(), "daily_rate": {"amount": amount}, "pitch": "Me", "available_on": "2026-12-01"}
    return Proposal.submit(
        ProposalContent.model_validate(offered),
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


ACTIONS = {
    S.ONGOING: lambda made, by: made.open(by, AT),
    S.INTERESTING: lambda made, by: made.qualify(Qualification.INTERESTING, rfp(), by, AT),
    S.NOT_INTERESTING: lambda made, by: made.qualify(Qualification.NOT_INTERESTING, rfp(), by, AT),
    S.APPOINTED: lambda made, by: made.retain(rfp(), affiliation(), by, AT),
    S.CANCELLED: lambda made, by: made.cancel(CancellationReason.OTHER_PROJECT, None, by, AT),
}
OPENED = {S.ONGOING, S.INTERESTING, S.NOT_INTERESTING}
ALLOWED = {
    S.ONGOING: ({S.UNREAD}, CLIENT_ROLES),
    S.INTERESTING: (OPENED, BUYERS),
    S.NOT_INTERESTING: (OPENED, BUYERS),
    S.APPOINTED: ({S.INTERESTING}, BUYERS),
    S.CANCELLED: (OPENED | {S.UNREAD}, SELLERS),
}
EVERY = list(product(S, ACTIONS, Role))
FINE = [
    (present, target, role)
    for present, target, role in EVERY
    if present in ALLOWED[target][0] and role in ALLOWED[target][1]
]
REREAD = [(present, target, role) for present, target, role in EVERY if target == S.ONGOING and present != S.UNREAD]
REFUSED = [case for case in EVERY if case not in FINE and case not in REREAD]


class TestMoves:
    @pytest.mark.req("MK-06")
    @pytest.mark.parametrize(("present", "target", "role"), FINE)
    def test_allowed(self, present, target, role):
        made = proposal(present)
        ACTIONS[target](made, actor(role))
        assert (made.status, made.version) == (target, 2)

    @pytest.mark.req("MK-06")
    @pytest.mark.parametrize(("present", "target", "role"), REFUSED)
    def test_refused(self, present, target, role):
        made = proposal(present)
        with pytest.raises((Forbidden, IllegalMove)):
            ACTIONS[target](made, actor(role))
        assert (made.status, made.version) == (present, 1)

    @pytest.mark.parametrize(("present", "target", "role"), REREAD)
    def test_reading_again_changes_nothing(self, present, target, role):
        made = proposal(present)
        assert not made.open(actor(role), AT)
        assert (made.status, made.version, made.opened_at) == (present, 1, None)


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
        assert made.qualify(Qualification.INTERESTING, rfp(), by, AT)
        assert not made.qualify(Qualification.INTERESTING, rfp(), by, AT)

    def test_refused_once_awarded(self):
        with pytest.raises(RfpAlreadyAwarded):
            proposal(S.ONGOING).qualify(
                Qualification.INTERESTING, rfp(RfpStatus.AWARDED), actor(Role.RESPONSABLE_PROJET), AT
            )


class TestRetain:
    def test_takes_the_terms_from_the_request_and_the_name_from_the_copy(self):
        made, asked = proposal(S.INTERESTING), rfp()
        event = made.retain(asked, affiliation(name="Alan M. Turing"), actor(Role.DIRECTEUR_ACHATS), AT)
        assert (event.days, event.period, event.title) == (20, asked.period, "Data engineer")
        assert event.operational_manager_id == asked.operational_manager_id
        assert event.consultant_name == "Alan M. Turing"
        assert event.version == made.version == 2

    def test_keeps_the_name_given_when_the_copy_is_gone(self):
        event = proposal(S.INTERESTING).retain(rfp(), None, actor(Role.DIRECTEUR_ACHATS), AT)
        assert event.consultant_name == "Alan Turing"

    def test_refused_when_another_was_retained(self):
        with pytest.raises(RfpAlreadyAwarded):
            proposal(S.INTERESTING).retain(rfp(RfpStatus.AWARDED), None, actor(Role.DIRECTEUR_ACHATS), AT)


class TestCancel:
    def test_other_needs_a_comment(self):
        with pytest.raises(CancellationUnexplained):
            proposal(S.UNREAD).cancel(CancellationReason.OTHER, None, actor(Role.GERANT), AT)

    def test_other_with_a_comment(self):
        made = proposal(S.UNREAD)
        made.cancel(CancellationReason.OTHER, "Ill", actor(Role.GERANT), AT)
        assert (made.status, made.cancellation_comment) == ("cancelled", "Ill")
