"""Requests under the GDPR: from receipt to answer, and the export that answers some by itself."""

import asyncio
import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select

from chassis.auth import STEP_UP_LASTS, Caller
from chassis.errors import Forbidden, IllegalMove
from chassis.personal_data import seal
from contracts.identity import DataExportRequested, MemberErased
from contracts.personal_data import MemberDataGathered
from contracts.roles import StaffScope
from contracts.topology import SERVICES
from identity.notification.domain import Notification
from identity.notification.queries import take_out_name
from identity.privacy.domain import (
    EXPLAINED,
    EXPORTED,
    MOVES,
    OPEN,
    Channel,
    ExportPart,
    PrivacyRequest,
    RequestActor,
    RequestKind,
    RequestStatus,
    TooLateToExtend,
)
from identity.privacy.exports import build_next, drop_next
from identity.privacy.personal import DATA
from identity.privacy.sweeps import watch_deadlines

WHY = "Mon adresse a changé."


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.fixture
async def account(world):
    return await world.activated()


async def ask(world, account, kind="rectification", details=WHY, headers=None):
    body = {"kind": kind} | ({"details": details} if details else {})
    return await world.client.post("/privacy-requests", json=body, headers=headers or account.headers)


async def kept(world, request_id) -> PrivacyRequest:
    async with world.h.tx() as tx:
        return await tx.get_one(PrivacyRequest, request_id)


async def told(world, account) -> list[str]:
    async with world.h.tx() as tx:
        query = select(Notification.template).where(Notification.member_id == account.id).order_by(Notification.id)
        return [name for name in await tx.scalars(query) if name.startswith("privacy")]


def received(on: date, kind=RequestKind.ERASURE) -> PrivacyRequest:
    return PrivacyRequest.receive(uuid4(), kind, details=WHY, channel=Channel.POST, received_on=on, today=on)


class TestMoves:
    @pytest.mark.parametrize("actor", RequestActor)
    @pytest.mark.parametrize("target", RequestStatus)
    @pytest.mark.parametrize("present", RequestStatus)
    def test_are_those_of_the_table(self, present, target, actor):
        request = received(date(2026, 11, 2))
        request.status = present
        move = MOVES.get(target)
        if move and present in move.sources and actor in move.by:
            request._move_to(target, actor)
            assert request.status == target
        else:
            with pytest.raises((IllegalMove, Forbidden)):
                request._move_to(target, actor)

    def test_only_an_open_request_moves_at_all(self):
        assert {source for move in MOVES.values() for source in move.sources} == OPEN


class TestDeadline:
    @pytest.mark.req("PL-06")
    @pytest.mark.parametrize(
        ("received_on", "due_on", "extended_to"),
        [
            (date(2027, 1, 31), date(2027, 2, 28), date(2027, 4, 30)),
            (date(2028, 1, 31), date(2028, 2, 29), date(2028, 4, 30)),
            (date(2026, 11, 30), date(2026, 12, 30), date(2027, 2, 28)),
            (date(2026, 12, 15), date(2027, 1, 15), date(2027, 3, 15)),
        ],
    )
    def test_is_a_month_after_receipt_and_two_more_when_extended(self, received_on, due_on, extended_to):
        request = received(received_on)
        assert request.due_on == due_on
        assert not request.is_late(due_on)
        assert request.is_late(due_on + timedelta(days=1))
        request.extend("complex", due_on)
        assert request.due_on == extended_to

    @pytest.mark.req("PL-06")
    def test_is_not_extended_once_it_has_passed(self):
        request = received(date(2026, 11, 2))
        with pytest.raises(TooLateToExtend):
            request.extend("complex", request.due_on + timedelta(days=1))


class TestAsk:
    @pytest.mark.req("PL-06")
    @pytest.mark.parametrize("kind", sorted(set(RequestKind) - EXPORTED))
    async def test_tracks_the_request_and_tells_the_member_the_deadline(self, world, account, kind):
        answer = await ask(world, account, kind)
        assert answer.status_code == 201
        shown = answer.json()
        assert (shown["status"], shown["channel"], shown["kind"]) == ("received", "form", kind)
        assert await told(world, account) == ["privacy_request_received"]
        mine = await world.client.get("/privacy-requests", headers=account.headers)
        assert [row["id"] for row in mine.json()["items"]] == [shown["id"]]

    @pytest.mark.parametrize("kind", sorted(EXPLAINED))
    async def test_needs_details_where_nobody_could_answer_without(self, world, account, kind):
        answer = await ask(world, account, kind, details=None)
        assert (answer.status_code, answer.json()["code"]) == (422, "details_missing")
        assert answer.json()["errors"][0]["field"] == "details"

    async def test_is_nobody_elses_business(self, world, account):
        request_id = (await ask(world, account)).json()["id"]
        other = (await world.activated()).headers
        for method, path in [("GET", ""), ("POST", "/withdrawal"), ("GET", "/export")]:
            answer = await world.client.request(method, f"/privacy-requests/{request_id}{path}", headers=other)
            assert (answer.status_code, answer.json()["code"]) == (404, "privacy_request_not_found")

    async def test_is_withdrawn_by_its_member_once(self, world, account):
        path = f"/privacy-requests/{(await ask(world, account)).json()['id']}/withdrawal"
        assert (await world.client.post(path, headers=account.headers)).json()["status"] == "withdrawn"
        again = await world.client.post(path, headers=account.headers)
        assert (again.status_code, again.json()["code"]) == (409, "illegal_move")


class TestStaff:
    @pytest.mark.req("PL-06")
    @pytest.mark.parametrize("channel", ["mail", "post"])
    async def test_registers_what_came_otherwise_with_its_month_from_the_receipt(self, world, account, legal, channel):
        received_on = world.h.clock().date() - timedelta(days=10)
        body = {
            "member_id": str(account.id), "kind": "erasure", "channel": channel, "received_on": str(received_on),
        }  # fmt: skip
        answer = await world.client.post("/staff/privacy-requests", json=body, headers=legal)
        assert answer.status_code == 201
        assert (answer.json()["channel"], answer.json()["received_on"]) == (channel, str(received_on))
        assert date.fromisoformat(answer.json()["due_on"]) < world.h.clock().date() + timedelta(days=22)
        mine = await world.client.get("/privacy-requests", headers=account.headers)
        assert [row["channel"] for row in mine.json()["items"]] == [channel]

    async def test_registers_nothing_from_the_future_or_for_nobody(self, world, account, legal):
        tomorrow = str(world.h.clock().date() + timedelta(days=2))
        body = {"member_id": str(account.id), "kind": "erasure", "channel": "mail", "received_on": tomorrow}
        answer = await world.client.post("/staff/privacy-requests", json=body, headers=legal)
        assert (answer.status_code, answer.json()["code"]) == (422, "received_in_the_future")
        body |= {"member_id": str(uuid4()), "received_on": str(world.h.clock().date())}
        answer = await world.client.post("/staff/privacy-requests", json=body, headers=legal)
        assert (answer.status_code, answer.json()["code"]) == (404, "member_not_found")

    @pytest.mark.req("PL-06")
    async def test_sees_what_waits_by_deadline_page_by_page(self, world, account, legal):
        for days in (3, 9, 6):
            body = {
                "member_id": str(account.id), "kind": "erasure", "channel": "post",
                "received_on": str(world.h.clock().date() - timedelta(days=days)),
            }  # fmt: skip
            await world.client.post("/staff/privacy-requests", json=body, headers=legal)
        seen, cursor = [], ""
        while cursor is not None:
            page = await world.client.get(f"/staff/privacy-requests?limit=2{cursor}", headers=legal)
            seen += page.json()["items"]
            cursor = f"&cursor={page.json()['next']}" if page.json()["next"] else None
        assert [row["due_on"] for row in seen] == sorted(row["due_on"] for row in seen)
        assert len({row["id"] for row in seen}) == len(seen)
        assert [row["member_id"] for row in seen].count(str(account.id)) == 3

    @pytest.mark.req("PL-06")
    async def test_extends_with_a_reason_that_the_member_is_told(self, world, account, legal):
        shown = (await ask(world, account)).json()
        path = f"/staff/privacy-requests/{shown['id']}/extension"
        answer = await world.client.post(path, json={"reason": "Trois services."}, headers=legal)
        assert (answer.status_code, answer.json()["status"]) == (200, "extended")
        assert answer.json()["due_on"] > shown["due_on"]
        mails = [world.text_of(mail) for mail in await world.mails(account.email)]
        assert "Trois services." in mails[-1]
        again = await world.client.post(path, json={"reason": "Encore."}, headers=legal)
        assert (again.status_code, again.json()["code"]) == (409, "illegal_move")

    @pytest.mark.req("PL-06")
    @pytest.mark.parametrize("outcome", ["granted", "refused"])
    async def test_answers_once_and_the_member_reads_it(self, world, account, legal, outcome):
        request_id = (await ask(world, account)).json()["id"]
        path = f"/staff/privacy-requests/{request_id}/answer"
        body = {"outcome": outcome, "answer": "C'est fait."}
        answers = await asyncio.gather(*(world.client.post(path, json=body, headers=legal) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        mine = (await world.client.get(f"/privacy-requests/{request_id}", headers=account.headers)).json()
        assert (mine["status"], mine["answer"]) == (outcome, "C'est fait.")
        assert await told(world, account) == ["privacy_request_received", "privacy_request_answered"]

    @pytest.mark.parametrize("scope", sorted(set(StaffScope) - {StaffScope.LEGAL}))
    async def test_of_other_scopes_sees_none_of_it(self, world, scope):
        headers = world.h.headers(world.h.staff(scope))
        for method, path in [
            ("GET", ""), ("POST", ""), ("GET", f"/{uuid4()}"), ("POST", f"/{uuid4()}/answer"),
            ("POST", f"/{uuid4()}/extension"),
        ]:  # fmt: skip
            answer = await world.client.request(method, f"/staff/privacy-requests{path}", headers=headers)
            assert answer.status_code == 403


class TestDeadlineSweep:
    @staticmethod
    async def sweep(world, instant):
        async with world.h.tx() as tx:
            await watch_deadlines(tx, instant)

    @pytest.mark.req("PL-06")
    async def test_reminds_staff_a_week_before_once(self, world, account, staff_member):
        request = await kept(world, (await ask(world, account)).json()["id"])
        week_before = noon(request.due_on - timedelta(days=7))
        for instant, reminders in [
            (week_before - timedelta(days=1), 0), (week_before, 1), (week_before + timedelta(days=1), 1),
        ]:  # fmt: skip
            await self.sweep(world, instant)
            async with world.h.tx() as tx:
                query = select(Notification).where(
                    Notification.member_id == staff_member, Notification.subject_id == request.id
                )
                assert len(list(await tx.scalars(query))) == reminders

    @pytest.mark.req("PL-06")
    async def test_marks_what_is_late_and_tells_the_member(self, world, account):
        request = await kept(world, (await ask(world, account)).json()["id"])
        await self.sweep(world, noon(request.due_on))
        assert (await kept(world, request.id)).status == RequestStatus.RECEIVED
        for _ in range(2):
            await self.sweep(world, noon(request.due_on + timedelta(days=1)))
            assert (await kept(world, request.id)).status == RequestStatus.OVERDUE
        assert await told(world, account) == ["privacy_request_received", "privacy_request_late"]

    async def test_leaves_alone_what_was_answered(self, world, account, legal):
        request = await kept(world, (await ask(world, account)).json()["id"])
        body = {"outcome": "granted", "answer": "C'est fait."}
        await world.client.post(f"/staff/privacy-requests/{request.id}/answer", json=body, headers=legal)
        await self.sweep(world, noon(request.due_on + timedelta(days=1)))
        assert (await kept(world, request.id)).status == RequestStatus.GRANTED


@pytest.fixture
async def staff_member(world):
    account = await world.activated()
    from identity.member.domain import Member

    async with world.h.tx() as tx:
        member = await tx.get_one(Member, account.id)
        member.staff_scopes = [StaffScope.LEGAL.value]
    yield account.id
    async with world.h.tx() as tx:
        member = await tx.get_one(Member, account.id)
        member.staff_scopes = []


async def asked_for(world, request_id) -> DataExportRequested:
    return next(event for event in await world.h.emitted(DataExportRequested) if str(event.request_id) == request_id)


async def answer_as(world, request: DataExportRequested, service: str, content=None, **changes) -> None:
    told_of_it = {
        "request_id": request.request_id,
        "member_id": request.member_id,
        "service": service,
        "sealed": seal(content or {f"things of {service}": [{"word": f"<b>{service}</b>"}]}, request.public_key),
        "gathered_at": world.h.clock(),
    }
    await world.h.deliver(MemberDataGathered(**told_of_it | changes))


def proven(world, account):
    return world.h.headers(Caller(account.id, uuid4(), proven_at=world.h.clock()))


async def parts_of(world, request_id) -> int:
    async with world.h.tx() as tx:
        return len(list(await tx.scalars(select(ExportPart).where(ExportPart.request_id == request_id))))


class TestExport:
    @staticmethod
    async def complete(world, account, kind="access"):
        request = await asked_for(world, (await ask(world, account, kind, None)).json()["id"])
        for service in SERVICES:
            await answer_as(world, request, service)
        while await build_next(world.h.platform):
            pass
        return request

    @pytest.mark.req("PL-06")
    @pytest.mark.parametrize("kind", sorted(EXPORTED))
    async def test_holds_every_services_part_and_a_page_to_read(self, world, account, kind):
        request = await self.complete(world, account, kind)
        shown = (await world.client.get(f"/privacy-requests/{request.request_id}", headers=account.headers)).json()
        assert shown["status"] == "granted"
        assert await told(world, account) == ["privacy_request_received", "privacy_export_ready"]
        path = f"/privacy-requests/{request.request_id}/export"
        answer = await world.client.get(path, headers=proven(world, account))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert set(archive.namelist()) == {"index.html"} | {f"{service}.json" for service in SERVICES}
            for service in SERVICES:
                assert json.loads(archive.read(f"{service}.json"))[f"things of {service}"]
            page = archive.read("index.html").decode()
        assert "Vos données" in page
        assert "&lt;b&gt;billing" in page
        assert "<b>" not in page

    @pytest.mark.req("PL-06")
    async def test_gathers_identitys_own_part_from_its_declared_classes(self, world, account):
        request = await asked_for(world, (await ask(world, account, "access", None)).json()["id"])
        await world.h.deliver(request)
        gathered = [event for event in await world.h.emitted(MemberDataGathered) if event.service == "identity"]
        assert gathered[-1].request_id == request.request_id
        assert account.email not in gathered[-1].sealed
        await world.h.deliver(gathered[-1])
        assert await parts_of(world, request.request_id) == 1

    @pytest.mark.req("PL-06")
    async def test_is_for_its_member_after_a_recent_proof_alone(self, world, account):
        request = await self.complete(world, account)
        path = f"/privacy-requests/{request.request_id}/export"
        caller = world.caller(account.tokens)
        now = world.h.clock()
        for proven_at, status in [
            (None, 401), (now - STEP_UP_LASTS - timedelta(seconds=1), 401), (now - STEP_UP_LASTS / 2, 200),
        ]:  # fmt: skip
            headers = world.h.headers(Caller(caller.member_id, caller.session_id, proven_at=proven_at))
            answer = await world.client.get(path, headers=headers)
            assert answer.status_code == status
            assert status == 200 or answer.json()["code"] == "step_up_required"
        other = await world.activated()
        assert (await world.client.get(path, headers=proven(world, other))).status_code == 404

    @pytest.mark.req("PL-06")
    async def test_is_kept_for_seven_days_and_deleted_with_its_key(self, world, account):
        request = await self.complete(world, account)
        path = f"/privacy-requests/{request.request_id}/export"
        until = (await kept(world, request.request_id)).export_until
        file = (await kept(world, request.request_id)).export_file
        world.h.clock.set(until - timedelta(seconds=20))
        while await drop_next(world.h.platform):
            pass  # what other members left behind
        assert (await world.client.get(path, headers=proven(world, account))).status_code == 200
        world.h.clock.set(until)
        answer = await world.client.get(path, headers=proven(world, account))
        assert (answer.status_code, answer.json()["code"]) == (410, "export_gone")
        while await drop_next(world.h.platform):
            pass
        after = await kept(world, request.request_id)
        assert (after.export_file, after.sealed_key) == (None, None)
        with pytest.raises(Exception, match="not there"):
            await world.h.platform.files.read(file)

    @pytest.mark.req("PL-06")
    async def test_a_part_that_comes_twice_or_late_or_for_nobody_changes_nothing(self, world, account):
        request = await asked_for(world, (await ask(world, account, "access", None)).json()["id"])
        for _ in range(2):
            await answer_as(world, request, "billing")
        await answer_as(world, request, "payroll")
        await answer_as(world, request, "company", member_id=uuid4())
        await answer_as(world, request, "company", request_id=uuid4())
        assert await parts_of(world, request.request_id) == 1
        assert not await build_next(world.h.platform)
        for service in SERVICES:
            await answer_as(world, request, service)
        assert await build_next(world.h.platform)
        before = (await kept(world, request.request_id)).export_file
        for service in SERVICES:
            await answer_as(world, request, service)
        assert await parts_of(world, request.request_id) == 0
        assert not await build_next(world.h.platform)
        assert (await kept(world, request.request_id)).export_file == before

    @pytest.mark.req("PL-06")
    async def test_a_withdrawn_request_takes_no_parts(self, world, account):
        request = await asked_for(world, (await ask(world, account, "access", None)).json()["id"])
        await answer_as(world, request, "billing")
        await world.client.post(f"/privacy-requests/{request.request_id}/withdrawal", headers=account.headers)
        await answer_as(world, request, "company")
        assert await parts_of(world, request.request_id) == 0
        assert (await kept(world, request.request_id)).sealed_key is None

    async def test_is_not_there_before_the_last_part(self, world, account):
        request = await asked_for(world, (await ask(world, account, "access", None)).json()["id"])
        for service in SERVICES[1:]:
            await answer_as(world, request, service)
        assert not await build_next(world.h.platform)
        path = f"/privacy-requests/{request.request_id}/export"
        answer = await world.client.get(path, headers=proven(world, account))
        assert (answer.status_code, answer.json()["code"]) == (409, "export_not_ready")

    async def test_is_made_one_at_a_time_however_many_are_asked_for_at_once(self, world, account):
        answers = await asyncio.gather(*(ask(world, account, "access", None) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert {answer.json().get("code") for answer in answers} == {None, "export_under_way"}

    async def test_of_a_part_that_cannot_be_read_is_left_to_staff(self, world, account):
        request = await asked_for(world, (await ask(world, account, "access", None)).json()["id"])
        strange = json.dumps(ECKey.generate_key("P-256").as_dict(private=False))
        for service in SERVICES:
            await answer_as(world, request, service, sealed=seal({}, strange))
        assert await build_next(world.h.platform)
        assert not await build_next(world.h.platform)
        assert (await kept(world, request.request_id)).status == RequestStatus.RECEIVED

    async def test_neither_key_nor_archive_is_stored_in_clear(self, world, account):
        request = await asked_for(world, (await ask(world, account, "access", None)).json()["id"])
        stored = (await kept(world, str(request.request_id))).sealed_key
        assert stored is not None
        assert b'"d"' not in stored
        for service in SERVICES:
            await answer_as(world, request, service)
        await build_next(world.h.platform)
        file = (await kept(world, request.request_id)).export_file
        assert not (await world.h.platform.files.read(file)).startswith(b"PK")


class TestErasure:
    @pytest.mark.req("PL-08", "ID-41")
    async def test_keeps_that_it_was_answered_and_no_word_of_it(self, world, account, legal):
        answered = (await ask(world, account)).json()["id"]
        body = {"outcome": "granted", "answer": "C'est fait."}
        await world.client.post(f"/staff/privacy-requests/{answered}/answer", json=body, headers=legal)
        exported = await TestExport.complete(world, account)
        waiting = (await ask(world, account)).json()["id"]
        await world.h.deliver(MemberErased(member_id=account.id, erased_at=world.h.clock()))
        first, last = await kept(world, answered), await kept(world, waiting)
        assert (first.status, first.details, first.answer) == ("granted", None, None)
        assert (last.status, last.details) == ("lapsed", None)
        assert await drop_next(world.h.platform)
        assert (await kept(world, exported.request_id)).export_file is None

    @pytest.mark.req("ID-41")
    @pytest.mark.parametrize("name", ["Zoé L'Été", 'Anne "Nan" Ö%_', "Ada"])
    async def test_messages_to_others_name_the_person_no_more(self, world, account, name):
        contexts = [{"consultant_name": name, "title": "Ada and others"}, {"member_name": f"{name} X"}]
        async with world.h.tx() as tx:
            for context in contexts:
                tx.add(Notification.to(account.id, "cra_submitted", subject_id=uuid4(), at=tx.now, context=context))
            await tx.flush()
            await take_out_name(tx, name)
        async with world.h.tx() as tx:
            query = select(Notification.context).where(Notification.member_id == account.id)
            kept = [context for context in await tx.scalars(query.order_by(Notification.id)) if "token" not in context]
        assert kept[-2:] == [{"consultant_name": "—", "title": "Ada and others"}, {"member_name": f"{name} X"}]


class TestRetention:
    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize(("days", "left"), [(0, True), (2, False)])
    async def test_a_request_goes_five_years_after_its_answer(self, world, account, legal, days, left):
        request_id = (await ask(world, account)).json()["id"]
        body = {"outcome": "granted", "answer": "C'est fait."}
        await world.client.post(f"/staff/privacy-requests/{request_id}/answer", json=body, headers=legal)
        async with world.h.tx() as tx:
            await DATA[0].forget(tx, tx.now.replace(year=tx.now.year + 5) + timedelta(days=days))
            assert (await tx.get(PrivacyRequest, request_id) is not None) is left
