"""A company's people: roles that change, people who leave or are removed, and who may do that to whom."""

import asyncio

import pytest

from contracts.company import AffiliationChanged, AffiliationEnded, SupervisionChanged
from contracts.permissions import MATRIX
from contracts.roles import CLIENT_ROLES, ProfileType, Role

SIDES = [
    (ProfileType.CONSULTANCY, Role.CONSULTANT, Role.GERANT),
    (ProfileType.CLIENT, Role.ACHETEUR, Role.DIRECTEUR_ACHATS),
]
PROVIDER_TEAM = {Role.CONSULTANT, Role.COMMERCIAL, Role.GERANT}


@pytest.fixture
def people(world):
    return People(world)


class People:
    """Short ways to a company's people."""

    def __init__(self, world):
        self.world = world

    async def team(self, profile=ProfileType.CONSULTANCY, role=None):
        """A company with one more member of it: the company, their id and their headers."""
        company = await self.world.company(profile)
        role = role or (Role.ACHETEUR if profile is ProfileType.CLIENT else Role.CONSULTANT)
        headers = await self.world.colleague(company, role)
        return company, await self.latest(company), headers

    async def latest(self, company):
        members = await self.world.client.get(f"/companies/{company.id}/members", headers=company.headers)
        return members.json()["items"][0]["member_id"]

    async def make(self, company, member_id, role, headers=None):
        path = f"/companies/{company.id}/members/{member_id}/role"
        return await self.world.client.put(path, json={"role": role}, headers=headers or company.headers)

    async def remove(self, company, member_id, headers=None):
        path = f"/companies/{company.id}/members/{member_id}"
        return await self.world.client.delete(path, headers=headers or company.headers)

    async def leave(self, company, headers):
        return await self.world.client.delete(f"/companies/{company.id}/members/me", headers=headers)

    async def two_heads(self, profile=ProfileType.CONSULTANCY):
        company, member_id, headers = await self.team(profile)
        head = Role.DIRECTEUR_ACHATS if profile is ProfileType.CLIENT else Role.GERANT
        assert (await self.make(company, member_id, head)).status_code == 200
        return company, member_id, headers


@pytest.mark.req("ID-09", "CO-23")
class TestChangeRole:
    @pytest.mark.parametrize(("profile", "role", "target"), SIDES)
    async def test_holds_at_once_is_told_and_audited(self, world, people, profile, role, target) -> None:
        company, member_id, headers = await people.team(profile, role)
        assert (await people.make(company, member_id, role, headers)).status_code == 403
        answer = await people.make(company, member_id, target)
        assert (answer.status_code, answer.json()["role"]) == (200, target)
        (changed,) = await world.events(AffiliationChanged, company.id)
        assert (str(changed.member_id), changed.role, changed.version) == (member_id, target, 2)
        (message,) = await world.messages("role_changed", company.id)
        assert [str(member) for member in message.members] == [member_id]
        assert message.context == {"company_name": "La Poste", "role": target}
        (act,) = [r for r in await world.audited(changed.affiliation_id) if r.action == "affiliation.role_changed"]
        assert act.actor == str(company.founder.member_id)
        assert (await people.make(company, str(company.founder.member_id), role, headers)).status_code == 200

    @pytest.mark.parametrize("profile", [ProfileType.CONSULTANCY, ProfileType.CLIENT])
    @pytest.mark.parametrize("target", Role)
    async def test_gives_the_roles_of_that_side(self, people, refused, profile, target) -> None:
        company, member_id, _ = await people.team(profile)
        answer = await people.make(company, member_id, target)
        if target in (CLIENT_ROLES if profile is ProfileType.CLIENT else PROVIDER_TEAM):
            assert answer.status_code == 200
        else:
            refused(answer, 422, "role_not_offered", "role")

    async def test_to_the_same_role_changes_nothing(self, world, people) -> None:
        company, member_id, _ = await people.team()
        assert (await people.make(company, member_id, Role.CONSULTANT)).status_code == 200
        assert await world.events(AffiliationChanged, company.id) == []

    async def test_is_for_heads_of_the_same_company(self, world, people, refused) -> None:
        company, member_id, headers = await people.team(role=Role.COMMERCIAL)
        rival = await world.company()
        refused(await people.make(company, member_id, Role.GERANT, headers), 403, "forbidden")
        refused(await people.make(company, member_id, Role.GERANT, rival.headers), 404, "company_not_found")
        refused(await people.make(company, member_id, Role.GERANT, world.staff), 404, "company_not_found")
        refused(await people.make(rival, member_id, Role.GERANT), 404, "colleague_not_found")

    async def test_does_not_demote_the_last_head(self, people, refused) -> None:
        company, member_id, _ = await people.team()
        own = str(company.founder.member_id)
        refused(await people.make(company, own, Role.CONSULTANT), 409, "last_head")
        await people.make(company, member_id, Role.GERANT)
        assert (await people.make(company, own, Role.CONSULTANT)).status_code == 200

    async def test_leaves_a_freelance_as_they_are(self, world, people, refused) -> None:
        company = await world.company(ProfileType.FREELANCE)
        answer = await people.make(company, str(company.founder.member_id), Role.GERANT)
        refused(answer, 403, "forbidden")

    async def test_by_two_heads_who_demote_each_other_succeeds_once(self, people) -> None:
        company, member_id, headers = await people.two_heads()
        answers = await asyncio.gather(
            people.make(company, member_id, Role.CONSULTANT),
            people.make(company, str(company.founder.member_id), Role.CONSULTANT, headers),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 403]


class TestLeave:
    @pytest.mark.req("ID-38")
    @pytest.mark.parametrize("side", SIDES)
    async def test_ends_the_affiliation_and_tells_the_heads(self, world, people, refused, side) -> None:
        profile, role, head = side
        company, member_id, headers = await people.team(profile, role)
        assert (await people.leave(company, headers)).status_code == 204
        (ended,) = await world.events(AffiliationEnded, company.id)
        assert str(ended.member_id) == member_id
        (message,) = await world.messages("left_company", company.id)
        assert head in message.roles[0].roles
        refused(await people.leave(company, headers), 404, "company_not_found")

    @pytest.mark.req("ID-38")
    async def test_lets_the_member_join_another(self, world, people) -> None:
        company, _, headers = await people.team()
        await people.leave(company, headers)
        new = await world.company()
        path = f"/companies/{new.id}/join-requests"
        request = (await world.client.post(path, json={"role": "commercial"}, headers=headers)).json()["id"]
        assert (await world.decide(request, "acceptance", new.headers)).status_code == 200

    async def test_is_refused_to_the_last_head(self, world, people, refused) -> None:
        company, member_id, _ = await people.team()
        refused(await people.leave(company, company.headers), 409, "last_head")
        await people.make(company, member_id, Role.GERANT)
        assert (await people.leave(company, company.headers)).status_code == 204
        freelance = await world.company(ProfileType.FREELANCE)
        refused(await people.leave(freelance, freelance.headers), 409, "last_head")

    async def test_of_both_last_heads_at_once_lets_one_go(self, people) -> None:
        company, _, headers = await people.two_heads()
        answers = await asyncio.gather(people.leave(company, company.headers), people.leave(company, headers))
        assert sorted(answer.status_code for answer in answers) == [204, 409]

    async def test_of_another_company_finds_nothing(self, world, people, refused) -> None:
        company, rival = await world.company(), await world.company()
        refused(await people.leave(company, rival.headers), 404, "company_not_found")


@pytest.mark.req("CO-23")
class TestRemove:
    @pytest.mark.parametrize(("profile", "role"), [side[:2] for side in SIDES])
    async def test_ends_the_affiliation_and_tells_the_member(self, world, people, refused, profile, role) -> None:
        company, member_id, headers = await people.team(profile, role)
        assert (await people.remove(company, member_id)).status_code == 204
        (ended,) = await world.events(AffiliationEnded, company.id)
        (message,) = await world.messages("removed_from_company", company.id)
        assert [str(member) for member in message.members] == [member_id]
        (act,) = [row for row in await world.audited(ended.affiliation_id) if row.action == "affiliation.ended"]
        assert (act.actor, act.details["why"]) == (str(company.founder.member_id), "removed")
        refused(await people.remove(company, member_id), 404, "colleague_not_found")
        members = await world.client.get(f"/companies/{company.id}/members", headers=headers)
        refused(members, 404, "company_not_found")

    async def test_is_for_heads_of_the_same_company(self, world, people, refused) -> None:
        company, member_id, headers = await people.team(role=Role.COMMERCIAL)
        rival = await world.company()
        refused(await people.remove(company, str(company.founder.member_id), headers), 403, "forbidden")
        refused(await people.remove(company, member_id, rival.headers), 404, "company_not_found")
        refused(await people.remove(rival, member_id), 404, "colleague_not_found")

    async def test_does_not_take_the_last_head(self, people, refused) -> None:
        company, _, _ = await people.team()
        refused(await people.remove(company, str(company.founder.member_id)), 409, "last_head")

    @pytest.mark.parametrize("profile", [ProfileType.CONSULTANCY, ProfileType.CLIENT])
    async def test_by_two_heads_of_each_other_succeeds_once(self, world, people, profile) -> None:
        company, member_id, headers = await people.two_heads(profile)
        answers = await asyncio.gather(
            people.remove(company, member_id),
            people.remove(company, str(company.founder.member_id), headers),
        )
        assert sorted(answer.status_code for answer in answers) == [204, 404]
        assert len(await world.events(AffiliationEnded, company.id)) == 1


@pytest.mark.req("CO-27")
class TestRoles:
    @pytest.mark.req("CO-20")
    async def test_of_a_provider_differ_and_name_their_holders(self, world, people) -> None:
        company, member_id, headers = await people.team()
        roles = await self.read(world, company, headers)
        assert set(roles) == PROVIDER_TEAM
        assert [holder["member_id"] for holder in roles["consultant"]["holders"]] == [member_id]
        assert (roles["gerant"]["count"], roles["commercial"]["count"]) == (1, 0)
        self.agree(roles)

    @pytest.mark.req("CO-19")
    async def test_of_a_client_differ(self, world, people) -> None:
        company, _, headers = await people.team(ProfileType.CLIENT)
        roles = await self.read(world, company, headers)
        assert set(roles) == CLIENT_ROLES
        self.agree(roles)

    async def test_of_a_freelance_is_one(self, world) -> None:
        company = await world.company(ProfileType.FREELANCE)
        assert set(await self.read(world, company, company.headers)) == {"freelance"}

    async def test_are_for_colleagues(self, world, refused) -> None:
        company, rival = await world.company(), await world.company()
        answer = await world.client.get(f"/companies/{company.id}/roles", headers=rival.headers)
        refused(answer, 404, "company_not_found")

    async def test_narrow_the_list_of_members(self, world, people) -> None:
        company, member_id, headers = await people.team()
        path = f"/companies/{company.id}/members?role=consultant"
        found = (await world.client.get(path, headers=headers)).json()["items"]
        assert [line["member_id"] for line in found] == [member_id]

    async def read(self, world, company, headers):
        answer = await world.client.get(f"/companies/{company.id}/roles", headers=headers)
        assert answer.status_code == 200
        return {line["role"]: line for line in answer.json()["items"]}

    def agree(self, roles) -> None:
        rights = {role: frozenset(line["allows"]) for role, line in roles.items()}
        assert len(set(rights.values())) == len(rights)
        for role, allowed in rights.items():
            assert allowed == {permission for permission, roles_ in MATRIX.items() if role in roles_}


@pytest.mark.req("CO-05")
class TestSupervision:
    def path(self, company, member_id):
        return f"/companies/{company.id}/members/{member_id}/supervised-consultants"

    async def choose(self, world, company, member_id, consultants, headers=None):
        body = {"consultants": [str(one) for one in consultants]}
        return await world.client.put(self.path(company, member_id), json=body, headers=headers or company.headers)

    async def staffed(self, world, people):
        company, commercial, headers = await people.team(role=Role.COMMERCIAL)
        await world.colleague(company)
        return company, commercial, headers, await people.latest(company)

    async def test_is_chosen_by_heads_and_told(self, world, people) -> None:
        company, commercial, headers, consultant = await self.staffed(world, people)
        answer = await self.choose(world, company, commercial, [consultant, consultant])
        assert (answer.status_code, answer.json()["consultants"]) == (200, [consultant])
        (changed,) = await world.events(SupervisionChanged, company.id)
        assert (str(changed.member_id), [str(one) for one in changed.consultants]) == (commercial, [consultant])
        assert (await world.client.get(self.path(company, commercial), headers=headers)).json()["consultants"] == [
            consultant
        ]
        assert (await self.choose(world, company, commercial, [])).json()["consultants"] == []
        first, second = await world.events(SupervisionChanged, company.id)
        assert (second.consultants, second.version > first.version) == ([], True)

    async def test_is_for_heads_of_the_same_company(self, world, people, refused) -> None:
        company, commercial, headers, consultant = await self.staffed(world, people)
        rival = await world.company()
        refused(await self.choose(world, company, commercial, [consultant], headers), 403, "forbidden")
        refused(await self.choose(world, company, commercial, [], rival.headers), 404, "company_not_found")
        refused(await self.choose(world, rival, commercial, []), 404, "colleague_not_found")
        answer = await world.client.get(self.path(rival, commercial), headers=rival.headers)
        refused(answer, 404, "colleague_not_found")

    async def test_is_of_colleagues_by_a_sales_manager(self, world, people, refused, stranger_id) -> None:
        company, commercial, _, consultant = await self.staffed(world, people)
        answer = await self.choose(world, company, commercial, [stranger_id])
        refused(answer, 422, "not_a_colleague", "consultants")
        refused(await self.choose(world, company, consultant, []), 409, "not_a_supervisor")

    async def test_goes_on_for_a_consultant_who_left(self, world, people) -> None:
        company, commercial, _, consultant = await self.staffed(world, people)
        await self.choose(world, company, commercial, [consultant])
        await people.remove(company, consultant)
        assert (await self.choose(world, company, commercial, [consultant])).status_code == 200

    @pytest.mark.parametrize("how", ["promoted", "removed", "left"])
    async def test_ends_with_the_role_and_with_the_affiliation(self, world, people, how) -> None:
        company, commercial, headers, consultant = await self.staffed(world, people)
        await self.choose(world, company, commercial, [consultant])
        if how == "promoted":
            await people.make(company, commercial, Role.GERANT)
        elif how == "removed":
            await people.remove(company, commercial)
        else:
            await people.leave(company, headers)
        *_, last = await world.events(SupervisionChanged, company.id)
        assert last.consultants == []
