"""A member's own deletion: asked for, confirmed, carried out, and what stands in its way."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from leaving_steps import ME, affiliate, ask, code, leave, log_in_again, order, sweep
from sqlalchemy import select

from chassis.audit import audit_log
from chassis.auth import Caller
from chassis.clock import business_date
from contracts.contracting import MissionRescheduled
from contracts.roles import Role
from contracts.values import Period


class TestRequest:
    @pytest.mark.req("ID-39")
    async def test_does_nothing_until_it_is_confirmed(self, world):
        account = await world.activated()
        asked = await ask(world, account, confirm=False)
        assert asked.json() | {"status": "requested", "due_at": None} == asked.json()
        world.h.clock.offset += timedelta(days=4)
        await sweep(world, "execute_deletions")
        assert (await world.log_in(account.email)).status_code == 201

    @pytest.mark.req("ID-39")
    async def test_confirmed_is_told_by_mail(self, world):
        account = await world.activated(language="en")
        confirmed = await ask(world, account)
        assert (confirmed.status_code, confirmed.json()["status"]) == (201, "confirmed")
        assert (await world.mails(account.email))[-1]["Subject"] == "Your account will be deleted"

    async def test_is_a_sensitive_act(self, world):
        account = await world.activated()
        late = world.h.headers(Caller(account.id, uuid4(), proven_at=world.h.clock() - timedelta(minutes=11)))
        for path in (ME, f"{ME}/confirmation"):
            refused = await world.client.post(path, headers=late)
            assert (refused.status_code, code(refused)) == (401, "step_up_required")

    async def test_twice_is_one_request(self, world):
        account = await world.activated()
        answers = await asyncio.gather(*(ask(world, account, confirm=False) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        assert code(await ask(world, account)) == "deletion_under_way"

    async def test_is_confirmed_once_and_never_without_a_request(self, world):
        account = await world.activated()
        confirmation = f"{ME}/confirmation"
        assert code(await world.client.post(confirmation, headers=account.headers)) == "closure_not_found"
        await ask(world, account)
        assert code(await world.client.post(confirmation, headers=account.headers)) == "illegal_move"

    async def test_is_seen_by_its_member_alone(self, world):
        account, other = await world.activated(), await world.activated()
        asked = await ask(world, account, confirm=False)
        assert (await world.client.get(ME, headers=account.headers)).json() == asked.json()
        assert (await world.client.get(ME, headers=other.headers)).status_code == 404


class TestExecution:
    @pytest.mark.req("ID-40")
    async def test_comes_when_it_is_due_and_not_before(self, world):
        account = await world.activated()
        due = datetime.fromisoformat((await ask(world, account)).json()["due_at"])
        assert due - world.h.clock() < timedelta(hours=47)
        world.h.clock.set(due - timedelta(seconds=5))
        await sweep(world, "execute_deletions")
        assert (await world.log_in(account.email)).status_code == 201
        world.h.clock.set(due)
        await sweep(world, "execute_deletions")
        assert code(await world.log_in(account.email)) == "account_deactivated"

    @pytest.mark.req("ID-40")
    async def test_ends_every_session_and_says_until_when_one_may_return(self, world):
        account = await world.activated(language="en")
        due = await leave(world, account)
        answer = await world.client.post("/sessions/refresh", json={"refresh_token": account.tokens["refresh_token"]})
        assert answer.status_code == 401
        until = business_date(due) + timedelta(days=30)
        text = world.text_of((await world.mails(account.email))[-1])
        assert f"{until.day} " in text
        assert str(until.year) in text

    @pytest.mark.parametrize("hours", [48, 0])
    async def test_may_wait_less_than_48_hours_alone(self, hours, monkeypatch):
        from pydantic import ValidationError

        from identity.settings import IdentitySettings

        monkeypatch.setenv("MAILLON_DELETION_HOURS", str(hours))
        with pytest.raises(ValidationError, match="deletion_hours"):
            IdentitySettings()

    async def test_is_withdrawn_before_and_not_after(self, world):
        account = await world.activated()
        await ask(world, account)
        assert (await world.client.delete(ME, headers=account.headers)).status_code == 204
        world.h.clock.offset += timedelta(days=2)
        await sweep(world, "execute_deletions")
        assert (await world.log_in(account.email)).status_code == 201
        await log_in_again(world, account)
        await leave(world, account)
        assert (await world.client.delete(ME, headers=account.headers)).status_code == 401
        assert code(await world.log_in(account.email)) == "account_deactivated"

    async def test_by_two_sweeps_at_once_happens_once(self, world):
        account = await world.activated()
        world.h.clock.set(datetime.fromisoformat((await ask(world, account)).json()["due_at"]))
        await asyncio.gather(*(sweep(world, "execute_deletions") for _ in range(3)))
        async with world.h.tx() as tx:
            acts = select(audit_log.c.id).where(
                audit_log.c.action == "member.deactivated", audit_log.c.subject == str(account.id)
            )
            assert len((await tx.scalars(acts)).all()) == 1


class TestObstacles:
    @pytest.mark.req("ID-42")
    @pytest.mark.parametrize("place", ["consultant", "manager"])
    async def test_a_running_order_blocks_the_deletion_and_is_named(self, world, place):
        account = await world.activated()
        await world.h.deliver(order(world, **{place: account.id}))
        refused = await ask(world, account)
        assert (refused.status_code, code(refused)) == (409, "orders_running")
        assert refused.json()["errors"] == [{"field": "orders", "code": "order_running", "detail": "BDC-2026-000042"}]

    @pytest.mark.req("ID-42")
    @pytest.mark.parametrize(("ends", "status"), [(0, 409), (-1, 201)])
    async def test_an_order_blocks_through_its_last_day(self, world, ends, status):
        account = await world.activated()
        await world.h.deliver(order(world, consultant=account.id, ends=ends))
        assert (await ask(world, account)).status_code == status

    @pytest.mark.req("ID-42", "CT-28")
    async def test_an_order_that_ended_early_blocks_no_longer_whatever_arrives_late(self, world):
        account = await world.activated()
        event = order(world, consultant=account.id)
        await world.h.deliver(event)
        today, facts = business_date(world.h.clock()), {"mission_id": event.mission_id, "bdc_id": event.bdc_id}
        for version, left in ((3, -1), (2, 5)):
            facts |= {"ends_on": today + timedelta(days=left), "rescheduled_at": event.issued_at, "version": version}
            await world.h.deliver(MissionRescheduled(**facts, reason="early_end"))
        assert (await ask(world, account)).status_code == 201

    @pytest.mark.req("ID-42")
    async def test_an_order_issued_after_the_request_defers_it(self, world):
        account = await world.activated()
        due = datetime.fromisoformat((await ask(world, account)).json()["due_at"])
        await world.h.deliver(order(world, consultant=account.id, ends=10))
        world.h.clock.set(due)
        await sweep(world, "execute_deletions")
        assert (await world.log_in(account.email)).status_code == 201
        world.h.clock.offset += timedelta(days=11)
        await sweep(world, "execute_deletions")
        assert code(await world.log_in(account.email)) == "account_deactivated"

    async def test_the_same_order_twice_and_an_older_version_have_one_effect(self, world):
        account = await world.activated()
        event = order(world, consultant=account.id, ends=-1, version=2)
        event_id = await world.h.deliver(event)
        await world.h.deliver(event, event_id=event_id)
        later = Period(start=event.period.start, end=event.period.end + timedelta(days=50))
        await world.h.deliver(event.model_copy(update={"period": later, "version": 1}))
        assert (await ask(world, account)).status_code == 201

    @pytest.mark.req("ID-42")
    @pytest.mark.parametrize("role", [Role.GERANT, Role.FREELANCE, Role.DIRECTEUR_ACHATS])
    async def test_the_only_head_of_a_company_with_people_stays(self, world, role):
        account, company = await world.activated(), uuid4()
        await affiliate(world, account.id, role, company)
        await affiliate(world, uuid4(), Role.CONSULTANT, company)
        assert code(await ask(world, account)) == "sole_head"
        await affiliate(world, (await world.activated()).id, role, company)
        assert (await ask(world, account)).status_code == 201

    @pytest.mark.req("ID-42")
    async def test_a_head_whose_account_is_closed_runs_nothing(self, world):
        first, second, company = await world.activated(), await world.activated(), uuid4()
        for head in (first, second):
            await affiliate(world, head.id, Role.GERANT, company)
        await affiliate(world, uuid4(), Role.CONSULTANT, company)
        await leave(world, first)
        await log_in_again(world, second)
        assert code(await ask(world, second)) == "sole_head"

    @pytest.mark.req("ID-42")
    async def test_of_two_heads_whose_deletions_are_due_at_once_one_stays(self, world):
        heads, company = [await world.activated(), await world.activated()], uuid4()
        for head in heads:
            await affiliate(world, head.id, Role.GERANT, company)
        await affiliate(world, uuid4(), Role.CONSULTANT, company)
        for head in heads:
            due = datetime.fromisoformat((await ask(world, head)).json()["due_at"])
        world.h.clock.set(due)
        await asyncio.gather(*(sweep(world, "execute_deletions") for _ in range(2)))
        answers = [await world.log_in(head.email) for head in heads]
        assert sorted(answer.status_code for answer in answers) == [201, 403]

    async def test_the_only_head_of_a_company_with_orders_stays(self, world):
        account, company = await world.activated(), uuid4()
        await affiliate(world, account.id, Role.GERANT, company)
        await world.h.deliver(order(world, provider_company_id=company))
        assert code(await ask(world, account)) == "sole_head"

    async def test_the_only_head_of_a_company_with_neither_goes(self, world):
        account = await world.activated()
        await affiliate(world, account.id, Role.GERANT, uuid4())
        assert (await ask(world, account)).status_code == 201

    async def test_others_of_a_company_go(self, world):
        account, company = await world.activated(), uuid4()
        await affiliate(world, account.id, Role.COMMERCIAL, company)
        await affiliate(world, uuid4(), Role.CONSULTANT, company)
        assert (await ask(world, account)).status_code == 201


class TestAnOrderThatComesAfterTheDeactivation:
    @pytest.mark.req("ID-42")
    async def test_keeps_the_member_from_being_erased_until_it_ends(self, world):
        account = await world.activated()
        due = await leave(world, account)
        await world.h.deliver(order(world, consultant=account.id, ends=40))
        world.h.clock.set(due + timedelta(days=32))
        await sweep(world, "erase_closed")
        assert code(await world.log_in(account.email)) == "account_deactivated"
        world.h.clock.set(due + timedelta(days=42))
        await sweep(world, "erase_closed")
        assert code(await world.log_in(account.email)) == "wrong_credentials"
