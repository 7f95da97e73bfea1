"""A provider's clients, a client's suppliers."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from contracts.contracting import BdcIssued, MissionRescheduled, PaymentOption, PaymentRegime
from contracts.roles import ProfileType, Role
from contracts.values import Money, Period


def ordered(client, provider, start, end, **changes):
    terms = {
        "bdc_id": uuid4(),
        "reference": "PO-2026-1",
        "mission_id": uuid4(),
        "title": "Refonte du portail",
        "client_company_id": UUID(client.id),
        "provider_company_id": UUID(provider.id),
        "operational_manager_id": uuid4(),
        "consultant_id": uuid4(),
        "consultant_name": "Ada Martin",
        "daily_rate": Money.of("500"),
        "days": Decimal(20),
        "period": Period(start=start, end=end),
        "payment_option": PaymentOption.BASIC,
        "payment_regime": PaymentRegime.GUARANTEED_DATE,
        "client_order_reference": "PO-7",
        "issued_at": datetime(2026, 1, 5, tzinfo=UTC),
    }
    return BdcIssued(**(terms | changes))


async def read(world, company, what, headers=None):
    answer = await world.client.get(f"/companies/{company.id}/{what}", headers=headers or company.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def pair(world):
    return await world.company(ProfileType.CLIENT), await world.company()


class TestClients:
    @pytest.mark.req("CO-24")
    async def test_are_those_of_the_companys_orders(self, world) -> None:
        client, provider = await pair(world)
        mission = uuid4()
        await world.h.deliver(ordered(client, provider, date(2026, 1, 5), date(2026, 2, 5), mission_id=mission))
        renewal = ordered(client, provider, world.today, world.today, mission_id=mission)
        event_id = await world.h.deliver(renewal)
        await world.h.deliver(renewal, event_id=event_id)
        colleague = await world.colleague(provider, Role.CONSULTANT)
        assert await read(world, provider, "clients", colleague) == [
            {
                "company_id": client.id,
                "name": "La Poste",
                "city": "Paris",
                "missions": 1,
                "running": 1,
                "first_start": "2026-01-05",
                "last_end": str(world.today),
            }
        ]
        assert await read(world, provider, "suppliers") == []

    @pytest.mark.req("CO-24")
    @pytest.mark.parametrize(("start", "end", "running"), [(0, 0, 1), (1, 2, 0), (-2, -1, 0), (-1, 1, 1)])
    async def test_say_what_is_under_way_on_its_first_and_last_day(self, world, start, end, running) -> None:
        client, provider = await pair(world)
        days = [world.today + timedelta(days=offset) for offset in (start, end)]
        await world.h.deliver(ordered(client, provider, *days))
        assert (await read(world, provider, "clients"))[0]["running"] == running

    @pytest.mark.req("CT-28")
    async def test_are_left_on_the_day_that_both_agreed_on_whatever_arrives_late(self, world) -> None:
        client, provider = await pair(world)
        order = ordered(client, provider, world.today - timedelta(days=9), world.today + timedelta(days=9))
        await world.h.deliver(order)
        facts = {"mission_id": order.mission_id, "bdc_id": order.bdc_id, "reason": "early_end"}
        for version, left in ((3, -1), (2, 5)):
            ends_on = world.today + timedelta(days=left)
            at = order.issued_at
            await world.h.deliver(MissionRescheduled(**facts, ends_on=ends_on, rescheduled_at=at, version=version))
        [line] = await read(world, provider, "clients")
        assert (line["running"], line["last_end"]) == (0, str(world.today - timedelta(days=1)))

    async def test_are_for_the_company_alone(self, world, refused) -> None:
        _, provider = await pair(world)
        rival = await world.company()
        for what in ("clients", "suppliers"):
            answer = await world.client.get(f"/companies/{provider.id}/{what}", headers=rival.headers)
            refused(answer, 404, "company_not_found")


@pytest.mark.req("CO-25")
class TestSuppliers:
    async def test_are_those_of_orders_and_lists_with_their_compliance(self, world) -> None:
        client = await world.company(ProfileType.CLIENT)
        working, listed, both = await world.validated(), await world.company(), await world.company()
        for provider in (working, both):
            await world.h.deliver(ordered(client, provider, world.today, world.today))
        path = f"/companies/{client.id}/referencing-lists"
        for name, preferred, provider in (("A", False, listed), ("B", False, both), ("C", True, both)):
            body = {"name": name, "preferred": preferred}
            opened = (await world.client.post(path, json=body, headers=client.headers)).json()
            await world.client.put(f"{path}/{opened['id']}/suppliers/{provider.id}", headers=client.headers)
        found = {line["company_id"]: line for line in await read(world, client, "suppliers")}
        assert set(found) == {working.id, listed.id, both.id}
        seen = {
            c.id: (found[c.id]["missions"], found[c.id]["referenced"], found[c.id]["preferred"])
            for c in (working, listed, both)
        }
        assert seen == {working.id: (1, False, False), listed.id: (0, True, False), both.id: (1, True, True)}
        assert found[working.id]["compliance"]["compliant"] is False
        assert "urssaf_certificate" in found[working.id]["compliance"]["missing"]
        assert found[listed.id]["compliance"] == {"compliant": None, "missing": [], "valid_until": None}
        narrowed = [line["company_id"] for line in await read(world, client, "suppliers?referenced=true")]
        assert set(narrowed) == {listed.id, both.id}
        assert [line["company_id"] for line in await read(world, client, "suppliers?referenced=false")] == [working.id]

    async def test_are_not_those_of_another_client(self, world) -> None:
        client, provider = await pair(world)
        await world.h.deliver(ordered(client, provider, world.today, world.today))
        assert await read(world, await world.company(ProfileType.CLIENT), "suppliers") == []
