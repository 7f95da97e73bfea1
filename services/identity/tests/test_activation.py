"""Proving an address with a link that works once, for a day."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from identity.link.domain import LIFETIME, Link
from identity.member.domain import Member


async def links_of(world, email):
    async with world.h.tx() as tx:
        query = select(Link).join(Member, Member.id == Link.member_id).where(Member.email == email)
        return (await tx.scalars(query.order_by(Link.id))).all()


async def activate(world, token):
    return await world.client.post("/activations", json={"token": token})


class TestActivation:
    @pytest.mark.req("ID-13", "ID-15")
    async def test_goes_through_the_mailed_token(self, world):
        email = await world.pending()
        token = await world.mailed_token(email)
        answer = await activate(world, token)
        assert (answer.status_code, answer.json()) == (200, {"status": "activated"})
        assert (await world.log_in(email)).status_code == 201

    async def test_the_token_in_the_mail_can_be_read_without_a_browser(self, world):
        email = await world.pending()
        token = await world.mailed_token(email)
        text = world.text_of((await world.mails(email))[-1])
        assert f"https://maillon.example/activate#token={token}" in text
        assert f"\n{token}\n" in text

    async def test_a_second_use_is_refused(self, world):
        token = await world.mailed_token(await world.pending())
        await activate(world, token)
        answer = await activate(world, token)
        assert (answer.status_code, answer.json()["code"]) == (409, "link_already_used")

    async def test_ten_uses_at_once_are_exactly_one_success(self, world):
        token = await world.mailed_token(await world.pending())
        answers = await asyncio.gather(*(activate(world, token) for _ in range(10)))
        assert sorted(a.status_code for a in answers) == [200] + [409] * 9

    async def test_works_until_the_last_moment_of_24_hours(self, world):
        email = await world.pending()
        token = await world.mailed_token(email)
        world.h.clock.set((await links_of(world, email))[0].issued_at + LIFETIME - timedelta(seconds=2))
        assert (await activate(world, token)).status_code == 200

    async def test_is_refused_as_expired_from_24_hours_on(self, world):
        email = await world.pending()
        token = await world.mailed_token(email)
        world.h.clock.set((await links_of(world, email))[0].issued_at + LIFETIME)
        answer = await activate(world, token)
        assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")

    @pytest.mark.parametrize("token", ["x", "0" * 32, "a.b", "0198c0de" * 4 + "." + "A" * 43])
    async def test_a_token_that_was_never_sent_is_refused(self, world, token):
        answer = await activate(world, token)
        assert (answer.status_code, answer.json()["code"]) == (422, "link_invalid")

    async def test_the_database_holds_no_token(self, world):
        email = await world.pending()
        token = await world.mailed_token(email)
        mac = token.partition(".")[2]
        async with world.h.tx() as tx:
            tables = (await tx.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).all()
            assert {"links", "notifications", "outbox"} <= set(tables)
            for table in tables:
                kept = await tx.scalar(text(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t'))
                assert mac not in (kept or "")


class TestResend:
    @pytest.mark.req("ID-16")
    async def test_mails_a_new_link_and_voids_the_older(self, world):
        email = await world.pending()
        old = await world.mailed_token(email)
        answer = await world.client.post("/activations/resend", json={"email": email.upper()})
        assert (answer.status_code, answer.json()) == (202, {"status": "activation_sent"})
        new = await world.mailed_token(email)
        refused = await activate(world, old)
        assert (refused.status_code, refused.json()["code"]) == (410, "link_replaced")
        assert (await activate(world, new)).status_code == 200
        assert {mail["From"] for mail in world.mailbox.mails} == {"mail@maillon.example"}

    async def test_answers_unknown_and_activated_addresses_alike_and_mails_nothing(self, world):
        activated = (await world.activated()).email
        pending = await world.pending()
        before = len(await world.mails(activated))
        answers = [
            await world.client.post("/activations/resend", json={"email": email})
            for email in (pending, activated, world.new_address())
        ]
        assert len({(a.status_code, a.text, frozenset(a.headers)) for a in answers}) == 1
        assert len(await world.mails(activated)) == before

    async def test_a_link_replaced_before_its_mail_left_is_not_mailed(self, world):
        email = await world.pending()
        await world.client.post("/activations/resend", json={"email": email})
        assert len(await world.mails(email)) == 1

    async def test_stops_at_five_mails_an_hour_and_leaves_the_last_link_working(self, world):
        email = await world.pending()
        for _ in range(7):
            await world.mails(email)
            await world.client.post("/activations/resend", json={"email": email})
        assert len(await world.mails(email)) == 5
        assert (await activate(world, await world.mailed_token(email))).status_code == 200


@pytest.mark.req("ID-29", "ID-23")
class TestPendingAccount:
    async def test_cannot_log_in_with_the_right_password(self, world):
        answer = await world.log_in(await world.pending())
        assert (answer.status_code, answer.json()["code"]) == (403, "account_not_activated")

    async def test_is_not_told_apart_by_a_wrong_password(self, world):
        known = await world.log_in(await world.pending(), "a wrong password")
        unknown = await world.log_in(world.new_address(), "a wrong password")
        assert (known.status_code, known.json()["code"]) == (401, "wrong_credentials")
        assert known.json() | {"trace_id": None} == unknown.json() | {"trace_id": None}
