"""What is taken as a document (CO-28), and how its authenticity is judged (CO-38)."""

import asyncio
import contextlib
import struct
import zlib
from datetime import timedelta
from pathlib import Path

import pytest

from chassis.testing import small_pdf
from chassis.virus_scan import VirusScanner
from contracts.identity import MemberAccessRevoked
from contracts.roles import Role, StaffScope

BOMB = b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream"
ZEROS = zlib.compress(b"\0" * 300_000_000, 9)


def kept(world):
    folder = world.h.platform.settings.files_url.removeprefix("file://")
    return sorted(path.name for path in Path(folder).rglob("*") if path.is_file())


@contextlib.asynccontextmanager
async def scanner(verdict: bytes):
    """Speaks INSTREAM as clamd does, and says always the same."""

    async def talk(reader, writer):
        await reader.readuntil(b"\0")
        while length := struct.unpack(">I", await reader.readexactly(4))[0]:
            await reader.readexactly(length)
        writer.write(verdict)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
def scanned_by(world, monkeypatch):
    def use(address):
        monkeypatch.setattr(world.h.platform.files, "_scanner", VirusScanner(address))

    return use


class TestFile:
    @pytest.mark.req("CO-28")
    @pytest.mark.parametrize(
        "content",
        [
            b"<!doctype html><html><body>%PDF-1.7</body></html>",
            b"%PDF-1.7\n<html><script>alert(1)</script>",
            small_pdf(page=b"/AA<</O<</S/JavaScript/JS(app.alert)>>>>"),
            small_pdf(page=b"/AA<</O<</S/Launch/F(cmd.exe)>>>>"),
            small_pdf(page=b"/AF<</EF<</F 1 0 R>>>>"),
            small_pdf(trailer=b"/Encrypt<</Filter/Standard/V 1/R 2/O(x)/U(x)/P -4>>/ID[(x)(x)]"),
            small_pdf(extra=[BOMB % (len(ZEROS), ZEROS)]),
            small_pdf()[:200],
        ],
        ids=["html", "html in a pdf", "script", "launch", "attachment", "encrypted", "bomb", "cut off"],
    )
    async def test_that_is_hostile_is_refused_and_not_kept(self, world, refused, content) -> None:
        company, before = await world.company(), kept(world)
        refused(await world.upload(company, "urssaf_certificate", content=content), 422, "file_not_accepted", "file")
        assert kept(world) == before

    @pytest.mark.req("CO-28")
    async def test_that_is_infected_is_refused_audited_and_not_kept(self, world, refused, scanned_by) -> None:
        company, before = await world.company(), kept(world)
        async with scanner(b"stream: Eicar-Test-File FOUND\0") as address:
            scanned_by(address)
            refused(await world.upload(company, "urssaf_certificate"), 422, "file_infected", "file")
        assert kept(world) == before
        act = (await world.audited(company.id))[-1]
        assert (act.action, act.details["type"]) == ("document.infected", "urssaf_certificate")

    async def test_is_not_kept_while_the_scanner_is_away(self, world, refused, scanned_by) -> None:
        company, before = await world.company(), kept(world)
        scanned_by("127.0.0.1:1")
        refused(await world.upload(company, "urssaf_certificate"), 503, "temporarily_unavailable")
        assert kept(world) == before

    async def test_says_whether_it_was_scanned(self, world, scanned_by) -> None:
        company = await world.company()
        assert (await world.upload(company, "urssaf_certificate")).json()["scan"] == "not_scanned"
        async with scanner(b"stream: OK\0") as address:
            scanned_by(address)
            assert (await world.upload(company, "urssaf_certificate")).json()["scan"] == "clean"

    async def test_of_two_gigabytes_is_refused_early(self, world, refused) -> None:
        company, sent = await world.company(), 0

        async def body():
            nonlocal sent
            yield b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
            while sent < 2 * 1024**3:
                sent += 65536
                yield b" " * 65536

        headers = company.headers | {"content-type": "multipart/form-data; boundary=x"}
        path = f"/companies/{company.id}/documents"
        refused(await world.client.post(path, content=body(), headers=headers), 413, "body_too_large")
        assert sent < 13 * 1024 * 1024

    @pytest.mark.parametrize("ends", ["expiry", "revocation"])
    async def test_whose_session_ends_before_its_last_byte_is_not_kept(self, world, refused, ends) -> None:
        company, before = await world.company(), kept(world)

        async def body():
            for name, value in (("type", "urssaf_certificate"), ("issued_on", str(world.today))):
                yield f'--x\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            yield b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + small_pdf()
            if ends == "expiry":
                world.h.clock.offset += timedelta(minutes=11)
            else:
                await revoke(world, company.founder)
            yield b"\r\n--x--\r\n"

        headers = company.headers | {"content-type": "multipart/form-data; boundary=x"}
        answer = await world.client.post(f"/companies/{company.id}/documents", content=body(), headers=headers)
        refused(answer, 401, "unauthenticated")
        assert kept(world) == before


async def revoke(world, caller):
    await world.h.deliver(MemberAccessRevoked(member_id=caller.member_id, revoked_at=world.h.clock()))
    await world.h.platform.revocations.refresh()


class TestReview:
    @pytest.mark.req("CO-38")
    async def test_says_how_authenticity_was_checked(self, world, refused) -> None:
        company = await world.company()
        document = (await world.upload(company, "urssaf_certificate", security_code="ABCD1234EFGH567")).json()
        assert document["security_code"] == "ABCD1234EFGH567"
        refused(await world.review(document["id"], method=None), 422, "check_missing", "method")
        refused(await world.review(document["id"], method="gut_feeling"), 422, "invalid_request", "method")
        seen = (await world.review(document["id"], method="urssaf_code", reference="ABCD1234EFGH567")).json()
        assert (seen["check_method"], seen["check_reference"]) == ("urssaf_code", "ABCD1234EFGH567")
        assert seen["urssaf_check_url"].startswith("https://www.urssaf.fr/")

    @pytest.mark.req("CO-38")
    async def test_that_finds_nothing_authentic_needs_no_method(self, world) -> None:
        document = (await world.upload(await world.company(), "urssaf_certificate")).json()
        answer = await world.review(document["id"], method=None, authentic=False, comment="Forged")
        assert (answer.status_code, answer.json()["check_method"]) == (200, None)

    @pytest.mark.req("CO-38")
    async def test_is_not_for_whoever_acts_for_the_company(self, world, refused) -> None:
        company = await world.company()
        document = (await world.upload(company, "urssaf_certificate")).json()
        insider = world.h.staff(StaffScope.COMPLIANCE)
        insider = type(insider)(company.founder.member_id, insider.session_id, scopes=insider.scopes)
        refused(await world.review(document["id"], world.headers(insider)), 403, "reviewer_acts_for_company")
        assert (await world.review(document["id"])).status_code == 200

    @pytest.mark.parametrize("code", ["abc", "x" * 41, "AB CD 12", "<b>bold</b>"])
    async def test_takes_a_code_of_letters_and_digits(self, world, refused, code) -> None:
        answer = await world.upload(await world.company(), "urssaf_certificate", security_code=code)
        refused(answer, 422, "invalid_request", "security_code")


class TestWithdraw:
    @pytest.mark.req("CO-28")
    async def test_happens_before_the_review_only(self, world, refused) -> None:
        company = await world.company()
        document = await world.accepted(company, "urssaf_certificate")
        path = f"/documents/{document['id']}/withdrawal"
        refused(await world.client.post(path, headers=company.headers), 409, "illegal_move")

    @pytest.mark.req("CO-28")
    async def test_leaves_an_accepted_one_in_force(self, world, refused) -> None:
        company = await world.validated()
        await world.accepted(company, "urssaf_certificate")
        second = (await world.upload(company, "urssaf_certificate")).json()
        path = f"/documents/{second['id']}/withdrawal"
        assert (await world.client.post(path, headers=company.headers)).json()["status"] == "withdrawn"
        refused(await world.client.post(path, headers=company.headers), 409, "illegal_move")
        refused(await world.review(second["id"]), 409, "illegal_move")
        found = (await world.client.get(f"/companies/{company.id}/compliance", headers=company.headers)).json()
        assert "urssaf_certificate" not in found["missing"]
        assert [one["status"] for one in found["documents"]] == ["accepted"]

    async def test_is_for_those_who_may_hand_in(self, world, refused, stranger_id) -> None:
        company, rival = await world.company(), await world.company()
        colleague = await world.colleague(company, Role.COMMERCIAL)
        document = (await world.upload(company, "urssaf_certificate")).json()
        path = f"/documents/{document['id']}/withdrawal"
        refused(await world.client.post(path, headers=colleague), 403, "forbidden")
        for headers in (rival.headers, world.staff):
            refused(await world.client.post(path, headers=headers), 404, "document_not_found")
        unknown = f"/documents/{stranger_id}/withdrawal"
        refused(await world.client.post(unknown, headers=company.headers), 404, "document_not_found")
