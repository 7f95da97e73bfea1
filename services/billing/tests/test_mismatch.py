"""An invoice that says anything else than its BPF is refused, and what differs is named."""

import datetime as dt

import pytest
from billing_months import MissionMonth, foreign_identity, french_identity
from facturx_builder import edited_pdf, invoice_pdf

from contracts.billing import InvoiceImported
from contracts.company import TaxStatus


def put(term, value):
    return lambda terms: terms.__setitem__(term, value)


def put_in(group, term, value):
    return lambda terms: terms[group].__setitem__(term, value)


def put_line(term, value):
    return lambda terms: terms["BG-25"][0].__setitem__(term, value)


def price(quantity="18.0", unit_price="500.00", rate="20.00", net=9000):
    """Another price, with totals that follow from it, so that only the comparison can object."""

    def change(terms):
        vat = net * int(rate.split(".")[0]) // 100
        terms["BG-25"][0] |= {"BT-129": quantity, "BT-146": unit_price, "BT-131": f"{net}.00", "BT-152": rate}
        terms["BG-23"][0] |= {"BT-116": f"{net}.00", "BT-117": f"{vat}.00", "BT-119": rate}
        terms |= {"BT-106": f"{net}.00", "BT-109": f"{net}.00", "BT-110": f"{vat}.00"}
        terms |= {"BT-112": f"{net + vat}.00", "BT-115": f"{net + vat}.00"}

    return change


def two_lines(terms):
    first = terms["BG-25"][0]
    first |= {"BT-129": "9.0", "BT-131": "4500.00"}
    terms["BG-25"].append(first | {"BT-126": "2"})


def prepaid(terms):
    terms |= {"BT-113": "800.00", "BT-115": "10000.00"}


def without_order(terms):
    del terms["BT-13"]


def without_period(terms):
    del terms["BT-73"], terms["BT-74"]


def without_buyer_siren(terms):
    del terms["BG-7"]["legal_identifier"], terms["BG-7"]["legal_identifier_schemeid"]


def without_note(code):
    return lambda terms: terms.__setitem__("BG-1", [n for n in terms["BG-1"] if n["BT-21"] != code])


def twice(code):
    return lambda terms: terms["BG-1"].append({"BT-21": code, "BT-22": "Encore."})


AMOUNTS = {
    "lines.0.net",
    "vat_groups.0.base",
    "vat_groups.0.amount",
    "totals.net",
    "totals.vat",
    "totals.gross",
    "totals.due",
}
CASES = {
    "number with a space": (put("BT-1", "FA 2026 001"), {"number": "bad_format"}),
    "number with an accent": (put("BT-1", "FAÉ-1"), {"number": "bad_format"}),
    "number of 36 characters": (put("BT-1", "F" * 36), {"number": "bad_format"}),
    "self-billed invoice": (put("BT-3", "389"), {"type_code": "differs"}),
    "other order": (put("BT-13", "BDC-0"), {"order_reference": "differs"}),
    "no order": (without_order, {"order_reference": "missing"}),
    "issued tomorrow": (put("BT-2", dt.date(2026, 11, 21)), {"issued_on": "too_late"}),
    "issued before the validation": (put("BT-2", dt.date(2026, 11, 1)), {"issued_on": "too_early"}),
    "period from the month before": (put("BT-73", dt.date(2026, 9, 30)), {"period.start": "too_early"}),
    "period into the next month": (put("BT-74", dt.date(2026, 11, 1)), {"period.end": "too_late"}),
    "no period": (without_period, {"period.start": "missing", "period.end": "missing"}),
    "other seller name": (put_in("BG-4", "name", "Atelier Analogique SARL"), {"seller.name": "differs"}),
    "other seller SIREN": (put_in("BG-4", "legal_identifier", "732829320"), {"seller.siren": "differs"}),
    "other seller SIRET": (put_in("BG-4", "identifiers", {"0009": "73282932000074"}), {"seller.siret": "differs"}),
    "other seller VAT number": (put_in("BG-4", "vat_identifier", "FR44732829320"), {"seller.vat_number": "differs"}),
    "other buyer name": (put_in("BG-7", "name", "Client SA"), {"buyer.name": "differs"}),
    "other buyer SIREN": (put_in("BG-7", "legal_identifier", "732829320"), {"buyer.siren": "differs"}),
    "no buyer SIREN": (without_buyer_siren, {"buyer.siren": "missing"}),
    "other buyer VAT number": (put_in("BG-7", "vat_identifier", "FR44732829320"), {"buyer.vat_number": "differs"}),
    "other quantity": (put_line("BT-129", "17.5"), {"lines.0.quantity": "differs", "file": "line_net_amount"}),
    "hours": (put_line("BT-130", "HUR"), {"lines.0.unit": "differs"}),
    "other unit price": (put_line("BT-146", "500.001"), {"lines.0.unit_price": "differs"}),
    "half a day more": (
        price(quantity="18.5", net=9250),
        dict.fromkeys(AMOUNTS | {"lines.0.quantity"}, "differs"),
    ),
    "one euro a day more": (
        price(unit_price="501.00", net=9018),
        dict.fromkeys(AMOUNTS | {"lines.0.unit_price"}, "differs"),
    ),
    "reduced VAT": (
        price(rate="10.00"),
        dict.fromkeys(
            [
                "lines.0.vat_rate",
                "vat_groups.0.rate",
                "vat_groups.0.amount",
                "totals.vat",
                "totals.gross",
                "totals.due",
            ],
            "differs",
        ),
    ),
    "two lines": (
        two_lines,
        {"lines": "line_count", "lines.0.quantity": "differs", "lines.0.net": "differs"},
    ),
    "part of it prepaid": (prepaid, {"totals.prepaid": "differs", "totals.due": "differs"}),
    "no note on the indemnity": (without_note("PMT"), {"notes.PMT": "not_once"}),
    "no note on penalties": (without_note("PMD"), {"notes.PMD": "not_once"}),
    "no note on discounts": (without_note("AAB"), {"notes.AAB": "not_once"}),
    "two notes on the indemnity": (twice("PMT"), {"notes.PMT": "not_once"}),
}


@pytest.fixture(scope="session")
async def shared(h):
    """One open BPF that every refused import leaves as it is."""
    month = MissionMonth()
    for event in (*month.known, month.cra_validated):
        await h.deliver(event)
    return month


@pytest.fixture
def opened(shared, reopen):
    return reopen(shared)


def named(answer):
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


class TestMismatch:
    @pytest.mark.req("BL-06")
    @pytest.mark.parametrize("case", CASES)
    async def test_names_exactly_what_differs(self, opened, case):
        change, expected = CASES[case]
        month = await opened
        answer = await month.post(invoice_pdf(month.bpf, change))
        assert (answer.status_code, answer.json()["code"]) == (422, "invoice_mismatch"), answer.text
        assert named(answer) == expected

    async def test_names_another_currency(self, opened):
        month = await opened
        answer = await month.post(edited_pdf(month.bpf, r"EUR", "USD"))
        assert named(answer) == {"currency": "differs"}

    async def test_names_a_price_for_several_days(self, opened):
        month = await opened
        pattern = r"(<ram:NetPriceProductTradePrice>\s*<ram:ChargeAmount>500.00</ram:ChargeAmount>)"
        base = r'\1<ram:BasisQuantity unitCode="DAY">10</ram:BasisQuantity>'
        differences = named(await month.post(edited_pdf(month.bpf, pattern, base)))
        assert differences == {"lines.0.price_base": "differs", "file": "line_net_amount"}

    async def test_names_a_number_without_end(self, opened):
        month = await opened
        answer = await month.post(edited_pdf(month.bpf, ">18.00<", f">{'9' * 5000}<"))
        assert named(answer) == {"lines.0.quantity": "differs"}
        assert len(answer.json()["detail"]) < 200

    async def test_says_both_sides_in_words(self, opened):
        month = await opened
        answer = await month.post(invoice_pdf(month.bpf, put_line("BT-129", "17.5")))
        assert answer.json()["errors"][0]["detail"] == "expected 18.00, found 17.5"

    @pytest.mark.req("BL-07")
    async def test_keeps_nothing_and_leaves_the_bpf_open(self, h, opened):
        month = await opened
        before = len(await h.emitted(InvoiceImported))
        assert (await month.post(invoice_pdf(month.bpf, put("BT-13", "BDC-0")))).status_code == 422
        assert (await h.client.get("/invoices", headers=month.seller())).json()["items"] == []
        assert (await h.client.get(f"/bpfs/{month.bpf['id']}", headers=month.seller())).json()["status"] == "open"
        assert len(await h.emitted(InvoiceImported)) == before


class TestTolerated:
    """Written differently, meant the same."""

    @pytest.mark.parametrize(
        "change",
        [
            put_in("BG-4", "name", "ATELIER NUMERIQUE, S.A.R.L."),
            put_in("BG-4", "identifiers", None),
            put("BT-73", dt.date(2026, 10, 5)),
            put("BT-74", dt.date(2026, 10, 20)),
            put("BT-2", dt.date(2026, 11, 20)),
            put("BT-2", dt.date(2026, 11, 2)),
            put("BT-9", dt.date(2027, 6, 30)),
            put("BT-1", "F" * 31 + "+-_/"),
            put_line("BT-129", "18.0000"),
            put_line("BT-130", "E49"),
        ],
        ids=[
            "name in capitals",
            "no SIRET",
            "later start",
            "earlier end",
            "issued today",
            "issued on the day of validation",
            "another due date",
            "longest number",
            "more decimals",
            "working days",
        ],
    )
    async def test_is_accepted(self, given, change):
        month = await given()
        answer = await month.post(invoice_pdf(month.bpf, change))
        assert answer.status_code == 201, answer.text


class TestOtherVat:
    async def test_a_small_business_states_why_it_bears_no_vat(self, given):
        month = await given(MissionMonth(identity=french_identity(TaxStatus.VAT_EXEMPT)))
        silent = invoice_pdf(month.bpf, lambda terms: terms["BG-23"][0].__setitem__("BT-120", "Exonéré"))
        assert named(await month.post(silent)) == {"vat_groups.0.reason": "missing_mention"}
        answer = await month.post(invoice_pdf(month.bpf))
        assert answer.status_code == 201, answer.text
        assert answer.json()["gross"] == answer.json()["net"]

    async def test_a_small_business_may_not_charge_vat(self, given):
        month = await given(MissionMonth(identity=french_identity(TaxStatus.VAT_EXEMPT)))

        def charge(terms):
            terms["BG-23"][0] |= {"BT-118": "S", "BT-119": "20.00", "BT-117": "1800.00"}
            del terms["BG-23"][0]["BT-120"]
            terms["BG-25"][0] |= {"BT-151": "S", "BT-152": "20.00"}
            terms |= {"BT-110": "1800.00", "BT-112": "10800.00", "BT-115": "10800.00"}

        differences = named(await month.post(invoice_pdf(month.bpf, charge)))
        assert {"lines.0.vat_category", "vat_groups.0.category", "totals.vat", "totals.gross"} <= set(differences)

    async def test_a_provider_of_a_member_state_invoices_under_reverse_charge_without_french_notes(self, given):
        month = await given(MissionMonth(identity=foreign_identity("DE", "DE136695976")))
        answer = await month.post(invoice_pdf(month.bpf, put("BG-1", [])))
        assert answer.status_code == 201, answer.text

    async def test_a_provider_from_elsewhere_invoices_out_of_scope(self, given):
        month = await given(MissionMonth(identity=foreign_identity("CH", None)))
        answer = await month.post(invoice_pdf(month.bpf, put_in("BG-4", "identifiers", {None: "CHE-1"})))
        assert answer.status_code == 201, answer.text
