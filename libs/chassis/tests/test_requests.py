"""One request is one transaction; the answer leaves after the commit; the same key acts once."""

import asyncio
from uuid import UUID

import chassis_probe as probe
import httpx2
import pytest
from fastapi import Request, Response
from sqlalchemy import func, select, text

from chassis import audit, emit
from chassis.auth import MEMBER, PUBLIC, roles
from chassis.errors import Conflict, FieldError
from chassis.http import Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.outbox import outbox
from chassis.problems import documented, problem_response
from contracts.roles import Role
from contracts.values import Money, Name


class Refused(Conflict):
    code, title = "test_refused", "Refused by a rule"


class NewThing(Body):
    name: Name
    price: Money


class Thing(View):
    id: UUID
    price: Money


def build_router():
    router = Router("things")

    @router.post("/things", access=roles(Role.GERANT), status_code=201, responses=documented(Refused))
    async def create(body: NewThing, tx: TxDep, caller: CallerDep) -> Thing:
        event = probe.cra_validated()
        await probe.record_effect(event, tx)
        emit(tx, event)
        audit(tx, "thing.created", event.cra_id, company=caller.company)
        return Thing(id=event.cra_id, price=body.price)

    @router.post("/refusals", access=MEMBER)
    async def refuse(tx: TxDep) -> Thing:
        emit(tx, probe.cra_validated())
        raise Refused("not today", errors=[FieldError("name", "taken", "is taken")])

    @router.post("/counted-refusals", access=PUBLIC)
    async def refuse_and_count(tx: TxDep) -> Response:
        await probe.record_effect(probe.cra_validated(), tx)
        return problem_response(Refused())

    @router.post("/failing-commits", access=PUBLIC)
    async def fail_at_commit(tx: TxDep) -> dict[str, str]:
        emit(tx, probe.cra_validated())
        await tx.execute(text("INSERT INTO checked_at_commit VALUES (1)"))
        return {"status": "promised"}

    @router.post("/bugs", access=PUBLIC)
    async def break_down(tx: TxDep) -> dict[str, str]:
        emit(tx, probe.cra_validated())
        raise RuntimeError("canary@example.com")

    @router.put("/things/{number}", access=PUBLIC)
    async def edit(number: int, request: Request, response: Response) -> dict[str, int]:
        check_if_match(request, version=number)
        set_etag(response, number + 1)
        return {"version": number + 1}

    return router


@pytest.fixture
async def api(api_for):
    async with api_for([build_router()]) as built:
        async with built.tx() as tx:
            await tx.execute(text("CREATE TABLE parents (id int PRIMARY KEY)"))
            await tx.execute(
                text("CREATE TABLE checked_at_commit (id int REFERENCES parents DEFERRABLE INITIALLY DEFERRED)")
            )
        yield built


async def stored(api):
    async with api.tx() as tx:
        effects = (await tx.execute(select(func.count()).select_from(probe.effects))).scalar()
        events = (await tx.execute(select(func.count()).select_from(outbox))).scalar()
        return effects, events


THING = {"name": "Audit", "price": {"amount": "12.50", "currency": "EUR"}}


class TestCommit:
    async def test_state_event_and_audit_row_commit_together(self, api):
        answer = await api.client.post("/things", json=THING, headers=api.headers(api.member(Role.GERANT)))
        assert answer.status_code == 201
        assert answer.json()["price"] == {"amount": "12.50", "currency": "EUR"}
        assert await stored(api) == (1, 1)
        async with api.tx() as tx:
            row = (await tx.execute(text("SELECT action, subject FROM audit_log"))).one()
        assert row == ("thing.created", answer.json()["id"])

    async def test_the_answer_leaves_after_the_commit(self, api):
        seen = []

        async def spy(scope, receive, send):
            async def look(message):
                if message["type"] == "http.response.start":
                    seen.append(await stored(api))
                await send(message)

            await api.app(scope, receive, look)

        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=spy), base_url="http://test") as client:
            await client.post("/things", json=THING, headers=api.headers(api.member(Role.GERANT)))
        assert seen == [(1, 1)], "the rows were not visible to others when the answer left"

    async def test_a_failing_commit_is_a_5xx_and_no_event_leaves(self, api):
        answer = await api.client.post("/failing-commits")
        assert answer.status_code == 500
        assert answer.json()["code"] == "internal_error"
        assert await stored(api) == (0, 0)

    async def test_a_refusal_rolls_back_and_names_code_and_field(self, api):
        answer = await api.client.post("/refusals", headers=api.headers(api.member()))
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert (body["code"], body["title"], body["detail"]) == ("test_refused", "Refused by a rule", "not today")
        assert body["errors"] == [{"field": "name", "code": "taken", "detail": "is taken"}]
        assert await stored(api) == (0, 0)

    async def test_a_refusal_that_is_returned_keeps_its_effects(self, api):
        assert (await api.client.post("/counted-refusals")).status_code == 409
        assert await stored(api) == (1, 0)

    async def test_a_defect_is_a_500_that_says_nothing_and_stores_nothing(self, api):
        answer = await api.client.post("/bugs")
        assert answer.status_code == 500
        assert "canary" not in answer.text
        assert await stored(api) == (0, 0)

    async def test_a_database_that_is_down_is_a_503_to_try_again(self, api, cluster):
        await asyncio.to_thread(cluster.stop, "immediate")
        try:
            answer = await api.client.post("/things", json=THING, headers=api.headers(api.member(Role.GERANT)))
        finally:
            await asyncio.to_thread(cluster.start)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "2"
        again = await api.client.post("/things", json=THING, headers=api.headers(api.member(Role.GERANT)))
        assert again.status_code == 201


class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({**THING, "price": {"amount": "1e9"}}, "price.amount"),
            ({**THING, "price": {"amount": 12.5}}, "price.amount"),
            ({**THING, "price": {"amount": "12.505"}}, "price.amount"),
            ({**THING, "name": "a\x00b"}, "name"),
            ({**THING, "is_admin": True}, "is_admin"),
            ({**THING, "price": {"amount": "1", "fee": "0"}}, "price.fee"),
            ({"price": THING["price"]}, "name"),
        ],
    )
    async def test_the_field_at_fault_is_named(self, api, body, field):
        answer = await api.client.post("/things", json=body, headers=api.headers(api.member(Role.GERANT)))
        assert answer.status_code == 422
        assert field in [error["field"] for error in answer.json()["errors"]]
        assert await stored(api) == (0, 0)

    @pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000])
    async def test_what_is_not_json_is_a_problem(self, api, body):
        headers = {**api.headers(api.member(Role.GERANT)), "content-type": "application/json"}
        answer = await api.client.post("/things", content=body, headers=headers)
        assert answer.status_code in {400, 422}
        assert answer.headers["content-type"] == "application/problem+json"

    async def test_a_body_beyond_the_limit_is_refused(self, api):
        headers = {**api.headers(api.member(Role.GERANT)), "content-type": "application/json"}
        answer = await api.client.post("/things", content=b" " * (12 * 1024 * 1024 + 1), headers=headers)
        assert answer.status_code == 413
        assert answer.json()["code"] == "body_too_large"

    @pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/things", 405)])
    async def test_unknown_addresses_and_methods_are_problems(self, api, method, path, status):
        answer = await api.client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


class TestIfMatch:
    async def test_the_version_that_was_read_may_be_overwritten(self, api):
        answer = await api.client.put("/things/3", headers={"if-match": '"3"'})
        assert (answer.status_code, answer.headers["etag"]) == (200, '"4"')

    async def test_another_version_may_not(self, api):
        answer = await api.client.put("/things/3", headers={"if-match": '"2"'})
        assert (answer.status_code, answer.json()["code"]) == (412, "version_conflict")


class TestIdempotencyKey:
    async def test_the_same_key_again_has_one_effect_and_the_same_answer(self, api):
        headers = {**api.headers(api.member(Role.GERANT)), "Idempotency-Key": "k1"}
        first = await api.client.post("/things", json=THING, headers=headers)
        second = await api.client.post("/things", json=THING, headers=headers)
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert second.headers["idempotency-replayed"] == "true"
        assert await stored(api) == (1, 1)

    async def test_ten_at_the_same_moment_have_one_effect_and_one_answer(self, api):
        headers = {**api.headers(api.member(Role.GERANT)), "Idempotency-Key": "k1"}
        answers = await asyncio.gather(*(api.client.post("/things", json=THING, headers=headers) for _ in range(10)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert await stored(api) == (1, 1)

    async def test_the_same_key_with_another_body_is_refused(self, api):
        headers = {**api.headers(api.member(Role.GERANT)), "Idempotency-Key": "k1"}
        await api.client.post("/things", json=THING, headers=headers)
        answer = await api.client.post("/things", json={**THING, "name": "Other"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
        assert await stored(api) == (1, 1)

    async def test_another_member_may_use_the_same_key(self, api):
        for _ in range(2):
            headers = {**api.headers(api.member(Role.GERANT)), "Idempotency-Key": "k1"}
            assert (await api.client.post("/things", json=THING, headers=headers)).status_code == 201
        assert await stored(api) == (2, 2)

    async def test_a_refused_request_leaves_its_key_free(self, api):
        headers = {**api.headers(api.member(Role.GERANT)), "Idempotency-Key": "k1"}
        assert (await api.client.post("/things", json={}, headers=headers)).status_code == 422
        assert (await api.client.post("/things", json=THING, headers=headers)).status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
    async def test_an_unusable_key_is_refused(self, api, key):
        headers = {**api.headers(api.member(Role.GERANT)), "Idempotency-Key": key}
        answer = await api.client.post("/things", json=THING, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")


def test_a_route_without_access_declaration_cannot_be_made():
    async def undeclared() -> None: ...

    with pytest.raises(TypeError, match="does not declare who may call it"):
        Router("bare").add_api_route("/bare", undeclared, methods=["GET"])
