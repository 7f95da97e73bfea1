"""The transition tables of standings, closures and sanctions: every status by every actor."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from chassis.errors import Forbidden, IllegalMove
from identity.closing.domain import (
    MOVES,
    RETURNS,
    Closure,
    ClosureKind,
    ClosureStatus,
    Periods,
    ReturnNotOpen,
    ReturnPeriodOver,
)
from identity.member.address import Address
from identity.member.domain import Member
from identity.sanction.domain import MOVES as SANCTION_MOVES
from identity.sanction.domain import Ground, Measure, Sanction, SanctionReason, SanctionStatus, SanctionType
from identity.standing.domain import STANDINGS, AccountDeactivated, AccountSuspended, Standing, StandingActor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PERIODS = Periods(timedelta(hours=24), 30, 12)


def member(standing=Standing.ACTIVE):
    made = Member.sign_up(
        first_name="Ada",
        last_name="Lovelace",
        address=Address.parse("ada@example.com"),
        password_hash="x",
        language="fr",
        at=NOW,
    )
    made.standing = standing
    return made


def closure(status, kind=ClosureKind.OWN_REQUEST):
    made = Closure.begin(uuid4(), kind, uuid4(), NOW)
    made.status = status
    return made


@pytest.mark.parametrize("by", list(StandingActor))
@pytest.mark.parametrize("present", list(Standing))
@pytest.mark.parametrize("target", list(Standing))
def test_standings_move_as_the_table_says(present, target, by):
    someone, move = member(present), STANDINGS[target]
    if by in move.by and present in move.sources:
        someone.stand(target, by)
        assert someone.standing == target
    else:
        with pytest.raises((Forbidden, IllegalMove)):
            someone.stand(target, by)
        assert someone.standing == present


def test_nobody_comes_back_from_the_erasure():
    assert all(Standing.ERASED not in move.sources for move in STANDINGS.values())


@pytest.mark.parametrize(
    ("standing", "refusal"),
    [
        (Standing.ACTIVE, None),
        (Standing.SUSPENDED, AccountSuspended),
        (Standing.DEACTIVATED, AccountDeactivated),
        (Standing.ERASED, AccountDeactivated),
    ],
)
def test_only_an_active_account_is_let_in(standing, refusal):
    if refusal is None:
        member(standing).require_active()
        return
    with pytest.raises(refusal) as refused:
        member(standing).require_active()
    assert refused.value.status == 403


@pytest.mark.parametrize("by", list(StandingActor))
@pytest.mark.parametrize("present", list(ClosureStatus))
@pytest.mark.parametrize("target", list(ClosureStatus))
def test_closures_move_as_the_table_says(present, target, by):
    way_out, move = closure(present), MOVES.get(target)
    if move and by in move.by and present in move.sources:
        way_out.end(target, by, NOW)
        assert way_out.status == target
    else:
        with pytest.raises((Forbidden, IllegalMove)):
            way_out.end(target, by, NOW)
        assert way_out.status == present


@pytest.mark.parametrize("kind", list(ClosureKind))
@pytest.mark.parametrize("by", list(StandingActor))
def test_who_may_bring_an_account_back_depends_on_what_closed_it(kind, by):
    way_out = closure(ClosureStatus.REQUESTED, kind)
    way_out.deactivate(StandingActor.SWEEP, NOW, PERIODS)
    day_30 = date(2026, 12, 22)
    if by in RETURNS[kind]:
        way_out.require_return(by, day_30)
        with pytest.raises(ReturnPeriodOver):
            way_out.require_return(by, day_30 + timedelta(days=1))
    else:
        with pytest.raises(ReturnNotOpen):
            way_out.require_return(by, day_30)


@pytest.mark.parametrize("by", list(StandingActor))
@pytest.mark.parametrize("present", list(SanctionStatus))
@pytest.mark.parametrize("target", list(SanctionStatus))
def test_sanctions_move_as_the_table_says(present, target, by):
    measure = Measure(SanctionType.TERMINATE, SanctionReason.BREACH, Ground.TERMS_BREACHED, "x")
    sanction, move = Sanction.impose(uuid4(), measure, None, uuid4(), NOW), SANCTION_MOVES.get(target)
    sanction.status = present
    if move and by in move.by and present in move.sources:
        sanction.end(target, by, NOW)
        assert (sanction.status, sanction.ended_at) == (target, NOW)
    else:
        with pytest.raises((Forbidden, IllegalMove)):
            sanction.end(target, by, NOW)
        assert sanction.status == present


def test_every_column_of_a_member_is_either_kept_or_blanked():
    someone = member(Standing.DEACTIVATED)
    someone.staff_scopes = ["support"]
    someone.erase(StandingActor.SWEEP, NOW)
    said = {column.key: getattr(someone, column.key) for column in someone.__mapper__.column_attrs}
    assert said["email_key"] == f"erased:{someone.id}"
    assert (said["first_name"], said["email"], said["staff_scopes"]) == ("", "", [])
    assert "Ada" not in str(said)
