"""The kinds of file that an invoice may come as, months of many lines, credit notes, duplicates and remarks."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from billing_months import MissionMonth, foreign_identity, french_identity
from facturx_builder import IBAN, blank_pdf, invoice_pdf, pdf_with, terms, ubl_of, xml_of
from sqlalchemy import select
from test_accounts import account
from test_bpf_lines import EVERYTHING, correction, work

from billing.ledger.domain import Account, LedgerEntry, LedgerLine
from billing.ledger.posting import balance
from contracts.billing import InvoiceImported
from contracts.company import TaxStatus
from contracts.contracting import PaymentOption


def typed(bpf, **changed):
    said = {
        "number": "FA-2026-001",
        "issued_on": "2026-11-10",
        "order_reference": bpf["order_reference"],
        "period_start": bpf["period"]["start"],
        "period_end": bpf["period"]["end"],
        "days": "18",
        **{name: bpf[name]["amount"] for name in ("net", "vat", "gross")},
        "iban": IBAN,
    }
    return said | changed


def changed(bpf, change):
    """The terms of a faithful invoice but for what `change` does to them."""
    said = terms(bpf)
    change(said)
    return said


def named(answer):
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


KINDS = {
    "Factur-X": ("invoice.pdf", invoice_pdf),
    "CII": ("invoice.xml", lambda bpf: xml_of(terms(bpf))),
    "UBL": ("invoice.xml", lambda bpf: ubl_of(terms(bpf))),
}


class TestKinds:
    @pytest.mark.req("BL-05", "BL-06")
    @pytest.mark.parametrize("kind", KINDS)
    async def test_each_electronic_one_is_taken_line_by_line_and_given_back(self, h, given, kind):
        name, write = KINDS[kind]
        month = await given(MissionMonth(lines=EVERYTHING))
        content = write(month.bpf)
        answer = await month.post(content, name=name)
        assert answer.status_code == 201, answer.text
        said = answer.json()
        assert (said["gross"]["amount"], [each["field"] for each in said["remarks"]]) == ("12250.30", ["due_on"])
        file = await h.client.get(f"/invoices/{said['id']}/file", headers=month.seller())
        assert file.content == content
        assert file.headers["content-type"] == ("application/pdf" if name.endswith("pdf") else "application/xml")

    @pytest.mark.parametrize(("kind", "write"), [("CII", xml_of), ("UBL", ubl_of)])
    async def test_a_difference_is_named_in_each_syntax(self, given, kind, write):
        month = await given()
        said = changed(month.bpf, lambda t: t.update({"BT-13": "BDC-0", "BT-84": "DE89370400440532013000"}))
        del said["BG-1"][0]
        answer = await month.post(write(said), name="invoice.xml")
        assert named(answer) == {"order_reference": "differs", "notes.PMT": "not_once"}, kind

    @pytest.mark.req("BL-06")
    async def test_lines_may_come_in_another_order_but_not_with_another_price(self, given):
        month = await given(MissionMonth(lines=EVERYTHING))

        def dearer(said):
            said["BG-25"].reverse()
            said["BG-25"][1] |= {"BT-146": "1500.01"}

        answer = await month.post(xml_of(changed(month.bpf, dearer)), name="a.xml")
        assert named(answer) == {"lines.1.unit_price": "differs"}
        answer = await month.post(xml_of(changed(month.bpf, lambda said: said["BG-25"].reverse())), name="a.xml")
        assert answer.status_code == 201, answer.text

    @pytest.mark.req("BL-06")
    async def test_one_right_in_total_and_wrong_in_days_is_blocked(self, given):
        month = await given()

        def fewer_and_dearer(said):
            said["BG-25"][0] |= {"BT-129": "17.5", "BT-146": "514.2857"}

        answer = await month.post(xml_of(changed(month.bpf, fewer_and_dearer)), name="a.xml")
        assert named(answer) == {"lines.0.quantity": "differs", "lines.0.unit_price": "differs"}


class TestTyped:
    @pytest.mark.req("BL-05", "BL-06")
    async def test_a_pdf_for_people_is_taken_with_what_its_provider_types(self, h, given):
        month = await given()
        answer = await month.post(blank_pdf(), typed=typed(month.bpf))
        assert answer.status_code == 201, answer.text
        assert (answer.json()["number"], answer.json()["issued_on"]) == ("FA-2026-001", "2026-11-10")
        (event,) = [e for e in await h.emitted(InvoiceImported) if e.cra_id == month.month.cra_id]
        assert event.number == "FA-2026-001"

    @pytest.mark.req("BL-06")
    async def test_each_difference_is_named(self, h, given):
        month = await given()
        await h.deliver(account(month.month.provider_id, h.clock() - timedelta(days=10)))
        wrong = {
            "number": "FA 1",
            "issued_on": "2026-11-01",
            "order_reference": "BDC-0",
            "period_end": "2026-11-01",
            "days": "17.5",
            "net": "8750.00",
            "vat": "1750.00",
            "gross": "10500.00",
            "iban": "DE89370400440532013000",
        }
        answer = await month.post(blank_pdf(), typed=typed(month.bpf, **wrong))
        assert (answer.status_code, answer.json()["code"]) == (422, "invoice_mismatch")
        assert set(named(answer)) == {
            *("number", "issued_on", "order_reference", "period.end", "days", "iban"),
            *("totals.net", "totals.vat", "totals.gross"),
        }

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"days": "a lot"}, "data.days"),
            ({"iban": "FR00"}, "data.iban"),
            ({"total": "1"}, "data.total"),
            ({"net": "1e3"}, "data.net"),
        ],
    )
    async def test_what_is_no_such_value_is_refused_by_its_field(self, given, change, field):
        month = await given()
        answer = await month.post(blank_pdf(), typed=typed(month.bpf, **change))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    async def test_does_not_replace_an_electronic_invoice(self, given):
        month = await given()
        for name, content in (("a.pdf", invoice_pdf(month.bpf)), ("a.xml", xml_of(terms(month.bpf)))):
            answer = await month.post(content, name=name, typed=typed(month.bpf))
            assert (answer.status_code, answer.json()["code"]) == (422, "file_not_accepted")


class TestIban:
    @pytest.mark.req("BL-06")
    async def test_a_changed_one_is_blocked_and_the_company_s_own_taken_however_it_is_grouped(self, h, given):
        month = await given()
        await h.deliver(account(month.month.provider_id, h.clock() - timedelta(days=10)))
        answer = await month.post(invoice_pdf(month.bpf, lambda t: t.update({"BT-84": "DE89370400440532013000"})))
        assert named(answer) == {"iban": "differs"}
        grouped = "fr76 3000 6000 0112 3456 7890 189"
        answer = await month.post(invoice_pdf(month.bpf, lambda t: t.update({"BT-84": grouped})))
        assert answer.status_code == 201, answer.text


class TestDuplicates:
    async def test_the_same_file_is_no_second_invoice(self, given):
        first = await given()
        pdf = invoice_pdf(first.bpf)
        assert (await first.post(pdf)).status_code == 201
        same = {"provider_id": first.month.provider_id, "identity": first.month.identity}
        later = await given(MissionMonth(month="2026-09", **same))
        answer = await later.post(pdf)
        assert (answer.status_code, answer.json()["code"]) == (409, "invoice_file_used")

    async def test_a_period_that_is_invoiced_is_not_invoiced_again(self, given):
        first = await given()
        assert (await first.post(invoice_pdf(first.bpf))).status_code == 201
        same = {name: getattr(first.month, name) for name in ("provider_id", "identity", "mission_id")}
        later = await given(MissionMonth(month="2026-09", **same))
        october = first.bpf["period"]

        def of_october(said):
            first, last = (datetime.fromisoformat(october[end]).date() for end in ("start", "end"))
            said |= {"BT-1": "FA-2", "BT-73": first, "BT-74": last}

        answer = await later.post(invoice_pdf(later.bpf, of_october))
        assert (answer.status_code, answer.json()["code"]) == (409, "invoice_period_used")
        assert answer.json()["errors"][0]["field"] == "period.start"
        assert (await later.post(invoice_pdf(later.bpf, number="FA-2"))).status_code == 201

    async def test_one_file_for_two_months_at_once_is_taken_once(self, given):
        month = await given()
        answers = await asyncio.gather(*(month.post(invoice_pdf(month.bpf)) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


class TestFrenchRules:
    @pytest.mark.parametrize(
        ("now", "status"), [("2027-08-31T21:59:00", 201), ("2027-08-31T22:00:00", 422)], ids=["until", "from"]
    )
    async def test_are_remarked_on_until_they_bind_everybody(self, h, given, now, status):
        month = await given(MissionMonth(validated_at=datetime(2027, 8, 2, 10, 0, tzinfo=UTC)))
        issued = datetime(2027, 8, 20, tzinfo=UTC).date()
        pdf = invoice_pdf(month.bpf, lambda said: said.pop("BT-23"), issued_on=issued)
        present = h.clock()
        try:
            h.clock.set(datetime.fromisoformat(now).replace(tzinfo=UTC))
            answer = await month.post(pdf)
        finally:
            h.clock.set(present)
        assert answer.status_code == status, answer.text
        codes = [each["code"] for each in answer.json()["remarks" if status == 201 else "errors"]]
        assert "BR-FR-08_BT-23" in codes

    async def test_do_not_concern_a_provider_abroad(self, given):
        month = await given(MissionMonth(identity=foreign_identity("DE", "DE136695976")))
        said = (await month.post(invoice_pdf(month.bpf, lambda said: said.pop("BT-23")))).json()
        assert [remark["field"] for remark in said["remarks"]] == ["due_on"]


async def booked(h, invoice):
    """What the invoice moved, by kind of entry and account; debits above zero."""
    async with h.tx() as tx:
        query = select(LedgerEntry.kind, LedgerLine.account, LedgerLine.debit - LedgerLine.credit)
        query = query.join(LedgerLine, LedgerLine.entry_id == LedgerEntry.id)
        rows = (await tx.execute(query.where(LedgerEntry.source_id == invoice["id"]))).all()
    return sorted((str(kind), account, f"{moved:.2f}") for kind, account, moved in rows)


class TestBooks:
    @pytest.mark.req("BL-06")
    async def test_hold_the_debt_the_vat_and_the_fee_with_the_vat_within_it(self, h, given):
        month = await given(MissionMonth(option=PaymentOption.FLASH))
        said = (await month.post(invoice_pdf(month.bpf))).json()
        assert await booked(h, said) == [
            *(("fee", "401", "450.00"), ("fee", "44571", "-75.00"), ("fee", "7082", "-375.00")),
            ("provider_invoice", "401", "-10800.00"),
            *(("provider_invoice", "44566", "1800.00"), ("provider_invoice", "604", "9000.00")),
        ]
        async with h.tx() as tx:
            owed = await balance(tx, Account.PROVIDERS, month.month.provider_id)
        assert owed.amount == -Decimal(said["payable"]["amount"])

    async def test_hold_self_assessed_vat_and_a_fee_without_vat_for_a_provider_abroad(self, h, given):
        identity = foreign_identity("DE", "DE136695976")
        month = await given(MissionMonth(option=PaymentOption.FLASH, identity=identity))
        said = (await month.post(invoice_pdf(month.bpf))).json()
        assert await booked(h, said) == [
            *(("fee", "401", "450.00"), ("fee", "7082", "-450.00")),
            *(("provider_invoice", "401", "-9000.00"), ("provider_invoice", "4452", "-1800.00")),
            *(("provider_invoice", "44566", "1800.00"), ("provider_invoice", "604", "9000.00")),
        ]

    async def test_hold_no_vat_for_a_small_business_but_that_of_its_fee(self, h, given):
        identity = french_identity(TaxStatus.VAT_EXEMPT)
        month = await given(MissionMonth(option=PaymentOption.EXPRESS, identity=identity))
        said = (await month.post(invoice_pdf(month.bpf))).json()
        assert ("fee", "44571", "-37.50") in await booked(h, said)
        assert ("provider_invoice", "401", "-9000.00") in await booked(h, said)

    async def test_hold_nothing_of_a_refused_invoice(self, h, given):
        month = await given()
        assert (await month.post(pdf_with(b"<order/>"))).status_code == 422
        async with h.tx() as tx:
            assert (await balance(tx, Account.PROVIDERS, month.month.provider_id)).amount == 0


class TestCredit:
    @pytest.mark.req("BL-06", "TS-11")
    async def test_is_a_credit_note_of_an_invoice_that_was_taken(self, h, given):
        first = await given(MissionMonth(month="2026-09", option=PaymentOption.FLASH))
        assert (await first.post(invoice_pdf(first.bpf, number="FA-9"))).status_code == 201
        same = {name: getattr(first.month, name) for name in ("provider_id", "identity", "mission_id")}
        lines = (work("1"), correction("-3", first.month.bdc_id))
        month = await given(MissionMonth(days="1", lines=lines, option=PaymentOption.FLASH, **same))

        def referring(number):
            origin = {"BT-25": number, "BT-26": datetime(2026, 11, 10, tzinfo=UTC).date()}
            return lambda said: said.update({"BG-3": [origin]})

        invoice = await month.post(invoice_pdf(month.bpf, lambda t: t.update({"BT-3": "380"}), number="AV-1"))
        assert named(invoice) == {"type_code": "differs", "references": "missing"}
        other = await month.post(invoice_pdf(month.bpf, referring("FA-77"), number="AV-1"))
        assert named(other) == {"references": "unknown"}
        note = ubl_of(changed(month.bpf, referring("FA-9")) | {"BT-1": "AV-1"})
        assert b"<CreditNote " in note
        answer = await month.post(note, name="avoir.xml")
        assert answer.status_code == 201, answer.text
        said = answer.json()
        assert (said["type_code"], said["gross"]["amount"], said["fee"]["amount"]) == ("381", "-1200.00", "0.00")
        assert said["payable"]["amount"] == "-1200.00"
        assert await booked(h, said) == [
            ("provider_credit_note", "401", "1200.00"),
            *(("provider_credit_note", "44566", "-200.00"), ("provider_credit_note", "604", "-1000.00")),
        ]
