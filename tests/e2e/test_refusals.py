"""What the platform must not do: show a deal to a rival, start one with an open gate, pay a wrong invoice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from stack.demo import companies, invoice, mission, people
from stack.demo.client import Refused
from stack.demo.companies import Company
from stack.demo.deal import admit, settle
from stack.demo.papers import certificate
from stack.demo.settling import accounted
from stack.demo.workdays import today

COMPANY, MARKETPLACE, CONTRACTING = "/api/company", "/api/marketplace", "/api/contracting"
TIMESHEET, BILLING = "/api/timesheet", "/api/billing"
FULL_DAY = {"days": [{"date": "2026-11-20", "quantity": "1.0"}]}


@pytest.fixture(scope="module")
def rivals(stage, deal):
    """A provider and a client who have nothing to do with the deal, both verified and under contract."""
    provider, provider_company = stage.freelancer("Rachid", "Ben-Achour", "380129866")
    client = people.somebody(stage.door, "Ingrid", "Solvang")
    people.sign_up(client, stage.postbox, "client")
    client_company = Company("Atelier Solvang", "552032534", "17 boulevard Haussmann", "75009", "Paris")
    settle(client, client_company)
    admit(deal.staff, provider, provider_company)
    admit(deal.staff, client, client_company)
    return {"provider": provider, "client": client}


def addresses(deal):
    """Everything of the deal that has an address: who might try it, how, with what."""
    document = deal.camille.get(f"{COMPANY}/companies/{deal.freelance.id}/compliance")["documents"][0]["id"]
    contract = deal.camille.all(f"{CONTRACTING}/contracts")[0]["id"]
    cra, month, bpf = deal.cra["id"], deal.plan.month, deal.bpf["id"]
    offer = {"provider": deal.freelance.id, "client": deal.client.id}
    for side, company in offer.items():
        yield side, "GET", f"{COMPANY}/companies/{company}", None
        yield side, "GET", f"{COMPANY}/companies/{company}/compliance", None
        yield side, "GET", f"{COMPANY}/companies/{company}/members", None
        yield side, "GET", f"{COMPANY}/companies/{company}/join-requests", None
        yield side, "GET", f"{COMPANY}/documents/{document}/file", None
        yield side, "GET", f"{MARKETPLACE}/proposals/{deal.proposal['id']}", None
        yield side, "GET", f"{CONTRACTING}/contracts/{contract}", None
        yield side, "POST", f"{CONTRACTING}/contracts/{contract}/opening", None
        yield side, "GET", f"{CONTRACTING}/missions/{deal.mission_id}", None
        yield side, "GET", f"{CONTRACTING}/missions/{deal.mission_id}/client-order/file", None
        yield side, "GET", f"{CONTRACTING}/bdcs/{deal.bdc['id']}", None
        yield side, "GET", f"{TIMESHEET}/missions/{deal.mission_id}/months", None
        yield side, "PUT", f"{TIMESHEET}/missions/{deal.mission_id}/cras/{month}", FULL_DAY
        yield side, "GET", f"{TIMESHEET}/cras/{cra}", None
        yield side, "POST", f"{TIMESHEET}/cras/{cra}/submission", None
        yield side, "POST", f"{TIMESHEET}/cras/{cra}/validation", None
        yield side, "GET", f"{BILLING}/bpfs/{bpf}", None
    yield "provider", "PUT", f"{CONTRACTING}/missions/{deal.mission_id}/payment-option", {"option": "basic"}
    yield "provider", "GET", f"{BILLING}/invoices/{deal.invoice['id']}", None
    yield "provider", "GET", f"{BILLING}/invoices/{deal.invoice['id']}/file", None
    yield "client", "GET", f"{MARKETPLACE}/rfps/{deal.rfp['id']}", None
    yield "client", "POST", f"{MARKETPLACE}/rfps/{deal.rfp['id']}/publication", None
    yield "client", "GET", f"{MARKETPLACE}/rfps/{deal.rfp['id']}/proposals", None
    yield "client", "POST", f"{MARKETPLACE}/proposals/{deal.proposal['id']}/retention", None


class TestRival:
    @pytest.mark.req("CO-22")
    def test_is_told_that_nothing_of_the_deal_exists(self, deal, rivals):
        answers = {
            (side, method, path): rivals[side].send(method, path, json=body).status_code
            for side, method, path, body in addresses(deal)
        }
        refused_by_role = {
            (side, method, f"{TIMESHEET}{path}")
            for side, method, path in (
                ("client", "PUT", f"/missions/{deal.mission_id}/cras/{deal.cra['month']}"),
                ("client", "POST", f"/cras/{deal.cra['id']}/submission"),
                ("provider", "POST", f"/cras/{deal.cra['id']}/validation"),
            )
        }
        expected = {asked: 403 if asked in refused_by_role else 404 for asked in answers}
        assert answers == expected
        assert len(answers) > 35

    def test_cannot_hand_in_papers_for_it(self, deal, rivals):
        pdf = certificate("kbis", "Rival", "0", today())
        tries = {
            "provider": (f"{BILLING}/bpfs/{deal.bpf['id']}/invoice", {"confirmed": "true"}),
            "client": (f"{CONTRACTING}/missions/{deal.mission_id}/client-order", {"reference": "X"}),
        }
        for side, (path, fields) in tries.items():
            with pytest.raises(Refused) as refused:
                rivals[side].upload(path, pdf, "x.pdf", **fields)
            assert refused.value.status == 404

    def test_sees_none_of_it_in_lists(self, deal, rivals):
        for path in (f"{CONTRACTING}/missions", f"{CONTRACTING}/bdcs", f"{TIMESHEET}/cras", f"{BILLING}/bpfs"):
            for rival in rivals.values():
                assert rival.all(path) == []
        assert rivals["provider"].all(f"{MARKETPLACE}/proposals") == []
        assert rivals["provider"].all(f"{BILLING}/invoices") == []
        assert rivals["client"].all(f"{MARKETPLACE}/rfps") == []


class TestOpenGate:
    @pytest.mark.req("CT-10", "CT-12")
    def test_the_order_is_refused_with_every_blocker_named(self, stage):
        deal = stage.deal(through="choice")
        mission_id = mission.opened(deal.camille, deal.proposal["id"])["id"]
        with pytest.raises(Refused) as refused:
            mission.issue_bdc(deal.staff, mission_id)
        assert (refused.value.status, refused.value.code) == (409, "gates_open")
        named = {(error["field"], error["detail"].partition(":")[0]) for error in refused.value.errors}
        assert named == {("client_order", "client"), ("platform_order", "provider")}

    @pytest.mark.req("CT-11", "CO-41")
    def test_a_refused_document_keeps_the_gate_open_until_its_successor_is_accepted(self, stage):
        deal = stage.deal(through="colleague")
        spoiled = refuse_one(deal)
        stage.go_on(deal, after="verification", through="preparation")
        with pytest.raises(Refused) as refused:
            mission.issue_bdc(deal.staff, deal.mission_id)
        (blocker,) = refused.value.errors
        assert blocker["field"] == "documents"
        assert blocker["detail"].startswith("provider:")
        assert spoiled in blocker["detail"]
        stage.postbox.wait_for(deal.camille.email, "illisible")
        companies.hand_in_documents(deal.camille, deal.freelance, today() - timedelta(days=1))
        companies.review_documents(deal.staff, deal.freelance)
        stage.go_on(deal, after="preparation", through="order")
        assert deal.bdc["reference"].startswith("PO-")


def refuse_one(deal):
    """Staff validates both companies and accepts every document but the first of the freelancer; give its type."""
    documents = deal.staff.get(f"{COMPANY}/companies/{deal.freelance.id}/compliance")["documents"]
    verdict = {"exists": True, "authentic": False, "comment": "Le document est illisible"}
    deal.staff.post(f"{COMPANY}/documents/{documents[0]['id']}/review", verdict)
    for document in documents[1:]:
        accepted = {"exists": True, "authentic": True, "method": "issuer"}
        deal.staff.post(f"{COMPANY}/documents/{document['id']}/review", accepted)
    companies.validate(deal.staff, deal.freelance, deal.camille, today())
    admit(deal.staff, deal.helene, deal.client)
    return documents[0]["type"]


@pytest.fixture(scope="module")
def invoiceable(stage):
    """A deal whose pre-invoice waits for its invoice."""
    return stage.deal(through="bpf")


class TestWrongInvoice:
    @pytest.mark.req("BL-06")
    @pytest.mark.parametrize(
        ("wrong", "fields"),
        [
            ({"days": Decimal("2.5")}, {"lines.0.quantity", "lines.0.net", "totals.net", "totals.vat", "totals.gross"}),
            ({"daily_rate": Decimal("500.01")}, {"lines.0.unit_price", "totals.net", "totals.gross"}),
            ({"order_reference": "PO-00000-1"}, {"order_reference"}),
        ],
        ids=["days", "rate", "order"],
    )
    def test_is_refused_with_every_difference_named(self, invoiceable, wrong, fields):
        right = accounted(invoiceable)
        pdf = replace(right, number=f"{right.number}-X", **wrong).facturx()
        with pytest.raises(Refused) as refused:
            invoice.hand_in(invoiceable.camille, invoiceable.bpf["id"], pdf, "facture.pdf")
        assert (refused.value.status, refused.value.code) == (422, "invoice_mismatch")
        assert fields <= {error["field"] for error in refused.value.errors}
        assert all("expected" in error["detail"] for error in refused.value.errors)

    def test_of_a_day_to_come_is_refused(self, invoiceable):
        pdf = replace(accounted(invoiceable), issued_on=today() + timedelta(days=2)).facturx()
        with pytest.raises(Refused) as refused:
            invoice.hand_in(invoiceable.camille, invoiceable.bpf["id"], pdf, "facture.pdf")
        assert [error["field"] for error in refused.value.errors] == ["issued_on"]

    def test_of_another_seller_is_refused(self, invoiceable):
        right = accounted(invoiceable)
        stranger = replace(right.seller, siren="552096281", siret="", vat_number="FR00552096281")
        pdf = replace(right, seller=stranger).facturx()
        with pytest.raises(Refused) as refused:
            invoice.hand_in(invoiceable.camille, invoiceable.bpf["id"], pdf, "facture.pdf")
        assert "seller.siren" in {error["field"] for error in refused.value.errors}

    @pytest.mark.req("BL-07")
    def test_schedules_no_payment_and_leaves_room_for_the_right_one(self, stage, invoiceable):
        path = f"{BILLING}/invoices"
        assert invoiceable.camille.all(path) == []
        assert not [m for m in stage.postbox.letters(invoiceable.camille.email) if "Paiement" in m["subject"]]
        stage.go_on(invoiceable, after="wrong_invoice", through="payment")
        assert [each["number"] for each in invoiceable.camille.all(path)] == [invoiceable.invoice["number"]]
