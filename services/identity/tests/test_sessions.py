"""Logging in, staying in, leaving."""

import asyncio
from datetime import timedelta
from statistics import median
from time import perf_counter
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from chassis.audit import audit_log
from contracts.identity import MemberAccessRevoked
from identity.session.domain import REFRESH_LIFETIME, RefreshToken, Session


async def refreshed(world, token):
    return await world.client.post("/sessions/refresh", json={"refresh_token": token})


async def revocations_of(world, account):
    return [event for event in await world.h.emitted(MemberAccessRevoked) if event.member_id == account.id]


async def sessions_of(world, account):
    return (await world.client.get("/sessions", headers=account.headers)).json()["items"]


class TestLogIn:
    @pytest.mark.req("ID-03")
    async def test_gives_a_pair_of_tokens_that_is_never_stored_in_between(self, world):
        account = await world.activated()
        answer = await world.log_in(account.email.upper())
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
        caller = world.caller(answer.json())
        assert (caller.member_id, caller.company_id, caller.scopes) == (account.id, None, frozenset())

    async def test_the_access_token_verifies_with_the_published_key_and_says_its_type(self, world):
        account = await world.activated()
        published = await world.client.get("/.well-known/jwks.json")
        assert "d" not in published.json()["keys"][0]
        token = jwt.decode(
            account.tokens["access_token"], KeySet.import_key_set(published.json()), algorithms=["ES256"]
        )
        assert (token.header["typ"], token.header["kid"]) == ("at+jwt", "identity")
        assert token.claims["exp"] - token.claims["iat"] == 600
        assert account.email not in str(token.claims)

    async def test_a_token_is_refused_from_the_tenth_minute_on(self, world):
        account = await world.activated()
        world.h.clock.offset = timedelta(minutes=9, seconds=50)
        assert (await world.client.get("/members/me", headers=account.headers)).status_code == 200
        world.h.clock.offset = timedelta(minutes=10)
        assert (await world.client.get("/members/me", headers=account.headers)).status_code == 401

    async def test_refuses_a_wrong_password_and_an_unknown_address_alike(self, world):
        account = await world.activated()
        async with world.calling_from("198.51.100.1") as client:
            wrong, unknown = [
                await client.post("/sessions", json={"email": email, "password": "not the password"})
                for email in (account.email, world.new_address())
            ]
        assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
        assert wrong.json() | {"trace_id": ""} == unknown.json() | {"trace_id": ""}
        assert set(wrong.headers) == set(unknown.headers)

    async def test_takes_as_long_for_an_unknown_address(self, world):
        account = await world.activated()
        took = {}
        async with world.calling_from("198.51.100.2") as client:
            for email in [account.email, world.new_address()] * 6:
                started = perf_counter()
                await client.post("/sessions", json={"email": email, "password": "not the password"})
                took.setdefault(email, []).append(perf_counter() - started)
        known, unknown = (median(times) for times in took.values())
        assert 0.5 < known / unknown < 2

    async def test_is_written_to_the_audit_trail_without_the_address(self, world):
        account = await world.activated()
        session = world.caller(account.tokens).session_id
        async with world.h.tx() as tx:
            row = (await tx.execute(select(audit_log).where(audit_log.c.subject == str(session)))).one()
        assert (row.action, row.actor, row.details) == ("session.opened", str(account.id), {})


class TestWrongPasswords:
    async def attempt(self, client, email, password="not the password"):
        return await client.post("/sessions", json={"email": email, "password": password})

    async def test_ten_in_a_quarter_of_an_hour_stop_even_the_right_one(self, world):
        account = await world.activated()
        async with world.calling_from("198.51.100.10") as client:
            answers = [await self.attempt(client, account.email) for _ in range(10)]
            stopped = await self.attempt(client, account.email, world.password)
        assert {a.status_code for a in answers} == {401}
        assert (stopped.status_code, stopped.json()["code"]) == (429, "too_many_attempts")
        assert 0 < int(stopped.headers["retry-after"]) <= 901

    async def test_nine_do_not(self, world):
        account = await world.activated()
        async with world.calling_from("198.51.100.11") as client:
            for _ in range(9):
                await self.attempt(client, account.email)
            assert (await self.attempt(client, account.email, world.password)).status_code == 201

    async def test_a_success_starts_the_count_anew(self, world):
        account = await world.activated()
        async with world.calling_from("198.51.100.12") as client:
            for _ in range(2):
                for _ in range(9):
                    await self.attempt(client, account.email)
                assert (await self.attempt(client, account.email, world.password)).status_code == 201

    async def test_the_victim_logs_in_when_the_window_is_over_although_others_went_on(self, world):
        account = await world.activated()
        async with world.calling_from("198.51.100.13") as client:
            for _ in range(10):
                await self.attempt(client, account.email)
            world.h.clock.offset = timedelta(minutes=14, seconds=50)
            assert (await self.attempt(client, account.email)).status_code == 429
        world.h.clock.offset = timedelta(minutes=15, seconds=2)
        assert (await world.log_in(account.email)).status_code == 201

    async def test_thirty_at_once_are_counted_one_by_one(self, world):
        account = await world.activated()
        async with world.calling_from("198.51.100.14") as client:
            answers = await asyncio.gather(*(self.attempt(client, account.email) for _ in range(30)))
        assert sorted(a.status_code for a in answers) == [401] * 10 + [429] * 20

    async def test_for_an_unknown_address_stop_in_the_same_way(self, world):
        email = world.new_address()
        async with world.calling_from("198.51.100.15") as client:
            answers = [(await self.attempt(client, email)).status_code for _ in range(11)]
        assert answers == [401] * 10 + [429]

    @pytest.mark.parametrize(
        ("first", "second", "stopped"),
        [
            ("198.51.100.16", "198.51.100.16", 429),
            ("198.51.100.17", "198.51.100.18", 201),
            ("2001:db8:1::1", "2001:db8:1::2", 429),
            ("2001:db8:2::1", "2001:db8:3::1", 201),
        ],
    )
    async def test_from_one_network_address_stop_it_whatever_the_account(self, world, first, second, stopped):
        account = await world.activated()
        async with world.calling_from(first) as client:
            for _ in range(20):
                await self.attempt(client, world.new_address())
        async with world.calling_from(second) as client:
            assert (await self.attempt(client, account.email, world.password)).status_code == stopped


class TestRefresh:
    async def test_trades_the_token_for_a_new_pair(self, world):
        account = await world.activated()
        answer = await refreshed(world, account.tokens["refresh_token"])
        assert answer.status_code == 200
        assert answer.json()["refresh_token"] != account.tokens["refresh_token"]
        assert world.caller(answer.json()).session_id == world.caller(account.tokens).session_id

    async def test_a_token_that_comes_back_ends_the_session_although_it_is_refused(self, world):
        account = await world.activated()
        second = (await refreshed(world, account.tokens["refresh_token"])).json()
        reused = await refreshed(world, account.tokens["refresh_token"])
        assert (reused.status_code, reused.json()["code"]) == (401, "refresh_token_invalid")
        assert (await refreshed(world, second["refresh_token"])).status_code == 401
        said = await revocations_of(world, account)
        assert [event.session_id for event in said] == [world.caller(account.tokens).session_id]

    async def test_ten_uses_at_once_are_one_new_pair_and_an_ended_session(self, world):
        account = await world.activated()
        answers = await asyncio.gather(*(refreshed(world, account.tokens["refresh_token"]) for _ in range(10)))
        assert sorted(a.status_code for a in answers) == [200] + [401] * 9
        assert len(await revocations_of(world, account)) == 1

    @pytest.mark.parametrize(("early", "status"), [(timedelta(seconds=5), 200), (timedelta(0), 401)])
    async def test_works_for_thirty_days(self, world, early, status):
        account = await world.activated()
        async with world.h.tx() as tx:
            session = await tx.get_one(Session, world.caller(account.tokens).session_id)
        world.h.clock.set(session.created_at + REFRESH_LIFETIME - early)
        assert (await refreshed(world, account.tokens["refresh_token"])).status_code == status

    async def test_use_keeps_a_session_alive_beyond_thirty_days(self, world):
        account = await world.activated()
        token = account.tokens["refresh_token"]
        for days in (20, 40, 60):
            world.h.clock.offset = timedelta(days=days)
            answer = await refreshed(world, token)
            assert answer.status_code == 200
            token = answer.json()["refresh_token"]

    @pytest.mark.parametrize("token", ["x", "a" * 43])
    async def test_an_unknown_token_is_refused(self, world, token):
        assert (await refreshed(world, token)).status_code == 401

    async def test_an_access_token_is_no_refresh_token(self, world):
        account = await world.activated()
        assert (await refreshed(world, account.tokens["access_token"])).status_code in {401, 422}

    async def test_the_database_holds_no_refresh_token(self, world):
        account = await world.activated()
        async with world.h.tx() as tx:
            rows = (await tx.execute(select(RefreshToken.token_sha256))).scalars().all()
        assert account.tokens["refresh_token"].encode() not in rows

    async def test_answers_with_tokens_are_not_kept_for_a_replay(self, world):
        account = await world.activated()
        key = {"Idempotency-Key": "once"}
        body = {"email": account.email, "password": world.password}
        first = await world.client.post("/sessions", json=body, headers=key)
        second = await world.client.post("/sessions", json=body, headers=key)
        assert first.json()["refresh_token"] != second.json()["refresh_token"]


class TestLeaving:
    async def test_logging_out_ends_the_session_everywhere_and_says_so_once(self, world):
        account = await world.activated()
        for _ in range(2):
            gone = await world.client.delete("/sessions/current", headers=account.headers)
            assert (gone.status_code, gone.content) == (204, b"")
        assert (await refreshed(world, account.tokens["refresh_token"])).status_code == 401
        said = await revocations_of(world, account)
        assert [event.session_id for event in said] == [world.caller(account.tokens).session_id]

    async def test_its_access_token_is_void_once_the_event_has_come_back(self, world):
        account = await world.activated()
        await world.client.delete("/sessions/current", headers=account.headers)
        for event in await revocations_of(world, account):
            await world.h.deliver(event)
        await world.h.platform.revocations.refresh()
        assert (await world.client.get("/members/me", headers=account.headers)).status_code == 401
        assert (await world.log_in(account.email)).status_code == 201

    @pytest.mark.req("ID-50")
    async def test_own_sessions_are_listed_and_can_be_ended_one_by_one(self, world):
        account = await world.activated()
        other = (await world.log_in(account.email)).json()
        listed = await sessions_of(world, account)
        mine, others = world.caller(account.tokens).session_id, world.caller(other).session_id
        assert {item["id"]: item["current"] for item in listed} == {str(mine): True, str(others): False}
        shown = {"id", "device", "place", "proven_at", "created_at", "last_used_at", "expires_at", "current"}
        assert set(listed[0]) == shown
        gone = await world.client.delete(f"/sessions/{others}", headers=account.headers)
        assert gone.status_code == 204
        assert [item["id"] for item in await sessions_of(world, account)] == [str(mine)]
        assert (await refreshed(world, other["refresh_token"])).status_code == 401

    @pytest.mark.req("ID-50")
    async def test_all_the_others_can_be_ended_at_once(self, world):
        account, rival = await world.activated(), await world.activated()
        others = [(await world.log_in(account.email)).json() for _ in range(3)]
        assert (await world.client.delete("/sessions", headers=account.headers)).status_code == 204
        assert [item["current"] for item in await sessions_of(world, account)] == [True]
        assert {(await refreshed(world, o["refresh_token"])).status_code for o in others} == {401}
        said = await revocations_of(world, account)
        assert {e.session_id for e in said} == {world.caller(o).session_id for o in others}
        for kept in (account, rival):
            assert (await refreshed(world, kept.tokens["refresh_token"])).status_code == 200

    @pytest.mark.parametrize(
        ("ip", "place"),
        [
            ("203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:7:1::9", "2001:db8:7::/48"),
            ("::ffff:203.0.113.78", "203.0.113.0/24"),
            ("not an address", None),
        ],
    )
    async def test_a_session_shows_its_network_and_never_the_address(self, world, ip, place):
        account = await world.activated()
        async with world.calling_from(ip) as client:
            await client.post("/sessions", json={"email": account.email, "password": world.password})
        listed = await sessions_of(world, account)
        assert listed[0]["place"] == place
        assert ip not in str(listed)

    async def test_a_session_of_somebody_else_is_not_there(self, world):
        account, rival = await world.activated(), await world.activated()
        session = world.caller(account.tokens).session_id
        refused = await world.client.delete(f"/sessions/{session}", headers=rival.headers)
        assert (refused.status_code, refused.json()["code"]) == (404, "session_not_found")
        assert (await refreshed(world, account.tokens["refresh_token"])).status_code == 200
        assert str(session) not in str(await sessions_of(world, rival))

    async def test_a_session_that_never_was_is_not_there(self, world):
        account = await world.activated()
        assert (await world.client.delete(f"/sessions/{uuid4()}", headers=account.headers)).status_code == 404

    async def test_an_expired_session_is_listed_no_more(self, world):
        account = await world.activated()
        world.h.clock.offset = REFRESH_LIFETIME + timedelta(minutes=1)
        later = (await world.log_in(account.email)).json()
        listed = (await world.client.get("/sessions", headers=world.bearer(later))).json()["items"]
        assert [item["current"] for item in listed] == [True]


class TestForgetting:
    async def test_a_month_after_its_end_a_session_and_its_tokens_are_gone(self, world):
        from identity.session.sweeps import forget_old_sessions

        account = await world.activated()
        await world.client.delete("/sessions/current", headers=account.headers)
        session = world.caller(account.tokens).session_id

        async def tokens_after(days):
            async with world.h.tx() as tx:
                await forget_old_sessions(tx, tx.now + timedelta(days=days))
                return len((await tx.scalars(select(RefreshToken).where(RefreshToken.session_id == session))).all())

        assert await tokens_after(29) == 1
        assert await tokens_after(31) == 0

    async def test_counters_of_a_past_window_are_gone(self, world):
        from identity.session.attempts import LoginAttempts, forget_old_attempts

        async with world.calling_from("198.51.100.30") as client:
            await client.post("/sessions", json={"email": world.new_address(), "password": "no"})
        async with world.h.tx() as tx:
            just_now = select(LoginAttempts).where(LoginAttempts.window_started_at <= tx.now)
            await forget_old_attempts(tx, tx.now)
            assert (await tx.scalars(just_now)).first() is not None
            await forget_old_attempts(tx, tx.now + timedelta(minutes=16))
            assert (await tx.scalars(just_now)).first() is None
