"""Requests that are not meant well: each is refused as what it is, none is a defect of ours."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from chassis_probe import effects
from fastapi import Form, UploadFile
from sqlalchemy import func, select, text

from chassis.auth import MEMBER, PUBLIC
from chassis.files import PDF
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep
from chassis.testing import small_pdf
from contracts.roles import Role

PDF_BYTES = small_pdf()


class Named(Body):
    name: str


def build_router():
    router = Router("hostile")

    @router.post("/texts", access=PUBLIC)
    async def store(body: Named, tx: TxDep) -> dict[str, str]:
        await tx.execute(text("SELECT CAST(:name AS text)"), {"name": body.name})
        return {"name": body.name}

    @router.get("/texts", access=PUBLIC)
    async def find(name: str, tx: TxDep) -> dict[str, str]:
        await tx.execute(text("SELECT CAST(:name AS text)"), {"name": name})
        return {}

    @router.get("/texts/{name}", access=PUBLIC)
    async def read(name: str, tx: TxDep) -> dict[str, str]:
        await tx.execute(text("SELECT CAST(:name AS jsonb)"), {"name": json.dumps({"name": name})})
        return {}

    @router.post("/uploads", access=MEMBER, status_code=201)
    async def upload(
        *, file: UploadFile, kind: str = Form(), tx: TxDep, platform: PlatformDep, caller: CallerDep
    ) -> dict[str, str]:
        stored = await platform.files.keep(file, accept=frozenset({PDF}))
        await tx.execute(effects.insert().values(cra_id=uuid4()))
        return {"name": stored.name, "kind": kind, "company": str(caller.company_id)}

    return router


@pytest.fixture
async def api(api_for):
    async with api_for([build_router()]) as built:
        yield built


async def stored(api):
    async with api.tx() as tx:
        return (await tx.execute(select(func.count()).select_from(effects))).scalar()


def is_problem(answer, *statuses):
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


RAW = {"content-type": "application/json"}


class TestText:
    @pytest.mark.parametrize(
        "body",
        [
            b'{"name": "a\\u0000b"}',
            b'{"name": "\\ud800"}',
            b'{"name": "a", "\\ud800": 1}',
            b'{"\\udfff": {"\\ud800": []}}',
            b'{"name": "a", "\\u0000": 1}',
            b'{"name": 1e999999}',
            b'{"name": ' + b"9" * 5000 + b"}",
            b'{"name": NaN}',
            b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
            b'"\\ud800"',
            b"\x00",
            b"",
        ],
        ids=range(12),
    )
    async def test_that_no_database_holds_is_a_problem_in_a_body(self, api, body):
        is_problem(await api.client.post("/texts", content=body, headers=RAW), 400, 422)

    @pytest.mark.parametrize("path", ["/texts?name=%00", "/texts/a%00b", "/texts?name=a&name=%00"])
    async def test_that_no_database_holds_is_a_problem_in_an_address(self, api, path):
        is_problem(await api.client.get(path), 422)

    @pytest.mark.parametrize("path", ["/texts?name=%ff%fe", "/texts/%ff", "/texts?%ff=%ff&name=a", "/%ff%00"])
    async def test_that_is_no_utf8_is_no_defect(self, api, path):
        assert (await api.client.get(path)).status_code in {200, 404, 422}


class TestForms:
    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            ("multipart/form-data", b"x"),
            ("multipart/form-data; boundary=", b"--\r\n"),
            ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=file\r\n"),
            ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n"),
            (
                "multipart/form-data; boundary=b",
                b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n',
            ),
            (
                "multipart/form-data; boundary=b",
                b'--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\n\xff\xfe\r\n--b--\r\n',
            ),
            (
                "multipart/form-data; boundary=b; charset=klingon",
                b'--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\nx\r\n--b--\r\n',
            ),
            (
                "multipart/form-data; boundary=b",
                b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n for n in range(3000))
                + b"--b--\r\n",
            ),
            ("application/json", b"{}"),
            ("text/plain; charset=klingon", b"x"),
        ],
        ids=range(10),
    )
    async def test_a_malformed_one_is_a_problem(self, api, content_type, body):
        headers = {**api.headers(api.member()), "content-type": content_type}
        for key in ({}, {"Idempotency-Key": "k"}):
            is_problem(await api.client.post("/uploads", content=body, headers=headers | key), 400, 422)

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd.pdf", "a\u202efdp.pdf", "C:\\x\\y.pdf", '"; rm.pdf', "é" * 200 + ".pdf"]
    )
    async def test_a_file_name_is_made_harmless(self, api, name):
        answer = await self.upload(api, api.member(), name=name)
        assert answer.status_code == 201
        assert not set(answer.json()["name"]) & set('/\\"\u202e')

    @pytest.mark.parametrize("name", ["", "x", "x.exe", ".", "x.pdf\x00.exe"])
    async def test_a_file_without_the_name_of_its_kind_is_a_problem(self, api, name):
        is_problem(await self.upload(api, api.member(), name=name), 422)

    async def test_the_last_byte_of_ten_megabytes_is_taken_and_one_more_is_not(self, api):
        short = len(small_pdf("x" * 10_000_000))
        full = small_pdf("x" * (10_000_000 + 10 * 1024 * 1024 - short))
        assert (await self.upload(api, api.member(), content=full)).status_code == 201
        is_problem(await self.upload(api, api.member(), content=full + b" "), 413)

    async def test_a_store_that_is_away_is_a_503_and_nothing_is_kept(self, api, tmp_path):
        (tmp_path / "files").write_text("a file where the folder should be")
        is_problem(await self.upload(api, api.member()), 503)
        assert await stored(api) == 0

    @staticmethod
    async def upload(api, caller, *, name="a.pdf", content=PDF_BYTES, **headers):
        return await api.client.post(
            "/uploads",
            files={"file": (name, content, "application/pdf")},
            data={"kind": "k"},
            headers=api.headers(caller) | headers,
        )

    async def test_of_which_two_gigabytes_are_announced_is_refused_unread(self, api):
        read = 0

        async def body():
            nonlocal read
            yield b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
            while read < 2 * 1024**3:
                read += 65536
                yield b" " * 65536

        headers = api.headers(api.member()) | {"content-type": "multipart/form-data; boundary=x"}
        announced = headers | {"content-length": str(2 * 1024**3)}
        is_problem(await api.client.post("/uploads", content=body(), headers=announced), 413)
        assert read == 0
        is_problem(await api.client.post("/uploads", content=body(), headers=headers), 413)
        assert read < 13 * 1024 * 1024

    async def test_whose_session_ends_before_the_last_byte_keeps_nothing(self, api, tmp_path):
        headers = api.headers(api.member())

        async def body(meanwhile):
            yield b'--x\r\ncontent-disposition: form-data; name="kind"\r\n\r\nk\r\n--x\r\n'
            yield b'content-disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF_BYTES
            api.clock.offset += meanwhile
            yield b"\r\n--x--\r\n"

        headers |= {"content-type": "multipart/form-data; boundary=x"}
        late = await api.client.post("/uploads", content=body(timedelta(minutes=11)), headers=headers)
        is_problem(late, 401)
        assert await stored(api) == 0
        assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
        api.clock.offset = timedelta()
        in_time = await api.client.post("/uploads", content=body(timedelta(minutes=9)), headers=headers)
        assert in_time.status_code == 201
        assert await stored(api) == 1


class TestAnIdempotencyKey:
    async def test_replays_an_upload_whose_parts_are_separated_otherwise(self, api):
        """Every client invents a new separator for each request that it sends."""
        caller, key = api.member(), {"Idempotency-Key": "k"}
        first = await TestForms.upload(api, caller, **key)
        second = await TestForms.upload(api, caller, **key)
        assert (second.status_code, second.content) == (201, first.content)
        assert await stored(api) == 1
        other = await TestForms.upload(api, caller, content=small_pdf("another"), **key)
        assert is_problem(other, 422)["code"] == "idempotency_key_reused"

    async def test_never_shows_an_answer_given_for_another_company(self, api):
        caller, key = api.member(Role.GERANT), {"Idempotency-Key": "k"}
        assert (await TestForms.upload(api, caller, **key)).status_code == 201
        elsewhere = replace(caller, company_id=uuid4())
        assert is_problem(await TestForms.upload(api, elsewhere, **key), 422)["code"] == "idempotency_key_reused"
        nowhere = replace(caller, company_id=None, company_kind=None, role=None)
        assert is_problem(await TestForms.upload(api, nowhere, **key), 422)["code"] == "idempotency_key_reused"
        assert await stored(api) == 1

    async def test_still_replays_what_was_asked_before_one_acted_for_a_company(self, api):
        """Who creates a company and loses the answer asks again with a token that names the company already."""
        caller, key = api.member(), {"Idempotency-Key": "k"}
        first = await TestForms.upload(api, caller, **key)
        affiliated = replace(api.member(Role.GERANT), member_id=caller.member_id)
        second = await TestForms.upload(api, affiliated, **key)
        assert (second.status_code, second.content) == (201, first.content)
        assert await stored(api) == 1


def with_header(header):
    encoded = base64.urlsafe_b64encode(header).decode().rstrip("=")
    return f"{encoded}.e30.e30"


class TestATokenThat:
    @pytest.mark.parametrize(
        "token",
        [
            with_header(b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}"),
            with_header(b"[]"),
            with_header(b"1"),
            with_header(b'{"alg":["ES256"]}'),
            with_header(b'{"alg":"ES256","kid":{"a":1}}'),
            "é.é.é",
            ".....",
        ],
        ids=["deep", "list", "number", "algs", "kid", "latin", "dots"],
    )
    async def test_nobody_could_read_is_void(self, api, token):
        headers = {"Authorization": f"Bearer {token}".encode("latin-1")}
        is_problem(await api.client.post("/uploads", headers=headers), 401)

    @pytest.mark.parametrize(
        "changes",
        [
            {"sub": 5}, {"sid": ["x"]}, {"company": []}, {"company": "x"}, {"company": 7}, {"company": {"id": 1}},
            {"staff": 5}, {"staff": {"a": 1}}, {"iat_us": "x"}, {"iat_us": 1e400}, {"iat_us": -1}, {"iat_us": True},
            {"iat_us": 2**70}, {"iat_us": [1]}, {"exp": "9"}, {"exp": 1e400}, {"exp": True},
        ],
        ids=str,
    )  # fmt: skip
    async def test_says_what_none_of_ours_says_is_void(self, api, changes):
        token = api.keys.token(api.member(Role.GERANT), **changes)
        is_problem(await api.client.post("/uploads", headers={"Authorization": f"Bearer {token}"}), 401)


async def test_a_token_issued_by_a_clock_slightly_ahead_of_ours_is_good(api):
    for ahead, status in ((0, 422), (3, 422), (60, 401)):
        token = api.keys.token(api.member(), now=api.clock() + timedelta(seconds=ahead))
        is_problem(await api.client.post("/uploads", headers={"Authorization": f"Bearer {token}"}), status)


class TestAKeyFileThat:
    @pytest.fixture
    def at_once(self, monkeypatch):
        monkeypatch.setattr("chassis.auth.REREAD_EVERY", 0.0)

    async def ask(self, api):
        headers = api.headers(replace(api.member(), session_id=uuid4()))
        return await TestForms.upload(api, api.member(), **headers)

    @pytest.mark.parametrize("damage", ["missing", "", "{", "[]", '{"keys": [{}]}', "\x00"])
    async def test_is_damaged_for_a_moment_leaves_the_known_keys_in_use(self, api, at_once, damage):
        good = api.keys.jwks_file.read_text()
        assert (await self.ask(api)).status_code == 201
        api.keys.jwks_file.unlink()
        if damage != "missing":
            api.keys.jwks_file.write_text(damage)
        assert (await self.ask(api)).status_code == 201
        api.keys.jwks_file.write_text(good)
        assert (await self.ask(api)).status_code == 201

    async def test_is_not_there_yet_is_a_503_to_try_again(self, api, at_once):
        good = api.keys.jwks_file.read_text()
        api.keys.jwks_file.unlink()
        is_problem(await self.ask(api), 503)
        api.keys.jwks_file.write_text(good)
        assert (await self.ask(api)).status_code == 201

    async def test_is_there_again_with_the_old_date_is_still_read(self, api, at_once):
        import os

        file = api.keys.jwks_file
        good, stamp = file.read_text(), file.stat()
        file.write_text("{" + good)
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        is_problem(await self.ask(api), 503)
        file.write_text(good)
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        assert (await self.ask(api)).status_code == 201
