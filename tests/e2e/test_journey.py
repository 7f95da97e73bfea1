"""One deal from sign-up to the date of payment; what each side sees of it afterwards."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from stack.demo import companies, invoice, month, people, rfp
from stack.demo.deal import DAILY_RATE, Deal
from stack.demo.traces import events
from stack.demo.workdays import in_french, on_which_day

CONTRACTING, BILLING, IDENTITY = "/api/contracting", "/api/billing", "/api/identity"


class TestDeal:
    @pytest.mark.req("ID-13", "ID-15")
    def test_members_are_active_by_the_link_of_the_mail_they_received(self, deal: Deal):
        for person in (deal.camille, deal.helene, deal.marc):
            letters = deal.stage.postbox.letters(person.email)
            assert sum("token=" in letter["text"] for letter in letters) == 1
            assert person.get(f"{IDENTITY}/members/me")["status"] == "ready"

    @pytest.mark.req("CO-03", "CO-15")
    def test_tokens_say_for_which_company_each_member_acts(self, deal: Deal):
        everybody = (deal.camille, deal.helene, deal.marc)
        told = {person.first_name: people.claims(person)["company"] for person in everybody}
        assert told == {
            "Camille": {"id": deal.freelance.id, "kind": "provider", "role": "freelance"},
            "Hélène": {"id": deal.client.id, "kind": "client", "role": "directeur_achats"},
            "Marc": {"id": deal.client.id, "kind": "client", "role": "responsable_projet"},
        }
        for person, company in ((deal.camille, deal.freelance), (deal.helene, deal.client)):
            assert person.get(f"{companies.COMPANY}/companies/{company.id}")["status"] == "validated"

    @pytest.mark.req("MK-01", "MK-12", "MK-23")
    def test_the_mission_repeats_the_terms_of_the_request_and_of_the_proposal(self, deal: Deal):
        seen = deal.helene.get(f"{CONTRACTING}/missions/{deal.mission_id}")
        assert seen["rfp_reference"] == deal.rfp["reference"]
        assert (seen["period"], seen["days"]) == (deal.rfp["period"], deal.rfp["days"])
        assert seen["daily_rate"] == deal.proposal["daily_rate"] == {"amount": f"{DAILY_RATE}", "currency": "EUR"}
        assert rfp.read(deal.camille, deal.proposal["id"])["status"] == "appointed"

    @pytest.mark.req("CT-10", "CT-30")
    def test_the_order_names_the_deal_and_both_sides_read_it(self, deal: Deal):
        for person in (deal.camille, deal.helene, deal.staff):
            bdc = person.get(f"{CONTRACTING}/bdcs/{deal.bdc['id']}")
            assert bdc["rfp_reference"] == deal.rfp["reference"]
            assert bdc["proposal_id"] == deal.proposal["id"]
            assert bdc["consultant_name"] == deal.camille.name

    @pytest.mark.req("TS-12", "BL-01", "BL-02", "TS-15")
    def test_the_validated_cra_became_one_bpf_of_the_same_days(self, deal: Deal):
        mine = [bpf for bpf in deal.camille.all(f"{BILLING}/bpfs") if bpf["cra_id"] == deal.cra["id"]]
        assert len(mine) == 1
        assert mine[0]["lines"][0]["quantity"] == f"{deal.plan.days:.2f}"
        assert (mine[0]["month"], mine[0]["order_reference"]) == (deal.plan.month, deal.bdc["reference"])
        assert invoice.bpf_of(deal.marc, deal.cra["id"])["id"] == mine[0]["id"]

    @pytest.mark.req("BL-05", "BL-09", "BL-15")
    def test_the_express_fee_is_withheld_and_the_date_runs_from_the_validation(self, deal: Deal):
        seen = deal.camille.get(f"{BILLING}/invoices/{deal.invoice['id']}")
        net = DAILY_RATE * deal.plan.days
        fee = (net * Decimal("0.025")).quantize(Decimal("0.01"))
        assert Decimal(seen["fee"]["amount"]) == fee
        assert Decimal(seen["payable"]["amount"]) == net * Decimal("1.2") - fee
        validated_on = on_which_day(deal.bpf["validated_at"])
        assert date.fromisoformat(seen["payment_on"]) == validated_on + timedelta(days=30)

    def test_the_invoice_is_given_back_byte_for_byte(self, deal: Deal):
        assert deal.camille.download(f"{BILLING}/invoices/{deal.invoice['id']}/file") == deal.invoice_pdf

    @pytest.mark.req("TS-13")
    def test_the_date_of_payment_was_mailed_once_and_stands_on_the_cra(self, deal: Deal):
        number, due = deal.invoice["number"], date.fromisoformat(deal.invoice["payment_on"])
        told = [m for m in deal.stage.postbox.letters(deal.camille.email) if m["subject"].startswith("Paiement")]
        assert len(told) == 1
        assert number in told[0]["text"]
        assert in_french(due) in told[0]["text"]
        for person in (deal.camille, deal.marc):
            cra = month.invoiced(person, deal.cra["id"])
            assert (cra["invoice_number"], cra["payment_on"]) == (number, due.isoformat())

    def test_each_decision_was_published_once(self, deal: Deal):
        published: Counter[str] = Counter()
        for decision in ("retention", "order", "validation", "import"):
            spans = deal.stage.traces.whole(deal.traces[decision], "publish platform.NotificationRequested.v1")
            published += events(spans)
        del published["platform.NotificationRequested.v1"]
        assert published == {
            "marketplace.ProposalRetained.v1": 1,
            "contracting.BdcIssued.v1": 1,
            "timesheet.CraValidated.v1": 1,
            "billing.InvoiceImported.v1": 1,
        }
