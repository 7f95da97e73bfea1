"""A month with expenses, overtime, deliverables and corrections: billed line by line, rounded once, never changed."""

from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from uuid import uuid4

import pytest
from billing_months import MissionMonth, foreign_identity, french_identity
from hypothesis import given as examples
from hypothesis import strategies as st
from pypdf import PdfReader

from billing.bpf.lines import UnpricedLine, price_lines, vat_of
from billing.bpf.vat import NORMAL, treatment_of
from billing.settings import billing_settings
from chassis.errors import NotReady
from contracts.company import TaxStatus
from contracts.roles import Role
from contracts.timesheet import CraLine, CraLineKind
from contracts.values import Money, Month


def work(days="18"):
    return CraLine(kind=CraLineKind.WORK, title="Refonte du portail", quantity=Decimal(days), unit="DAY")


def priced(kind, title, quantity, price, *, unit="C62", rate=None):
    vat_rate = None if rate is None else Decimal(rate)
    return CraLine(
        kind=kind, title=title, quantity=Decimal(quantity), unit=unit, unit_price=Money.of(price), vat_rate=vat_rate
    )


def correction(days, order=None):
    return CraLine(
        kind=CraLineKind.ADJUSTMENT,
        title="Régularisation de 2026-09",
        quantity=Decimal(days),
        unit="DAY",
        month=Month.parse("2026-09"),
        bdc_id=order,
    )


TRAIN = priced(CraLineKind.EXPENSE, "Train Paris-Lyon", "1", "107.25", rate="10")
MEAL = priced(CraLineKind.EXPENSE, "Repas", "3", "15.05", rate="10")
STAMP = priced(CraLineKind.EXPENSE, "Timbre fiscal", "1", "25.00", rate="0")
NIGHT = priced(CraLineKind.OVERTIME, "Astreinte", "7.25", "41.11", unit="HUR")
REPORT = priced(CraLineKind.DELIVERABLE, "Rapport d'audit", "1", "1500.00")
EVERYTHING = (work(), NIGHT, TRAIN, MEAL, STAMP, REPORT, correction("-1.5"))


def shown(bpf):
    return [
        (line["kind"], line["quantity"], line["unit_price"]["amount"], line["net"]["amount"], line["vat_rate"])
        for line in bpf["lines"]
    ]


class TestLines:
    @pytest.mark.req("BL-01", "BL-02", "TS-15")
    async def test_are_those_of_the_report_priced_and_summed(self, given):
        bpf = (await given(MissionMonth(lines=EVERYTHING))).bpf
        assert shown(bpf) == [
            ("work", "18.00", "500.00", "9000.00", "20.00"),
            ("overtime", "7.25", "41.11", "298.05", "20.00"),
            ("expense", "1.00", "107.25", "107.25", "10.00"),
            ("expense", "3.00", "15.05", "45.15", "10.00"),
            ("expense", "1.00", "25.00", "25.00", "0.00"),
            ("deliverable", "1.00", "1500.00", "1500.00", "20.00"),
            ("adjustment", "-1.50", "500.00", "-750.00", "20.00"),
        ]
        groups = [(g["category"], g["rate"], g["base"]["amount"], g["amount"]["amount"]) for g in bpf["vat_groups"]]
        assert groups == [
            ("S", "20.00", "10048.05", "2009.61"),
            ("S", "10.00", "152.40", "15.24"),
            ("E", "0.00", "25.00", "0.00"),
        ]
        assert (bpf["net"]["amount"], bpf["vat"]["amount"], bpf["gross"]["amount"]) == (
            "10225.45",
            "2024.85",
            "12250.30",
        )
        assert bpf["lines"][0]["description"] == "Refonte du portail, Camille Martin, 2026-10"
        assert bpf["lines"][2]["description"] == "Train Paris-Lyon"

    @pytest.mark.parametrize(
        ("identity", "category"),
        [
            (french_identity(TaxStatus.VAT_EXEMPT), "E"),
            (foreign_identity("DE", "DE136695976"), "AE"),
            (foreign_identity("CH", None), "O"),
        ],
        ids=["small business", "member state", "elsewhere"],
    )
    async def test_of_a_provider_without_vat_bear_none_whatever_the_receipt_says(self, given, identity, category):
        bpf = (await given(MissionMonth(identity=identity, lines=(work(), TRAIN)))).bpf
        assert {(line["vat_category"], line["vat_rate"]) for line in bpf["lines"]} == {(category, "0.00")}
        assert (bpf["vat"]["amount"], len(bpf["vat_groups"])) == ("0.00", 1)

    @pytest.mark.req("TS-11")
    async def test_correcting_a_month_of_another_order_cost_what_that_order_says_once_it_is_known(self, h, given):
        earlier = MissionMonth(daily_rate="450.00")
        month = MissionMonth(lines=(work(), correction("2", earlier.bdc_id)))
        for event in month.known:
            await h.deliver(event)
        with pytest.raises(NotReady):
            await h.deliver(month.cra_validated)
        await h.deliver(earlier.bdc_issued)
        bpf = (await given(month)).bpf
        assert shown(bpf)[1] == ("adjustment", "2.00", "450.00", "900.00", "20.00")

    async def test_without_price_nor_days_are_never_billed(self):
        own = uuid4()
        hours = CraLine(kind=CraLineKind.OVERTIME, title="Astreinte", quantity=Decimal(3), unit="HUR")
        with pytest.raises(UnpricedLine):
            price_lines([hours], own, {own: Money.of(500)}, NORMAL)

    @pytest.mark.req("TS-11")
    async def test_below_zero_together_ask_for_a_credit_note(self, given):
        bpf = (await given(MissionMonth(days="1", lines=(work("1"), correction("-3"))))).bpf
        assert (bpf["kind"], bpf["net"]["amount"], bpf["vat"]["amount"]) == ("credit", "-1000.00", "-200.00")

    async def test_of_exactly_nothing_ask_for_an_invoice(self, given):
        bpf = (await given(MissionMonth(days="3", lines=(work("3"), correction("-3"))))).bpf
        assert (bpf["kind"], bpf["gross"]["amount"]) == ("invoice", "0.00")

    async def test_below_zero_at_the_clients_prices_alone_are_still_the_providers_to_invoice(self, given, monkeypatch):
        monkeypatch.setenv("MAILLON_CONNECT_MARGIN_PERCENT", "20")
        billing_settings.cache_clear()
        lines = (work("1"), correction("-2"), priced(CraLineKind.EXPENSE, "Avion", "1", "550.00", rate="20"))
        try:
            bpf = (await given(MissionMonth(days="1", lines=lines))).bpf
        finally:
            billing_settings.cache_clear()
        assert (bpf["kind"], bpf["net"]["amount"]) == ("invoice", "50.00")


quantities = st.decimals(min_value=-500, max_value=500, places=2)
prices = st.decimals(min_value=0, max_value=20_000, places=2)
rates = st.sampled_from([None, Decimal(0), Decimal("2.1"), Decimal("5.5"), Decimal(10), Decimal(20)])
reported = st.builds(
    lambda quantity, price, rate: priced(CraLineKind.EXPENSE, "Frais", quantity, price, rate=rate),
    quantities,
    prices,
    rates,
)


def half_up(exact):
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


class TestVat:
    @examples(st.lists(reported, max_size=12), st.sampled_from([TaxStatus.VAT_LIABLE, TaxStatus.VAT_EXEMPT]))
    def test_of_each_rate_is_its_lines_summed_and_rounded_once(self, lines, status):
        own, treatment = uuid4(), treatment_of(french_identity(status))
        billed = price_lines(lines, own, {own: Money.of(500)}, treatment)
        groups = vat_of(billed, treatment)
        assert sum(g.base.amount for g in groups) == sum(half_up(x.quantity * x.unit_price.amount) for x in lines)
        for group in groups:
            nets = [x.net.amount for x in billed if (x.vat_category, x.vat_rate) == (group.category, group.rate)]
            assert group.base.amount == sum(nets)
            assert group.amount.amount == half_up(sum(nets) * group.rate / 100)
        assert len({(group.category, group.rate) for group in groups}) == len(groups)


class TestDocument:
    @pytest.mark.req("BL-01", "BL-03")
    async def test_shows_every_line_and_the_totals_to_both_who_may_read_it(self, h, given):
        month = await given(MissionMonth(lines=EVERYTHING))
        for headers in (month.seller(), month.manager()):
            answer = await h.client.get(f"/bpfs/{month.bpf['id']}/document", headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
            text = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
            for said in (month.bpf["reference"], "Train Paris-Lyon", "-750,00", "10225,45 EUR", "12250,30 EUR"):
                assert said in text

    @pytest.mark.req("BL-03")
    async def test_is_not_for_others(self, h, given):
        month = await given()
        path = f"/bpfs/{month.bpf['id']}/document"
        colleague = h.headers(h.member(Role.RESPONSABLE_PROJET, month.month.client_id))
        for headers in (colleague, h.headers(h.member(Role.GERANT))):
            assert (await h.client.get(path, headers=headers)).status_code == 404
        assert (await h.client.get(path, headers=month.seller(Role.CONSULTANT))).status_code == 403
        assert (await h.client.get(path, headers=h.headers(h.staff()))).status_code == 403
