"""A forgotten password is replaced with a mailed link, and whoever else was in is out."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from contracts.identity import MemberAccessRevoked
from identity.link.domain import LIFETIME

NEW = "quite another password"


async def ask(steps, email):
    return await steps.post("/password-resets", email=email)


async def complete(steps, token, password=NEW):
    return await steps.post("/password-resets/completion", token=token, password=password)


async def asked(steps):
    account = await steps.activated()
    await ask(steps, account.email)
    return account, await steps.mailed_token(account.email)


class TestAsking:
    @pytest.mark.req("ID-06", "ID-22")
    async def test_is_answered_alike_for_every_address(self, steps):
        invited, _, _ = await steps.invited(await steps.head())
        emails = [(await steps.activated()).email, await steps.pending(), invited, steps.new_address()]
        answers = [await ask(steps, email) for email in emails]
        assert {(a.status_code, a.text, frozenset(a.headers)) for a in answers} == {
            (202, '{"status":"reset_sent"}', frozenset(answers[0].headers))
        }

    @pytest.mark.req("ID-06")
    async def test_mails_a_link_to_the_known_ones_only(self, steps):
        account, token = await asked(steps)
        mail = (await steps.mails(account.email))[-1]
        assert mail["Subject"] == "Choisissez un nouveau mot de passe Maillon"
        assert f"https://maillon.example/password#token={token}" in steps.text_of(mail)
        stranger = steps.new_address()
        await ask(steps, stranger)
        assert await steps.mails(stranger) == []

    async def test_stops_at_five_mails_an_hour_and_starts_again_after(self, steps):
        account = await steps.activated()
        before = len(await steps.mails(account.email))
        for _ in range(8):
            await ask(steps, account.email.upper())
            await steps.mails(account.email)
        assert len(await steps.mails(account.email)) == 5
        assert before == 1
        steps.later(hours=1, seconds=1)
        await ask(steps, account.email)
        assert len(await steps.mails(account.email)) == 6


class TestCompletion:
    @pytest.mark.req("ID-31")
    async def test_sets_the_password_ends_every_session_and_tells_the_mailbox(self, steps):
        account, token = await asked(steps)
        other = (await steps.log_in(account.email)).json()
        answer = await complete(steps, token)
        assert (answer.status_code, answer.json()) == (200, {"status": "password_set"})
        for tokens in (account.tokens, other):
            refreshed = await steps.post("/sessions/refresh", refresh_token=tokens["refresh_token"])
            assert steps.code(refreshed) == (401, "refresh_token_invalid")
        assert (await steps.log_in(account.email)).status_code == 401
        assert (await steps.log_in(account.email, NEW)).status_code == 201
        revoked = [e for e in await steps.h.emitted(MemberAccessRevoked) if e.member_id == account.id]
        assert [e.session_id for e in revoked] == [None]
        assert "mot de passe" in (await steps.mails(account.email))[-1]["Subject"].lower()
        assert await steps.count("audit_log", action="member.password_reset", subject=str(account.id)) == 1

    async def test_works_until_the_last_moment_of_24_hours(self, steps):
        account, token = await asked(steps)
        steps.h.clock.set((await steps.last_link(account.email)).issued_at + LIFETIME - timedelta(seconds=2))
        assert (await complete(steps, token)).status_code == 200

    async def test_is_refused_as_expired_from_24_hours_on(self, steps):
        account, token = await asked(steps)
        steps.h.clock.set((await steps.last_link(account.email)).issued_at + LIFETIME)
        assert steps.code(await complete(steps, token)) == (410, "link_expired")
        assert (await steps.log_in(account.email)).status_code == 201

    async def test_works_once_and_of_five_at_once_one_wins(self, steps):
        _, token = await asked(steps)
        answers = await asyncio.gather(*(complete(steps, token, f"{NEW} {n}") for n in range(5)))
        assert sorted(a.status_code for a in answers) == [200] + [409] * 4
        assert steps.code(await complete(steps, token)) == (409, "link_already_used")

    async def test_an_older_link_is_void_once_a_newer_was_sent(self, steps):
        account, old = await asked(steps)
        await ask(steps, account.email)
        new = await steps.mailed_token(account.email)
        assert steps.code(await complete(steps, old)) == (410, "link_replaced")
        assert (await complete(steps, new)).status_code == 200

    async def test_another_links_token_and_a_made_up_one_are_refused(self, steps):
        activation = await steps.mailed_token(await steps.pending())
        for token in (activation, "x", "0198c0de" * 4 + "." + "A" * 43):
            assert steps.code(await complete(steps, token)) == (422, "link_invalid")
        _, reset = await asked(steps)
        assert steps.code(await steps.post("/activations", token=reset)) == (422, "link_invalid")
        assert (await steps.post("/activations", token=activation)).status_code == 200

    @pytest.mark.parametrize("password", ["eleven char", "x" * 129])
    async def test_takes_only_what_a_sign_up_takes(self, steps, password):
        answer = await complete(steps, "x", password)
        assert [error["field"] for error in answer.json()["errors"]] == ["password"]
        assert password not in answer.text

    @pytest.mark.req("ID-13")
    async def test_proves_the_mailbox_of_a_pending_account(self, steps):
        email = await steps.pending()
        await ask(steps, email)
        assert (await complete(steps, await steps.mailed_token(email))).status_code == 200
        me = await steps.me(steps.bearer((await steps.log_in(email, NEW)).json()))
        assert (me["status"], me["next_step"]) == ("activated", "choose_profile")

    async def test_the_database_holds_no_token(self, steps):
        _, token = await asked(steps)
        async with steps.h.tx() as tx:
            for table in ("links", "notifications", "outbox", "audit_log"):
                kept = await tx.scalar(text(f"SELECT string_agg(t::text, chr(10)) FROM {table} t"))
                assert token.partition(".")[2] not in (kept or "")


class TestLookAlikes:
    @pytest.mark.req("ID-22", "ID-28")
    @pytest.mark.parametrize(
        "typed",
        [str.upper, lambda e: e.replace("m", "\uff4d", 1), lambda e: e.replace("e", "\uff45"), str.swapcase],
    )
    async def test_of_case_and_width_are_one_account(self, steps, typed):
        email = await steps.pending()
        assert (await steps.sign_up(typed(email), first_name="Eve")).status_code == 202
        assert await steps.count("members", email_key=email) == 1
        assert (await steps.member(email)).first_name == "Ada"

    @pytest.mark.req("ID-28")
    async def test_in_the_local_part_are_refused(self, steps):
        for typed in ("\u0430da@example.com", "ad\u0430@example.com", "\u0251da@example.com"):
            answer = await steps.sign_up(typed)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "email")

    @pytest.mark.req("ID-28")
    async def test_in_the_domain_are_another_domain_in_writing_too(self, steps):
        email = steps.new_address()
        await steps.sign_up(email)
        await steps.sign_up(email.replace("example", "ex\u0430mple"))
        (mail,) = await steps.mails(email)
        assert mail["To"] == email
        assert await steps.count("members", email_key=email) == 1
        assert await steps.count("members", email_key=email.replace("example", "xn--exmple-4nf")) == 1
