"""Proving once more who one is, before a sensitive act."""

import asyncio
from datetime import timedelta

import pytest

from chassis.auth import STEP_UP_LASTS


async def step_up(world, headers, **body):
    return await world.client.post("/sessions/current/step-up", json=body, headers=headers)


async def ask_for_address(world, headers, email=None):
    body = {"email": email or world.new_address()}
    return await world.client.post("/members/me/email-changes", json=body, headers=headers)


class TestProof:
    async def test_a_log_in_is_one_and_a_refresh_keeps_its_time(self, world):
        account = await world.activated()
        first = world.caller(account.tokens).proven_at
        world.h.clock.offset = timedelta(minutes=3)
        body = {"refresh_token": account.tokens["refresh_token"]}
        later = (await world.client.post("/sessions/refresh", json=body)).json()
        assert first is not None
        assert world.caller(later).proven_at == first

    @pytest.mark.parametrize(("after", "status"), [(timedelta(seconds=-5), 202), (timedelta(seconds=5), 401)])
    async def test_lasts_ten_minutes(self, world, after, status):
        account = await world.activated()
        world.h.clock.offset = timedelta(minutes=5)
        body = {"refresh_token": account.tokens["refresh_token"]}
        headers = world.bearer((await world.client.post("/sessions/refresh", json=body)).json())
        world.h.clock.offset = STEP_UP_LASTS + after
        answer = await ask_for_address(world, headers)
        assert answer.status_code == status
        if status == 401:
            assert answer.json()["code"] == "step_up_required"
            assert "insufficient_user_authentication" in answer.headers["www-authenticate"]

    async def test_given_again_opens_the_way_and_the_session_remembers(self, world):
        account = await world.activated()
        world.h.clock.offset = timedelta(hours=1)
        body = {"refresh_token": account.tokens["refresh_token"]}
        pair = (await world.client.post("/sessions/refresh", json=body)).json()
        assert (await ask_for_address(world, world.bearer(pair))).status_code == 401
        proven = await step_up(world, world.bearer(pair), password=world.password)
        assert (proven.status_code, proven.headers["cache-control"]) == (200, "no-store")
        assert set(proven.json()) == {"access_token", "token_type", "expires_in"}
        assert (await ask_for_address(world, world.bearer(proven.json()))).status_code == 202
        again = await world.client.post("/sessions/refresh", json={"refresh_token": pair["refresh_token"]})
        assert world.caller(again.json()).proven_at == world.caller(proven.json()).proven_at
        listed = (await world.client.get("/sessions", headers=world.bearer(pair))).json()["items"]
        assert listed[0]["proven_at"] > listed[0]["created_at"]

    async def test_a_wrong_one_is_counted_like_a_log_in(self, world):
        account = await world.activated()
        answers = await asyncio.gather(
            *(step_up(world, account.headers, password="not the password") for _ in range(12))
        )
        assert sorted(a.status_code for a in answers) == [401] * 10 + [429] * 2
        assert (await step_up(world, account.headers, password=world.password)).status_code == 429
        assert (await world.log_in(account.email)).status_code == 429

    @pytest.mark.parametrize("body", [{}, {"code": "123456"}, {"password": ""}])
    async def test_nothing_proves_nothing(self, world, body):
        account = await world.activated()
        assert (await step_up(world, account.headers, **body)).status_code in {401, 422}

    async def test_of_a_session_that_ended_is_refused(self, world):
        account = await world.activated()
        await world.client.delete("/sessions/current", headers=account.headers)
        refused = await step_up(world, account.headers, password=world.password)
        assert (refused.status_code, refused.json()["code"]) == (404, "session_not_found")


ROUTES = [
    ("POST", "/members/me/email-changes", {"email": "new@example.com"}),
    ("PUT", "/members/me/password", {"current": "correct horse battery staple", "new": "another long password"}),
    ("POST", "/members/me/totp", None),
    ("POST", "/members/me/totp/confirmation", {"code": "123456"}),
    ("POST", "/members/me/totp/recovery-codes", None),
    ("DELETE", "/members/me/totp", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_every_sensitive_act_needs_it(world, method, path, body):
    account = await world.activated()
    world.h.clock.offset = STEP_UP_LASTS - timedelta(minutes=1)
    pair = await world.client.post("/sessions/refresh", json={"refresh_token": account.tokens["refresh_token"]})
    world.h.clock.offset = STEP_UP_LASTS + timedelta(seconds=5)
    refused = await world.client.request(method, path, json=body, headers=world.bearer(pair.json()))
    assert (refused.status_code, refused.json()["code"]) == (401, "step_up_required")
