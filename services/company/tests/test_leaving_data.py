"""What is left of people here when their account is gone, and what they may read before."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from chassis.personal_data import ERASED_NAME
from company.affiliation.joining import KEPT_AFTER_DECISION, JoinRequest
from company.affiliation.personal import DATA
from company.affiliation.queries import affiliation_of
from company.directory.domain import KnownMember
from contracts.company import AffiliationEnded
from contracts.identity import InvitationAccepted, MemberActivated, MemberErased
from contracts.roles import ProfileType, Role


async def erase(world, caller):
    await world.h.deliver(MemberErased(member_id=caller.member_id, erased_at=world.h.clock()))


async def gathered(world, caller):
    async with world.h.tx() as tx:
        return {kind.name: list(await kind.gather(tx, caller.member_id)) for kind in DATA}


class TestErase:
    @pytest.mark.req("ID-41", "PL-08")
    async def test_ends_the_affiliation_even_of_the_last_head(self, world) -> None:
        company = await world.company()
        await erase(world, company.founder)
        (ended,) = await world.events(AffiliationEnded, company.id)
        assert ended.member_id == company.founder.member_id
        async with world.h.tx() as tx:
            assert await affiliation_of(tx, company.founder.member_id) is None

    @pytest.mark.req("ID-41", "PL-08")
    async def test_leaves_no_name_and_none_comes_back(self, world) -> None:
        company, caller = await world.company(), await world.member(name="Zoé Unique")
        await world.ask(caller, company, Role.CONSULTANT)
        await erase(world, caller)
        late = MemberActivated(
            version=9,
            member_id=caller.member_id,
            display_name="Zoé Unique",
            profile_type=ProfileType.CONSULTANCY,
            activated_at=world.h.clock(),
        )
        await world.h.deliver(late)
        async with world.h.tx() as tx:
            assert (await tx.get(KnownMember, caller.member_id)).display_name != "Zoé Unique"
            mine = select(JoinRequest).where(JoinRequest.member_id == caller.member_id)
            assert (await tx.scalars(mine)).all() == []


class TestEventsThatComeAfterTheErasure:
    """No order is promised between what identity says: the end may arrive first."""

    async def seen(self, world, member_id):
        async with world.h.tx() as tx:
            return (await tx.get_one(KnownMember, member_id)).display_name, await affiliation_of(tx, member_id)

    def activated(self, world, member_id):
        return MemberActivated(
            member_id=member_id,
            display_name="Zoé Unique",
            profile_type=ProfileType.CONSULTANCY,
            activated_at=world.h.clock(),
        )

    def accepted(self, world, company, member_id):
        return InvitationAccepted(
            invitation_id=uuid4(),
            member_id=member_id,
            display_name="Zoé Unique",
            profile_type=ProfileType.CONSULTANCY,
            company_id=UUID(company.id),
            role=Role.CONSULTANT,
            invited_by=company.founder.member_id,
            accepted_at=world.h.clock(),
        )

    @pytest.mark.req("ID-41")
    async def test_the_activation_brings_no_name(self, world) -> None:
        caller = world.h.member()
        await erase(world, caller)
        await world.h.deliver(self.activated(world, caller.member_id))
        assert await self.seen(world, caller.member_id) == (ERASED_NAME, None)

    @pytest.mark.req("ID-41")
    @pytest.mark.parametrize("known_before", [True, False])
    async def test_an_accepted_invitation_brings_neither_name_nor_affiliation(self, world, known_before) -> None:
        company = await world.company()
        caller = await world.member(name="Zoé Unique") if known_before else world.h.member()
        await erase(world, caller)
        await world.h.deliver(self.accepted(world, company, caller.member_id))
        assert await self.seen(world, caller.member_id) == (ERASED_NAME, None)

    @pytest.mark.req("ID-41")
    async def test_one_accepted_at_the_same_moment_is_taken_back(self, world) -> None:
        company = await world.company()
        for _ in range(5):
            caller = await world.member(name="Zoé Unique")
            accepted = self.accepted(world, company, caller.member_id)
            await asyncio.gather(world.h.deliver(accepted), erase(world, caller))
            assert await self.seen(world, caller.member_id) == (ERASED_NAME, None)

    @pytest.mark.req("ID-41")
    async def test_a_token_that_still_lives_creates_and_joins_nothing(self, world, refused) -> None:
        company, caller = await world.company(), await world.member()
        await erase(world, caller)
        refused(await world.ask(caller, company, Role.CONSULTANT), 409, "profile_not_known_yet")
        refused(await world.register(caller), 409, "profile_not_known_yet")


class TestACompanyThatNobodyRunsAnyMore:
    async def waiting(self, world, company):
        page = await world.client.get("/staff/work-queue?kind=headless&limit=100", headers=world.staff)
        return [item for item in page.json()["items"] if item["company_id"] == company.id]

    async def name(self, world, company, member_id, headers=None):
        body = {"member_id": str(member_id), "proof_reference": "DMS-2026-118"}
        path = f"/staff/companies/{company.id}/head"
        return await world.client.post(path, json=body, headers=headers or world.staff)

    @pytest.mark.req("CO-48")
    @pytest.mark.parametrize(
        ("profile", "other", "head"),
        [
            (ProfileType.CONSULTANCY, Role.CONSULTANT, "gerant"),
            (ProfileType.CLIENT, Role.ACHETEUR, "directeur_achats"),
        ],
    )
    async def test_waits_for_staff_until_they_name_a_head(self, world, refused, profile, other, head) -> None:
        company = await world.company(profile)
        assert await self.waiting(world, company) == []
        left, going = [await world.member(profile) for _ in range(2)]
        for caller in (left, going):
            request = (await world.ask(caller, company, other)).json()
            await world.decide(request["id"], "acceptance", company.headers)
        refused(await self.name(world, company, left.member_id), 409, "company_has_a_head")
        await erase(world, company.founder)
        await erase(world, going)
        assert [item["kind"] for item in await self.waiting(world, company)] == ["headless"]
        refused(await self.name(world, company, (await world.member(profile)).member_id), 404, "colleague_not_found")
        refused(await self.name(world, company, left.member_id, world.headers(left)), 403, "forbidden")
        named = await self.name(world, company, left.member_id)
        assert (named.status_code, named.json()["role"]) == (201, head)
        assert await self.waiting(world, company) == []
        refused(await self.name(world, company, left.member_id), 409, "company_has_a_head")

    async def test_and_that_has_nobody_at_all_does_not_wait(self, world) -> None:
        company = await world.company()
        await erase(world, company.founder)
        assert await self.waiting(world, company) == []


class TestGather:
    @pytest.mark.req("PL-06")
    async def test_gives_what_is_known_of_a_member_and_of_nobody_else(self, world) -> None:
        company, caller = await world.company(), await world.member(name="Zoé Unique")
        await world.ask(caller, company, Role.COMMERCIAL)
        found = await gathered(world, caller)
        assert [request["role"] for request in found["join requests"]] == ["commercial"]
        assert [one["display_name"] for one in found["known members"]] == ["Zoé Unique"]
        assert found["affiliations"] == []
        assert [str(one["company_id"]) for one in (await gathered(world, company.founder))["affiliations"]] == [
            company.id
        ]


class TestForget:
    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize(("late", "left"), [(timedelta(seconds=-1), 1), (timedelta(), 0)])
    async def test_drops_decided_requests_after_a_year(self, world, late, left) -> None:
        company, caller = await world.company(), await world.member()
        request = (await world.ask(caller, company, Role.CONSULTANT)).json()["id"]
        waiting = (await world.ask(await world.member(), company, Role.CONSULTANT)).json()["id"]
        await world.decide(request, "rejection", company.headers)
        (kind,) = [kind for kind in DATA if kind.name == "join requests"]
        async with world.h.tx() as tx:
            decided_at = (await tx.get(JoinRequest, request)).decided_at
            await kind.forget(tx, decided_at + KEPT_AFTER_DECISION + late)
            rows = (await tx.scalars(select(JoinRequest.id).where(JoinRequest.company_id == company.id))).all()
            assert sorted(map(str, rows)) == sorted([waiting, request][: left + 1])
            await tx.rollback()
