"""Inactivity, and the ways back into a deactivated account."""

from datetime import UTC, datetime, timedelta

import pytest
from leaving_steps import ask, code, leave, order, sweep
from sqlalchemy import update

from chassis.clock import PARIS, business_date
from contracts.identity import MemberErased
from contracts.roles import StaffScope
from identity.member.domain import Member


class TestReturnThroughSupport:
    async def reactivate(self, world, account):
        support = world.h.headers(world.h.staff(StaffScope.SUPPORT))
        return await world.client.post(f"/staff/members/{account.id}/reactivation", headers=support)

    @pytest.mark.req("ID-41")
    @pytest.mark.parametrize(("days", "status"), [(0, 201), (30, 201), (31, 410)])
    async def test_works_until_day_30_included(self, world, days, status):
        account = await world.activated(language="en")
        closed_on = business_date(await leave(world, account))
        at = datetime.combine(closed_on + timedelta(days=days), datetime.max.time(), PARIS)
        world.h.clock.set(at.astimezone(UTC) - timedelta(minutes=1))
        await sweep(world, "erase_closed") if days <= 30 else None
        answer = await self.reactivate(world, account)
        assert answer.status_code == status
        logged_in = await world.log_in(account.email)
        assert logged_in.status_code == (201 if status == 201 else 403)
        if status == 201:
            assert (await world.mails(account.email))[-1]["Subject"] == "Your account is active again"

    @pytest.mark.req("ID-41")
    async def test_is_final_afterwards(self, world):
        account = await world.activated()
        await leave(world, account)
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        assert [event.member_id for event in await world.h.emitted(MemberErased)].count(account.id) == 1
        assert (await self.reactivate(world, account)).status_code == 404
        assert code(await world.log_in(account.email)) == "wrong_credentials"

    async def test_needs_an_account_that_is_closed(self, world):
        account = await world.activated()
        assert code(await self.reactivate(world, account)) == "closure_not_found"
        await ask(world, account)
        assert code(await self.reactivate(world, account)) == "return_not_open"

    async def test_is_supports_act(self, world):
        account = await world.activated()
        url = f"/staff/members/{account.id}/reactivation"
        assert (await world.client.post(url, headers=account.headers)).status_code == 403
        legal = world.h.headers(world.h.staff(StaffScope.LEGAL))
        assert (await world.client.post(url, headers=legal)).status_code == 403

    async def test_finds_a_suspension_still_in_force(self, world):
        account = await world.activated()
        legal = world.h.headers(world.h.staff(StaffScope.LEGAL))
        said = {
            "type": "suspend",
            "reason": "breach",
            "ground": "terms_breached",
            "explanation": "x",
            "demand": "y",
        }
        await ask(world, account)
        await world.client.post(f"/staff/members/{account.id}/sanctions", json=said, headers=legal)
        world.h.clock.offset += timedelta(days=2)
        await sweep(world, "execute_deletions")
        assert (await self.reactivate(world, account)).json()["standing"] == "suspended"
        assert code(await world.log_in(account.email)) == "account_suspended"


class TestInactivity:
    async def last_used(self, world, account, instant):
        async with world.h.tx() as tx:
            await tx.execute(update(Member).where(Member.id == account.id).values(last_active_at=instant))

    @pytest.mark.req("ID-33")
    @pytest.mark.parametrize(
        ("last", "still", "over"),
        [
            ("2023-03-10T23:30+01:00", "2026-03-09T23:59+01:00", "2026-03-10T00:01+01:00"),
            ("2023-06-30T00:10+02:00", "2026-06-29T23:59+02:00", "2026-06-30T00:01+02:00"),
            ("2020-02-29T12:00+01:00", "2023-02-27T23:59+01:00", "2023-02-28T00:01+01:00"),
        ],
    )
    async def test_of_36_months_deactivates_to_the_day_in_paris(self, world, last, still, over):
        account = await world.activated()
        await self.last_used(world, account, datetime.fromisoformat(last))
        for instant, standing in ((still, "active"), (over, "deactivated")):
            world.h.clock.set(datetime.fromisoformat(instant).astimezone(UTC))
            await sweep(world, "deactivate_inactive")
            async with world.h.tx() as tx:
                assert (await tx.get_one(Member, account.id)).standing == standing

    @pytest.mark.req("ID-34")
    async def test_is_told_by_mail(self, world):
        account = await world.activated(language="en")
        await self.last_used(world, account, world.h.clock() - timedelta(days=1200))
        await sweep(world, "deactivate_inactive")
        assert (await world.mails(account.email))[-1]["Subject"] == "Your account is deactivated for inactivity"

    @pytest.mark.req("ID-33")
    async def test_is_ended_by_a_log_in_and_by_a_refresh(self, world):
        for act in ("log_in", "refresh"):
            account = await world.activated()
            long_ago = world.h.clock() - timedelta(days=1200)
            await self.last_used(world, account, long_ago)
            if act == "log_in":
                await world.log_in(account.email)
            else:
                told = {"refresh_token": account.tokens["refresh_token"]}
                assert (await world.client.post("/sessions/refresh", json=told)).status_code == 200
            await sweep(world, "deactivate_inactive")
            assert (await world.log_in(account.email)).status_code == 201

    async def test_is_written_down_once_a_day_at_most(self, world):
        account = await world.activated()
        almost = world.h.clock() - timedelta(hours=23)
        await self.last_used(world, account, almost)
        await world.log_in(account.email)
        async with world.h.tx() as tx:
            assert (await tx.get_one(Member, account.id)).last_active_at == almost

    async def test_of_somebody_who_carries_an_order_waits(self, world):
        account = await world.activated()
        await world.h.deliver(order(world, consultant=account.id))
        await self.last_used(world, account, world.h.clock() - timedelta(days=1200))
        await sweep(world, "deactivate_inactive")
        assert (await world.log_in(account.email)).status_code == 201

    async def test_replaces_a_request_that_was_never_confirmed(self, world):
        account = await world.activated()
        await ask(world, account, confirm=False)
        await self.last_used(world, account, world.h.clock() - timedelta(days=1200))
        await sweep(world, "deactivate_inactive")
        assert code(await world.log_in(account.email)) == "account_deactivated"


class TestReturnFromInactivity:
    async def inactive(self, world):
        account = await world.activated()
        async with world.h.tx() as tx:
            old = {"last_active_at": world.h.clock() - timedelta(days=1200)}
            await tx.execute(update(Member).where(Member.id == account.id).values(old))
        await sweep(world, "deactivate_inactive")
        return account

    async def come_back(self, world, account, password=None):
        body = {"email": account.email, "password": password or world.password}
        return await world.client.post("/reactivations", json=body)

    @pytest.mark.req("ID-35")
    async def test_works_on_day_30(self, world):
        account = await self.inactive(world)
        day = business_date(world.h.clock()) + timedelta(days=30)
        last = datetime.combine(day, datetime.max.time(), PARIS).astimezone(UTC)
        world.h.clock.set(last - timedelta(minutes=1))
        await sweep(world, "erase_closed")
        answer = await self.come_back(world, account)
        assert (answer.status_code, answer.json()) == (201, {"status": "reactivated"})
        assert (await world.log_in(account.email)).status_code == 201
        await sweep(world, "deactivate_inactive")
        assert (await world.log_in(account.email)).status_code == 201

    @pytest.mark.req("ID-35")
    async def test_is_refused_on_day_31(self, world):
        account = await self.inactive(world)
        day = business_date(world.h.clock()) + timedelta(days=31)
        world.h.clock.set(datetime.combine(day, datetime.min.time(), PARIS).astimezone(UTC) + timedelta(seconds=1))
        answer = await self.come_back(world, account)
        assert (answer.status_code, code(answer)) == (410, "return_period_over")
        await sweep(world, "erase_closed")
        assert code(await self.come_back(world, account)) == "wrong_credentials"

    async def test_takes_the_password_and_counts_wrong_ones(self, world):
        account = await self.inactive(world)
        assert code(await self.come_back(world, account, "not it")) == "wrong_credentials"
        async with world.calling_from("203.0.113.77") as client:
            body = {"email": account.email, "password": "not it"}
            answers = [await client.post("/reactivations", json=body) for _ in range(12)]
        assert answers[-1].status_code == 429

    async def test_is_not_for_other_closures_nor_open_accounts(self, world):
        account = await world.activated()
        assert code(await self.come_back(world, account)) == "return_not_open"
        await leave(world, account)
        assert code(await self.come_back(world, account)) == "return_not_open"
        nobody = await world.client.post(
            "/reactivations", json={"email": world.new_address(), "password": world.password}
        )
        assert code(nobody) == "wrong_credentials"
