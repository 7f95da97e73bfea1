"""Electronic invoices on their way: over a real socket, to a stand-in for an approved platform."""

import asyncio
import hashlib
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import uvicorn
from bank_desk import BankDesk
from billing_months import NOW, foreign_identity, french_identity
from camt_builder import Line
from facturx_builder import invoice_pdf
from pydantic import SecretStr
from sqlalchemy import select, update

from billing.bpf.vat import NORMAL
from billing.e_invoicing.exchange import enlist, follow_payments, hand_over_due, hear
from billing.e_invoicing.flow import Flow, Told
from billing.issuing.domain import IssuedInvoice
from billing.issuing.issue import issue
from billing.issuing.sheet import Draft, DraftLine, Kind
from chassis.testing import small_pdf
from contracts.company import CompanyValidated
from contracts.roles import CompanyKind, StaffScope
from contracts.values import Money, Month, Period
from stack.flow_service.app import FlowService, create_app


@asynccontextmanager
async def listening(service):
    """The stand-in on a socket of its own; its base address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(64)
        server = uvicorn.Server(uvicorn.Config(create_app(service), log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[taken]))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        server.should_exit = True
        await serving


class Desk:
    """Finance staff, the worker's batches, and the platform that they talk to."""

    def __init__(self, h, there):
        self.h, self.there, self.member = h, there, h.staff(StaffScope.FINANCE)

    @property
    def staff(self):
        return self.h.headers(self.member)

    async def sell(self, identity=None):
        """An issued invoice of 1,200.00, its document made."""
        party = uuid4()
        event = CompanyValidated(
            company_id=party,
            kind=CompanyKind.CLIENT,
            legal=identity or french_identity(),
            verified_signatories=[],
            bank_details_on_file=True,
            validated_at=NOW,
        )
        await self.h.deliver(event)
        month = Month("2026-10")
        line = DraftLine("Conseil", Decimal(2), "DAY", Money.of("500.00"), NORMAL)
        period = Period(start=month.first, end=month.last)
        key = await self.h.platform.files.put_made(small_pdf(str(party)))
        async with self.h.tx() as tx:
            draft = Draft(Kind.CLIENT, party, uuid4(), [line], period, "Conseil, 2026-10")
            invoice = await issue(tx, self.h.platform.own.settings, draft)
            await tx.flush()
            made = {"document_key": key, "document_sha256": "0" * 64, "document_made_at": tx.now}
            await tx.execute(update(IssuedInvoice).where(IssuedInvoice.id == invoice.id).values(**made))
        return invoice

    async def pay(self, invoice, amount):
        bank = BankDesk(self.h)
        await bank.receive(Line(amount, remittance=f"Facture {invoice.number}"))
        await bank.match()

    async def work(self):
        """Every loop of the worker, until nothing is left to do."""
        for batch in (enlist, follow_payments, hand_over_due, hear):
            while await batch(self.h.platform):
                pass

    async def read(self, invoice):
        found = await self.h.client.get(f"/staff/e-invoices/{invoice.id}", headers=self.staff)
        return found.json()

    async def say(self, invoice_id, code, **more):
        return await self.h.client.post(
            f"/staff/e-invoices/{invoice_id}/statuses", json={"code": code} | more, headers=self.staff
        )

    async def flow(self, invoice):
        async with self.h.tx() as tx:
            return (await tx.scalars(select(Flow).where(Flow.invoice_id == invoice.id).order_by(Flow.id))).first()


@pytest.fixture
async def desk(h, monkeypatch):
    service = FlowService()
    async with listening(service) as url:
        named = {"approved_platform_url": url, "approved_platform_token": SecretStr("t")}
        own = h.platform.own
        monkeypatch.setattr(h.platform, "own", replace(own, settings=own.settings.model_copy(update=named)))
        found = Desk(h, service)
        h.clock.set(NOW + timedelta(hours=1))
        await found.work()  # what other tests left
        h.clock.set(NOW)
        yield found
    h.clock.set(NOW)


class TestHandingOver:
    async def test_an_invoice_is_handed_over_with_its_document_and_deposited(self, desk):
        invoice = await desk.sell()
        await desk.work()
        flow = await desk.flow(invoice)
        [held] = desk.there.named(str(flow.id))
        assert held.info == {
            "trackingId": str(flow.id),
            "name": f"{invoice.number}.pdf",
            "processingRule": "B2B",
            "flowSyntax": "Factur-X",
            "sha256": hashlib.sha256(held.content).hexdigest(),
        }
        assert held.content.startswith(b"%PDF-")
        found = await desk.read(invoice)
        assert (found["code"], found["our_part"], flow.status) == ("200", "seller", "accepted")
        assert [(step["code"], step["name_fr"], step["said_by"]) for step in found["steps"]] == [
            ("200", "Déposée", "platform")
        ]

    async def test_one_to_a_client_abroad_is_reported(self, desk):
        invoice = await desk.sell(foreign_identity("DE", "DE136695976"))
        await desk.work()
        assert (await desk.read(invoice))["rule"] == "B2BInt"
        [held] = desk.there.named(str((await desk.flow(invoice)).id))
        assert held.info["processingRule"] == "B2BInt"

    async def test_without_a_platform_it_stays_queued_where_staff_see_it(self, desk, monkeypatch):
        own = desk.h.platform.own
        without = own.settings.model_copy(update={"approved_platform_url": None})
        monkeypatch.setattr(desk.h.platform, "own", replace(own, settings=without))
        invoice = await desk.sell()
        await desk.work()
        found = await desk.read(invoice)
        assert (found["code"], [flow["status"] for flow in found["flows"]]) == (None, ["queued"])
        listed = await desk.h.client.get("/staff/e-invoices?flow_status=queued", headers=desk.staff)
        assert str(invoice.id) in {each["invoice_id"] for each in listed.json()["items"]}

    async def test_what_arrived_but_was_not_answered_is_not_handed_over_twice(self, desk):
        invoice = await desk.sell()
        desk.there.failures = [None]
        await desk.work()
        flow = await desk.flow(invoice)
        assert (flow.status, flow.error) == ("queued", "503")
        desk.h.clock.set(flow.due_at + timedelta(seconds=1))
        await desk.work()
        assert (await desk.flow(invoice)).status == "accepted"
        assert len(desk.there.named(str(flow.id))) == 1

    @pytest.mark.parametrize("status", [401, 429, 500, 503])
    async def test_a_platform_that_is_away_is_waited_for(self, desk, status):
        invoice = await desk.sell()
        desk.there.failures = [status]
        await desk.work()
        flow = await desk.flow(invoice)
        assert (flow.status, flow.error, flow.due_at > desk.h.clock()) == ("queued", str(status), True)
        desk.h.clock.set(flow.due_at + timedelta(seconds=1))
        await desk.work()
        assert (await desk.read(invoice))["code"] == "200"

    async def test_what_is_refused_waits_for_people_and_goes_again_once(self, desk):
        invoice = await desk.sell()
        desk.there.failures = [422]
        await desk.work()
        refused = await desk.flow(invoice)
        assert (refused.status, refused.due_at, (await desk.read(invoice))["code"]) == ("refused", None, None)
        path = f"/staff/e-invoice-flows/{refused.id}/retries"
        answers = [await desk.h.client.post(path, headers=desk.staff) for _ in range(2)]
        assert [each.status_code for each in answers] == [201, 409]
        await desk.work()
        assert (await desk.read(invoice))["code"] == "200"

    async def test_an_inadmissible_invoice_says_why(self, desk):
        invoice = await desk.sell()
        desk.there.refuse_next = "VirusFound"
        await desk.work()
        [step] = (await desk.read(invoice))["steps"]
        assert (step["code"], step["name_fr"], step["reason"]) == ("501", "Irrecevable", "IRR_ANTIVIRUS")
        assert (await desk.flow(invoice)).error == "VirusFound: as arranged"

    async def test_a_platform_that_takes_its_time_is_asked_again(self, desk):
        invoice = await desk.sell()
        desk.there.decides_at_once = False
        await desk.work()
        flow = await desk.flow(invoice)
        assert (flow.status, (await desk.read(invoice))["code"]) == ("sent", None)
        desk.there.named(str(flow.id))[0].acknowledged = "Ok"
        desk.h.clock.set(flow.due_at + timedelta(seconds=1))
        await desk.work()
        assert (await desk.read(invoice))["code"] == "200"

    async def test_two_workers_hand_each_over_once(self, desk):
        invoices = [await desk.sell() for _ in range(6)]
        await enlist(desk.h.platform)
        await asyncio.gather(*(hand_over_due(desk.h.platform) for _ in range(3)))
        await desk.work()
        for invoice in invoices:
            assert len(desk.there.named(str((await desk.flow(invoice)).id))) == 1


class TestHearing:
    @pytest.fixture
    async def deposited(self, desk):
        invoice = await desk.sell()
        await desk.work()
        return invoice

    def seller(self, desk):
        return desk.h.platform.own.settings.operator_siren

    async def test_what_the_buyer_says_moves_the_invoice_once(self, desk, deposited):
        for code in ("204", "205"):
            desk.there.tell(deposited.number, self.seller(desk), code)
        await desk.work()
        await desk.work()
        found = await desk.read(deposited)
        assert [step["code"] for step in found["steps"]] == ["200", "204", "205"]
        assert found["code"] == "205"

    async def test_a_refusal_needs_a_reason_of_the_list(self, desk, deposited):
        desk.there.tell(deposited.number, self.seller(desk), "210", reason="JUSTIF_ABS")
        desk.there.tell(deposited.number, self.seller(desk), "210", reason="CMD_ERR")
        await desk.work()
        found = await desk.read(deposited)
        assert [(step["reason"], step["applied"]) for step in found["steps"][1:]] == [
            ("JUSTIF_ABS", False),
            ("CMD_ERR", True),
        ]

    async def test_nobody_speaks_for_us_and_nothing_follows_out_of_turn(self, desk, deposited):
        desk.there.tell(deposited.number, self.seller(desk), "220", role="SE")
        desk.there.tell(deposited.number, self.seller(desk), "201", role="BY")
        await desk.work()
        found = await desk.read(deposited)
        assert (found["code"], [step["applied"] for step in found["steps"]]) == ("200", [True, False, False])

    async def test_messages_that_help_nobody_are_kept_with_what_is_wrong_with_them(self, desk):
        strange = [
            desk.there.tell("NO-SUCH-NUMBER", self.seller(desk), "205"),
            desk.there.bring(b"not xml"),
            desk.there.tell("X", self.seller(desk), "227"),
        ]
        await desk.work()
        async with desk.h.tx() as tx:
            kept = {told.flow_id: told.problem for told in await tx.scalars(select(Told))}
        assert [kept[each.flow_id] for each in strange] == [
            "about no invoice of ours",
            "not XML",
            "its code moves no invoice",
        ]


class TestPayments:
    async def test_each_payment_is_told_as_collected_with_its_amounts(self, desk):
        invoice = await desk.sell()
        await desk.work()
        for amount in ("400.00", "800.00"):
            await desk.pay(invoice, amount)
            await desk.work()
            await desk.work()
        found = await desk.read(invoice)
        assert [(step["code"], step["amounts"]) for step in found["steps"][1:]] == [
            ("212", [{"rate": "20.00", "amount": "400.00"}]),
            ("212", [{"rate": "20.00", "amount": "800.00"}]),
        ]
        assert [flow["status"] for flow in found["flows"]] == ["accepted"] * 3
        message = desk.there.named(found["flows"][1]["id"])[0]
        assert message.info["flowSyntax"] == "CDAR"
        assert b"<ram:ProcessConditionCode>212<" in message.content

    async def test_what_a_credit_note_takes_back_is_told_as_cancelled(self, desk):
        invoice = await desk.sell()
        await desk.work()
        path = f"/staff/issued-invoices/{invoice.id}/credit-note"
        note = await desk.h.client.post(path, json={"reason": "Erreur"}, headers=desk.staff)
        assert note.status_code == 201
        await desk.work()
        await desk.work()
        assert [step["code"] for step in (await desk.read(invoice))["steps"]] == ["200", "220"]

    async def test_a_payment_is_told_once_the_invoice_is_deposited_and_not_before(self, desk):
        invoice = await desk.sell()
        await desk.pay(invoice, "1200.00")
        desk.there.failures = [503]
        await desk.work()
        assert (await desk.read(invoice))["steps"] == []
        desk.h.clock.set((await desk.flow(invoice)).due_at + timedelta(seconds=1))
        await desk.work()
        await desk.work()
        assert [step["code"] for step in (await desk.read(invoice))["steps"]] == ["200", "212"]


class TestBought:
    async def test_an_imported_invoice_is_taken_in_charge_and_approved_and_nobody_is_told(self, desk, given):
        month = await given()
        invoice = (await month.post(invoice_pdf(month.bpf))).json()
        await desk.work()
        found = (await desk.h.client.get(f"/staff/e-invoices/{invoice['id']}", headers=desk.staff)).json()
        assert [step["code"] for step in found["steps"]] == ["204", "205"]
        assert (found["our_part"], found["flows"]) == ("buyer", [])


class TestStaff:
    async def test_they_say_what_follows_in_our_part_alone(self, desk):
        invoice = await desk.sell()
        await desk.work()
        refused = await desk.say(invoice.id, "210", reason="CMD_ERR")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        early = await desk.say(invoice.id, "209")
        assert (early.status_code, early.json()["code"]) == (409, "illegal_move")
        collected = await desk.say(invoice.id, "212", amounts=[{"rate": "20.00", "amount": "1200.01"}])
        assert (collected.status_code, collected.json()["code"]) == (422, "lifecycle_amounts_wrong")
        desk.there.tell(invoice.number, desk.h.platform.own.settings.operator_siren, "208", reason="CMD_ERR")
        await desk.work()
        assert (await desk.say(invoice.id, "209")).json()["code"] == "209"

    async def test_an_unknown_invoice_or_flow_is_not_found(self, desk):
        for method, path in (
            ("GET", f"/staff/e-invoices/{uuid4()}"),
            ("POST", f"/staff/e-invoice-flows/{uuid4()}/retries"),
        ):
            assert (await desk.h.client.request(method, path, headers=desk.staff)).status_code == 404
        assert (await desk.say(uuid4(), "209")).status_code == 404
