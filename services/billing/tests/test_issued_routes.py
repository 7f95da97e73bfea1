"""Reading what the platform issued, invoicing by hand, files made once, and what is forgotten."""

import asyncio
import hashlib
import logging
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from billing_months import MissionMonth, foreign_identity
from issuing_world import draft, newest
from sqlalchemy import select

from billing.issuing import documents
from billing.issuing.cii import xml_of
from billing.issuing.documents import make_documents
from billing.issuing.domain import IssuedInvoice
from billing.issuing.issue import issue
from billing.issuing.mentions import LATE_PAYMENT, exemption, notes_for
from billing.issuing.paper import pdf_of
from billing.issuing.sheet import Kind, Language
from billing.own import build
from chassis.personal_data import NOBODY
from contracts.contracting import PaymentOption
from contracts.roles import CLIENT_ROLES, Role, StaffScope

FINANCE = StaffScope.FINANCE


@pytest.fixture
async def month(given):
    return await given(MissionMonth(option=PaymentOption.EXPRESS))


async def listed(h, caller, path="/client-invoices"):
    answer = await h.client.get(path, headers=h.headers(caller))
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


class TestClientInvoices:
    @pytest.mark.req("BL-31", "BL-27")
    @pytest.mark.parametrize("role", sorted(CLIENT_ROLES))
    async def test_are_listed_to_the_client_and_to_a_project_lead_for_own_missions(self, h, month, role):
        client = month.month.client_id
        lead = role is Role.RESPONSABLE_PROJET
        seen = await listed(h, h.member(role, client, month.month.manager_id if lead else None))
        assert [each["title"] for each in seen] == ["Refonte du portail, 2026-10"]
        assert seen[0]["accounting_contact"] == h.platform.own.settings.accounting_contact
        if lead:
            assert await listed(h, h.member(role, client)) == []

    @pytest.mark.req("BL-31")
    async def test_are_nobody_elses(self, h, month):
        invoice = await newest(h, h.member(Role.ACHETEUR, month.month.client_id), "/client-invoices")
        for path in ("", "/document", "/xml"):
            url = f"/client-invoices/{invoice['id']}{path}"
            assert (await h.client.get(url, headers=h.headers(h.member(Role.ACHETEUR)))).status_code == 404
            assert (await h.client.get(url, headers=month.seller())).status_code == 403

    async def test_show_their_lines_and_what_is_open(self, h, month):
        caller = h.member(Role.DIRECTEUR_ACHATS, month.month.client_id)
        invoice = await newest(h, caller, "/client-invoices")
        one = (await h.client.get(f"/client-invoices/{invoice['id']}", headers=h.headers(caller))).json()
        assert one["order_reference"] == "PO-77"
        assert one["open"] == one["gross"]
        assert [(each["quantity"], each["unit"], each["rate"]) for each in one["lines"]] == [("18.00", "DAY", "20.00")]


class TestByHand:
    async def test_staff_invoice_what_was_agreed_apart(self, h, known):
        body = {
            "party_id": str(await known(foreign_identity("DE", "DE136695976"))),
            "title": "Atelier",
            "period": {"start": "2026-11-02", "end": "2026-11-02"},
            "lines": [{"name": "Atelier", "quantity": "1", "unit": "DAY", "unit_price": {"amount": "900.00"}}],
        }
        headers = h.headers(h.staff(FINANCE))
        made = await h.client.post("/staff/issued-invoices", json=body, headers=headers)
        assert made.status_code == 201, made.text
        assert made.json()["vat"]["amount"] == "0.00"
        assert made.json()["vat_breakdown"][0]["category"] == "AE"
        unknown = await h.client.post("/staff/issued-invoices", json=body | {"party_id": str(uuid4())}, headers=headers)
        assert (unknown.status_code, unknown.json()["code"]) == (422, "party_unknown")
        assert unknown.json()["errors"][0]["field"] == "party_id"
        late = await h.client.post("/staff/issued-invoices", json=body | {"due_days": 61}, headers=headers)
        assert late.status_code == 422


class TestDocuments:
    async def test_are_made_once_after_the_invoice_and_never_change(self, h, month):
        caller = h.headers(h.member(Role.ACHETEUR, month.month.client_id))
        (invoice,) = (await h.client.get("/client-invoices", headers=caller)).json()["items"]
        url = f"/client-invoices/{invoice['id']}/document"
        early = await h.client.get(url, headers=caller)
        assert (early.status_code, early.json()["code"]) == (409, "document_not_made")
        while any(await asyncio.gather(*(make_documents(h.platform) for _ in range(3)))):
            pass
        made = await h.client.get(url, headers=caller)
        assert (made.status_code, made.headers["content-type"]) == (200, "application/pdf")
        async with h.tx() as tx:
            row = await tx.get_one(IssuedInvoice, invoice["id"])
        assert row.document_sha256 == hashlib.sha256(made.content).hexdigest()
        xml = await h.client.get(f"/client-invoices/{invoice['id']}/xml", headers=caller)
        assert xml.content in made.content or xml.content == xml_of(row)

    async def test_one_that_cannot_be_made_keeps_no_other_from_it(self, h, known, monkeypatch, caplog):
        settings = h.platform.own.settings
        async with h.tx() as tx:
            broken, sound = [await issue(tx, settings, draft(await known())) for _ in range(2)]

        def typeset(row, contact):
            if row.id == broken.id:
                raise RuntimeError("no font has this letter")
            return pdf_of(row, contact)

        with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "billing.documents"):
            patch.setattr(documents, "pdf_of", typeset)
            while await make_documents(h.platform):
                pass
        assert {record.issued_invoice for record in caplog.records} == {str(broken.id)}
        assert [await kept(h, row) for row in (broken, sound)] == [False, True]
        assert await make_documents(h.platform) == 1
        assert await kept(h, broken)


async def kept(h, row):
    async with h.tx() as tx:
        return (await tx.get_one(IssuedInvoice, row.id)).document_key is not None


class TestMentions:
    @pytest.mark.req("BL-20", "BL-21")
    @pytest.mark.parametrize("kind", Kind)
    @pytest.mark.parametrize("language", Language)
    async def test_every_invoice_says_the_late_payment_sentence_and_the_rate_in_force(self, h, known, kind, language):
        async with h.tx() as tx:
            row = await issue(tx, h.platform.own.settings, draft(await known(), kind=Kind.CLIENT, language=language))
        party = row.sheet.seller
        notes = {
            note.code: note.text for note in notes_for(kind, party, party, row.issued_on, language, self_billed=False)
        }
        assert notes["PMT"].startswith(
            "Tout retard de paiement donnera lieu, en plus des pénalités de retard (10 % par an), au versement d'une "
            "indemnité forfaitaire de 40€ pour frais de recouvrement"
        )
        assert LATE_PAYMENT.encode() in xml_of(row)
        assert {"PMT", "PMD", "AAB", "BAR"} <= notes.keys()

    @pytest.mark.req("BL-21")
    @pytest.mark.parametrize(
        ("on", "rate"),
        [
            (date(2024, 12, 31), "14,76 %"),
            (date(2025, 1, 1), "11,13 %"),
            (date(2025, 6, 30), "11,13 %"),
            (date(2025, 7, 1), "10,00 %"),
        ],
    )
    async def test_the_rate_never_falls_below_three_times_the_legal_one(self, h, known, on, rate):
        async with h.tx() as tx:
            party = (await issue(tx, h.platform.own.settings, draft(await known()))).sheet.seller
        notes = notes_for(Kind.CLIENT, party, party, on, Language.FR, self_billed=False)
        assert next(note.text for note in notes if note.code == "PMD").endswith(f"à la date d'émission {rate}.")

    @pytest.mark.parametrize(
        ("on", "said"),
        [
            (date(2026, 8, 31), "Autoliquidation, art. 283-2 du CGI"),
            (
                date(2026, 9, 1),
                "Autoliquidation (code des impositions sur les biens et services ; art. 283-2 du CGI)",
            ),
            (
                date(2027, 12, 31),
                "Autoliquidation (code des impositions sur les biens et services ; art. 283-2 du CGI)",
            ),
            (date(2028, 1, 1), "Autoliquidation (code des impositions sur les biens et services)"),
        ],
    )
    def test_the_law_is_cited_as_it_stands_on_the_day(self, on, said):
        assert exemption("Autoliquidation, art. 283-2 du CGI", on) == said


class TestPersonalData:
    @pytest.mark.req("PL-06", "PL-08")
    async def test_a_consultant_reads_what_names_them_and_is_forgotten_after_ten_years(self, h, month):
        gathered = await h.exported(month.month.consultant_id)
        assert len(gathered["issued invoices"]) == 1
        query = select(IssuedInvoice).where(IssuedInvoice.party_id == month.month.client_id)
        async with h.tx() as tx:
            issued_on = (await tx.scalars(query)).one().issued_on
        last = datetime(issued_on.year + 10, issued_on.month, issued_on.day, 12, tzinfo=UTC)
        for as_of, kept in ((last, True), (last + timedelta(days=1), False)):
            async with h.forgetting(as_of) as tx:
                row = (await tx.scalars(query)).one()
                assert (row.content.get("person") == "Camille Martin") is kept
                assert (row.manager_id != NOBODY) is kept


class TestPaymentTerm:
    @pytest.mark.parametrize(("days", "warned"), [(45, False), (46, True)])
    def test_above_the_cap_of_periodic_invoices_is_logged(self, h, monkeypatch, caplog, days, warned):
        monkeypatch.setenv("MAILLON_CLIENT_PAYMENT_DAYS", str(days))
        build(h.platform.settings)
        logged = {record.message for record in caplog.records}
        assert ("client_payment_days_above_periodic_cap" in logged) is warned
