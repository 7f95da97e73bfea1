"""A paid subscription gives its plan as long as it runs (CO-47); billing sells it and tells of it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.billing import SubscriptionChanged, SubscriptionStatus
from contracts.roles import StaffScope


def told(world, company, *, version=1, status="active", start=0, end=30, subscription_id=None):
    return SubscriptionChanged(
        version=version,
        subscription_id=subscription_id or uuid4(),
        company_id=company.id,
        plan="business",
        status=SubscriptionStatus(status),
        starts_on=world.today + timedelta(start),
        ends_on=world.today + timedelta(end),
        changed_at=world.h.clock(),
    )


async def plan(world, company):
    return (await world.client.get(f"/companies/{company.id}/features", headers=company.headers)).json()["plan"]


class TestPaidSubscription:
    @pytest.mark.req("CO-47")
    @pytest.mark.parametrize(
        ("status", "start", "end", "expected"),
        [
            ("active", 0, 30, "business"),
            ("active", 1, 30, "free"),
            ("active", -30, -1, "business"),
            ("cancelled", -30, 0, "business"),
            ("cancelled", -30, -1, "free"),
            ("ended", -30, 30, "free"),
        ],
    )
    async def test_gives_its_plan_while_it_runs(self, world, status, start, end, expected) -> None:
        company = await world.company()
        await world.h.deliver(told(world, company, status=status, start=start, end=end))
        assert await plan(world, company) == expected

    async def test_told_late_or_twice_changes_nothing(self, world) -> None:
        company, subscription_id = await world.company(), uuid4()
        for version, status in ((2, "ended"), (2, "ended"), (1, "active")):
            event = told(world, company, version=version, status=status, subscription_id=subscription_id)
            await world.h.deliver(event)
        assert await plan(world, company) == "free"

    async def test_leaves_what_two_of_the_staff_agreed_on(self, world) -> None:
        company = await world.company()
        first, second = (world.headers(world.h.staff(StaffScope.CONTRACTS)) for _ in range(2))
        body = {"plan": "business", "reason": "Signed on 2 November"}
        path = f"/staff/companies/{company.id}/plan-changes"
        change = (await world.client.post(path, json=body, headers=first)).json()
        await world.client.post(f"/staff/plan-changes/{change['id']}/approval", headers=second)
        await world.h.deliver(told(world, company, status="ended"))
        assert await plan(world, company) == "business"
        again = await world.client.post(path, json=body, headers=first)
        assert again.json()["code"] == "plan_in_force"
