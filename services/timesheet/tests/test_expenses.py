"""Expenses: lines with their receipts, written until the CRA is sent, read by both sides of the mission alone."""

import asyncio
from uuid import uuid4

import pytest
from line_steps import TRAIN, agreed, bill, receipt, spend, with_client
from sqlalchemy import select, text

from chassis.testing import small_pdf
from contracts.roles import Role
from contracts.timesheet import CraValidated
from timesheet.line.domain import LineFile
from timesheet.line.files import LARGEST, drop_removed


async def lines(scene, cra_id, caller=None):
    return (await bill(scene, cra_id, caller))["lines"]


@pytest.mark.req("TS-08")
class TestAdd:
    async def test_the_consultant_reports_an_outlay_with_its_receipt(self, scene):
        cra_id = await scene.drafted()
        answer = await spend(scene, cra_id, comment="Kick-off")
        assert answer.status_code == 201, answer.text
        work, line = answer.json()["lines"]
        assert (work["kind"], work["quantity"], work["unit"]) == ("work", "1.50", "DAY")
        assert (line["kind"], line["title"], line["comment"]) == ("expense", "Train Paris-Lyon", "Kick-off")
        assert (line["net"]["amount"], line["vat_rate"], line["unit"]) == ("89.50", "10", "C62")
        assert (line["file"]["name"], line["file"]["media_type"]) == ("ticket.pdf", "application/pdf")

    @pytest.mark.parametrize("rate", ["20", "10", "5.5", "2.1", "0"])
    async def test_each_vat_rate_there_is(self, scene, rate):
        answer = await spend(scene, await scene.drafted(), vat_rate=rate)
        assert answer.json()["lines"][1]["vat_rate"] == rate

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"vat_rate": "19.6"}, "vat_rate"),
            ({"net": "0"}, "net"),
            ({"net": "-3"}, "net"),
            ({"net": "1.234"}, "net"),
            ({"title": " "}, "title"),
            ({"title": "a\u202eb"}, "title"),
            ({"comment": "x" * 501}, "comment"),
            ({"colour": "red"}, "colour"),
        ],
    )
    async def test_what_is_wrong_is_named(self, scene, changes, field):
        cra_id = await scene.drafted()
        answer = await spend(scene, cra_id, **changes)
        assert answer.status_code == 422
        assert field in {error["field"] for error in answer.json()["errors"]}
        assert len(await lines(scene, cra_id)) == 1

    async def test_without_a_receipt_there_is_no_expense(self, scene):
        cra_id = await scene.drafted()
        answer = await scene.call("POST", f"/cras/{cra_id}/expenses", scene.consultant, data=TRAIN, files={"no": b""})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")

    @pytest.mark.parametrize(
        ("files", "status", "code"),
        [
            (receipt(b"%PDF-1.7 " + b"x" * LARGEST), 413, "file_too_large"),
            (receipt(b"MZ\x90\x00", "run.pdf"), 422, "file_not_accepted"),
            (receipt(b""), 422, "file_not_accepted"),
            (receipt(small_pdf(page=b"/AA<</O<</S/JavaScript/JS(x)>>>>")), 422, "file_not_accepted"),
        ],
    )
    async def test_a_receipt_is_a_harmless_picture_or_pdf(self, scene, files, status, code):
        cra_id = await scene.drafted()
        answer = await spend(scene, cra_id, files=files)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert len(await lines(scene, cra_id)) == 1

    @pytest.mark.parametrize("who", ["manager", "commercial", "gerant"])
    async def test_only_the_consultant_writes(self, scene, who):
        caller = scene.manager if who == "manager" else scene.supplier(Role(who))
        if who == "commercial":
            await scene.supervise(caller, scene.order.consultant_id)
        answer = await spend(scene, await scene.drafted(), caller)
        assert answer.status_code == 403

    async def test_somebody_elses_change_is_not_overwritten(self, scene):
        cra_id = await scene.drafted()
        before = (await scene.call("GET", f"/cras/{cra_id}/lines", scene.consultant)).headers["ETag"]
        first = await spend(scene, cra_id, headers={"If-Match": before})
        assert (first.status_code, first.headers["ETag"]) == (201, '"2"')
        second = await spend(scene, cra_id, headers={"If-Match": before})
        assert (second.status_code, second.json()["code"]) == (412, "version_conflict")

    async def test_two_at_once_are_both_kept(self, scene):
        cra_id = await scene.drafted()
        answers = await asyncio.gather(spend(scene, cra_id), spend(scene, cra_id, title="Hotel"))
        assert [answer.status_code for answer in answers] == [201, 201]
        assert {line["title"] for line in await lines(scene, cra_id)} >= {"Hotel", "Train Paris-Lyon"}


@pytest.mark.req("TS-08")
class TestChange:
    async def test_the_receipt_stays_unless_another_comes(self, scene, h):
        cra_id = await scene.drafted()
        [_, line] = (await spend(scene, cra_id)).json()["lines"]
        path = f"/cras/{cra_id}/expenses/{line['id']}"
        kept = await scene.call("PUT", path, scene.consultant, data=TRAIN | {"net": "90"}, files={"no": b""})
        assert kept.status_code == 422
        kept = await scene.call("PUT", path, scene.consultant, data=TRAIN | {"net": "90"})
        assert kept.status_code == 200, kept.text
        assert kept.json()["lines"][1]["file"] == line["file"]
        other = await scene.call("PUT", path, scene.consultant, data=TRAIN, files=receipt(small_pdf("other")))
        [_, changed] = other.json()["lines"]
        assert changed["file"]["sha256"] != line["file"]["sha256"]
        assert changed["id"] == line["id"]
        async with h.tx() as tx:
            rows = (await tx.scalars(select(LineFile).where(LineFile.cra_id == cra_id))).all()
        assert sorted(row.removed_at is None for row in rows) == [False, True]

    async def test_what_is_taken_out_leaves_the_store_too(self, scene, h):
        cra_id = await scene.drafted()
        [_, line] = (await spend(scene, cra_id)).json()["lines"]
        path = f"/cras/{cra_id}/lines/{line['id']}"
        assert (await scene.call("GET", f"{path}/file", scene.consultant)).content == small_pdf()
        removed = await scene.call("DELETE", path, scene.consultant)
        assert (removed.status_code, len(removed.json()["lines"])) == (200, 1)
        assert (await scene.call("GET", f"{path}/file", scene.consultant)).status_code == 404
        async with h.tx() as tx:
            [key] = await tx.scalars(select(LineFile.key).where(LineFile.cra_id == cra_id))
        assert await h.platform.files.read(key)
        assert await drop_removed(h.platform) >= 1
        async with h.tx() as tx:
            assert (await tx.scalars(select(LineFile.key).where(LineFile.cra_id == cra_id))).all() == []

    async def test_no_line_of_that_name(self, scene):
        cra_id = await scene.drafted()
        for method, path in (("DELETE", "lines"), ("PUT", "expenses")):
            answer = await scene.call(method, f"/cras/{cra_id}/{path}/{uuid4()}", scene.consultant, data=TRAIN)
            assert (answer.status_code, answer.json()["code"]) == (404, "line_not_found")


@pytest.mark.req("TS-08", "TS-10")
class TestFrozen:
    @pytest.mark.parametrize("status", ["submitted", "validated"])
    async def test_nothing_is_written_after_submission(self, scene, status):
        cra_id = await scene.drafted()
        [_, line] = (await spend(scene, cra_id)).json()["lines"]
        await (with_client if status == "submitted" else agreed)(scene, cra_id)
        tried = [
            await spend(scene, cra_id),
            await scene.call("PUT", f"/cras/{cra_id}/expenses/{line['id']}", scene.consultant, data=TRAIN),
            await scene.call("DELETE", f"/cras/{cra_id}/lines/{line['id']}", scene.consultant),
        ]
        assert {(answer.status_code, answer.json()["code"]) for answer in tried} == {(409, "illegal_move")}
        assert len(await lines(scene, cra_id)) == 2

    async def test_what_was_refused_is_written_again(self, scene):
        cra_id = await scene.refused()
        answer = await spend(scene, cra_id)
        assert answer.status_code == 201
        assert (await scene.read(cra_id))["status"] == "draft"

    async def test_the_database_refuses_to_change_a_validated_line(self, scene, h):
        cra_id = await scene.drafted()
        await spend(scene, cra_id)
        await agreed(scene, cra_id)
        with pytest.raises(Exception, match="validated and never changes"):
            async with h.tx() as tx:
                await tx.execute(text("UPDATE cras SET lines = '[]' WHERE id = :id"), {"id": cra_id})


@pytest.mark.req("TS-15", "TS-08")
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}], ids=["plain", "replayable"])
async def test_both_sides_see_the_very_lines_that_billing_is_told(scene, h, headers):
    cra_id = await scene.drafted()
    await spend(scene, cra_id)
    await with_client(scene, cra_id)
    for _ in range(2 if headers else 1):
        done = await scene.call("POST", f"/cras/{cra_id}/validation", scene.manager, headers=headers)
        assert done.status_code == 200, done.text
    [event] = [one for one in await h.emitted(CraValidated) if str(one.cra_id) == cra_id]
    told = [line.model_dump(mode="json") for line in event.lines]
    for caller in (scene.head, scene.client(Role.DIRECTEUR_ACHATS), scene.manager):
        shown = await bill(scene, cra_id, caller)
        assert [{name: line[name] for name in told[0]} for line in shown["lines"]] == told
        assert shown["net"]["amount"] == "839.50"  # 1.5 x 500.00 + 89.50
    assert event.days == event.lines[0].quantity
    assert [line["unit_price"] is None for line in await lines(scene, cra_id, scene.consultant)] == [True, False]
