"""A sales manager sees the missions of the consultants they supervise, and no others (CO-05)."""

from uuid import uuid4

import pytest

from contracts.roles import Role


async def listed(deal, path, caller):
    answer = await deal.call("GET", path, caller)
    assert answer.status_code == 200, answer.text
    return len(answer.json()["items"])


@pytest.mark.req("CO-05")
class TestSupervision:
    @pytest.mark.parametrize("path", ["/missions", "/bdcs"])
    async def test_shows_the_missions_of_chosen_consultants_alone(self, deal, path):
        await deal.ready()
        assert (await deal.issue()).status_code == 201
        chosen = await deal.supervise(deal.provider.member(Role.COMMERCIAL), uuid4(), deal.consultant_id)
        other = await deal.supervise(deal.provider.member(Role.COMMERCIAL), uuid4())
        assert await listed(deal, path, chosen) == 1
        assert await listed(deal, path, other) == 0
        assert await listed(deal, path, deal.provider.member(Role.COMMERCIAL)) == 0
        assert await listed(deal, path, deal.provider.head) == 1

    async def test_opens_each_of_them_and_nothing_else(self, deal):
        await deal.ready()
        bdc = (await deal.issue()).json()
        chosen = await deal.supervise(deal.provider.member(Role.COMMERCIAL), deal.consultant_id)
        for path in (f"/missions/{deal.mission_id}", f"/bdcs/{bdc['id']}", f"/bdcs/{bdc['id']}/document"):
            assert (await deal.call("GET", path, chosen)).status_code == 200
            assert (await deal.call("GET", path, deal.provider.member(Role.COMMERCIAL))).status_code == 404

    async def test_lets_payment_be_chosen_for_them_alone(self, deal):
        await deal.ready("option")
        assert (await deal.choose("basic", by=deal.provider.member(Role.COMMERCIAL))).status_code == 404
        chosen = await deal.supervise(deal.provider.member(Role.COMMERCIAL), deal.consultant_id)
        assert (await deal.choose("basic", by=chosen)).status_code == 200

    async def test_is_worth_nothing_for_a_rival(self, deal):
        await deal.ready()
        rival = await deal.supervise(deal.h.member(Role.COMMERCIAL), deal.consultant_id)
        assert await listed(deal, "/missions", rival) == 0

    async def test_ends_and_does_not_come_back_by_an_older_event(self, deal):
        await deal.ready()
        caller = await deal.supervise(deal.provider.member(Role.COMMERCIAL), deal.consultant_id, version=2)
        await deal.supervise(caller, version=4)
        await deal.supervise(caller, deal.consultant_id, version=3)
        assert await listed(deal, "/missions", caller) == 0
