import asyncio

import pytest

from contracts.company import AffiliationEnded, AffiliationGranted
from contracts.roles import HEADS, ProfileType, Role

OFFERED = [
    (ProfileType.CONSULTANCY, Role.CONSULTANT),
    (ProfileType.CONSULTANCY, Role.COMMERCIAL),
    (ProfileType.CLIENT, Role.RESPONSABLE_PROJET),
    (ProfileType.CLIENT, Role.ACHETEUR),
]
NOT_OFFERED = [(p, r) for p in (ProfileType.CONSULTANCY, ProfileType.CLIENT) for r in Role if (p, r) not in OFFERED]


async def asked(world, company, role=Role.CONSULTANT, profile=ProfileType.CONSULTANCY):
    caller = await world.member(profile, "Bob Durand")
    answer = await world.ask(caller, company, role)
    assert answer.status_code == 201, answer.text
    return caller, answer.json()["id"]


class TestAsk:
    @pytest.mark.req("CO-02", "CO-04")
    @pytest.mark.parametrize(("profile", "role"), OFFERED)
    async def test_waits_for_the_heads_who_are_told(self, world, profile, role) -> None:
        company = await world.company(profile)
        answer = await world.ask(await world.member(profile, "Bob Durand"), company, role)
        assert answer.status_code == 201
        assert (answer.json()["status"], answer.json()["role"]) == ("pending", role)
        assert len(await world.events(AffiliationGranted, company.id)) == 1
        (message,) = await world.messages("join_requested", company.id)
        assert message.context == {"member_name": "Bob Durand", "company_name": "La Poste", "role": role}
        assert set(message.roles[0].roles) == HEADS

    @pytest.mark.req("CO-04")
    @pytest.mark.parametrize(("profile", "role"), NOT_OFFERED)
    async def test_is_for_the_roles_of_that_side_below_its_heads(self, world, refused, profile, role) -> None:
        company = await world.company(profile)
        refused(await world.ask(await world.member(profile), company, role), 422, "role_not_offered", "role")

    @pytest.mark.parametrize(
        ("profile", "role", "other"),
        [
            (ProfileType.CONSULTANCY, Role.CONSULTANT, ProfileType.CLIENT),
            (ProfileType.CLIENT, Role.ACHETEUR, ProfileType.CONSULTANCY),
            (ProfileType.CLIENT, Role.ACHETEUR, ProfileType.FREELANCE),
        ],
    )
    async def test_stays_on_the_side_of_the_profile(self, world, refused, profile, role, other) -> None:
        company = await world.company(profile)
        refused(await world.ask(await world.member(other), company, role), 409, "other_side")

    async def test_of_a_freelance_is_refused(self, world, refused) -> None:
        company = await world.company(ProfileType.FREELANCE)
        refused(await world.ask(await world.member(), company, Role.CONSULTANT), 409, "company_of_one")

    async def test_waits_once_per_company(self, world, refused) -> None:
        company = await world.company()
        caller, _ = await asked(world, company)
        refused(await world.ask(caller, company, Role.COMMERCIAL), 409, "join_request_pending")
        assert len(await world.messages("join_requested", company.id)) == 1

    async def test_may_be_repeated_after_a_rejection(self, world) -> None:
        company = await world.company()
        caller, request = await asked(world, company)
        await world.decide(request, "rejection", company.headers)
        assert (await world.ask(caller, company, Role.CONSULTANT)).status_code == 201

    async def test_of_ones_own_company_is_refused(self, world, refused) -> None:
        company = await world.company()
        refused(await world.ask(company.founder, company, Role.CONSULTANT), 409, "already_affiliated")

    @pytest.mark.req("ID-08")
    async def test_is_for_the_role_of_consultant_unless_said_otherwise(self, world, refused) -> None:
        company, client = await world.company(), await world.company(ProfileType.CLIENT)
        headers = world.headers(await world.member())
        answer = await world.client.post(f"/companies/{company.id}/join-requests", json={}, headers=headers)
        assert answer.json()["role"] == "consultant"
        headers = world.headers(await world.member(ProfileType.CLIENT))
        answer = await world.client.post(f"/companies/{client.id}/join-requests", json={}, headers=headers)
        refused(answer, 422, "role_not_offered", "role")

    async def test_waits_for_the_profile(self, world, refused) -> None:
        refused(await world.ask(world.h.member(), await world.company(), Role.CONSULTANT), 409, "profile_not_known_yet")

    async def test_of_an_unknown_or_refused_company_finds_nothing(self, world, refused, stranger_id) -> None:
        headers = world.headers(await world.member())
        answer = await world.client.post(
            f"/companies/{stranger_id}/join-requests", json={"role": "consultant"}, headers=headers
        )
        refused(answer, 404, "company_not_found")
        company = await world.company()
        await world.refuse(company)
        refused(await world.ask(await world.member(), company, Role.CONSULTANT), 404, "company_not_found")


class TestAccept:
    @pytest.mark.req("CO-03", "CO-04", "CO-18")
    async def test_affiliates_with_the_role_asked_for(self, world) -> None:
        company = await world.company()
        caller, request = await asked(world, company, Role.COMMERCIAL)
        answer = await world.decide(request, "acceptance", company.headers)
        assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
        _, granted = await world.events(AffiliationGranted, company.id)
        assert (granted.member_id, granted.role, granted.display_name) == (
            caller.member_id,
            Role.COMMERCIAL,
            "Bob Durand",
        )
        (message,) = await world.messages("join_decided", company.id)
        assert message.members == [caller.member_id]
        assert message.context == {"company_name": "La Poste", "decision": "accepted", "role": "commercial"}
        (act,) = [row for row in await world.audited(request) if row.action == "join.accepted"]
        assert act.actor == str(company.founder.member_id)

    async def test_twice_has_one_effect(self, world, refused) -> None:
        company = await world.company()
        _, request = await asked(world, company)
        await world.decide(request, "acceptance", company.headers)
        refused(await world.decide(request, "acceptance", company.headers), 409, "illegal_move")
        refused(await world.decide(request, "rejection", company.headers), 409, "illegal_move")
        assert len(await world.events(AffiliationGranted, company.id)) == 2

    async def test_at_the_same_moment_has_one_effect(self, world) -> None:
        company = await world.company()
        _, request = await asked(world, company)
        both = [world.decide(request, "acceptance", company.headers) for _ in range(4)]
        answers = await asyncio.gather(*both)
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert len(await world.events(AffiliationGranted, company.id)) == 2

    async def test_withdraws_what_else_the_requester_asked_for(self, world, refused) -> None:
        one, other = await world.company(), await world.company()
        caller, request = await asked(world, one)
        second = (await world.ask(caller, other, Role.CONSULTANT)).json()["id"]
        assert (await world.decide(request, "acceptance", one.headers)).status_code == 200
        refused(await world.decide(second, "acceptance", other.headers), 409, "illegal_move")
        mine = (await world.client.get("/join-requests", headers=world.headers(caller))).json()["items"]
        assert [(line["id"], line["status"]) for line in mine] == [(second, "withdrawn"), (request, "accepted")]

    async def test_by_two_companies_at_once_affiliates_once(self, world) -> None:
        one, other = await world.company(), await world.company()
        caller, request = await asked(world, one)
        second = (await world.ask(caller, other, Role.CONSULTANT)).json()["id"]
        answers = await asyncio.gather(
            world.decide(request, "acceptance", one.headers), world.decide(second, "acceptance", other.headers)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]


class TestDecide:
    @pytest.mark.req("CO-03")
    @pytest.mark.parametrize("decision", ["acceptance", "rejection"])
    async def test_is_for_heads_of_that_company(self, world, refused, decision) -> None:
        company, rival = await world.company(), await world.company()
        colleague = await world.colleague(company, Role.COMMERCIAL)
        caller, request = await asked(world, company)
        refused(await world.decide(request, decision, rival.headers), 404, "join_request_not_found")
        refused(await world.decide(request, decision, world.headers(caller)), 404, "join_request_not_found")
        refused(await world.decide(request, decision, world.staff), 404, "join_request_not_found")
        refused(await world.decide(request, decision, colleague), 403, "forbidden")

    @pytest.mark.req("CO-03")
    async def test_may_be_a_rejection_which_grants_nothing(self, world, refused) -> None:
        company = await world.company()
        _, request = await asked(world, company)
        answer = await world.decide(request, "rejection", company.headers)
        assert answer.json()["status"] == "rejected"
        assert len(await world.events(AffiliationGranted, company.id)) == 1
        (message,) = await world.messages("join_decided", company.id)
        assert message.context["decision"] == "rejected"
        refused(await world.decide(request, "acceptance", company.headers), 409, "illegal_move")

    async def test_of_an_unknown_request_finds_nothing(self, world, refused, stranger_id) -> None:
        company = await world.company()
        refused(await world.decide(stranger_id, "acceptance", company.headers), 404, "join_request_not_found")


class TestLists:
    async def test_of_requests_are_for_heads(self, world, refused) -> None:
        company, rival = await world.company(), await world.company()
        colleague = await world.colleague(company)
        _, request = await asked(world, company)
        path = f"/companies/{company.id}/join-requests"
        pending = await world.client.get(path, params={"status": "pending"}, headers=company.headers)
        assert [line["id"] for line in pending.json()["items"]] == [request]
        assert len((await world.client.get(path, headers=company.headers)).json()["items"]) == 2
        refused(await world.client.get(path, headers=colleague), 403, "forbidden")
        refused(await world.client.get(path, headers=rival.headers), 404, "company_not_found")

    @pytest.mark.req("CO-27")
    async def test_of_members_are_for_colleagues(self, world, refused) -> None:
        company, rival = await world.company(), await world.company()
        colleague = await world.colleague(company)
        path = f"/companies/{company.id}/members"
        found = (await world.client.get(path, headers=colleague)).json()["items"]
        assert [(line["display_name"], line["role"]) for line in found] == [
            ("Bob Durand", "consultant"),
            ("Ada Martin", "gerant"),
        ]
        refused(await world.client.get(path, headers=rival.headers), 404, "company_not_found")
        refused(await world.client.get(path, headers=world.staff), 404, "company_not_found")


class TestWithdraw:
    async def test_ends_the_request_and_lets_another_be_made(self, world, refused) -> None:
        company = await world.company()
        caller, request = await asked(world, company)
        answer = await world.decide(request, "withdrawal", world.headers(caller))
        assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
        refused(await world.decide(request, "withdrawal", world.headers(caller)), 409, "illegal_move")
        refused(await world.decide(request, "acceptance", company.headers), 409, "illegal_move")
        assert (await world.ask(caller, company, Role.COMMERCIAL)).status_code == 201

    async def test_is_for_the_requester_alone(self, world, refused) -> None:
        company = await world.company()
        _, request = await asked(world, company)
        for headers in (company.headers, world.headers(await world.member()), world.staff):
            refused(await world.decide(request, "withdrawal", headers), 404, "join_request_not_found")

    async def test_list_shows_ones_own_requests(self, world) -> None:
        caller, request = await asked(world, await world.company())
        await asked(world, await world.company())
        mine = (await world.client.get("/join-requests", headers=world.headers(caller))).json()["items"]
        assert [line["id"] for line in mine] == [request]


@pytest.mark.req("ID-38")
class TestChangeCompany:
    async def test_takes_effect_when_the_new_head_accepts(self, world) -> None:
        former, new = await world.company(), await world.company()
        caller, first = await asked(world, former)
        await world.decide(first, "acceptance", former.headers)
        request = (await world.ask(caller, new, Role.COMMERCIAL)).json()["id"]
        assert await world.events(AffiliationEnded, former.id) == []
        assert (await world.decide(request, "acceptance", new.headers)).status_code == 200
        (ended,) = await world.events(AffiliationEnded, former.id)
        assert ended.member_id == caller.member_id
        _, granted = await world.events(AffiliationGranted, new.id)
        assert (granted.member_id, granted.role) == (caller.member_id, "commercial")
        (message,) = await world.messages("left_company", former.id)
        assert message.context == {"company_name": "La Poste", "member_name": "Bob Durand"}
        members = (await world.client.get(f"/companies/{new.id}/members", headers=world.headers(caller))).json()
        assert len(members["items"]) == 2

    async def test_leaves_no_company_without_a_head(self, world, refused) -> None:
        former, new = await world.company(), await world.company()
        request = (await world.ask(former.founder, new, Role.CONSULTANT)).json()["id"]
        refused(await world.decide(request, "acceptance", new.headers), 409, "last_head")
        assert await world.events(AffiliationEnded, former.id) == []
        assert (await world.decide(request, "rejection", new.headers)).status_code == 200

    async def test_crosswise_at_once_moves_both(self, world) -> None:
        one, other = await world.company(), await world.company()
        pairs = []
        for source, target in ((one, other), (other, one)):
            caller, first = await asked(world, source)
            await world.decide(first, "acceptance", source.headers)
            pairs.append(((await world.ask(caller, target, Role.CONSULTANT)).json()["id"], target))
        answers = await asyncio.gather(*(world.decide(r, "acceptance", c.headers) for r, c in pairs))
        assert [answer.status_code for answer in answers] == [200, 200]
