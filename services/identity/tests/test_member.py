"""The rules of an account, and what its member sees and decides."""

from datetime import UTC, datetime
from itertools import product
from uuid import uuid4

import pytest

from chassis.errors import Forbidden, IllegalMove
from chassis.transitions import check_move
from contracts.identity import MemberActivated
from contracts.roles import ProfileType, StaffScope
from identity.member.address import Address
from identity.member.domain import MOVES, AccountNotActivated, Actor, Member, MemberStatus, ProfileTypeImmutable

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ALLOWED = {
    (MemberStatus.PENDING, MemberStatus.ACTIVATED, Actor.LINK_HOLDER),
    (MemberStatus.PENDING, MemberStatus.ACTIVATED, Actor.OPERATOR),
    (MemberStatus.ACTIVATED, MemberStatus.READY, Actor.MEMBER),
}
EVERY = set(product(MemberStatus, MemberStatus, Actor))


def somebody(status=MemberStatus.ACTIVATED):
    address = Address.parse("ada@example.com")
    member = Member.sign_up(
        first_name="Ada", last_name="Lovelace", address=address, password_hash="$", language="fr", at=NOW
    )
    if status != MemberStatus.PENDING:
        member.activate(Actor.LINK_HOLDER, NOW)
    return member


@pytest.mark.req("ID-15", "ID-17")
class TestMoves:
    @pytest.mark.parametrize(("present", "target", "by"), sorted(ALLOWED))
    def test_allowed(self, present, target, by):
        assert check_move(MOVES, present, target, by) == target

    @pytest.mark.parametrize(("present", "target", "by"), sorted(EVERY - ALLOWED))
    def test_refused(self, present, target, by):
        with pytest.raises((IllegalMove, Forbidden)):
            check_move(MOVES, present, target, by)


class TestAddress:
    @pytest.mark.req("ID-03")
    @pytest.mark.parametrize(
        "typed",
        ["Ada@Example.COM", "ADA@EXAMPLE.COM", "\uff41da@example.com", "ada@\uff25xample.com"],
    )
    def test_is_one_whatever_case_and_width(self, typed):
        assert Address.parse(typed).key == "ada@example.com"

    def test_keeps_the_local_part_as_written(self):
        assert Address.parse("Ada@Example.COM").written == "Ada@example.com"

    def test_writes_an_international_domain_in_ascii(self):
        assert Address.parse("ada@société.fr").written == "ada@xn--socit-esab.fr"

    @pytest.mark.parametrize("typed", ["ada@soci\u00e9t\u00e9.fr", "ada@SOCIE\u0301TE\u0301.fr"])
    def test_is_one_however_its_accents_are_composed(self, typed):
        assert Address.parse(typed).key == "ada@xn--socit-esab.fr"


class TestProfileType:
    @pytest.mark.req("ID-17")
    @pytest.mark.parametrize("chosen", list(ProfileType))
    def test_choosing_makes_the_member_ready_and_says_so(self, chosen):
        member = somebody()
        event = member.choose_profile_type(chosen, NOW)
        assert (member.status, member.profile_type) == (MemberStatus.READY, chosen)
        assert (event.display_name, event.profile_type, event.version) == ("Ada Lovelace", chosen, member.version)

    @pytest.mark.req("ID-19")
    @pytest.mark.parametrize("second", list(ProfileType))
    def test_never_changes(self, second):
        member = somebody()
        member.choose_profile_type(ProfileType.CLIENT, NOW)
        with pytest.raises(ProfileTypeImmutable):
            member.choose_profile_type(second, NOW)
        assert member.profile_type == ProfileType.CLIENT

    @pytest.mark.req("ID-29")
    def test_waits_for_the_activation(self):
        with pytest.raises(AccountNotActivated):
            somebody(MemberStatus.PENDING).choose_profile_type(ProfileType.CLIENT, NOW)

    def test_is_not_for_staff(self):
        person = Member.staff(
            name="Grace Hopper",
            address=Address.parse("grace@example.com"),
            password_hash="$",
            scopes=frozenset({StaffScope.SUPPORT}),
            at=NOW,
        )
        assert (person.first_name, person.last_name, person.status) == ("Grace", "Hopper", MemberStatus.ACTIVATED)
        with pytest.raises(Forbidden):
            person.choose_profile_type(ProfileType.CLIENT, NOW)


class TestOwnAccount:
    async def test_shows_what_is_known_of_the_caller(self, world):
        account = await world.activated(language="en")
        answer = await world.client.get("/members/me", headers=account.headers)
        shown = answer.json()
        assert shown.pop("contract_started_at")
        assert shown == {
            "id": str(account.id),
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": account.email,
            "language": "en",
            "status": "activated",
            "profile_type": None,
            "staff_scopes": [],
            "affiliation": None,
            "documents_due": [],
            "next_step": "choose_profile",
            "phone": None,
        }

    async def test_choosing_a_profile_is_published_once(self, world):
        account = await world.activated()
        answer = await world.client.put(
            "/members/me/profile-type", json={"profile_type": "consultancy"}, headers=account.headers
        )
        assert (answer.status_code, answer.json()["status"]) == (200, "ready")
        again = await world.client.put(
            "/members/me/profile-type", json={"profile_type": "consultancy"}, headers=account.headers
        )
        assert (again.status_code, again.json()["code"]) == (403, "profile_type_immutable")
        said = [event for event in await world.h.emitted(MemberActivated) if event.member_id == account.id]
        assert [(event.display_name, event.profile_type) for event in said] == [("Ada Lovelace", "consultancy")]

    async def test_an_unknown_profile_is_refused_by_name(self, world):
        account = await world.activated()
        answer = await world.client.put(
            "/members/me/profile-type", json={"profile_type": "agency"}, headers=account.headers
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "profile_type"

    async def test_needs_a_token_of_a_known_member(self, world):
        assert (await world.client.get("/members/me")).status_code == 401
        stranger = world.h.headers(world.h.member(member_id=uuid4()))
        assert (await world.client.get("/members/me", headers=stranger)).json()["code"] == "member_not_found"
