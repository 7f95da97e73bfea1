"""The fuzzing of services notices what it is there for."""

import asyncio

import pytest
from fastapi import FastAPI, Response

from chassis.auth import MEMBER, PUBLIC
from chassis.fuzzing import fuzz, schema_differences, undocumented_routes
from chassis.http import Body, Router, View


class Asked(Body):
    word: str


class Answered(View):
    count: int


def router(answer, **options):
    """One route that takes an id and a body, and answers as it is told."""
    made = Router("probes")

    @made.post("/probes/{probe_id}", access=MEMBER, response_model=None, **options)
    async def act(probe_id: int, asked: Asked):
        return answer(probe_id, asked)

    return made


def promised(schema):
    return {"responses": {200: {"content": {"application/json": {"schema": schema}}}}}


async def statuses_of(api_for, made, **known):
    async with api_for([made]) as h:
        return await fuzz(h, callers=[h.headers(h.member())], known=known, examples=8)


class TestFuzz:
    async def test_passes_what_answers_as_described_and_sends_what_is_not_allowed_too(self, api_for):
        made = router(lambda *_: {"count": 1}, **promised(Answered.model_json_schema()))
        assert await statuses_of(api_for, made) >= {200, 422}

    async def test_reaches_what_is_known_by_name_in_path_and_body(self, api_for):
        seen = set()
        await statuses_of(api_for, router(lambda *asked: seen.add(asked)), probe_id=41, word="abacus")
        assert (41, Asked(word="abacus")) in seen
        assert any(probe_id != 41 for probe_id, _ in seen)

    async def test_notices_a_server_error(self, api_for):
        with pytest.raises(BaseException, match=r"(?i)server error"):
            await statuses_of(api_for, router(lambda *_: 1 / 0))

    async def test_notices_a_body_that_was_not_promised(self, api_for):
        made = router(lambda *_: {"count": "many"}, **promised(Answered.model_json_schema()))
        with pytest.raises(BaseException, match=r"(?i)schema"):
            await statuses_of(api_for, made)

    async def test_notices_a_media_type_that_was_not_promised(self, api_for):
        made = router(lambda *_: Response(b"{}", media_type="text/plain"), **promised({}))
        with pytest.raises(BaseException, match=r"(?i)content-type"):
            await statuses_of(api_for, made)

    async def test_notices_a_header_that_is_missing(self, api_for):
        header = {"ETag": {"required": True, "schema": {"type": "string"}}}
        made = router(lambda *_: {}, responses={200: {"headers": header}})
        with pytest.raises(BaseException, match=r"(?i)header"):
            await statuses_of(api_for, made)


class TestUndocumentedRoutes:
    @pytest.fixture
    def app(self):
        made = FastAPI()
        made.include_router(router(lambda *_: {}))
        return made

    def test_are_none_where_every_route_is_declared(self, app):
        public = Router("open")

        @public.get("/open", access=PUBLIC)
        async def read():
            return {}

        app.include_router(public)
        assert undocumented_routes(app) == []

    def test_are_told_with_what_they_lack(self, app):
        operation = app.openapi()["paths"]["/probes/{probe_id}"]["post"]
        del operation["security"], operation["responses"]["default"]
        assert undocumented_routes(app) == [
            "POST /probes/{probe_id}: the token it needs",
            "POST /probes/{probe_id}: the response default",
        ]
        del operation["x-access"]
        assert undocumented_routes(app)[0] == "POST /probes/{probe_id}: who may call it"


class TestSchemaDifferences:
    async def test_are_told_where_the_tables_are_not_those_of_the_code(self, database_url):
        assert await asyncio.to_thread(schema_differences, "timesheet", database_url) != ""
