"""A token is verified in the process: forged, foreign, expired and revoked ones never pass."""

import base64
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from chassis.auth import MEMBER, STEP_UP_LASTS, Caller, StepUpRequired, may, roles, staff
from chassis.http import CallerDep, Router, TxDep
from chassis.testing import Keys, eventually
from contracts.identity import MemberAccessRevoked
from contracts.permissions import MATRIX, Permission
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


class TestPermissions:
    @pytest.fixture
    async def guarded(self, api_for):
        router = Router("guarded")

        @router.get("/settings", access=may(Permission.MANAGE_COMPANY, or_staff=StaffScope.SUPPORT))
        async def settings() -> dict[str, str]:
            return {}

        @router.post("/transfer", access=MEMBER)
        async def transfer(caller: CallerDep, tx: TxDep) -> dict[str, str]:
            caller.require_recent_proof(tx.now)
            return {}

        async with api_for([router]) as built:
            yield built

    @pytest.mark.parametrize("role", Role)
    async def test_the_table_decides_for_every_role(self, guarded, role):
        expected = 200 if role in MATRIX[Permission.MANAGE_COMPANY] else 403
        assert await status(guarded, guarded.keys.token(guarded.member(role)), "/settings") == expected

    @pytest.mark.parametrize("scope", StaffScope)
    async def test_staff_pass_with_the_scope_that_is_named(self, guarded, scope):
        expected = 200 if scope is StaffScope.SUPPORT else 403
        assert await status(guarded, guarded.keys.token(guarded.staff(scope)), "/settings") == expected

    async def test_a_member_without_company_passes_nowhere(self, guarded):
        assert await status(guarded, guarded.keys.token(guarded.member()), "/settings") == 403

    @pytest.mark.parametrize(
        ("ago", "expected"),
        [(STEP_UP_LASTS - timedelta(seconds=30), 200), (STEP_UP_LASTS + timedelta(seconds=1), 401), (None, 401)],
    )
    async def test_a_sensitive_act_needs_a_proof_not_older_than_ten_minutes(self, guarded, ago, expected):
        guarded.clock.set(datetime(2026, 11, 16, 9, tzinfo=UTC))
        proven = None if ago is None else guarded.clock() - ago
        headers = guarded.headers(replace(guarded.member(), proven_at=proven))
        answer = await guarded.client.post("/transfer", headers=headers)
        assert answer.status_code == expected
        if expected == 401:
            assert answer.json()["code"] == "step_up_required"
            assert 'error="insufficient_user_authentication"' in answer.headers["www-authenticate"]

    def test_the_ten_minutes_include_their_end(self):
        now = datetime(2026, 11, 16, 9, tzinfo=UTC)
        caller = Caller(uuid4(), uuid4(), proven_at=now - STEP_UP_LASTS)
        caller.require_recent_proof(now)
        with pytest.raises(StepUpRequired):
            caller.require_recent_proof(now + timedelta(microseconds=1))

    @pytest.mark.req("ID-49")
    async def test_a_blocked_service_refuses_and_another_does_not(self, guarded):
        blocked = replace(guarded.member(Role.GERANT), blocked=frozenset({"timesheet", "billing"}))
        answer = await guarded.client.get("/settings", headers=guarded.headers(blocked))
        assert (answer.status_code, answer.json()["code"]) == (403, "service_blocked")
        elsewhere = replace(guarded.member(Role.GERANT), blocked=frozenset({"billing"}))
        assert (await guarded.client.get("/settings", headers=guarded.headers(elsewhere))).status_code == 200
