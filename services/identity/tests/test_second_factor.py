"""The second factor: a one-time code beside the password, and recovery codes for the day the phone is lost."""

import asyncio
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, text

from identity.factor.domain import STEP, RecoveryCode, TotpFactor
from identity.sealed import SecretBox


async def log_in(world, email, **body):
    return await world.client.post("/sessions", json={"email": email, "password": world.password} | body)


def code_at(world, secret, steps=0):
    return pyotp.TOTP(secret).at(world.h.clock() + timedelta(seconds=STEP * steps))


def wrong(world, secret):
    """Six digits that are no code of these minutes."""
    near = {code_at(world, secret, steps) for steps in range(-3, 4)}
    return next(code for code in (f"{n:06d}" for n in range(20)) if code not in near)


async def enrolled(world):
    """An account whose second factor is on: the account, the secret and the recovery codes."""
    account = await world.activated()
    begun = await world.client.post("/members/me/totp", headers=account.headers)
    assert begun.status_code == 201
    secret = begun.json()["secret"]
    body = {"code": code_at(world, secret, -1)}
    confirmed = await world.client.post("/members/me/totp/confirmation", json=body, headers=account.headers)
    assert confirmed.status_code == 200, confirmed.text
    return account, secret, confirmed.json()["recovery_codes"]


class TestEnrolling:
    async def test_shows_the_secret_and_the_codes_once(self, world):
        account, secret, codes = await enrolled(world)
        assert len(set(codes)) == 10
        seen = await world.client.get("/members/me/totp", headers=account.headers)
        assert seen.json()["enabled"] is True
        assert seen.json()["recovery_codes_left"] == 10
        assert secret not in seen.text
        mail = (await world.mails(account.email))[-1]
        assert "second facteur" in mail["Subject"]

    async def test_gives_what_an_authenticator_reads(self, world):
        account = await world.activated()
        begun = (await world.client.post("/members/me/totp", headers=account.headers)).json()
        read = pyotp.parse_uri(begun["otpauth_url"])
        assert (read.secret, read.issuer, read.name) == (begun["secret"], "Maillon", account.email)

    async def test_changes_nothing_before_it_is_confirmed(self, world):
        account = await world.activated()
        await world.client.post("/members/me/totp", headers=account.headers)
        assert (await log_in(world, account.email)).status_code == 201

    async def test_begun_anew_replaces_the_pending_secret(self, world):
        account = await world.activated()
        secrets = [
            (await world.client.post("/members/me/totp", headers=account.headers)).json()["secret"] for _ in range(2)
        ]
        statuses = [
            (
                await world.client.post(
                    "/members/me/totp/confirmation", json={"code": code_at(world, secret)}, headers=account.headers
                )
            ).status_code
            for secret in secrets
        ]
        assert statuses == [401, 200]

    async def test_is_refused_while_it_is_on(self, world):
        account, secret, _ = await enrolled(world)
        body = {"code": code_at(world, secret)}
        for path, given in (("/members/me/totp", None), ("/members/me/totp/confirmation", body)):
            refused = await world.client.post(path, json=given, headers=account.headers)
            assert (refused.status_code, refused.json()["code"]) == (409, "second_factor_on")

    async def test_confirming_what_was_never_begun_is_refused(self, world):
        account = await world.activated()
        body = {"code": "123456"}
        refused = await world.client.post("/members/me/totp/confirmation", json=body, headers=account.headers)
        assert (refused.status_code, refused.json()["code"]) == (404, "second_factor_not_found")

    async def test_ten_wrong_codes_stop_the_confirmation(self, world):
        account = await world.activated()
        secret = (await world.client.post("/members/me/totp", headers=account.headers)).json()["secret"]
        bad = {"code": wrong(world, secret)}
        path = "/members/me/totp/confirmation"
        statuses = [(await world.client.post(path, json=bad, headers=account.headers)).status_code for _ in range(11)]
        assert statuses == [401] * 10 + [429]

    async def test_at_rest_neither_secret_nor_codes_can_be_read(self, world):
        account, secret, codes = await enrolled(world)
        async with world.h.tx() as tx:
            factor = await tx.get_one(TotpFactor, account.id)
            kept = (
                await tx.scalars(select(RecoveryCode.code_sha256).where(RecoveryCode.member_id == account.id))
            ).all()
        assert secret.encode() not in factor.sealed_secret
        assert len(kept) == 10
        assert not any(code.replace("-", "").encode() in digest for code in codes for digest in kept)
        assert SecretBox("another secret of the same length!").open(factor.sealed_secret, account.id) is None


class TestLogIn:
    async def test_needs_a_code_beside_the_right_password(self, world):
        account, secret, _ = await enrolled(world)
        asked = await log_in(world, account.email)
        assert (asked.status_code, asked.json()["code"]) == (401, "second_factor_required")
        opened = await log_in(world, account.email, code=code_at(world, secret))
        assert opened.status_code == 201

    async def test_says_nothing_of_it_after_a_wrong_password(self, world):
        account, secret, _ = await enrolled(world)
        body = {"email": account.email, "password": "not the password", "code": code_at(world, secret)}
        refused = await world.client.post("/sessions", json=body)
        assert refused.json()["code"] == "wrong_credentials"
        assert (await log_in(world, account.email, code=code_at(world, secret))).status_code == 201

    @pytest.mark.parametrize(("steps", "status"), [(-2, 401), (0, 201), (1, 201), (2, 401)])
    async def test_forgives_a_clock_that_is_one_step_wrong(self, world, steps, status):
        account, secret, _ = await enrolled(world)
        world.h.clock.offset = timedelta(minutes=5)
        assert (await log_in(world, account.email, code=code_at(world, secret, steps))).status_code == status

    async def test_forgives_a_clock_that_is_one_step_slow(self, world):
        account, secret, _ = await enrolled(world)
        world.h.clock.offset = timedelta(minutes=5)
        assert (await log_in(world, account.email, code=code_at(world, secret, -1))).status_code == 201

    async def test_a_code_works_once(self, world):
        account, secret, _ = await enrolled(world)
        code = code_at(world, secret)
        answers = [await log_in(world, account.email, code=code) for _ in range(2)]
        assert [a.status_code for a in answers] == [201, 401]
        assert answers[1].json()["code"] == "wrong_code"

    async def test_of_ten_equal_codes_at_once_one_works(self, world):
        account, secret, _ = await enrolled(world)
        code = code_at(world, secret)
        answers = await asyncio.gather(*(log_in(world, account.email, code=code) for _ in range(10)))
        assert sorted(a.status_code for a in answers) == [201] + [401] * 9

    async def test_a_recovery_code_works_once_however_it_is_typed(self, world):
        account, _, codes = await enrolled(world)
        typed = codes[0].upper().replace("-", " ")
        answers = await asyncio.gather(*(log_in(world, account.email, code=typed) for _ in range(4)))
        assert sorted(a.status_code for a in answers) == [201] + [401] * 3
        seen = await world.client.get("/members/me/totp", headers=account.headers)
        assert seen.json()["recovery_codes_left"] == 9

    async def test_wrong_codes_are_counted_like_passwords(self, world):
        account, secret, _ = await enrolled(world)
        bad = wrong(world, secret)
        statuses = [(await log_in(world, account.email, code=bad)).status_code for _ in range(11)]
        assert statuses == [401] * 10 + [429]
        assert (await log_in(world, account.email, code=code_at(world, secret))).status_code == 429

    async def test_a_code_of_somebody_else_is_wrong(self, world):
        account, _, _ = await enrolled(world)
        _, other_secret, other_codes = await enrolled(world)
        for code in (code_at(world, other_secret), other_codes[0]):
            assert (await log_in(world, account.email, code=code)).json()["code"] == "wrong_code"

    async def test_a_sealed_secret_moved_to_another_row_opens_nothing(self, world):
        account, _, _ = await enrolled(world)
        other, other_secret, _ = await enrolled(world)
        async with world.h.tx() as tx:
            swap = (
                "UPDATE totp_factors SET sealed_secret = (SELECT sealed_secret FROM totp_factors WHERE member_id = :o)"
            )
            await tx.execute(text(swap + " WHERE member_id = :m"), {"o": other.id, "m": account.id})
        refused = await log_in(world, account.email, code=code_at(world, other_secret))
        assert refused.json()["code"] == "wrong_code"


class TestStepUp:
    async def test_takes_a_code_and_no_password_once_it_is_on(self, world):
        account, secret, codes = await enrolled(world)

        async def step_up(**body):
            return await world.client.post("/sessions/current/step-up", json=body, headers=account.headers)

        assert (await step_up(password=world.password)).json()["code"] == "second_factor_required"
        assert (await step_up(code=wrong(world, secret))).json()["code"] == "wrong_code"
        assert (await step_up(code=code_at(world, secret))).status_code == 200
        assert (await step_up(code=codes[3])).status_code == 200


class TestChanging:
    async def test_off_log_ins_need_no_code_and_the_recovery_codes_are_gone(self, world):
        account, _, _ = await enrolled(world)
        assert (await world.client.delete("/members/me/totp", headers=account.headers)).status_code == 204
        assert (await log_in(world, account.email)).status_code == 201
        seen = (await world.client.get("/members/me/totp", headers=account.headers)).json()
        assert seen == {"enabled": False, "confirmed_at": None, "recovery_codes_left": 0}
        gone = await world.client.delete("/members/me/totp", headers=account.headers)
        assert (gone.status_code, gone.json()["code"]) == (404, "second_factor_not_found")

    async def test_new_recovery_codes_void_the_former(self, world):
        account, _, codes = await enrolled(world)
        renewed = await world.client.post("/members/me/totp/recovery-codes", headers=account.headers)
        assert renewed.status_code == 201
        assert (await log_in(world, account.email, code=codes[0])).status_code == 401
        assert (await log_in(world, account.email, code=renewed.json()["recovery_codes"][0])).status_code == 201

    async def test_there_are_no_recovery_codes_without_a_factor(self, world):
        account = await world.activated()
        refused = await world.client.post("/members/me/totp/recovery-codes", headers=account.headers)
        assert refused.status_code == 404
