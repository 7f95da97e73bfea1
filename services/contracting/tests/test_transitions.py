"""Every status with every actor, split into what is allowed and what is refused."""

from datetime import date
from itertools import product
from uuid import uuid4

import pytest

from chassis.errors import Forbidden, IllegalMove
from contracting.contract.domain import ALLOWED as CONTRACT_MOVES
from contracting.contract.domain import Contract, ContractStatus, Party
from contracting.mission.domain import ALLOWED as MISSION_MOVES
from contracting.mission.domain import Mission, MissionActor, MissionStatus

CONTRACT_ALLOWED = {
    ("to_sign", "opened", "signatory"),
    ("opened", "opened", "signatory"),
    ("opened", "signed", "signatory"),
    ("signed", "superseded", "signatory"),
}
MISSION_ALLOWED = {
    ("legal_verification", "yet_to_start", "staff"),
    ("yet_to_start", "in_progress", "calendar"),
    ("in_progress", "completed", "calendar"),
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
        ],
    )
    def test_starts_on_the_first_day_and_completes_after_the_last(self, present, today, after):
        mission = Mission(id=uuid4(), status=MissionStatus(present), starts_on=FIRST, ends_on=LAST, version=1)
        assert mission.advance(today) is (present != after)
        assert mission.status == after
