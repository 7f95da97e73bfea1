"""A token is verified in the process: forged, foreign, expired and revoked ones never pass."""

import base64
import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from chassis.auth import MEMBER, Caller, roles, staff
from chassis.http import CallerDep, Router
from chassis.testing import Keys, eventually
from contracts.identity import MemberAccessRevoked
from contracts.roles import Role, StaffScope


def build_router():
    router = Router("who")

    @router.get("/me", access=MEMBER)
    async def me(caller: CallerDep) -> dict[str, str]:
        return {"member": str(caller.member_id)}

    @router.get("/gerants", access=roles(Role.GERANT))
    async def gerants(caller: CallerDep) -> dict[str, str]:
        return {"company": str(caller.company)}

    @router.get("/staff", access=staff(StaffScope.COMPLIANCE))
    async def staff_only() -> dict[str, str]:
        return {}

    return router


@pytest.fixture
async def api(api_for):
    async with api_for([build_router()]) as built:
        yield built


async def status(api, token, path="/me"):
    return (await api.client.get(path, headers={"Authorization": f"Bearer {token}"})).status_code


def unsigned(claims, header):
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return ".".join([*parts, ""])


class TestForgedTokens:
    async def test_a_good_one_passes(self, api):
        assert await status(api, api.keys.token(api.member())) == 200

    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": "other"},
            {"aud": None},
            {"iss": "other"},
            {"iss": None},
            {"exp": None},
            {"sub": None},
            {"sid": None},
            {"iat_us": None},
            {"sub": "nobody"},
            {"company": {"id": "x"}},
            {"staff": ["root"]},
        ],
        ids=str,
    )
    async def test_a_wrong_or_missing_claim_never_passes(self, api, changes):
        assert await status(api, api.keys.token(api.member(), **changes)) == 401

    async def test_another_key_never_passes(self, api, tmp_path_factory):
        assert await status(api, Keys.make(tmp_path_factory.mktemp("other")).token(api.member())) == 401

    async def test_another_algorithm_never_passes(self, api):
        claims = json.loads(base64.urlsafe_b64decode(api.keys.token(api.member()).split(".")[1] + "=="))
        public = api.keys.jwks_file.read_bytes()
        header = {"kid": "test", "typ": "at+jwt"}
        hmac = jwt.encode({"alg": "HS256", **header}, claims, OctKey.import_key(public))
        assert await status(api, hmac) == 401
        assert await status(api, unsigned(claims, {"alg": "none", **header})) == 401

    async def test_a_key_that_the_token_brings_itself_never_passes(self, api):
        claims = json.loads(base64.urlsafe_b64decode(api.keys.token(api.member()).split(".")[1] + "=="))
        mine = ECKey.generate_key("P-256", {"kid": "test"})
        for extra in ({"jwk": mine.as_dict(private=False)}, {"kid": "../../dev/null"}, {"kid": "unknown"}):
            header = {"alg": "ES256", "kid": "test", "typ": "at+jwt", **extra}
            registry = jwt.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
            assert await status(api, jwt.encode(header, claims, mine, registry=registry)) == 401

    async def test_a_token_of_another_kind_never_passes(self, api):
        claims = json.loads(base64.urlsafe_b64decode(api.keys.token(api.member()).split(".")[1] + "=="))
        for header in ({"typ": "JWT"}, {}):
            token = jwt.encode({"alg": "ES256", "kid": "test", **header}, claims, api.keys.private)
            assert await status(api, token) == 401

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer a.b", "Bearer " + "x" * 9000])
    async def test_what_is_no_token_never_passes(self, api, header):
        answer = await api.client.get("/me", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"

    async def test_it_passes_until_its_last_second_and_not_after(self, api):
        issued = api.clock().replace(microsecond=0)
        token = api.keys.token(api.member(), now=issued, lifetime=600)
        api.clock.set(issued + timedelta(seconds=599))
        assert await status(api, token) == 200
        api.clock.set(issued + timedelta(seconds=600))
        assert await status(api, token) == 401

    async def test_a_rotated_key_set_is_followed(self, api, monkeypatch):
        token = api.keys.token(api.member())
        assert await status(api, token) == 200
        new = ECKey.generate_key("P-256", {"kid": "new", "use": "sig", "alg": "ES256"})
        api.keys.jwks_file.write_text(json.dumps(KeySet([new]).as_dict(private=False)))
        other = jwt.encode(
            {"alg": "ES256", "kid": "new", "typ": "at+jwt"},
            json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")) | {"iat": int(time.time())},
            new,
        )

        async def accepted():
            return await status(api, other) == 200

        await eventually(accepted, within=5)
        assert await status(api, token) == 401


class TestAccess:
    async def test_a_role_is_checked(self, api):
        assert await status(api, api.keys.token(api.member(Role.GERANT)), "/gerants") == 200
        assert await status(api, api.keys.token(api.member(Role.CONSULTANT)), "/gerants") == 403
        assert await status(api, api.keys.token(api.member()), "/gerants") == 403

    async def test_a_staff_scope_is_checked(self, api):
        assert await status(api, api.keys.token(api.staff(StaffScope.COMPLIANCE)), "/staff") == 200
        assert await status(api, api.keys.token(api.staff(StaffScope.SUPPORT)), "/staff") == 403
        assert await status(api, api.keys.token(api.member(Role.GERANT)), "/staff") == 403


class TestRevocation:
    async def revoke(self, api, caller, **scope):
        await api.deliver(MemberAccessRevoked(member_id=caller.member_id, revoked_at=api.clock(), **scope))

    async def refused(self, api, token):
        async def now():
            return await status(api, token) == 401

        return await eventually(now, within=5)

    async def test_a_member_s_tokens_are_void_within_five_seconds_and_newer_ones_pass(self, api):
        caller = api.member()
        token = api.keys.token(caller)
        assert await status(api, token) == 200
        await self.revoke(api, caller)
        assert await self.refused(api, token)
        assert await status(api, api.keys.token(caller)) == 200

    async def test_a_session_s_tokens_are_void_and_another_session_s_are_not(self, api):
        caller = api.member()
        other = replace(caller, session_id=api.member().session_id)
        here, there = api.keys.token(caller), api.keys.token(other)
        await self.revoke(api, caller, session_id=caller.session_id)
        assert await self.refused(api, here)
        assert await status(api, there) == 200

    async def test_those_that_no_token_can_meet_any_more_leave_the_memory(self, api, monkeypatch):
        monkeypatch.setattr(api.platform.revocations, "_crowded", 3)
        recent = [api.member() for _ in range(2)]
        for caller in [api.member() for _ in range(5)]:
            old = api.clock() - timedelta(days=1, seconds=1)
            await api.deliver(MemberAccessRevoked(member_id=caller.member_id, revoked_at=old))
        for caller in recent:
            await self.revoke(api, caller)
        await api.platform.revocations.refresh()
        assert set(api.platform.revocations._until_us) == {caller.member_id for caller in recent}

    async def test_a_late_older_revocation_does_not_shorten_a_newer_one(self, api):
        caller = api.member()
        token = api.keys.token(caller)
        await self.revoke(api, caller)
        assert await self.refused(api, token)
        older = MemberAccessRevoked(member_id=caller.member_id, revoked_at=api.clock() - timedelta(hours=1))
        await api.deliver(older)
        await api.platform.revocations.refresh()
        assert await status(api, token) == 401


def test_a_caller_without_company_acts_for_none(api_for):
    from uuid import uuid4

    from chassis.errors import Forbidden

    with pytest.raises(Forbidden):
        _ = Caller(uuid4(), uuid4()).company
