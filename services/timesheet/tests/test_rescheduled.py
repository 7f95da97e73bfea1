"""An order that ends early, and another order of the same mission."""

from datetime import UTC, date, datetime

import pytest

from contracts.contracting import MissionRescheduled, RescheduleReason, WorkType
from contracts.notification import NotificationRequested
from contracts.roles import Role
from contracts.timesheet import CraValidated
from contracts.values import Month, Period

JUNE = datetime(2026, 6, 20, 8, 0, tzinfo=UTC)


def rescheduled(order, ends_on: date, version: int = 2, **changes) -> MissionRescheduled:
    facts = {"mission_id": order.mission_id, "bdc_id": order.bdc_id, "ends_on": ends_on, "version": version}
    return MissionRescheduled(**facts, reason=RescheduleReason.EARLY_END, rescheduled_at=JUNE, **changes)


class Work:
    """A consultant and an operational manager on one order."""

    def __init__(self, h, order):
        self.h, self.order = h, order
        self.consultant = h.member(Role.CONSULTANT, order.provider_company_id, order.consultant_id)
        self.head = h.member(Role.GERANT, order.provider_company_id)
        self.manager = h.member(Role.RESPONSABLE_PROJET, order.client_company_id, order.operational_manager_id)

    async def call(self, method: str, url: str, caller, **options):
        return await self.h.client.request(method, url, headers=self.h.headers(caller), **options)

    async def fill(self, month: str, *days: str, **params):
        url = f"/missions/{self.order.mission_id}/cras/{month}"
        body = {"days": [{"date": day, "quantity": "1.0"} for day in days]}
        return await self.call("PUT", url, self.consultant, json=body, params=params)

    async def submit(self, cra: dict):
        """As far as the client."""
        await self.call("POST", f"/cras/{cra['id']}/submission", self.consultant)
        return await self.call("POST", f"/cras/{cra['id']}/approval", self.head)

    async def validate(self, cra: dict):
        return await self.call("POST", f"/cras/{cra['id']}/validation", self.manager)

    async def read(self, cra: dict) -> dict:
        return (await self.call("GET", f"/cras/{cra['id']}", self.consultant)).json()

    async def months(self) -> list[str]:
        answer = await self.call("GET", f"/missions/{self.order.mission_id}/months", self.consultant)
        return [one["month"] for one in answer.json()["items"]]


@pytest.fixture
async def work(h, make_order):
    """An order from 15 April to 14 July 2026, seen on 20 June."""
    h.clock.set(JUNE)
    order = make_order()
    await h.deliver(order)
    return Work(h, order)


@pytest.mark.req("CT-28")
class TestEarlyEnd:
    async def test_later_days_and_months_cannot_be_filled_in_any_more(self, work):
        assert await work.months() == ["2026-04", "2026-05", "2026-06", "2026-07"]
        event = rescheduled(work.order, date(2026, 6, 19))
        await work.h.deliver(event)
        await work.h.deliver(event)
        assert await work.months() == ["2026-04", "2026-05", "2026-06"]
        assert (await work.fill("2026-06", "2026-06-19")).status_code == 200
        late = await work.fill("2026-06", "2026-06-22")
        assert late.json()["errors"][0]["code"] == "outside_mission"
        assert (await work.fill("2026-07", "2026-07-01")).json()["code"] == "month_outside_mission"

    async def test_a_validated_month_stays_as_it_is(self, work):
        cra = (await work.fill("2026-05", "2026-05-04", "2026-05-29")).json()
        await work.submit(cra)
        assert (await work.validate(cra)).status_code == 200
        await work.h.deliver(rescheduled(work.order, date(2026, 5, 15)))
        read = await work.read(cra)
        assert (read["status"], read["total_days"]) == ("validated", "2.0")

    async def test_what_was_submitted_with_later_days_comes_back_without_them(self, work):
        cra = (await work.fill("2026-06", "2026-06-01", "2026-06-29")).json()
        await work.submit(cra)
        await work.h.deliver(rescheduled(work.order, date(2026, 6, 28)))
        read = await work.read(cra)
        assert (read["status"], read["total_days"]) == ("refused", "1.0")
        assert "28/06/2026" in read["refusal_reason"]
        told = [one for one in await work.h.emitted(NotificationRequested) if str(one.subject_id) == cra["id"]]
        assert told[-1].template == "cra_refused"
        assert (await work.validate(cra)).status_code == 409

    async def test_what_was_submitted_for_days_before_goes_on(self, work):
        cra = (await work.fill("2026-06", "2026-06-01", "2026-06-26")).json()
        await work.submit(cra)
        await work.h.deliver(rescheduled(work.order, date(2026, 6, 26)))
        assert (await work.validate(cra)).status_code == 200

    async def test_what_was_sent_comes_back_where_the_order_has_fewer_days_than_are_counted(self, work):
        may, june = [
            (await work.fill(month, *(f"{month}-{day:02}" for day in days))).json()
            for month, days in (("2026-05", (4, 5)), ("2026-06", (1, 2)))
        ]
        await work.submit(may)
        await work.h.deliver(rescheduled(work.order, date(2026, 6, 29), days="4.0"))
        assert (await work.read(may))["status"] == "submitted"
        await work.h.deliver(rescheduled(work.order, date(2026, 6, 29), 3, days="3.5"))
        assert ((await work.read(may))["status"], (await work.read(june))["status"]) == ("refused", "draft")
        assert "3.5" in (await work.read(may))["refusal_reason"]
        again = await work.call("POST", f"/cras/{may['id']}/submission", work.consultant)
        assert (again.status_code, again.json()["code"]) == (422, "days_exceed_order")
        await work.fill("2026-06", "2026-06-01")
        again = await work.call("POST", f"/cras/{may['id']}/submission", work.consultant)
        assert again.status_code == 200

    @pytest.mark.req("TS-16")
    async def test_deliverables_come_back_where_the_order_is_worth_less_than_them(self, make_scene):
        fixed = await make_scene(work_type=WorkType.FIXED_PRICE)  # 60 days at 500.00
        cra_id = await fixed.drafted("2026-05", ["2026-05-04"])
        delivered = {"title": "Portal", "amount": "30000.00"}
        stated = await fixed.call("POST", f"/cras/{cra_id}/deliverables", fixed.head, json=delivered)
        for action, who in (("submission", fixed.consultant), ("approval", fixed.head)):
            assert (await fixed.call("POST", f"/cras/{cra_id}/{action}", who)).status_code == 200
        await fixed.h.deliver(rescheduled(fixed.order, date(2026, 6, 26), days="60.0"))
        assert (await fixed.read(cra_id))["status"] == "submitted"
        await fixed.h.deliver(rescheduled(fixed.order, date(2026, 6, 25), 3, days="59.5"))
        assert (await fixed.read(cra_id))["status"] == "refused"
        again = await fixed.call("POST", f"/cras/{cra_id}/submission", fixed.consultant)
        assert (again.status_code, again.json()["code"]) == (422, "deliverables_exceed_order")
        line = stated.json()["lines"][-1]["id"]
        assert (await fixed.call("DELETE", f"/cras/{cra_id}/lines/{line}", fixed.head)).status_code == 200
        assert (await fixed.call("POST", f"/cras/{cra_id}/submission", fixed.consultant)).status_code == 200

    async def test_an_older_end_that_arrives_late_changes_nothing(self, work):
        await work.h.deliver(rescheduled(work.order, date(2026, 5, 29), version=3))
        await work.h.deliver(rescheduled(work.order, date(2026, 6, 26), version=2))
        await work.h.deliver(work.order)
        assert await work.months() == ["2026-04", "2026-05"]

    async def test_an_end_before_its_order_is_known_waits(self, h, make_order):
        order = make_order()
        with pytest.raises(Exception, match="order"):
            await h.deliver(rescheduled(order, date(2026, 6, 26)))


@pytest.mark.req("CT-17", "CT-24")
async def test_another_order_of_the_same_mission_has_its_own_row_for_the_month_in_which_it_begins(h, work, make_order):
    await h.deliver(rescheduled(work.order, date(2026, 6, 14), days="40.0"))
    same = ("mission_id", "client_company_id", "provider_company_id", "operational_manager_id", "consultant_id")
    kept = {name: getattr(work.order, name) for name in same}
    period = Period(start=date(2026, 6, 15), end=date(2026, 7, 14))
    second = make_order(**kept, reference="BDC-2", period=period, days="20.0")
    await h.deliver(second)
    assert await work.months() == ["2026-04", "2026-05", "2026-06", "2026-06", "2026-07"]
    first = (await work.fill("2026-06", "2026-06-12", bdc_id=str(work.order.bdc_id))).json()
    other = (await work.fill("2026-06", "2026-06-15", bdc_id=str(second.bdc_id))).json()
    assert first["id"] != other["id"]
    for cra in (first, other):
        await work.submit(cra)
        assert (await work.validate(cra)).status_code == 200
    events = [one for one in await h.emitted(CraValidated) if one.mission_id == work.order.mission_id]
    assert {(one.bdc_id, one.month) for one in events} == {
        (work.order.bdc_id, Month("2026-06")),
        (second.bdc_id, Month("2026-06")),
    }
