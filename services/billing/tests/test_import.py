"""Importing the provider's invoice."""

import asyncio
import hashlib
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from billing_months import MissionMonth
from facturx_builder import invoice_pdf, pdf_of_profile
from sqlalchemy import select

from chassis.audit import audit_log
from contracts.billing import InvoiceImported
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.notification import NotificationRequested
from contracts.roles import CLIENT_ROLES, PROVIDER_ROLES, SELLERS, Role


async def imported(h, month):
    return [e for e in await h.emitted(InvoiceImported) if e.cra_id == month.month.cra_id]


class TestImport:
    @pytest.mark.req("BL-05", "BL-06")
    async def test_accepts_a_faithful_invoice(self, h, given):
        month = await given()
        pdf = invoice_pdf(month.bpf)
        answer = await month.post(pdf)
        assert answer.status_code == 201, answer.text
        said = answer.json()
        assert (said["status"], said["payment_on"]) == ("scheduled", "2027-01-01")
        assert (said["number"], said["issued_on"]) == ("FA-2026-001", "2026-11-10")
        assert said["file_sha256"] == hashlib.sha256(pdf).hexdigest()
        bpf = (await h.client.get(f"/bpfs/{month.bpf['id']}", headers=month.seller())).json()
        assert bpf == month.bpf | {"status": "invoiced"}

    @pytest.mark.req("BL-05")
    async def test_publishes_it_once(self, h, given):
        month = await given()
        said = (await month.post(invoice_pdf(month.bpf))).json()
        (event,) = await imported(h, month)
        assert str(event.invoice_id) == said["id"]
        assert (event.mission_id, event.provider_company_id) == (month.month.mission_id, month.month.provider_id)
        for name in ("net", "vat", "gross", "fee", "payable"):
            assert getattr(event, name).model_dump(mode="json") == said[name]
        assert event.payment_on.isoformat() == said["payment_on"]

    @pytest.mark.req("TS-13", "BL-09")
    async def test_tells_those_who_sell_for_the_provider_the_date_of_payment(self, h, given):
        month = await given(MissionMonth(option=PaymentOption.EXPRESS))
        said = (await month.post(invoice_pdf(month.bpf))).json()
        (told,) = [m for m in await h.emitted(NotificationRequested) if str(m.subject_id) == said["id"]]
        assert told.template == "payment_scheduled"
        assert told.members == []
        assert [(r.company_id, set(r.roles)) for r in told.roles] == [
            (month.month.provider_id, {Role.GERANT, Role.FREELANCE})
        ]
        assert told.context == {
            "invoice_number": "FA-2026-001",
            "payable": "10575.00",
            "payment_date": "2026-12-02",
            "title": "Refonte du portail",
        }

    @pytest.mark.req("BL-14", "BL-15", "BL-16", "BL-17")
    @pytest.mark.parametrize(
        ("option", "validated_on", "amounts", "due"),
        [
            ("basic", "2026-11-02", ["0.00", "9000.00", "10800.00"], "2027-01-01"),
            ("express", "2026-11-02", ["225.00", "8775.00", "10575.00"], "2026-12-02"),
            ("flash", "2026-11-10", ["450.00", "8550.00", "10350.00"], "2026-11-16"),
        ],
    )
    async def test_each_option_has_its_fee_and_date(self, given, *, option, validated_on, amounts, due):
        at = datetime.fromisoformat(f"{validated_on}T10:00:00+00:00")
        month = await given(MissionMonth(option=PaymentOption(option), validated_at=at))
        said = (await month.post(invoice_pdf(month.bpf))).json()
        assert [said[name]["amount"] for name in ("fee", "net_after_fee", "payable")] == amounts
        assert said["payment_on"] == due

    async def test_counts_from_the_day_of_validation_in_paris(self, given):
        late = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
        month = await given(MissionMonth(option=PaymentOption.EXPRESS, validated_at=late))
        assert (await month.post(invoice_pdf(month.bpf))).json()["payment_on"] == "2026-12-03"

    @pytest.mark.req("BL-13")
    async def test_back_to_back_waits_for_the_client_without_fee_or_date(self, h, given):
        month = await given(MissionMonth(option=PaymentOption.FLASH, regime=PaymentRegime.BACK_TO_BACK))
        said = (await month.post(invoice_pdf(month.bpf))).json()
        assert (said["status"], said["payment_on"]) == ("awaiting_client_payment", None)
        assert (said["fee"]["amount"], said["payable"]["amount"]) == ("0.00", "10800.00")
        assert not [m for m in await h.emitted(NotificationRequested) if str(m.subject_id) == said["id"]]
        assert (await imported(h, month))[0].payment_on is None

    @pytest.mark.req("BL-25")
    async def test_one_provider_is_paid_by_the_regime_of_each_mission(self, given):
        guaranteed = await given()
        other = MissionMonth(identity=guaranteed.month.identity, provider_id=guaranteed.month.provider_id)
        waiting = await given(other.with_(regime=PaymentRegime.BACK_TO_BACK))
        statuses = [
            (await month.post(invoice_pdf(month.bpf, number=number))).json()["status"]
            for month, number in ((guaranteed, "FA-1"), (waiting, "FA-2"))
        ]
        assert statuses == ["scheduled", "awaiting_client_payment"]

    async def test_is_audited(self, h, given):
        month = await given()
        said = (await month.post(invoice_pdf(month.bpf))).json()
        async with h.tx() as tx:
            query = select(audit_log.c.action).where(audit_log.c.subject == said["id"])
            assert (await tx.scalars(query)).all() == ["invoice.import"]

    @pytest.mark.parametrize("level", ["basic", "en16931", "extended"])
    async def test_takes_each_profile_that_has_lines(self, given, level):
        month = await given()
        answer = await month.post(pdf_of_profile(month.bpf, level))
        assert answer.status_code == 201, answer.text


class TestRefused:
    @pytest.mark.req("BL-05", "TS-02")
    async def test_before_the_month_is_validated(self, h):
        seller = h.headers(h.member(Role.GERANT))
        answer = await h.client.post(
            f"/bpfs/{uuid4()}/invoice",
            files={"file": ("a.pdf", b"%PDF-1.7")},
            data={"confirmed": "true"},
            headers=seller,
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "bpf_not_found")

    @pytest.mark.parametrize("confirmed", ["false", "0"])
    async def test_without_confirmation(self, given, confirmed):
        month = await given()
        answer = await month.post(invoice_pdf(month.bpf), confirmed=confirmed)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_confirmed")
        assert answer.json()["errors"][0]["field"] == "confirmed"

    @pytest.mark.parametrize(("confirmed", "code"), [("maybe", "bool_parsing")])
    async def test_with_a_confirmation_that_is_neither_yes_nor_no(self, given, confirmed, code):
        month = await given()
        answer = await month.post(invoice_pdf(month.bpf), confirmed=confirmed)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "confirmed")

    async def test_without_a_file(self, h, given):
        month = await given()
        address = f"/bpfs/{month.bpf['id']}/invoice"
        answer = await h.client.post(address, data={"confirmed": "true"}, headers=month.seller())
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "file")

    @pytest.mark.parametrize("role", sorted((PROVIDER_ROLES | CLIENT_ROLES) - SELLERS))
    async def test_from_roles_that_do_not_sell(self, h, given, role):
        month = await given()
        other = h.headers(h.member(role, month.month.provider_id))
        assert (await month.post(invoice_pdf(month.bpf), headers=other)).status_code == 403

    @pytest.mark.parametrize("role", sorted(SELLERS))
    async def test_from_a_rival(self, h, given, role):
        month = await given()
        rival = h.headers(h.member(role))
        answer = await month.post(invoice_pdf(month.bpf), headers=rival)
        assert (answer.status_code, answer.json()["code"]) == (404, "bpf_not_found")

    async def test_from_the_operational_manager(self, given):
        month = await given()
        assert (await month.post(invoice_pdf(month.bpf), headers=month.manager())).status_code == 403

    async def test_when_invoiced_already(self, given):
        month = await given()
        assert (await month.post(invoice_pdf(month.bpf))).status_code == 201
        answer = await month.post(invoice_pdf(month.bpf, number="FA-2026-002"))
        assert (answer.status_code, answer.json()["code"]) == (409, "bpf_already_invoiced")

    async def test_with_a_number_used_for_another_month(self, given):
        first = await given()
        assert (await first.post(invoice_pdf(first.bpf))).status_code == 201
        second = MissionMonth(provider_id=first.month.provider_id, identity=first.month.identity, month="2026-09")
        later = await given(second)
        answer = await later.post(invoice_pdf(later.bpf))
        assert (answer.status_code, answer.json()["code"]) == (409, "invoice_number_used")
        assert (await later.post(invoice_pdf(later.bpf, number="FA-2026-002"))).status_code == 201

    async def test_with_a_number_of_the_series_that_the_platform_writes_for_this_provider(self, given):
        month = await given()
        siren = month.bpf["seller"]["siret"][:9]
        answer = await month.post(invoice_pdf(month.bpf, number=f"AF-{siren}-2026-1"))
        assert (answer.status_code, answer.json()["code"]) == (409, "invoice_number_used")
        assert (await month.post(invoice_pdf(month.bpf, number=f"AF-{siren}"))).status_code == 201

    async def test_another_provider_may_use_the_same_number(self, given):
        for _ in range(2):
            month = await given()
            assert (await month.post(invoice_pdf(month.bpf, number="FA-1"))).status_code == 201


class TestAtOnce:
    async def test_the_same_invoice_five_times_is_taken_once(self, h, given):
        month = await given()
        pdf = invoice_pdf(month.bpf)
        answers = await asyncio.gather(*(month.post(pdf) for _ in range(5)))
        assert sorted(a.status_code for a in answers) == [201, 409, 409, 409, 409]
        assert len(await imported(h, month)) == 1

    async def test_one_number_for_two_months_is_taken_once(self, given):
        first = await given()
        second = MissionMonth(provider_id=first.month.provider_id, identity=first.month.identity, month="2026-09")
        later = await given(second)
        answers = await asyncio.gather(first.post(invoice_pdf(first.bpf)), later.post(invoice_pdf(later.bpf)))
        assert sorted(a.status_code for a in answers) == [201, 409]

    async def test_a_repeat_with_the_same_key_gets_the_same_answer(self, h, given):
        month = await given()
        seller = month.seller()
        request = h.client.build_request(
            "POST",
            f"/bpfs/{month.bpf['id']}/invoice",
            files={"file": ("invoice.pdf", invoice_pdf(month.bpf), "application/pdf")},
            data={"confirmed": "true"},
            headers=seller | {"Idempotency-Key": uuid4().hex},
        )
        body = request.read()
        answers = [await h.client.post(str(request.url), content=body, headers=dict(request.headers)) for _ in range(2)]
        assert [a.status_code for a in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert len(await imported(h, month)) == 1

    async def test_more_than_can_wait_are_asked_to_come_again(self, h, given):
        month = await given()
        pdf = invoice_pdf(month.bpf)
        answers = await asyncio.gather(*(month.post(pdf) for _ in range(12)))
        codes = {a.status_code for a in answers}
        assert codes == {201, 409, 503}
        assert [a.status_code for a in answers].count(201) == 1
        assert all(a.headers["retry-after"] for a in answers if a.status_code == 503)


class TestRead:
    @pytest.mark.req("BL-23", "BL-30")
    async def test_shows_status_and_date_to_those_who_sell(self, h, given):
        month = await given()
        said = (await month.post(invoice_pdf(month.bpf))).json()
        for role in SELLERS:
            seller = await month.selling(role)
            assert (await h.client.get(f"/invoices/{said['id']}", headers=seller)).json() == said
            assert (await h.client.get("/invoices", headers=seller)).json()["items"] == [said]
            assert (await h.client.get("/invoices?status=scheduled", headers=seller)).json()["items"] == [said]
            waiting = await h.client.get("/invoices?status=awaiting_client_payment", headers=seller)
            assert waiting.json()["items"] == []

    async def test_gives_the_file_back_as_an_attachment(self, h, given):
        month = await given()
        pdf = invoice_pdf(month.bpf)
        said = (await month.post(pdf, name="facture d'octobre.pdf")).json()
        answer = await h.client.get(f"/invoices/{said['id']}/file", headers=month.seller())
        assert (answer.status_code, answer.content) == (200, pdf)
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] == "application/pdf"

    async def test_hides_it_from_rivals_and_from_the_client(self, h, given):
        month = await given()
        said = (await month.post(invoice_pdf(month.bpf))).json()
        rival = h.headers(h.member(Role.FREELANCE))
        for path in (f"/invoices/{said['id']}", f"/invoices/{said['id']}/file"):
            assert (await h.client.get(path, headers=rival)).status_code == 404
            assert (await h.client.get(path, headers=month.manager())).status_code == 403
            assert (await h.client.get(path, headers=month.seller(Role.CONSULTANT))).status_code == 403
            assert (await h.client.get(path)).status_code == 401
        assert (await h.client.get("/invoices", headers=rival)).json()["items"] == []


@pytest.mark.req("CT-17", "BL-05")
async def test_two_orders_of_a_mission_bill_each_its_own_part_of_a_month(given):
    first = await given()
    assert (await first.post(invoice_pdf(first.bpf))).status_code == 201
    same = {name: getattr(first.month, name) for name in ("provider_id", "identity", "mission_id")}
    renewed = await given(MissionMonth(days="4", **same))
    assert renewed.bpf["month"] == first.bpf["month"]
    answer = await renewed.post(invoice_pdf(renewed.bpf, number="FA-2"))
    assert answer.status_code == 201, answer.text
