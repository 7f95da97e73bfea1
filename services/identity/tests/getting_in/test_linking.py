"""Coming back from a real OpenID provider: to log in, or to link an identity and unlink it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from identity.social.domain import STATE_LIFETIME
from identity.social.personal import DATA, KEPT


class TestComingBack:
    async def back(self, steps, brought, provider="linkedin", path="sessions"):
        return await steps.post(f"/oidc/{provider}/{path}", **brought)

    @pytest.mark.req("ID-24")
    async def test_works_once(self, steps):
        subject = steps.new_subject()
        await steps.social_sign_up(steps.new_address(), subject=subject)
        url = await steps.set_out("log_in")
        assert (await self.back(steps, await steps.at_provider(url, subject))).status_code == 201
        again = await self.back(steps, await steps.at_provider(url, subject))
        assert steps.code(again) == (422, "authorization_invalid")

    @pytest.mark.parametrize(("early", "expected"), [(2, 201), (0, 422)])
    async def test_is_open_for_ten_minutes(self, steps, early, expected):
        subject = steps.new_subject()
        await steps.social_sign_up(steps.new_address(), subject=subject)
        url = await steps.set_out("log_in")
        brought = await steps.at_provider(url, subject)
        steps.later(seconds=STATE_LIFETIME.total_seconds() - early)
        assert (await self.back(steps, brought)).status_code == expected

    async def test_is_for_what_and_where_one_set_out_for(self, steps):
        brought = await steps.at_provider(await steps.set_out("log_in"), **steps.claims(steps.new_address()))
        wrong = [
            await steps.post("/oidc/linkedin/sign-ups", **brought, import_profile=True, **steps.agreed),
            await self.back(steps, brought | {"state": brought["state"][:-1] + "A"}),
            await self.back(steps, brought | {"state": "x"}),
            await self.back(steps, brought | {"state": (await steps.mailed_token(await steps.pending()))}),
            await self.back(steps, brought | {"code": "made up"}),
        ]
        assert {steps.code(answer) for answer in wrong} == {(422, "authorization_invalid")}

    async def test_with_another_providers_state_is_refused(self, steps):
        brought = await steps.at_provider(await steps.set_out("log_in", "linkedin"))
        answer = await self.back(steps, brought, "corporate")
        assert answer.status_code == 422
        assert answer.json()["code"] in {"authorization_invalid", "identity_not_proven"}

    async def test_the_nonce_must_be_ours(self, steps):
        """A code that was got with another way's nonce is injected into ours."""
        theirs = await steps.at_provider(await steps.set_out("log_in", "corporate"))
        ours = await steps.at_provider(await steps.set_out("log_in", "corporate"))
        answer = await self.back(steps, ours | {"code": theirs["code"]}, "corporate")
        assert steps.code(answer) == (422, "identity_not_proven")


class TestLogIn:
    @pytest.mark.req("ID-24")
    async def test_opens_a_session_that_proves_who_one_is(self, steps):
        subject, email = steps.new_subject(), steps.new_address()
        await steps.social_sign_up(email, subject=subject)
        answer = await steps.social_log_in(subject)
        assert answer.status_code == 201
        caller = steps.caller(answer.json())
        assert caller.member_id == (await steps.member(email)).id
        caller.require_recent_proof(steps.h.clock())

    async def test_of_an_unknown_identity_is_refused(self, steps):
        assert steps.code(await steps.social_log_in(steps.new_subject())) == (404, "identity_not_linked")


class TestLinking:
    @pytest.mark.req("ID-25", "ID-28")
    async def test_then_unlinking_leaves_the_password(self, steps):
        account, subject = await steps.activated(), steps.new_subject()
        answer = await steps.link(account, subject)
        assert (answer.status_code, answer.json()["provider"]) == (201, "linkedin")
        listed = await steps.client.get("/members/me/identities", headers=account.headers)
        assert [item["provider"] for item in listed.json()["items"]] == ["linkedin"]
        assert steps.caller((await steps.social_log_in(subject)).json()).member_id == account.id
        assert (await steps.unlink(account)).status_code == 204
        assert steps.code(await steps.social_log_in(subject)) == (404, "identity_not_linked")
        assert (await steps.log_in(account.email)).status_code == 201
        assert steps.code(await steps.unlink(account)) == (404, "identity_not_linked")
        for action in ("identity.linked", "identity.unlinked"):
            assert await steps.count("audit_log", action=action, subject=str(account.id)) == 1

    @pytest.mark.req("ID-25")
    async def test_and_unlinking_are_told_to_the_mailbox(self, steps):
        """A thief's identity would open the account for good, whatever password its owner chooses then."""
        account = await steps.activated(language="en")
        await steps.link(account, steps.new_subject())
        await steps.unlink(account)
        told = [mail["Subject"] for mail in await steps.mails(account.email)]
        assert told[-2:] == ["The accounts that open yours have changed"] * 2

    @pytest.mark.req("ID-25")
    async def test_without_a_password_is_kept_until_one_is_set(self, steps):
        email, subject = steps.new_address(), steps.new_subject()
        account = await steps.activated()
        account.tokens = (await steps.social_sign_up(email, subject=subject)).json()
        assert steps.code(await steps.unlink(account)) == (409, "password_needed")
        await steps.post("/password-resets", email=email)
        token = await steps.mailed_token(email)
        await steps.post("/password-resets/completion", token=token, password=steps.password)
        assert (await steps.social_log_in(subject)).status_code == 201
        account.tokens = (await steps.log_in(email)).json()
        assert (await steps.unlink(account)).status_code == 204
        assert (await steps.log_in(email)).status_code == 201

    @pytest.mark.req("ID-28")
    async def test_gives_an_identity_to_one_account_and_an_account_one_identity(self, steps):
        first, second, subject = await steps.activated(), await steps.activated(), steps.new_subject()
        assert (await steps.link(first, subject)).status_code == 201
        assert steps.code(await steps.link(second, subject)) == (409, "identity_taken")
        assert steps.code(await steps.link(first, steps.new_subject())) == (409, "identity_taken")
        assert steps.caller((await steps.social_log_in(subject)).json()).member_id == first.id

    @pytest.mark.req("ID-28")
    async def test_of_what_another_brought_back_is_refused(self, steps):
        """An attacker's way, walked by somebody else, links nothing to either."""
        attacker, victim, subject = await steps.activated(), await steps.activated(), steps.new_subject()
        brought = await steps.at_provider(await steps.set_out_to_link(attacker), subject)
        answer = await steps.post("/members/me/identities/linkedin", victim, **brought)
        assert steps.code(answer) == (422, "authorization_invalid")
        assert steps.code(await steps.social_log_in(subject)) == (404, "identity_not_linked")

    async def test_needs_a_log_in(self, steps):
        brought = await steps.at_provider(await steps.set_out("log_in"))
        assert (await steps.post("/members/me/identities/linkedin", **brought)).status_code == 401


class TestPersonalData:
    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize(("after", "left"), [(KEPT - timedelta(seconds=1), 1), (KEPT + timedelta(seconds=1), 0)])
    async def test_a_way_is_forgotten_after_a_day(self, steps, after, left):
        state = parse_qs(urlsplit(await steps.set_out("log_in")).query)["state"][0]
        key = state.partition(".")[0]
        async with steps.h.tx() as tx:
            await DATA[0].forget(tx, tx.now + after)
        assert await steps.count("authorizations", id=key) == left

    async def test_erasing_a_member_frees_the_identity(self, steps):
        account, subject = await steps.activated(), steps.new_subject()
        await steps.link(account, subject)
        async with steps.h.tx() as tx:
            await DATA[0].erase(tx, account.id)
        assert steps.code(await steps.social_log_in(subject)) == (404, "identity_not_linked")
