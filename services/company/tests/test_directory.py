import pytest

from company.directory.domain import KnownMember
from contracts.identity import MemberActivated
from contracts.roles import ProfileType


def activated(world, member_id, version=1, name="Ada Martin", profile=ProfileType.CONSULTANCY):
    return MemberActivated(
        version=version,
        member_id=member_id,
        display_name=name,
        profile_type=profile,
        activated_at=world.h.clock(),
    )


async def known(world, member_id):
    async with world.h.tx() as tx:
        return await tx.get(KnownMember, member_id)


class TestRecordMember:
    async def test_keeps_name_and_profile(self, world, stranger_id) -> None:
        await world.h.deliver(activated(world, stranger_id))
        member = await known(world, stranger_id)
        assert (member.display_name, member.profile_type) == ("Ada Martin", ProfileType.CONSULTANCY)

    async def test_applies_a_delivery_once(self, world, stranger_id) -> None:
        event_id = await world.h.deliver(activated(world, stranger_id))
        await world.h.deliver(activated(world, stranger_id, 2, "Not applied"), event_id=event_id)
        assert (await known(world, stranger_id)).version == 1

    @pytest.mark.parametrize(("version", "name"), [(2, "Ada Martin"), (3, "Ada Martin"), (4, "Ada Durand")])
    async def test_ignores_what_is_not_newer(self, world, stranger_id, version, name) -> None:
        await world.h.deliver(activated(world, stranger_id, 3))
        await world.h.deliver(activated(world, stranger_id, version, "Ada Durand"))
        assert (await known(world, stranger_id)).display_name == name

    async def test_lets_the_member_found_a_company(self, world, refused) -> None:
        caller = world.h.member()
        refused(await world.register(caller), 409, "profile_not_known_yet")
        await world.h.deliver(activated(world, caller.member_id))
        assert (await world.register(caller)).status_code == 201
