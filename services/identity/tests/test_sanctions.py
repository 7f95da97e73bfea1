"""Sanctions of every type, and how they end."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sanction_steps import DETAILS, MANIFEST, MESSAGES, body, code, impose, lift, refresh, sweep
from sqlalchemy import func, select

from chassis.audit import audit_log
from chassis.clock import PARIS, business_date
from contracts.identity import MemberAccessRevoked
from contracts.roles import Role, StaffScope
from identity.profile.domain import Section
from identity.sanction.domain import GROUNDS, Ground, SanctionReason, SanctionType
from identity.sanction.queries import hidden_sections


class TestSuspend:
    @pytest.mark.req("ID-44")
    async def test_takes_effect_on_live_sessions_at_once(self, world):
        account = await world.activated()
        assert (await world.client.get("/members/me", headers=account.headers)).status_code == 200
        answer = await impose(world, account, "suspend")
        assert answer.status_code == 201
        await world.h.platform.revocations.refresh()
        for revoked in await world.h.emitted(MemberAccessRevoked):
            if revoked.member_id == account.id:
                await world.h.deliver(revoked)
        await world.h.platform.revocations.refresh()
        assert (await world.client.get("/members/me", headers=account.headers)).status_code == 401
        assert (await refresh(world, account)).status_code == 401
        refused = await world.log_in(account.email)
        assert (refused.status_code, code(refused)) == (403, "account_suspended")

    async def test_a_wrong_password_is_told_nothing_of_it(self, world):
        account = await world.activated()
        await impose(world, account, "suspend")
        assert code(await world.log_in(account.email, "not the password")) == "wrong_credentials"

    @pytest.mark.req("ID-45")
    @pytest.mark.parametrize(("language", "word"), [("fr", "mettons en demeure"), ("en", "formally ask you")])
    async def test_mails_the_reason_and_the_demand_to_stop(self, world, language, word):
        account = await world.activated(language=language)
        await impose(world, account, "suspend")
        text = world.text_of((await world.mails(account.email))[-1])
        assert "Advertising for a rival." in text
        assert DETAILS["suspend"]["demand"] in text
        assert word in text

    async def test_gives_the_notice_that_a_termination_may_follow(self, world):
        account = await world.activated()
        sanction = (await impose(world, account, "suspend")).json()
        world.h.clock.offset += timedelta(days=9)
        answer = await impose(world, account, "terminate", notice_id=sanction["notice_id"])
        assert answer.status_code == 201

    async def test_a_log_in_at_the_same_time_leaves_no_session(self, world):
        account = await world.activated()
        await asyncio.gather(impose(world, account, "suspend"), *(world.log_in(account.email) for _ in range(5)))
        assert code(await world.log_in(account.email)) == "account_suspended"
        async with world.h.tx() as tx:
            from identity.session.domain import Session

            open_ = select(func.count()).where(Session.member_id == account.id, Session.ended_at.is_(None))
            assert await tx.scalar(open_) == 0

    async def test_two_suspensions_hold_until_both_are_lifted(self, world):
        account = await world.activated()
        first = (await impose(world, account, "suspend")).json()
        second = (await impose(world, account, "block_accounts")).json()
        assert (await lift(world, account, first)).status_code == 201
        assert code(await world.log_in(account.email)) == "account_suspended"
        await lift(world, account, second)
        assert (await world.log_in(account.email)).status_code == 201

    async def test_lifting_twice_is_refused(self, world):
        account = await world.activated()
        sanction = (await impose(world, account, "suspend")).json()
        answers = await asyncio.gather(lift(world, account, sanction), lift(world, account, sanction))
        assert sorted(answer.status_code for answer in answers) == [201, 409]


class TestEveryType:
    @pytest.mark.req("ID-49")
    @pytest.mark.parametrize("ends_on", [None, 12])
    @pytest.mark.parametrize("type_", list(SanctionType))
    async def test_is_recorded_mailed_audited_and_may_have_an_end(self, world, legal, type_, ends_on):
        account = await world.activated()
        last_day = str(business_date(world.h.clock()) + timedelta(days=ends_on)) if ends_on else None
        answer = await impose(world, account, type_, ends_on=last_day, **MANIFEST)
        assert answer.status_code == 201, answer.text
        listed = await world.client.get(f"/staff/members/{account.id}/sanctions", headers=legal)
        assert listed.json()["items"] == [answer.json()]
        assert answer.json() | {"ends_on": last_day, "status": "in_force", "type": type_} == answer.json()
        assert "Advertising for a rival." in world.text_of((await world.mails(account.email))[-1])
        async with world.h.tx() as tx:
            said = select(audit_log.c.details).where(audit_log.c.subject == answer.json()["id"])
            details = (await tx.scalars(said)).one()
        assert details == {"member": str(account.id), "type": type_, "ground": "law_violated"}

    @pytest.mark.req("ID-49")
    @pytest.mark.parametrize("type_", list(SanctionType))
    async def test_with_an_end_holds_through_its_last_day_in_paris(self, world, legal, type_):
        account = await world.activated()
        last_day = business_date(world.h.clock()) + timedelta(days=5)
        midnight = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), PARIS).astimezone(UTC)
        await impose(world, account, type_, ends_on=str(last_day), **MANIFEST)
        for instant, status in ((midnight - timedelta(seconds=2), "in_force"), (midnight, "ended")):
            world.h.clock.set(instant)
            await sweep(world)
            headers = world.h.headers(world.h.staff(StaffScope.LEGAL))
            listed = await world.client.get(f"/staff/members/{account.id}/sanctions", headers=headers)
            assert listed.json()["items"][0]["status"] == status
        assert (await world.log_in(account.email)).status_code == 201

    @pytest.mark.parametrize("type_", [*list(SanctionType)])
    async def test_needs_its_own_details_and_takes_no_others(self, world, type_):
        account = await world.activated()
        for name, value in (("demand", "x"), ("sections", ["skills"]), ("services", "all"), ("messages", MESSAGES)):
            needed = name in DETAILS.get(type_, {})
            changed = {name: None if name == "demand" else []} if needed else {name: value}
            answer = await impose(world, account, type_, **MANIFEST, **changed)
            assert (answer.status_code, code(answer)) == (422, "sanction_incomplete")
            assert answer.json()["errors"][0]["field"] == name

    async def test_cannot_end_before_today(self, world):
        account = await world.activated()
        today = business_date(world.h.clock())
        refused = await impose(world, account, "suspend", ends_on=str(today - timedelta(days=1)))
        assert (code(refused), refused.json()["errors"][0]["field"]) == ("end_not_possible", "ends_on")
        assert (await impose(world, account, "suspend", ends_on=str(today))).status_code == 201

    @pytest.mark.parametrize(("days", "status"), [(29, 201), (30, 422)])
    async def test_a_termination_ends_while_its_account_can_come_back(self, world, days, status):
        account = await world.activated()
        ends_on = str(business_date(world.h.clock()) + timedelta(days=days))
        assert (await impose(world, account, "terminate", ends_on=ends_on, **MANIFEST)).status_code == status

    @pytest.mark.parametrize("reason", list(SanctionReason))
    @pytest.mark.parametrize("ground", list(Ground))
    async def test_takes_only_a_ground_of_its_reason(self, world, reason, ground):
        account = await world.activated()
        answer = await impose(world, account, "suspend", reason=reason, ground=ground)
        assert answer.status_code == (201 if ground in GROUNDS[reason] else 422)

    async def test_is_for_legal_staff_alone(self, world):
        account, other = await world.activated(), await world.activated()
        callers = [other.headers, world.h.headers(world.h.member(Role.GERANT))]
        callers += [world.h.headers(world.h.staff(scope)) for scope in StaffScope if scope != StaffScope.LEGAL]
        for headers in callers:
            for path in ("sanctions", "notices"):
                url = f"/staff/members/{account.id}/{path}"
                assert (await world.client.post(url, json={}, headers=headers)).status_code == 403
                assert (await world.client.get(url, headers=headers)).status_code == 403

    async def test_of_nobody_is_not_found(self, world, legal):
        answer = await world.client.post(f"/staff/members/{uuid4()}/sanctions", json=body("suspend"), headers=legal)
        assert (answer.status_code, code(answer)) == (404, "member_not_found")
        one, other = await world.activated(), await world.activated()
        sanction = (await impose(world, one, "suspend")).json()
        assert code(await lift(world, other, sanction)) == "sanction_not_found"


class TestBlockService:
    @pytest.mark.req("ID-49")
    @pytest.mark.parametrize(
        ("services", "blocked"),
        [
            (["marketplace", "billing"], {"marketplace", "billing"}),
            ("all", {"company", "marketplace", "contracting", "timesheet", "billing"}),
        ],
    )
    async def test_names_the_services_in_the_next_token_and_voids_those_before(self, world, services, blocked):
        account = await world.activated()
        sanction = (await impose(world, account, "block_service", services=services)).json()
        revoked = [e for e in await world.h.emitted(MemberAccessRevoked) if e.member_id == account.id]
        assert [event.session_id for event in revoked] == [None]
        account.tokens = (await refresh(world, account)).json()
        assert world.caller(account.tokens).blocked == blocked
        await lift(world, account, sanction)
        account.tokens = (await refresh(world, account)).json()
        assert world.caller(account.tokens).blocked == frozenset()

    @pytest.mark.parametrize("services", [["identity"], ["nothing"], "some"])
    async def test_takes_no_other_names(self, world, services):
        account = await world.activated()
        assert (await impose(world, account, "block_service", services=services)).status_code == 422


class TestHideProfile:
    @pytest.mark.req("ID-49")
    async def test_names_the_sections_until_it_is_lifted(self, world):
        account = await world.activated()
        sanction = (await impose(world, account, "hide_profile", sections=["skills", "publications"])).json()
        async with world.h.tx() as tx:
            assert await hidden_sections(tx, account.id) == {"skills", "publications"}
        await lift(world, account, sanction)
        async with world.h.tx() as tx:
            assert await hidden_sections(tx, account.id) == frozenset()

    async def test_may_hide_all_of_it(self, world):
        account = await world.activated()
        await impose(world, account, "hide_profile", sections=list(Section))
        async with world.h.tx() as tx:
            assert await hidden_sections(tx, account.id) == {section.value for section in Section}
