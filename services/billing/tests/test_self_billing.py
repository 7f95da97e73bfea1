"""The platform writes a provider's invoices: specimen, validation, contest (BL-04; domain facts 1.7 and 2.4)."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from billing_months import NOW, MissionMonth
from billing_payments import account_of
from billing_people import choose, head, sign
from self_billing_steps import bpf_of, contest, decide, finance, import_own, invoice_of, issued, listed, pay
from sqlalchemy import select

from billing.bpf.domain import Bpf
from billing.invariants import broken
from billing.invoice.domain import Invoice
from billing.issuing.documents import make_documents
from billing.issuing.domain import IssuedInvoice
from billing.issuing.sheet import Language
from billing.ledger.domain import Account
from billing.ledger.posting import balance
from billing.self_billing.domain import ALLOWED, SelfBill, SelfBillActor, SelfBillStatus
from billing.self_billing.paper import specimen_sheet
from chassis.errors import Forbidden, IllegalMove
from chassis.personal_data import NOBODY
from contracts.billing import InvoiceCancelled, InvoiceImported
from contracts.contracting import Offer, PaymentOption
from contracts.notification import NotificationRequested
from contracts.roles import Role, StaffScope

THIS_MONTH = {"month": "2026-11", "validated_at": NOW - timedelta(hours=1)}


@pytest.fixture
def mandated(h):
    """Deliver a validated month of a provider that signed its mandate before; `terms` change its order."""

    async def arrange(month=None, before=None, **terms):
        month = month or MissionMonth(**THIS_MONTH)
        await h.deliver(month.company_validated)
        await h.deliver(month.client_validated)
        assert (await sign(h, month.provider_id)).status_code == 201
        await h.deliver(month.bdc_issued.model_copy(update=terms))
        if before:
            await before(month)
        await h.deliver(month.cra_validated)
        return month

    return arrange


class TestSpecimen:
    @pytest.mark.req("BL-04")
    async def test_is_proposed_in_automatic_mode_and_keeps_the_provider_from_invoicing_twice(self, h, mandated):
        month = await mandated()
        [specimen] = await listed(h, month)
        assert (specimen["status"], specimen["number"]) == ("proposed", None)
        assert (await import_own(h, month)).json()["code"] == "bpf_self_billed"
        await h.deliver(month.cra_validated)
        assert len(await listed(h, month)) == 1

    @pytest.mark.req("BL-04")
    async def test_is_not_proposed_in_manual_mode(self, h, mandated):
        async def by_hand(month):
            await choose(h, month.provider_id, "manual")

        month = await mandated(before=by_hand)
        assert await listed(h, month) == []
        assert (await import_own(h, month)).status_code == 201

    @pytest.mark.req("BL-04")
    @pytest.mark.parametrize(("of_month", "proposed"), [("2026-11", 1), ("2026-10", 0)])
    async def test_needs_a_mandate_prior_to_the_service(self, h, mandated, of_month, proposed):
        month = await mandated(MissionMonth(month=of_month, validated_at=NOW))
        assert len(await listed(h, month)) == proposed

    async def test_is_not_proposed_for_a_rise_mission_nor_may_its_invoice_be_handed_in(self, h, mandated):
        month = await mandated(offer=Offer.RISE)
        assert await listed(h, month) == []
        assert (await import_own(h, month)).json()["code"] == "rise_billed_directly"

    @pytest.mark.parametrize("how", ["mode", "mandate"])
    async def test_is_taken_back_when_the_provider_wants_none(self, h, mandated, how):
        month = await mandated()
        [specimen] = await listed(h, month)
        if how == "mode":
            await choose(h, month.provider_id, "manual")
        else:
            headers = head(h, month.provider_id)
            mandates = (await h.client.get("/self-billing-mandates", headers=headers)).json()["items"]
            await h.client.post(f"/self-billing-mandates/{mandates[0]['id']}/revocation", headers=headers)
        assert [one["status"] for one in await listed(h, month)] == ["withdrawn"]
        assert (await decide(h, specimen)).json()["code"] == "illegal_move"
        assert (await import_own(h, month)).status_code == 201

    async def test_shows_the_invoice_without_a_number(self, h, mandated):
        month = await mandated()
        [specimen] = await listed(h, month)
        path = f"/self-bills/{specimen['id']}/specimen"
        assert (await h.client.get(path, headers=head(h, month.provider_id))).content.startswith(b"%PDF")
        async with h.tx() as tx:
            bpf = (await tx.scalars(select(Bpf).where(Bpf.cra_id == month.cra_id))).one()
            sheet = specimen_sheet(bpf, h.platform.own.settings, Language.FR)
        assert sheet["mark"] == "SPÉCIMEN"
        assert "Autofacturation" in sheet["notes"]
        assert sheet["totals"] == ["Total HT : 9000.00 €", "TVA : 1800.00 €", "Total TTC : 10800.00 €"]


class TestValidate:
    @pytest.mark.req("BL-04")
    async def test_issues_a_numbered_invoice_of_the_providers_own_series(self, h, mandated):
        month = await mandated(MissionMonth(option=PaymentOption.EXPRESS, **THIS_MONTH))
        done = await issued(h, month)
        siren = month.identity.siret.siren
        assert (done["status"], done["number"]) == ("issued", f"AF-{siren}-2026-1")
        assert (done["issued_on"], done["contest_until"]) == ("2026-11-20", "2026-12-05")
        invoice = await invoice_of(h, month, done)
        assert (invoice["number"], invoice["fee"]["amount"], invoice["status"]) == (
            done["number"],
            "225.00",
            "scheduled",
        )
        assert (await bpf_of(h, month))["status"] == "invoiced"
        async with h.tx() as tx:
            document = await tx.get(IssuedInvoice, done["issued_invoice_id"])
            assert (document.type_code, document.gross.amount) == ("389", 10800)
            assert document.sheet.seller.siren == siren
            assert (await balance(tx, Account.PROVIDERS, month.provider_id)).amount == 225 - 10800
            assert await broken(tx) == {}
        assert [e.cra_id for e in await h.emitted(InvoiceImported)].count(month.cra_id) == 1
        told = [m for m in await h.emitted(NotificationRequested) if str(m.subject_id) == done["id"]]
        assert [(m.template, m.context["contest_until"]) for m in told] == [("self_bill_issued", "2026-12-05")]

    async def test_gives_the_provider_the_document_once_it_is_made(self, h, mandated):
        month = await mandated()
        done = await issued(h, month)
        path, headers = f"/invoices/{done['invoice_id']}/file", head(h, month.provider_id)
        assert (await h.client.get(path, headers=headers)).json()["code"] == "document_not_made"
        while await make_documents(h.platform):
            pass
        file = await h.client.get(path, headers=headers)
        assert file.content.startswith(b"%PDF")
        async with h.tx() as tx:
            document = await tx.get(IssuedInvoice, done["issued_invoice_id"])
        assert hashlib.sha256(file.content).hexdigest() == document.document_sha256

    async def test_happens_once(self, h, mandated):
        month = await mandated()
        [specimen] = await listed(h, month)
        answers = await asyncio.gather(*(decide(h, specimen) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]

    async def test_racing_a_refusal_or_a_revocation_has_one_outcome(self, h, mandated):
        month = await mandated()
        [specimen] = await listed(h, month)
        refusal = decide(h, specimen, "refusal", reason="The address is wrong")
        answers = await asyncio.gather(decide(h, specimen), refusal, choose(h, month.provider_id, "manual"))
        assert answers[2].status_code == 200
        assert sorted(answer.status_code for answer in answers[:2]) in ([200, 409], [409, 409])
        [left] = await listed(h, month)
        invoiced = (await bpf_of(h, month))["status"] == "invoiced"
        assert left["status"] in ({"issued"} if invoiced else {"refused", "withdrawn"})

    async def test_of_several_is_all_or_nothing(self, h, mandated):
        first, second = [(await listed(h, await mandated()))[0]["id"] for _ in range(2)]
        path, headers = "/staff/self-bills/validation", finance(h)
        missing = await h.client.post(path, json={"self_bill_ids": [first, str(NOBODY)]}, headers=headers)
        assert missing.json()["code"] == "self_bill_not_found"
        done = await h.client.post(path, json={"self_bill_ids": [first, second, first]}, headers=headers)
        assert sorted(one["id"] for one in done.json()) == sorted([first, second])
        none = await h.client.post(path, json={"self_bill_ids": []}, headers=headers)
        assert none.json()["errors"][0]["field"] == "self_bill_ids"

    async def test_is_for_finance_staff(self, h, mandated):
        month = await mandated()
        [specimen] = await listed(h, month)
        for headers in (head(h, month.provider_id), h.headers(h.staff(StaffScope.CONTRACTS))):
            assert (await decide(h, specimen, headers=headers)).status_code == 403
        waiting = await h.client.get("/staff/self-bills", params={"limit": 200}, headers=finance(h))
        assert specimen["id"] in [one["id"] for one in waiting.json()["items"]]


class TestRefuse:
    @pytest.mark.req("BL-04")
    async def test_leaves_the_invoice_to_its_provider(self, h, mandated):
        month = await mandated()
        [specimen] = await listed(h, month)
        refused = (await decide(h, specimen, "refusal", reason="The address is wrong")).json()
        assert (refused["status"], refused["refusal_reason"]) == ("refused", "The address is wrong")
        assert (await import_own(h, month)).status_code == 201
        assert (await decide(h, specimen)).status_code == 409


class TestContest:
    @pytest.mark.parametrize(
        ("at", "code"),
        [
            (datetime(2026, 12, 5, 22, 59, tzinfo=UTC), None),
            (datetime(2026, 12, 5, 23, 0, tzinfo=UTC), "contest_period_over"),
        ],
    )
    async def test_is_possible_until_the_mandates_last_day(self, h, mandated, at, code):
        month = await mandated()
        done = await issued(h, month)
        h.clock.set(at)
        try:
            answer = (await contest(h, month, done)).json()
        finally:
            h.clock.set(NOW)
        assert (answer.get("code"), answer.get("status")) == (code, None if code else "contested") or code

    async def test_holds_the_payment_until_staff_upholds_the_invoice(self, h, mandated):
        month = await mandated()
        done = await issued(h, month)
        assert (await contest(h, month, done)).json()["contest_reason"] == "Two days are missing"
        assert (await invoice_of(h, month, done))["status"] == "on_hold"
        assert (await contest(h, month, done)).json()["code"] == "illegal_move"
        upheld = (await decide(h, done, "settlement", upheld=True, remark="Both days are on it")).json()
        assert (upheld["status"], upheld["remark"]) == ("upheld", "Both days are on it")
        assert (await invoice_of(h, month, done))["status"] == "scheduled"
        assert (await contest(h, month, done)).json()["code"] == "illegal_move"

    @pytest.mark.parametrize("upheld", [True, False])
    async def test_is_possible_after_the_payment(self, h, given, mandated, upheld):
        month = await mandated(MissionMonth(option=PaymentOption.FLASH, **THIS_MONTH))
        await h.deliver(account_of(month.provider_id, NOW - timedelta(days=30)))
        done = await issued(h, month)
        await pay(h, given, done)
        assert (await contest(h, month, done)).json()["status"] == "contested"
        settled = await decide(h, done, "settlement", upheld=upheld, remark="So be it")
        assert settled.status_code == 200
        assert (await invoice_of(h, month, done))["status"] == ("paid" if upheld else "cancelled")

    @pytest.mark.req("BL-22")
    async def test_that_staff_agrees_with_brings_a_credit_note_and_another_specimen(self, h, mandated):
        month = await mandated(MissionMonth(option=PaymentOption.FLASH, **THIS_MONTH))
        done = await issued(h, month)
        await contest(h, month, done)
        assert (await decide(h, done, "settlement", upheld=False, remark="You are right")).json()[
            "status"
        ] == "credited"
        assert (await invoice_of(h, month, done))["status"] == "cancelled"
        async with h.tx() as tx:
            notes = select(IssuedInvoice).where(IssuedInvoice.credits_id == done["issued_invoice_id"])
            note = (await tx.scalars(notes)).one()
            assert (note.type_code, note.gross.amount, note.series[:4]) == ("261", 10800, "AVF-")
            assert (await balance(tx, Account.PROVIDERS, month.provider_id)).amount == 0
            assert await broken(tx) == {}
        [cancelled] = [e for e in await h.emitted(InvoiceCancelled) if str(e.invoice_id) == done["invoice_id"]]
        assert cancelled.credit_note_number == note.number
        newest, oldest = await listed(h, month)
        assert (newest["status"], oldest["status"]) == ("proposed", "credited")
        again = (await decide(h, newest)).json()
        assert again["number"] == f"AF-{month.identity.siret.siren}-2026-2"
        async with h.tx() as tx:
            standing = select(Invoice.status).where(Invoice.cra_id == month.cra_id).order_by(Invoice.id)
            assert (await tx.scalars(standing)).all() == ["cancelled", "scheduled"]
            assert await broken(tx) == {}

    async def test_by_another_company_or_of_a_consultant_not_supervised_finds_nothing(self, h, mandated):
        month = await mandated()
        done = await issued(h, month)
        for role, company in ((Role.GERANT, None), (Role.COMMERCIAL, month.provider_id)):
            headers = h.headers(h.member(role, company))
            assert (await contest(h, month, done, headers)).json()["code"] == "self_bill_not_found"
            assert (await h.client.get(f"/self-bills/{done['id']}", headers=headers)).status_code == 404
            assert (await h.client.get("/self-bills", headers=headers)).json()["items"] == []


class TestStatus:
    @pytest.mark.parametrize("actor", SelfBillActor)
    @pytest.mark.parametrize("target", SelfBillStatus)
    @pytest.mark.parametrize("present", SelfBillStatus)
    def test_moves_only_as_the_table_says(self, present, target, actor):
        self_bill = SelfBill(status=present, version=1)
        if (present, actor) in ALLOWED[target].pairs:
            self_bill._move_to(target, actor)
            assert (self_bill.status, self_bill.version) == (target, 2)
        else:
            with pytest.raises((Forbidden, IllegalMove)):
                self_bill._move_to(target, actor)


@pytest.mark.req("PL-06", "PL-08")
async def test_who_contested_is_exported_and_forgotten_after_ten_years(h, mandated):
    month = await mandated()
    done = await issued(h, month)
    caller = h.member(Role.GERANT, month.provider_id)
    await contest(h, month, done, h.headers(caller))
    [mine] = (await h.exported(caller.member_id))["self-billed invoices"]
    assert mine["contest_reason"] == "Two days are missing"
    for as_of, kept in ((NOW.replace(year=2036), True), (NOW.replace(year=2036, day=21), False)):
        async with h.forgetting(as_of) as tx:
            row = (await tx.scalars(select(SelfBill).where(SelfBill.id == done["id"]))).one()
            assert (row.contested_by is not None, row.contest_reason is not None) == (kept, kept)
