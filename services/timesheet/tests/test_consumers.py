"""What other services' events change here."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import permutations
from uuid import uuid4

import pytest

from chassis.errors import IllegalMove, NotReady
from chassis.rows import new_id
from contracts.billing import InvoiceCancelled, InvoiceImported, InvoicePaid, PaymentScheduled
from contracts.values import Money
from timesheet.cra.domain import Cra, CraStatus
from timesheet.cra.refusals import CraNotValidated

MAY_20 = datetime(2026, 5, 20, 8, tzinfo=UTC)


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
        newer = scene.invoice(cra_id, payment_on=date(2026, 8, 31), version=2)
        await scene.h.deliver(newer)
        await scene.h.deliver(newer.model_copy(update={"payment_on": None, "version": 1}))
        assert (await scene.read(cra_id))["payment_on"] == "2026-08-31"

    async def test_waits_for_a_cra_that_is_unknown(self, scene):
        with pytest.raises(NotReady):
            await scene.h.deliver(scene.invoice(uuid4()))

    @pytest.mark.req("TS-02")
    @pytest.mark.parametrize("state", ["drafted", "submitted", "refused"])
    async def test_refused_while_it_is_not_validated(self, scene, state):
        cra_id = await getattr(scene, state)()
        with pytest.raises(CraNotValidated):
            await scene.h.deliver(scene.invoice(cra_id))
        assert not issubclass(CraNotValidated, NotReady | IllegalMove)


@pytest.fixture
async def billed(scene):
    """A validated CRA whose invoice waits for the client's payment."""
    invoice = scene.invoice(await scene.validated(), payment_on=None)
    await scene.h.deliver(invoice)
    return scene, invoice


def about(event_type, invoice, **facts):
    ids = invoice.model_dump(include={"invoice_id", "cra_id", "mission_id", "provider_company_id"})
    return event_type(**(ids | facts))


def scheduled(invoice, day: int = 15, **facts) -> PaymentScheduled:
    return about(PaymentScheduled, invoice, payment_on=date(2026, 8, day), scheduled_at=MAY_20, **facts)


def paid(invoice, day: int = 17, version: int = 3) -> InvoicePaid:
    return about(InvoicePaid, invoice, payable=Money.of("885"), paid_on=date(2026, 8, day), version=version)


def cancelled(invoice) -> InvoiceCancelled:
    return about(InvoiceCancelled, invoice, credit_note_number="AV-1", cancelled_at=MAY_20, version=4)


async def shown(scene, invoice) -> list[object]:
    cra = await scene.read(str(invoice.cra_id))
    months = (await scene.call("GET", f"/missions/{scene.mission_id}/months", scene.consultant)).json()["items"]
    keys = ("invoice_number", "payment_on", "paid_on", "invoice_cancelled_at")
    (month,) = [month for month in months if month["cra_id"] == cra["id"]]
    assert [month[key] for key in keys] == [cra[key] for key in keys]
    return [cra[key] and cra[key][:10] for key in keys]


class TestWhatBecomesOfTheInvoice:
    async def test_its_date_its_payment_and_its_end_are_shown_in_turn(self, billed):
        scene, invoice = billed
        assert await shown(scene, invoice) == ["F-2026-05", None, None, None]
        await scene.h.deliver(scheduled(invoice))
        assert await shown(scene, invoice) == ["F-2026-05", "2026-08-15", None, None]
        await scene.h.deliver(paid(invoice))
        assert await shown(scene, invoice) == ["F-2026-05", "2026-08-15", "2026-08-17", None]
        await scene.h.deliver(cancelled(invoice))
        assert await shown(scene, invoice) == ["F-2026-05", "2026-08-15", "2026-08-17", "2026-05-20"]

    @pytest.mark.parametrize("tell", [scheduled, paid, cancelled])
    async def test_twice_the_same_has_one_effect(self, billed, tell):
        scene, invoice = billed
        event = tell(invoice)
        event_id = await scene.h.deliver(event)
        once = await scene.read(str(invoice.cra_id))
        await scene.h.deliver(event, event_id=event_id)
        await scene.h.deliver(event)
        assert await scene.read(str(invoice.cra_id)) == once

    @pytest.mark.parametrize("tell", [scheduled, paid, cancelled])
    async def test_waits_for_the_invoice_itself(self, scene, tell):
        invoice = scene.invoice(await scene.validated())
        with pytest.raises(NotReady):
            await scene.h.deliver(tell(invoice))

    async def test_an_older_date_changes_nothing(self, billed):
        scene, invoice = billed
        await scene.h.deliver(scheduled(invoice, 20, version=3))
        await scene.h.deliver(scheduled(invoice, 10, version=2))
        assert (await shown(scene, invoice))[1] == "2026-08-20"

    async def test_the_next_invoice_takes_the_place_of_the_one_taken_back(self, billed):
        scene, first = billed
        await scene.h.deliver(cancelled(first))
        second = scene.invoice(first.cra_id, number="F-2", invoice_id=new_id())
        await scene.h.deliver(second)
        assert await shown(scene, second) == ["F-2", "2026-07-31", None, None]
        for late in (first, paid(first), scheduled(first, version=9)):
            await scene.h.deliver(late)
        assert await shown(scene, second) == ["F-2", "2026-07-31", None, None]

    def test_whatever_the_order_of_arrival_the_same_is_shown_in_the_end(self):
        first = invoice_of(number="F-1", payment_on=None)
        second = invoice_of(number="F-2", payment_on=date(2026, 9, 30), cra_id=first.cra_id)
        told = [first, scheduled(first, 10, version=2), scheduled(first, 20, version=3), paid(first), cancelled(first)]
        assert {after(events) for events in permutations(told)} == {("F-1", "2026-08-20", "2026-08-17", True)}
        told = [first, scheduled(first, 20, version=2), paid(first), scheduled(first, 20, version=4)]
        assert {after(events) for events in permutations(told)} == {("F-1", "2026-08-20", "None", False)}
        told.append(paid(first, 24, version=5))
        assert {after(events) for events in permutations(told)} == {("F-1", "2026-08-20", "2026-08-24", False)}
        told = [first, scheduled(first, 10, version=2), cancelled(first), second, paid(second)]
        assert {after(events) for events in permutations(told)} == {("F-2", "2026-09-30", "2026-08-17", False)}


def after(events) -> tuple[str | None, str, str, bool]:
    """What a month shows once each event was taken, those that came too early after the others."""
    cra, waiting = Cra(status=CraStatus.VALIDATED, version=1), list(events)
    taken = {
        InvoiceImported: cra.mark_invoiced,
        PaymentScheduled: cra.show_date,
        InvoicePaid: cra.show_paid,
        InvoiceCancelled: cra.show_cancelled,
    }
    while waiting:
        event = waiting.pop(0)
        try:
            taken[type(event)](event)
        except NotReady:
            waiting.append(event)
    return cra.invoice_number, str(cra.payment_on), str(cra.paid_on), cra.invoice_cancelled_at is not None


def invoice_of(**facts) -> InvoiceImported:
    ids = {name: uuid4() for name in ("bpf_id", "cra_id", "mission_id", "provider_company_id")}
    amounts = dict.fromkeys(("net", "vat", "gross", "fee", "payable"), Money.of("1"))
    return InvoiceImported(**(ids | amounts | {"invoice_id": new_id(), "imported_at": MAY_20} | facts))
