"""Every status with every actor, split into what is allowed and what is refused."""

from datetime import date
from itertools import product
from uuid import uuid4

import pytest

from chassis.errors import Forbidden, IllegalMove
from contracting.contract.domain import ALLOWED as CONTRACT_MOVES
from contracting.contract.domain import Contract, ContractStatus, Party
from contracting.early_end.domain import Asker, EarlyEnd, EarlyEndStatus
from contracting.mission.domain import Mission
from contracting.mission.standing import ALLOWED as MISSION_MOVES
from contracting.mission.standing import MissionActor, MissionStatus
from contracting.renewal.domain import Renewal, RenewalActor, RenewalStatus

CONTRACT_ALLOWED = {
    ("to_sign", "opened", "signatory"),
    ("opened", "opened", "signatory"),
    ("opened", "signed", "signatory"),
    ("signed", "superseded", "signatory"),
}
HELD = ("yet_to_start", "in_progress", "early_termination_requested", "premature_end_rejected", "ongoing_renewal")
MISSION_ALLOWED = {
    ("legal_verification", "yet_to_start", "staff"),
    ("yet_to_start", "in_progress", "calendar"),
    ("in_progress", "early_termination_requested", "party"),
    ("early_termination_requested", "premature_end_rejected", "party"),
    ("premature_end_rejected", "early_termination_requested", "party"),
    ("early_termination_requested", "in_progress", "party"),
    ("premature_end_rejected", "in_progress", "party"),
    ("in_progress", "ongoing_renewal", "party"),
    ("ongoing_renewal", "in_progress", "party"),
    ("ongoing_renewal", "in_progress", "staff"),
    ("ongoing_renewal", "in_progress", "calendar"),
    ("in_progress", "completed", "calendar"),
    ("early_termination_requested", "completed", "calendar"),
    ("premature_end_rejected", "completed", "calendar"),
    ("blocked", "completed", "calendar"),
    *((one, "blocked", "compliance") for one in HELD),
    *(("blocked", one, "compliance") for one in HELD),
}
RENEWAL_ALLOWED = {
    ("awaiting_provider", "awaiting_client", "provider"),
    ("awaiting_client", "awaiting_client", "provider"),
    ("awaiting_client", "validated", "client"),
    ("validated", "ordered", "staff"),
    ("awaiting_provider", "rejected", "provider"),
    ("awaiting_client", "rejected", "client"),
    ("awaiting_client", "withdrawn", "provider"),
    *((one, "withdrawn", "client") for one in ("awaiting_provider", "awaiting_client", "validated")),
    *((one, "lapsed", "calendar") for one in ("awaiting_provider", "awaiting_client", "validated")),
}
EARLY_END_ALLOWED = {
    ("proposed", "refused", "other_side"),
    ("proposed", "accepted", "other_side"),
    ("proposed", "withdrawn", "proposer"),
    ("refused", "withdrawn", "proposer"),
    ("refused", "replaced", "proposer"),
}


def split(statuses, actors, allowed, *, good: bool):
    every = product(statuses, statuses, actors)
    return [
        (present, target, actor)
        for present, target, actor in every
        if ((present.value, target.value, actor.value) in allowed) is good
    ]


class TestContract:
    @pytest.mark.req("CT-02")
    @pytest.mark.parametrize(("present", "target", "actor"), split(ContractStatus, Party, CONTRACT_ALLOWED, good=True))
    def test_allowed(self, present, target, actor):
        contract = Contract(id=uuid4(), status=present, version=1)
        contract._move_to(target, actor)
        assert (contract.status, contract.version) == (target, 2)

    @pytest.mark.req("CT-02")
    @pytest.mark.parametrize(("present", "target", "actor"), split(ContractStatus, Party, CONTRACT_ALLOWED, good=False))
    def test_refused(self, present, target, actor):
        contract = Contract(id=uuid4(), status=present, version=1)
        with pytest.raises((IllegalMove, Forbidden)):
            contract._move_to(target, actor)
        assert (contract.status, contract.version) == (present, 1)

    def test_nothing_becomes_to_sign_again(self):
        assert ContractStatus.TO_SIGN not in CONTRACT_MOVES


class TestMission:
    @pytest.mark.parametrize(
        ("present", "target", "actor"), split(MissionStatus, MissionActor, MISSION_ALLOWED, good=True)
    )
    def test_allowed(self, present, target, actor):
        mission = Mission(id=uuid4(), status=present, version=1)
        mission._move_to(target, actor)
        assert (mission.status, mission.version) == (target, 2)

    @pytest.mark.parametrize(
        ("present", "target", "actor"), split(MissionStatus, MissionActor, MISSION_ALLOWED, good=False)
    )
    def test_refused(self, present, target, actor):
        mission = Mission(id=uuid4(), status=present, version=1)
        with pytest.raises((IllegalMove, Forbidden)):
            mission._move_to(target, actor)
        assert (mission.status, mission.version) == (present, 1)

    def test_nothing_returns_to_legal_verification(self):
        assert MissionStatus.LEGAL_VERIFICATION not in MISSION_MOVES


REQUESTS = [
    (Renewal, RenewalStatus, RenewalActor, RENEWAL_ALLOWED),
    (EarlyEnd, EarlyEndStatus, Asker, EARLY_END_ALLOWED),
]


@pytest.mark.req("CT-17", "CT-28")
@pytest.mark.parametrize(("kind", "statuses", "actors", "allowed"), REQUESTS)
def test_renewals_and_early_ends_move_as_written_out_here(kind, statuses, actors, allowed):
    for present, target, actor in product(statuses, statuses, actors):
        request = kind(id=uuid4(), status=present, version=1)
        if (present.value, target.value, actor.value) in allowed:
            request._move_to(target, actor)
            assert (request.status, request.version) == (target, 2)
        else:
            with pytest.raises((IllegalMove, Forbidden)):
                request._move_to(target, actor)
            assert (request.status, request.version) == (present, 1)


FIRST, LAST = date(2026, 12, 1), date(2026, 12, 31)


class TestAdvance:
    @pytest.mark.parametrize(
        ("present", "today", "after"),
        [
            ("legal_verification", date(2027, 6, 1), "legal_verification"),
            ("yet_to_start", date(2026, 11, 30), "yet_to_start"),
            ("yet_to_start", FIRST, "in_progress"),
            ("yet_to_start", LAST, "in_progress"),
            ("yet_to_start", date(2027, 1, 1), "completed"),
            ("in_progress", LAST, "in_progress"),
            ("in_progress", date(2027, 1, 1), "completed"),
            ("completed", date(2027, 6, 1), "completed"),
            ("early_termination_requested", date(2027, 1, 1), "completed"),
            ("premature_end_rejected", date(2027, 1, 1), "completed"),
            ("ongoing_renewal", date(2027, 1, 1), "ongoing_renewal"),
            ("blocked", FIRST, "blocked"),
            ("blocked", date(2027, 1, 1), "completed"),
        ],
    )
    def test_starts_on_the_first_day_and_completes_after_the_last(self, present, today, after):
        mission = Mission(id=uuid4(), status=MissionStatus(present), starts_on=FIRST, ends_on=LAST, version=1)
        assert mission.advance(today) is (present != after)
        assert mission.status == after
