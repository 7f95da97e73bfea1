"""What other services' events change here."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from chassis.errors import NotReady
from chassis.transitions import IllegalMove
from timesheet.cra.domain import CraNotValidated


async def title(scene) -> str:
    answer = await scene.call("GET", "/missions", scene.consultant)
    (mission,) = answer.json()["items"]
    return mission["title"]


class TestRecordMission:
    @pytest.mark.req("TS-04")
    async def test_opens_the_months_of_the_order(self, scene):
        answer = await scene.call("GET", "/missions", scene.consultant)
        (mission,) = answer.json()["items"]
        assert mission == {
            "mission_id": str(scene.order.mission_id),
            "bdc_id": str(scene.order.bdc_id),
            "reference": "BDC-1",
            "title": "Refonte du portail",
            "client_company_id": str(scene.order.client_company_id),
            "provider_company_id": str(scene.order.provider_company_id),
            "operational_manager_id": str(scene.order.operational_manager_id),
            "consultant_id": str(scene.order.consultant_id),
            "consultant_name": "Ada Martin",
            "days": "60.0",
            "period": {"start": "2026-04-15", "end": "2026-07-14"},
        }

    async def test_twice_the_same_has_one_effect(self, scene):
        event_id = await scene.h.deliver(scene.order)
        await scene.h.deliver(scene.order, event_id=event_id)
        assert await title(scene) == "Refonte du portail"

    async def test_a_newer_version_replaces_and_a_stale_one_is_ignored(self, scene):
        await scene.h.deliver(scene.order.model_copy(update={"title": "Second", "version": 3}))
        await scene.h.deliver(scene.order.model_copy(update={"title": "Stale", "version": 2}))
        assert await title(scene) == "Second"


class TestMarkInvoiced:
    async def test_shows_number_and_payment_date(self, scene):
        cra_id = await scene.validated()
        before = await scene.read(cra_id)
        await scene.h.deliver(scene.invoice(cra_id))
        after = await scene.read(cra_id)
        assert (after["invoice_number"], after["payment_on"]) == ("F-2026-05", "2026-07-31")
        shown = {"invoice_number", "payment_on", "version"}
        assert {k: v for k, v in after.items() if k not in shown} == {k: v for k, v in before.items() if k not in shown}

    async def test_without_a_guaranteed_date(self, scene):
        cra_id = await scene.validated()
        await scene.h.deliver(scene.invoice(cra_id, payment_on=None))
        assert (await scene.read(cra_id))["payment_on"] is None

    async def test_twice_the_same_has_one_effect(self, scene):
        cra_id = await scene.validated()
        event = scene.invoice(cra_id)
        event_id = await scene.h.deliver(event)
        once = await scene.read(cra_id)
        await scene.h.deliver(event, event_id=event_id)
        await scene.h.deliver(event)
        assert await scene.read(cra_id) == once

    async def test_a_stale_version_is_ignored(self, scene):
        cra_id = await scene.validated()
        await scene.h.deliver(scene.invoice(cra_id, payment_on=date(2026, 8, 31), version=2))
        await scene.h.deliver(scene.invoice(cra_id, version=1))
        assert (await scene.read(cra_id))["payment_on"] == "2026-08-31"

    async def test_waits_for_a_cra_that_is_unknown(self, scene):
        with pytest.raises(NotReady):
            await scene.h.deliver(scene.invoice(uuid4()))

    @pytest.mark.req("TS-02")
    async def test_refused_while_it_is_not_validated(self, scene):
        cra_id = await scene.submitted()
        with pytest.raises(CraNotValidated):
            await scene.h.deliver(scene.invoice(cra_id))
        assert not issubclass(CraNotValidated, NotReady | IllegalMove)
