"""A member goes by another name: their colleagues see it, whatever is decided already keeps the old one."""

from uuid import UUID

import pytest

from chassis.db import new_id
from chassis.errors import NotReady
from company.affiliation.joining import JoinRequest
from company.directory.domain import KnownMember
from contracts.identity import InvitationAccepted, MemberActivated, MemberRenamed
from contracts.roles import ProfileType, Role


def activated(world, member_id, version=1):
    return MemberActivated(
        version=version,
        member_id=member_id,
        display_name="Ada Martin",
        profile_type=ProfileType.CONSULTANCY,
        activated_at=world.h.clock(),
    )


def renamed(world, member_id, version=2, name="Ada Durand"):
    return MemberRenamed(version=version, member_id=member_id, display_name=name, renamed_at=world.h.clock())


async def known(world, member_id):
    async with world.h.tx() as tx:
        return await tx.get(KnownMember, member_id)


@pytest.mark.req("ID-21")
async def test_heads_and_colleagues_see_the_new_name(world):
    company = await world.company()
    joiner = await world.member(name="Bob Durand")
    assert (await world.ask(joiner, company, Role.CONSULTANT)).status_code == 201
    await world.h.deliver(renamed(world, joiner.member_id, name="Bob Newman"))
    await world.h.deliver(renamed(world, company.founder.member_id))
    waiting = await world.client.get(f"/companies/{company.id}/join-requests", headers=company.headers)
    people = await world.client.get(f"/companies/{company.id}/members", headers=company.headers)
    assert [r["member_name"] for r in waiting.json()["items"]] == ["Bob Newman"]
    assert [m["display_name"] for m in people.json()["items"]] == ["Ada Durand"]


async def test_a_request_that_was_decided_keeps_the_name_it_was_decided_under(world):
    company = await world.company()
    joiner = await world.member(name="Bob Durand")
    request = (await world.ask(joiner, company, Role.CONSULTANT)).json()
    assert (await world.decide(request["id"], "rejection", company.headers)).status_code == 200
    await world.h.deliver(renamed(world, joiner.member_id, name="Bob Newman"))
    async with world.h.tx() as tx:
        assert (await tx.get_one(JoinRequest, request["id"])).member_name == "Bob Durand"


async def test_a_name_waits_for_a_member_who_is_not_known_yet_and_applies_once(world):
    member_id, event_id = world.h.member().member_id, new_id()
    with pytest.raises(NotReady):
        await world.h.deliver(renamed(world, member_id), event_id=event_id)
    await world.h.deliver(activated(world, member_id))
    for name in ("Ada Durand", "Not Applied"):
        await world.h.deliver(renamed(world, member_id, name=name), event_id=event_id)
    assert (await known(world, member_id)).display_name == "Ada Durand"


@pytest.mark.parametrize(("version", "name"), [(2, "Ada Martin"), (3, "Ada Martin"), (4, "Ada Durand")])
async def test_what_is_not_newer_is_ignored(world, version, name):
    member_id = world.h.member().member_id
    await world.h.deliver(activated(world, member_id, 3))
    await world.h.deliver(renamed(world, member_id, version))
    assert (await known(world, member_id)).display_name == name


@pytest.mark.req("ID-21")
async def test_an_invitation_accepted_under_the_former_name_shows_the_present_one(world):
    company, caller = await world.company(), await world.member(name="Bob Durand")
    await world.h.deliver(renamed(world, caller.member_id, name="Bob Newman"))
    await world.h.deliver(
        InvitationAccepted(
            invitation_id=new_id(),
            member_id=caller.member_id,
            display_name="Bob Durand",
            profile_type=ProfileType.CONSULTANCY,
            company_id=UUID(company.id),
            role=Role.CONSULTANT,
            invited_by=company.founder.member_id,
            accepted_at=world.h.clock(),
        )
    )
    people = await world.client.get(f"/companies/{company.id}/members", headers=company.headers)
    assert {m["display_name"] for m in people.json()["items"]} == {"Ada Martin", "Bob Newman"}
