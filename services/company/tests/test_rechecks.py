"""The check at the order and every six months while a mission runs (CO-37), of both companies (CO-50)."""

import asyncio
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from chassis.sweeps import run_if_due
from company.compliance import sweeps
from company.compliance.recheck import Recheck
from contracts.company import ComplianceChanged
from contracts.roles import ProfileType, StaffScope

ORDERED = date(2027, 1, 15)
DUE = date(2027, 7, 15)
ENDS = date(2027, 12, 31)
"""As `world.order` has it."""


async def sweep(world, day, run=sweeps.open_rechecks) -> None:
    async with world.h.tx() as tx:
        tx.actor = "sweep.test"
        await run(tx, datetime.fromisoformat(f"{day}T02:00:00+02:00"))


async def rechecks(world, company, status="open"):
    async with world.h.tx() as tx:
        query = select(Recheck).where(Recheck.company_id == company.id, Recheck.status == status)
        return list((await tx.scalars(query.order_by(Recheck.id))).all())


async def complete(world, recheck, headers=None, failed=()):
    path = f"/rechecks/{recheck.id}/completion"
    return await world.client.post(path, json={"failed": list(failed)}, headers=headers or world.staff)


@pytest.fixture
async def deal(world):
    """A client and a compliant provider, on the day of the order."""
    world.move_to(ORDERED)
    client, provider = await world.validated(ProfileType.CLIENT), await world.compliant()
    await world.accepted(client, "registration_extract")
    return client, provider


class TestOpening:
    @pytest.mark.req("CO-37", "CO-50")
    async def test_happens_six_months_after_the_order_for_both_companies(self, world, deal) -> None:
        await world.h.deliver(world.order(*deal))
        await sweep(world, DUE - timedelta(1))
        assert [await rechecks(world, company) for company in deal] == [[], []]
        await sweep(world, DUE)
        for company in deal:
            (recheck,) = await rechecks(world, company)
            assert recheck.due_on == DUE

    @pytest.mark.req("CO-37")
    async def test_counts_from_the_order_when_the_event_comes_late(self, world, deal) -> None:
        world.move_to(date(2027, 9, 1))
        await world.h.deliver(world.order(*deal))
        await sweep(world, date(2027, 9, 1))
        (recheck,) = await rechecks(world, deal[0])
        assert recheck.due_on == DUE

    @pytest.mark.req("CO-37")
    @pytest.mark.parametrize(("ends_on", "opened"), [(DUE, 1), (DUE - timedelta(1), 0)])
    async def test_stops_with_the_mission(self, world, deal, ends_on, opened) -> None:
        await world.h.deliver(world.order(*deal, ends_on=ends_on))
        await sweep(world, DUE)
        assert len(await rechecks(world, deal[0])) == opened

    @pytest.mark.req("CO-37")
    async def test_fails_documents_older_than_the_rule_and_says_so(self, world, deal) -> None:
        _, provider = deal
        await world.h.deliver(world.order(*deal))
        await sweep(world, DUE)
        last = (await world.events(ComplianceChanged, provider.id))[-1]
        assert last.compliant is False
        assert {(s.requirement, s.reason.value) for s in last.shortcomings} == {
            (kind, "expired")
            for kind in (
                "urssaf_certificate", "sworn_tax_statement", "sworn_employment_statement", "foreign_worker_list"
            )
        }  # fmt: skip

    @pytest.mark.req("CO-37")
    async def test_comes_earlier_when_a_document_ends_earlier(self, world) -> None:
        world.move_to(ORDERED)
        client, provider = await world.validated(ProfileType.CLIENT), await world.compliant(date(2026, 12, 1))
        await world.h.deliver(world.order(client, provider))
        await sweep(world, date(2027, 5, 31))
        assert await rechecks(world, provider) == []
        await sweep(world, date(2027, 6, 1))
        (recheck,) = await rechecks(world, provider)
        assert recheck.due_on == date(2027, 6, 1)
        assert await rechecks(world, client) == []

    async def test_repeated_opens_no_second_one(self, world, deal) -> None:
        event = world.order(*deal)
        event_id = await world.h.deliver(event)
        await world.h.deliver(event, event_id=event_id)
        await world.h.deliver(event)
        for day in (DUE, DUE, DUE + timedelta(1)):
            await sweep(world, day)
            assert len(await rechecks(world, deal[0])) == 1

    async def test_takes_a_later_order_for_a_check_whatever_the_order_of_arrival(self, world, deal) -> None:
        later = world.order(*deal, ordered_on=date(2027, 3, 31), ends_on=date(2028, 3, 31))
        for event in (later, world.order(*deal)):
            await world.h.deliver(event)
        await sweep(world, date(2027, 9, 29))
        assert await rechecks(world, deal[0]) == []
        await sweep(world, date(2027, 9, 30))
        assert len(await rechecks(world, deal[0])) == 1

    async def test_goes_on_in_parts(self, world, deal, monkeypatch) -> None:
        monkeypatch.setattr(sweeps, "PART", 2)
        for _ in range(3):
            client = await world.validated(ProfileType.CLIENT)
            await world.h.deliver(world.order(client, deal[1]))
        instant = datetime.fromisoformat(f"{DUE}T02:00:00+02:00")
        databases = [world.h.platform.database] * 3
        async with world.h.tx() as tx:
            before = await tx.scalar(select(func.count()).select_from(Recheck))
        await asyncio.gather(*(run_if_due(database, sweeps.SWEEPS[1], instant) for database in databases))
        async with world.h.tx() as tx:
            assert await tx.scalar(select(func.count()).select_from(Recheck)) >= before + 4


class TestCompletion:
    @pytest.mark.req("CO-37")
    async def test_begins_another_six_months(self, world, deal, refused) -> None:
        client, _ = deal
        await world.h.deliver(world.order(*deal, ends_on=date(2028, 6, 30)))
        await sweep(world, DUE)
        (recheck,) = await rechecks(world, client)
        world.move_to(date(2027, 8, 31))
        waiting = await world.client.get("/staff/rechecks", headers=world.staff, params={"limit": 100})
        assert str(recheck.id) in [line["id"] for line in waiting.json()["items"]]
        done = await complete(world, recheck)
        assert (done.status_code, done.json()["status"]) == (200, "completed")
        refused(await complete(world, recheck), 409, "illegal_move")
        await sweep(world, date(2028, 2, 28))
        assert await rechecks(world, client) == []
        await sweep(world, date(2028, 2, 29))
        (second,) = await rechecks(world, client)
        assert second.due_on == date(2028, 2, 29)

    @pytest.mark.req("CO-37", "CO-41", "CO-50")
    async def test_fails_a_document_that_did_not_hold_after_all(self, world, deal) -> None:
        client, _ = deal
        await world.h.deliver(world.order(*deal))
        await sweep(world, DUE)
        world.move_to(DUE)
        path = f"/companies/{client.id}/compliance"
        (document,) = (await world.client.get(path, headers=world.staff)).json()["documents"]
        (recheck,) = await rechecks(world, client)
        failed = [{"document_id": document["id"], "comment": "Struck off the register"}]
        assert (await complete(world, recheck, failed=failed)).status_code == 200
        last = (await world.events(ComplianceChanged, client.id))[-1]
        assert [(s.requirement, s.reason.value) for s in last.shortcomings] == [("registration_extract", "refused")]
        (message,) = await world.messages("document_refused", client.id)
        assert message.context["comment"] == "Struck off the register"

    async def test_fails_no_document_of_another_company_and_none_twice(self, world, deal, refused) -> None:
        client, provider = deal
        await world.h.deliver(world.order(*deal))
        await sweep(world, DUE)
        world.move_to(DUE)
        foreign = (await world.client.get(f"/companies/{provider.id}/compliance", headers=world.staff)).json()
        (recheck,) = await rechecks(world, client)
        failed = [{"document_id": foreign["documents"][0]["id"], "comment": "x"}]
        refused(await complete(world, recheck, failed=failed), 404, "document_not_found")
        assert len(await rechecks(world, client)) == 1

    async def test_is_for_compliance_staff_who_do_not_act_for_the_company(self, world, deal, refused, stranger_id):
        client, _ = deal
        await world.h.deliver(world.order(*deal))
        await sweep(world, DUE)
        world.move_to(DUE)
        (recheck,) = await rechecks(world, client)
        for headers in (world.headers(client.founder), world.headers(world.h.staff(StaffScope.CONTRACTS))):
            refused(await complete(world, recheck, headers), 403, "forbidden")
        insider = world.h.staff(StaffScope.COMPLIANCE)
        insider = type(insider)(client.founder.member_id, insider.session_id, scopes=insider.scopes)
        refused(await complete(world, recheck, world.headers(insider)), 403, "reviewer_acts_for_company")
        recheck.id = stranger_id
        refused(await complete(world, recheck), 404, "recheck_not_found")

    async def test_by_two_at_once_happens_once(self, world, deal) -> None:
        await world.h.deliver(world.order(*deal))
        await sweep(world, DUE)
        world.move_to(DUE)
        (recheck,) = await rechecks(world, deal[0])
        answers = await asyncio.gather(*(complete(world, recheck) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


class TestLapse:
    @pytest.mark.req("CO-37")
    @pytest.mark.parametrize(("day", "left"), [(ENDS, 1), (ENDS + timedelta(1), 0)])
    async def test_follows_the_last_day_of_the_last_mission(self, world, deal, day, left) -> None:
        await world.h.deliver(world.order(*deal))
        await sweep(world, DUE)
        await sweep(world, day, sweeps.lapse_rechecks)
        assert len(await rechecks(world, deal[0])) == left
        assert len(await rechecks(world, deal[0], "lapsed")) == 1 - left
