"""Why a month is not paid: every reason, in both languages, for members and for support (BL-26)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from billing_payments import BACK_TO_BACK, TODAY, Finance, account_of, fresh

from billing.bpf.domain import Bpf
from billing.invoice.domain import Invoice
from billing.payment.explanation import TEXTS, Facts, Language, ReasonCode, explain
from billing.payment.progress import client_has_paid, transfer_executed
from contracts.contracting import PaymentOption
from contracts.roles import Role, StaffScope
from contracts.values import Month


@pytest.fixture
def finance(h, given):
    return Finance(h, given)


async def explained(month, *, of="2026-10", headers=None, language="en"):
    given = getattr(month, "given", month)
    path = f"/missions/{given.month.mission_id}/payment-explanation?month={of}"
    asked = (headers or given.seller()) | {"Accept-Language": language}
    return await given.h.client.get(path, headers=asked)


async def reasons(month, **asked):
    return [each["code"] for each in (await explained(month, **asked)).json()["reasons"]]


@pytest.mark.req("BL-26")
class TestReasons:
    async def test_the_report_is_not_validated(self, given):
        assert await reasons(await given(), of="2026-11") == ["cra_not_validated"]

    @pytest.mark.req("BL-07")
    async def test_the_invoice_is_not_imported_and_the_report_came_late(self, h, given):
        month = await given(fresh())
        await h.deliver(account_of(month.month.provider_id, h.clock()))
        assert await reasons(month) == ["cra_validated_late", "invoice_not_imported"]

    async def test_a_report_of_the_months_last_day_is_in_time(self, given):
        month = await given(fresh(validated_at=datetime(2026, 10, 31, 22, 59, tzinfo=UTC)))
        assert await reasons(month) == ["invoice_not_imported"]
        month = await given(fresh(validated_at=datetime(2026, 10, 31, 23, 0, tzinfo=UTC)))
        assert await reasons(month) == ["cra_validated_late", "invoice_not_imported"]

    async def test_the_term_is_running(self, finance):
        due = await finance.payable(option=PaymentOption.EXPRESS)
        answer = (await explained(due)).json()
        assert [each["code"] for each in answer["reasons"]] == ["cra_validated_late", "term_running"]
        assert (answer["reasons"][-1]["day"], answer["payment_on"]) == ("2026-12-02", "2026-12-02")

    @pytest.mark.parametrize(("validated", "shifted"), [(16, False), (18, True)])
    async def test_a_week_end_lies_between_for_flash(self, h, finance, validated, shifted):
        now = h.clock()
        h.clock.set(datetime(2026, 11, 18, 18, tzinfo=UTC))
        due = await finance.payable(
            validated_at=datetime(2026, 11, validated, 9, tzinfo=UTC), issued_on=date(2026, 11, 18)
        )
        found = await reasons(due)
        h.clock.set(now)
        assert ("weekend_or_holiday" in found) is shifted
        assert "term_running" in found

    async def test_a_date_on_a_holiday_of_the_banks_leaves_before(self, finance):
        due = await finance.payable(option=PaymentOption.BASIC)
        answer = (await explained(due)).json()
        shifted = [each for each in answer["reasons"] if each["code"] == "weekend_or_holiday"]
        assert (answer["payment_on"], shifted[0]["day"]) == ("2027-01-01", "2026-12-31")

    async def test_the_client_has_not_paid_and_then_the_due_date_is_ahead(self, h, finance):
        waiting = await finance.payable(BACK_TO_BACK)
        assert "client_unpaid" in await reasons(waiting)
        async with h.tx() as tx:
            await client_has_paid(tx, waiting.given.bpf["id"], TODAY + timedelta(days=5))
        assert (await reasons(waiting))[-1] == "due_date_ahead"

    async def test_it_is_due_on_hold_without_account_in_payment_paid_or_cancelled(self, h, finance):
        due = await finance.payable()
        assert (await reasons(due))[-1] == "due"
        await finance.post(f"/staff/invoices/{due.id}/hold", reason="contested")
        assert (await reasons(due))[-1] == "on_hold"
        await finance.post(f"/staff/invoices/{due.id}/release")
        order = (await finance.orders(await finance.pay()))[due.id]
        assert await reasons(due) == ["in_payment"]
        async with h.tx() as tx:
            await transfer_executed(tx, order["end_to_end_id"], TODAY)
        assert await reasons(due) == ["paid"]
        await due.credit()
        assert await reasons(due) == ["cancelled"]

    async def test_no_account_is_in_force(self, finance):
        assert (await reasons(await finance.payable(account=False)))[-1] == "account_missing"

    async def test_are_said_in_french_unless_english_is_asked_for(self, given):
        month = await given(fresh())
        for language, word in (
            ("", "facture"),
            ("de, en;q=0.5", "invoice"),
            ("fr-FR", "facture"),
            ("en-GB", "invoice"),
        ):
            (last,) = (await explained(month, language=language)).json()["reasons"][1:2]
            assert word in last["text"], language
        first = (await explained(month, language="fr")).json()["reasons"][0]
        assert "02/11/2026" in first["text"]

    @pytest.mark.parametrize(("due_on", "ahead"), [(TODAY, True), (TODAY - timedelta(days=1), False), (None, False)])
    def test_the_client_may_pay_until_its_own_due_date(self, due_on, ahead):
        bpf = Bpf(validated_at=datetime(2026, 10, 31, 9, tzinfo=UTC))
        waiting = Invoice(status="awaiting_client_payment")
        facts = Facts(Month("2026-10"), bpf, waiting, today=TODAY, has_account=True, client_due_on=due_on)
        found = [one.code for one in explain(facts)]
        assert found == ["client_unpaid"] + ["client_due_date_ahead"] * ahead

    def test_each_has_its_sentence_in_both(self):
        assert {code: set(texts) for code, texts in TEXTS.items()} == {code: set(Language) for code in ReasonCode}


class TestWhoMayAsk:
    @pytest.mark.req("BL-26", "BL-27")
    async def test_support_sees_what_the_member_sees(self, h, finance):
        due = await finance.payable()
        support = h.headers(h.staff(StaffScope.SUPPORT))
        answer = await explained(due, headers=support)
        assert answer.json() == (await explained(due)).json()
        assert answer.json()["accounting_contact"] == "accounting@example.com"
        assert (await explained(due, headers=h.headers(h.staff(StaffScope.LEGAL)))).status_code == 403

    async def test_no_rival_and_no_client(self, h, finance):
        due = await finance.payable()
        assert (await explained(due, headers=h.headers(h.member(Role.GERANT)))).status_code == 404
        assert (await explained(due, headers=due.given.manager())).status_code == 403

    @pytest.mark.parametrize("month", ["2026-13", "202611", "1999-12"])
    async def test_a_month_that_is_none_is_named(self, given, month):
        answer = await explained(await given(), of=month)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "month")


@pytest.mark.req("BL-08")
async def test_members_read_the_platforms_bank_details(h):
    answer = await h.client.get("/platform-account", headers=h.headers(h.member(Role.CONSULTANT)))
    assert answer.json() == {
        "holder": "Maillon",
        "iban": "FR7630006000011234567890189",
        "bic": "AGRIFRPP",
        "accounting_contact": "accounting@example.com",
    }
    assert (await h.client.get("/platform-account")).status_code == 401


@pytest.mark.req("BL-27", "BL-36", "BL-23")
async def test_each_invoice_says_where_it_stands_when_it_is_paid_and_whom_to_ask(finance):
    due = await finance.payable()
    headers = due.given.seller()
    listed = (await finance.h.client.get("/invoices", headers=headers)).json()["items"]
    for shown in (due.invoice, await due.read(), listed[0]):
        assert shown["accounting_contact"] == "accounting@example.com"
        assert (shown["status"], shown["payment_on"], shown["paid_on"]) == ("scheduled", "2026-11-05", None)
