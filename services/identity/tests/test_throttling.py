"""Guessing is stopped in its own place, exactly, over replicas; strangers cannot keep the owner out."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx2

from chassis.app import create_app
from identity.session.attempts import FAILURES_PER_ACCOUNT, FAILURES_PER_PLACE


@asynccontextmanager
async def two_replicas(world, ip):
    """The same service twice on one database, called from one address."""
    second = create_app(world.h.service, world.h.platform.settings, clock=world.h.clock)
    async with second.router.lifespan_context(second):
        clients = []
        for app in (world.h.app, second):
            transport = httpx2.ASGITransport(app=app, client=(ip, 1), raise_app_exceptions=False)
            clients.append(httpx2.AsyncClient(transport=transport, base_url="http://test"))
        yield clients
        for client in clients:
            await client.aclose()


async def attempt(client, email, password="not the password"):
    return await client.post("/sessions", json={"email": email, "password": password})


async def fail_from_many_places(world, email, times, network):
    for number in range(times):
        async with world.calling_from(f"{network}.{number}") as client:
            answer = await attempt(client, email)
            assert answer.status_code == 401, (number, answer.text)


async def test_fifty_tries_at_once_over_two_replicas_are_ten_guesses(world):
    account = await world.activated()
    async with two_replicas(world, "198.51.100.60") as clients:
        answers = await asyncio.gather(*(attempt(clients[n % 2], account.email) for n in range(50)))
        assert Counter(a.status_code for a in answers) == {401: FAILURES_PER_PLACE, 429: 50 - FAILURES_PER_PLACE}
        for client in clients:
            assert (await attempt(client, account.email, world.password)).status_code == 429


async def test_fifty_at_once_from_fifty_places_over_two_replicas_are_counted_for_the_account_too(world):
    account = await world.activated()
    await fail_from_many_places(world, account.email, FAILURES_PER_ACCOUNT - 5, "198.51.101")
    async with two_replicas(world, "198.51.100.61") as clients:
        answers = await asyncio.gather(*(attempt(clients[n % 2], account.email) for n in range(20)))
    assert Counter(a.status_code for a in answers) == {401: 5, 429: 15}


class TestTheOwner:
    async def test_gets_in_from_elsewhere_while_one_place_is_stopped(self, world):
        account = await world.activated()
        async with world.calling_from("198.51.100.62") as client:
            for _ in range(FAILURES_PER_PLACE):
                await attempt(client, account.email)
            assert (await attempt(client, account.email, world.password)).status_code == 429
        async with world.calling_from("198.51.100.63") as client:
            assert (await attempt(client, account.email, world.password)).status_code == 201

    async def test_gets_in_from_a_known_network_while_the_account_is_closed_to_everywhere_else(self, world):
        account = await world.activated()
        async with world.calling_from("198.51.100.64") as client:
            assert (await attempt(client, account.email, world.password)).status_code == 201
        await fail_from_many_places(world, account.email, FAILURES_PER_ACCOUNT, "198.51.102")
        async with world.calling_from("198.51.100.65") as client:
            stopped = await attempt(client, account.email, world.password)
            assert (stopped.status_code, stopped.json()["code"]) == (429, "too_many_attempts")
        async with world.calling_from("198.51.100.64") as client:
            assert (await attempt(client, account.email, world.password)).status_code == 201
        world.h.clock.offset = timedelta(minutes=15, seconds=2)
        async with world.calling_from("198.51.100.65") as client:
            assert (await attempt(client, account.email, world.password)).status_code == 201

    async def test_is_stopped_on_a_known_network_too_after_ten_failures_there(self, world):
        account = await world.activated()
        async with world.calling_from("198.51.100.66") as client:
            assert (await attempt(client, account.email, world.password)).status_code == 201
            for _ in range(FAILURES_PER_PLACE):
                assert (await attempt(client, account.email)).status_code == 401
            assert (await attempt(client, account.email, world.password)).status_code == 429


async def test_an_unknown_address_is_closed_in_the_same_way(world):
    email = world.new_address()
    await fail_from_many_places(world, email, FAILURES_PER_ACCOUNT, "198.51.103")
    async with world.calling_from("198.51.100.67") as client:
        assert (await attempt(client, email)).status_code == 429


async def test_a_network_has_us_write_to_sixty_strangers_in_a_quarter_of_an_hour_and_others_to_more(world):
    """Each mailbox is protected by itself; this is for who would bomb many, or keep the processors hashing."""
    paths = ("/activations/resend", "/password-resets")
    async with world.calling_from("198.51.104.1") as client:

        async def ask(number):
            body = {"email": world.new_address()}
            return (await client.post(paths[number % 2], json=body)).status_code

        answers = Counter(await asyncio.gather(*(ask(number) for number in range(65))))
        assert answers == {202: 60, 429: 5}
        refused = await replace(world, h=replace(world.h, client=client)).sign_up(world.new_address())
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert 0 < int(refused.headers["retry-after"]) <= 900
        assert (await world.sign_up(world.new_address())).status_code == 202
        world.h.clock.offset += timedelta(minutes=15)
        assert await ask(0) == 202
