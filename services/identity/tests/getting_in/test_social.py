"""Signing up with a real OpenID provider that runs beside the test."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from identity.settings import IdentitySettings
from identity.social.personal import DATA


class TestProviders:
    @pytest.mark.req("ID-24")
    async def test_are_those_of_the_configuration(self, steps):
        answer = await steps.client.get("/oidc/providers")
        assert answer.json() == {
            "providers": [
                {"name": "linkedin", "title": "LinkedIn"},
                {"name": "corporate", "title": "Corporate"},
                {"name": "silent", "title": "Silent"},
            ]
        }

    async def test_others_are_not_known(self, steps):
        assert steps.code(await steps.post("/oidc/viadeo/authorizations", purpose="log_in")) == (
            404,
            "provider_not_found",
        )

    @pytest.mark.parametrize(
        "wrong",
        [
            {"discovery_url": "http://login.example/.well-known/openid-configuration"},
            {"discovery_url": "https://login.example/openid"},
            {"name": "Linked In"},
            {"algorithms": ["none"]},
            {"algorithms": ["HS256"]},
            {"client_id": ""},
            {"colour": "blue"},
        ],
    )
    def test_a_wrong_configuration_stops_the_start_without_showing_the_secret(self, monkeypatch, wrong):
        good = {
            "name": "linkedin",
            "title": "LinkedIn",
            "discovery_url": "https://www.linkedin.com/oauth/.well-known/openid-configuration",
            "client_id": "maillon",
            "client_secret": "dontshowthis",
            "nonce": False,
        }
        monkeypatch.setenv("MAILLON_OIDC_PROVIDERS", json.dumps([good]))
        assert IdentitySettings().oidc_providers[0].issuer == "https://www.linkedin.com/oauth"
        monkeypatch.setenv("MAILLON_OIDC_PROVIDERS", json.dumps([good | wrong]))
        with pytest.raises(ValidationError) as refused:
            IdentitySettings()
        assert "dontshowthis" not in str(refused.value)
        monkeypatch.setenv("MAILLON_OIDC_PROVIDERS", json.dumps([good, good]))
        with pytest.raises(ValidationError, match="same name"):
            IdentitySettings()

    async def test_that_do_not_answer_are_told_as_a_passing_failure(self, steps):
        answer = await steps.post("/oidc/silent/authorizations", purpose="log_in")
        assert steps.code(answer) == (503, "temporarily_unavailable")
        assert answer.headers["retry-after"]


class TestSettingOut:
    async def test_names_us_what_we_ask_for_and_a_state_of_its_own(self, steps):
        urls = [await steps.set_out("sign_up", provider) for provider in ("linkedin", "linkedin", "corporate")]
        asked = [parse_qs(urlsplit(url).query) for url in urls]
        assert asked[0]["client_id"] == ["maillon"]
        assert asked[0]["response_type"] == ["code"]
        assert asked[0]["scope"] == ["openid profile email"]
        assert asked[0]["redirect_uri"] == ["https://maillon.example/oidc/linkedin/callback"]
        assert len({query["state"][0] for query in asked}) == 3
        assert ["nonce" in query for query in asked] == [False, False, True]

    async def test_to_link_needs_a_recent_proof(self, steps):
        account = await steps.activated()
        caller = steps.caller(account.tokens)
        stale = replace(caller, proven_at=caller.proven_at - timedelta(hours=1))
        answer = await steps.client.post(
            "/members/me/identities/linkedin/authorizations", headers=steps.h.headers(stale)
        )
        assert steps.code(answer) == (401, "step_up_required")


class TestSignUp:
    @pytest.mark.req("ID-24", "ID-13")
    @pytest.mark.parametrize("provider", ["linkedin", "corporate"])
    async def test_with_a_verified_address_opens_an_active_account(self, steps, provider):
        email = steps.new_address()
        answer = await steps.social_sign_up(email, provider=provider)
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        me = await steps.me(steps.bearer(answer.json()))
        assert (me["email"], me["first_name"], me["last_name"]) == (email, "Katherine", "Johnson")
        assert (me["status"], me["next_step"]) == ("activated", "choose_profile")
        assert await steps.count("consents", member_id=me["id"]) == 2
        assert await steps.count("declarations", member_id=me["id"]) == 2
        assert (await steps.member(email)).password_hash is None
        assert await steps.mails(email) == []

    @pytest.mark.req("ID-24")
    @pytest.mark.parametrize(
        "missing", ["import_profile", "accept_terms", "accept_privacy", "is_adult", "is_professional"]
    )
    async def test_asks_for_every_agreement_and_whether_to_import(self, steps, missing):
        body = {"state": "x", "code": "x", "import_profile": True, **steps.agreed, missing: ...}
        answer = await steps.post("/oidc/linkedin/sign-ups", **body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, missing)

    @pytest.mark.req("ID-24")
    async def test_imports_nothing_without_the_authorisation(self, steps):
        email = steps.new_address()
        refused = await steps.social_sign_up(email, import_profile=False)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "first_name")
        answer = await steps.social_sign_up(email, import_profile=False, first_name="Mary", last_name="Jackson")
        me = await steps.me(steps.bearer(answer.json()))
        assert (me["first_name"], me["last_name"]) == ("Mary", "Jackson")
        assert await steps.count("identities", member_id=me["id"]) == 1
        async with steps.h.tx() as tx:
            (record,) = await DATA[0].gather(tx, (await steps.member(email)).id)
        assert record["import_allowed_at"] is None

    async def test_an_imported_name_is_made_harmless(self, steps):
        email = steps.new_address()
        said = steps.claims(email, given_name="Ka\u202ethe\nrine" + "x" * 200)
        me = await steps.me(steps.bearer((await steps.social_sign_up(email, said=said)).json()))
        assert me["first_name"] == ("Katherine" + "x" * 200)[:80]

    @pytest.mark.req("ID-13", "ID-24")
    @pytest.mark.parametrize("verified", [False, "false", None, ...])
    async def test_with_an_unverified_address_waits_for_the_mailed_link(self, steps, verified):
        email, subject = steps.new_address(), steps.new_subject()
        answer = await steps.social_sign_up(email, subject=subject, said=steps.claims(email, email_verified=verified))
        assert (answer.status_code, answer.json()) == (202, {"status": "activation_sent"})
        assert steps.code(await steps.social_log_in(subject)) == (403, "account_not_activated")
        token = await steps.mailed_token(email)
        assert (await steps.post("/activations", token=token)).status_code == 200
        assert (await steps.social_log_in(subject)).status_code == 201

    async def test_reads_linkedins_way_of_writing_verified(self, steps):
        email = steps.new_address()
        assert (await steps.social_sign_up(email, said=steps.claims(email, email_verified="true"))).status_code == 201

    @pytest.mark.req("ID-28", "ID-22")
    async def test_never_takes_a_known_address_over(self, steps):
        account, subject = await steps.activated(), steps.new_subject()
        answer = await steps.social_sign_up(account.email, subject=subject)
        assert steps.code(answer) == (409, "account_exists")
        alike = await steps.social_sign_up(
            account.email.upper(), said=steps.claims(account.email.upper(), email_verified=False)
        )
        assert (alike.status_code, alike.json()) == (202, {"status": "activation_sent"})
        assert (await steps.mails(account.email))[-1]["Subject"] == "Vous avez déjà un compte Maillon"
        assert steps.code(await steps.social_log_in(subject)) == (404, "identity_not_linked")
        assert (await steps.member(account.email)).first_name == "Ada"

    @pytest.mark.req("ID-28")
    async def test_of_a_known_identity_is_refused(self, steps):
        subject = steps.new_subject()
        assert (await steps.social_sign_up(steps.new_address(), subject=subject)).status_code == 201
        assert steps.code(await steps.social_sign_up(steps.new_address(), subject=subject)) == (409, "identity_taken")

    @pytest.mark.req("ID-28")
    async def test_twice_at_once_with_one_identity_is_one_account(self, steps):
        subject, emails = steps.new_subject(), [steps.new_address(), steps.new_address()]
        answers = await asyncio.gather(*(steps.social_sign_up(email, subject=subject) for email in emails))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert [await steps.member(email) is None for email in emails].count(True) == 1

    @pytest.mark.parametrize("email", [..., "", "not an address", "a@localhost"])
    async def test_needs_an_address_that_can_be_written_to(self, steps, email):
        answer = await steps.social_sign_up("unused@example.com", said=steps.claims(email))
        assert steps.code(answer) == (422, "email_not_given")

    async def test_takes_over_what_an_invitation_opened(self, steps):
        email, _, token = await steps.invited(await steps.head())
        answer = await steps.social_sign_up(email)
        me = await steps.me(steps.bearer(answer.json()))
        assert (me["first_name"], me["status"]) == ("Katherine", "activated")
        assert steps.code(await steps.accept(token)) == (409, "log_in_to_accept")

    async def test_an_identity_linked_before_the_address_was_proven_goes_when_its_owner_comes(self, steps):
        email, subject = steps.new_address(), steps.new_subject()
        await steps.social_sign_up(email, subject=subject, said=steps.claims(email, email_verified=False))
        await steps.post("/password-resets", email=email)
        token = await steps.mailed_token(email)
        assert (
            await steps.post("/password-resets/completion", token=token, password=steps.password)
        ).status_code == 200
        assert (await steps.log_in(email)).status_code == 201
        assert steps.code(await steps.social_log_in(subject)) == (404, "identity_not_linked")
