"""Invoices of any profile are read, valid or not; what is wrong with them is named, and enough to refuse."""

import pytest
from billing_months import MissionMonth
from facturx_builder import EN16931, associated_pdf, edited_pdf, keyed_pdf, pdf_of_profile, pdf_with, terms, xml_of

from billing.reading.refusals import UnreadableInvoice
from contracts.billing import InvoiceImported
from contracts.roles import Role

LEVELS = ["minimum", "basicwl", "basic", "en16931", "extended"]


@pytest.fixture(scope="session")
async def month(h):
    """One open BPF that every refused import leaves as it is."""
    made = MissionMonth()
    for event in (*made.known, made.cra_validated):
        await h.deliver(event)
    return made


@pytest.fixture
async def opened(month, reopen):
    return await reopen(month)


@pytest.fixture(scope="session")
async def bpf(h, month):
    seller = h.headers(h.member(Role.GERANT, month.provider_id))
    return (await h.client.get("/bpfs", headers=seller)).json()["items"][0]


def totals(reading):
    said = reading.invoice
    return (said.net, said.vat, said.gross, said.due)


def codes(reading):
    return {finding.code for finding in reading.findings}


def text_of(bpf, level="en16931"):
    return xml_of(terms(bpf), level).decode()


class TestProfiles:
    @pytest.mark.parametrize("level", LEVELS)
    async def test_each_is_read_with_its_totals(self, reader, bpf, level):
        reading = await reader.read(pdf_of_profile(bpf, level))
        assert totals(reading) == ("9000.00", "1800.00", "10800.00", "10800.00")
        assert reading.invoice.number == "FA-2026-001"
        assert len(reading.invoice.lines) == (0 if level in {"minimum", "basicwl"} else 1)
        assert codes(reading) == ({"profile_without_lines"} if level in {"minimum", "basicwl"} else set())

    @pytest.mark.parametrize(
        ("guideline", "found"),
        [
            ("urn:cen.eu:en16931:2017:compliant:factur-x.eu:1p0:basic", {"FX-SCH-A-000026"}),
            ("urn:cen.eu:en16931:2017#compliant#urn:zugferd.de:2p0:basic", set()),
            ("urn:cen.eu:en16931:2017#conformant#urn:zugferd.de:2p0:extended", set()),
            ("urn:cen.eu:en16931:2017#compliant#urn:xoev-de:kosit:standard:xrechnung_1.2", {"FX-SCH-A-000556"}),
            ("urn:zugferd.de:2p0:minimum", {"profile_without_lines"}),
            ("urn:zugferd.de:2p0:basicwl", {"profile_without_lines"}),
        ],
    )
    async def test_older_and_national_identifiers_are_read_and_named(self, reader, bpf, guideline, found):
        reading = await reader.read(edited_pdf(bpf, EN16931, f"{guideline}<"))
        assert totals(reading) == ("9000.00", "1800.00", "10800.00", "10800.00")
        assert codes(reading) >= found
        assert bool(reading.findings) == bool(found)

    @pytest.mark.parametrize("guideline", ["urn:example:own<", "<"])
    async def test_one_that_nobody_knows_is_read_and_named(self, reader, bpf, guideline):
        reading = await reader.read(edited_pdf(bpf, EN16931, guideline))
        assert totals(reading)[2] == "10800.00"
        assert codes(reading) == {"unknown_profile"}


class TestAttachments:
    @pytest.mark.parametrize("name", ["ZUGFeRD-invoice.xml", "zugferd-invoice.xml", "xrechnung.xml", "rechnung.xml"])
    async def test_are_known_by_several_names(self, reader, bpf, name):
        for pdf in (pdf_with(text_of(bpf).encode(), name), keyed_pdf(text_of(bpf).encode(), name)):
            assert (await reader.read(pdf)).findings == []

    async def test_may_be_only_associated_with_the_document(self, reader, bpf):
        assert totals(await reader.read(associated_pdf(text_of(bpf).encode())))[2] == "10800.00"


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
    async def test_declared_ones_are_honoured(self, reader, bpf, encoding):
        declared = encoding.removesuffix("-sig")
        text = text_of(bpf).replace("€", "EUR")
        text = f'<?xml version="1.0" encoding="{declared}"?>' + text.split("?>", 1)[1]
        reading = await reader.read(pdf_with(text.encode(encoding)))
        assert reading.invoice.seller.name == "Atelier Numérique SARL"
        assert reading.findings == []

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda text: '<?xml version="1.0" encoding="UTF-8 (no BOM)"?>' + text.split("?>", 1)[1],
            lambda text: '<?xml version="1.0" encoding="x-none"?>' + text.split("?>", 1)[1],
            lambda text: "\n\n" + text,
            lambda text: text + "\x00\x00",
        ],
        ids=["no name of an encoding", "unknown encoding", "blank lines before it", "padding after it"],
    )
    async def test_what_only_its_ends_spoil_is_read_and_named(self, reader, bpf, spoil):
        reading = await reader.read(pdf_with(spoil(text_of(bpf)).encode()))
        assert reading.invoice.seller.name == "Atelier Numérique SARL"
        assert codes(reading) == {"xml_declaration"}


class TestOtherFormats:
    @pytest.mark.parametrize(
        ("root", "name"),
        [
            ('<r:CrossIndustryDocument xmlns:r="urn:ferd:CrossIndustryDocument:invoice:1p0"/>', "ZUGFeRD 1.0"),
            ("<SCRDMCCBDACIOMessageStructure/>", "Order-X"),
            ("<order/>", "<order> is no invoice"),
        ],
    )
    async def test_are_refused_by_name(self, reader, root, name):
        with pytest.raises(UnreadableInvoice) as refused:
            await reader.read(pdf_with(root.encode(), "ZUGFeRD-invoice.xml"))
        assert refused.value.code == "unsupported_format"
        assert name in refused.value.errors[0].detail


DUE = "<ram:DuePayableAmount>"
SUMMATION = "<ram:SpecifiedTradeSettlementLineMonetarySummation>"
ALLOWANCE = (
    "<ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>{}</udt:Indicator></ram:ChargeIndicator>"
    "<ram:ActualAmount>{}</ram:ActualAmount><ram:Reason>Remise</ram:Reason></ram:SpecifiedTradeAllowanceCharge>"
)
DEFECTS = {
    "schema": ((DUE, f"<ram:Surprise/>{DUE}"), "schema_invalid", {"schema_invalid"}),
    "rule": ((">58<", ">zz<"), "rules_broken", {"FX-SCH-A-000609"}),
    "profile": ((EN16931, "urn:example:own<"), "unsupported_profile", {"unknown_profile"}),
    "line amount": (
        (SUMMATION, ALLOWANCE.format("false", "100.00") + SUMMATION),
        "rules_broken",
        {"line_net_amount"},
    ),
    "declaration": (("^", "\n\n"), "xml_refused", {"xml_declaration"}),
    "schema and rule": (
        (f">58<|{DUE}", lambda found: ">zz<" if found[0] == ">58<" else f"<ram:Surprise/>{DUE}"),
        "schema_invalid",
        {"schema_invalid", "FX-SCH-A-000609"},
    ),
}


def entries(answer):
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


class TestAgreesButInvalid:
    @pytest.mark.parametrize("case", DEFECTS)
    async def test_is_refused_with_each_defect_named(self, h, opened, case):
        (pattern, replacement), code, found = DEFECTS[case]
        before = len(await h.emitted(InvoiceImported))
        answer = await opened.post(edited_pdf(opened.bpf, pattern, replacement))
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
        assert entries(answer) == {("file", name) for name in found}
        assert all(error["detail"] for error in answer.json()["errors"])
        bpf = (await h.client.get(f"/bpfs/{opened.bpf['id']}", headers=opened.seller())).json()
        assert bpf["status"] == "open"
        assert len(await h.emitted(InvoiceImported)) == before

    async def test_says_in_which_line_the_schema_is_left(self, opened):
        answer = await opened.post(edited_pdf(opened.bpf, DUE, f"<ram:Surprise/>{DUE}"))
        (error,) = answer.json()["errors"]
        assert error["detail"].startswith("line 141: Element 'Surprise'")

    async def test_says_which_element_breaks_a_rule(self, reader, bpf):
        (finding,) = (await reader.read(edited_pdf(bpf, ">58<", ">zz<"))).findings
        assert "SpecifiedTradeSettlementPaymentMeans/TypeCode" in finding.detail

    async def test_names_no_more_than_fifty_of_a_kind(self, reader, bpf):
        notes = '<ram:IncludedNote><ram:Content x="y">a</ram:Content></ram:IncludedNote>' * 60
        reading = await reader.read(edited_pdf(bpf, "</ram:IssueDateTime>", f"</ram:IssueDateTime>{notes}"))
        assert [finding.code for finding in reading.findings] == ["schema_invalid"] * 50 + ["more_findings"]
        assert reading.findings[-1].detail == "10 more"


class TestDiffersAndInvalid:
    @pytest.mark.req("BL-06")
    @pytest.mark.parametrize("case", DEFECTS)
    async def test_names_the_differences_and_each_defect(self, opened, case):
        (pattern, replacement), _, found = DEFECTS[case]
        answer = await opened.post(edited_pdf(opened.bpf, pattern, replacement, number="FA 1"))
        assert (answer.status_code, answer.json()["code"]) == (422, "invoice_mismatch"), answer.text
        assert entries(answer) == {("number", "bad_format")} | {("file", name) for name in found}

    async def test_says_which_totals_were_read(self, opened):
        pattern = "<ram:GrandTotalAmount>10800.00"
        answer = await opened.post(edited_pdf(opened.bpf, pattern, "<ram:GrandTotalAmount>529.87"))
        assert answer.json()["code"] == "invoice_mismatch"
        assert {("totals.gross", "differs"), ("file", "BR-CO-15"), ("file", "BR-CO-16")} == entries(answer)
        assert answer.json()["errors"][0]["detail"] == "expected 10800.00, found 529.87"

    @pytest.mark.parametrize("level", ["minimum", "basicwl"])
    async def test_a_profile_without_lines_is_compared_as_far_as_it_goes(self, opened, level):
        answer = await opened.post(pdf_of_profile(opened.bpf, level))
        assert (answer.status_code, answer.json()["code"]) == (422, "invoice_mismatch"), answer.text
        assert {("lines", "line_count"), ("file", "profile_without_lines")} <= entries(answer)
        assert not {field for field, _ in entries(answer)} & {"totals.net", "totals.vat", "totals.gross", "number"}


class TestValues:
    """What is read of a value that is not written as it should be: never something that agrees by chance."""

    @pytest.mark.parametrize(
        ("pattern", "replacement", "field", "found"),
        [
            (">20261110<", ">20260230<", "issued_on", "20260230 (format 102)"),
            (">20261110<", ">2026-11-10<", "issued_on", "2026-11-10 (format 102)"),
            ('format="102">20261110<', 'format="610">202611<', "issued_on", "202611 (format 610)"),
            (">10800.00<", ">beaucoup<", "gross", "beaucoup"),
            ("<ram:GrandTotalAmount>", '<ram:GrandTotalAmount currencyID="USD">', "gross", "10800.00 USD"),
            ("<ram:GrandTotalAmount>", '<ram:GrandTotalAmount currencyID="EUR">', "gross", "10800.00"),
            (
                "</ram:GrandTotalAmount>",
                "</ram:GrandTotalAmount><ram:GrandTotalAmount>1</ram:GrandTotalAmount>",
                "gross",
                "10800.00 | 1",
            ),
            (">10800.00<", ">108<!-- not nine -->00.00<", "gross", "10800.00"),
            (
                "<ram:TaxTotalAmount",
                '<ram:TaxTotalAmount currencyID="GBP">9.00</ram:TaxTotalAmount><ram:TaxTotalAmount',
                "vat",
                "1800.00",
            ),
            ('<ram:TaxTotalAmount currencyID="EUR">', '<ram:TaxTotalAmount currencyID="GBP">', "vat", "1800.00 GBP"),
            ("<ram:ID>FA-2026-001</ram:ID>", "", "number", None),
        ],
    )
    async def test_is_shown_as_it_is(self, reader, bpf, *, pattern, replacement, field, found):
        reading = await reader.read(edited_pdf(bpf, pattern, replacement))
        assert getattr(reading.invoice, field) == found

    @pytest.mark.parametrize(
        ("pattern", "replacement", "sound"),
        [
            (">500.00<", ">500.0011<", True),
            (">500.00<", ">500.0014<", False),
            (SUMMATION, ALLOWANCE.format("false", "0.02") + SUMMATION, True),
            (SUMMATION, ALLOWANCE.format("true", "0.03") + SUMMATION, False),
            (SUMMATION, ALLOWANCE.format("true", "5.00") + ALLOWANCE.format("false", "5.00") + SUMMATION, True),
            (
                ">500.00</ram:ChargeAmount>",
                '>1000.00</ram:ChargeAmount><ram:BasisQuantity unitCode="DAY">2</ram:BasisQuantity>',
                True,
            ),
            (
                ">500.00</ram:ChargeAmount>",
                '>5</ram:ChargeAmount><ram:BasisQuantity unitCode="HUR">8</ram:BasisQuantity>',
                True,
            ),
            (
                ">500.00</ram:ChargeAmount>",
                '>5</ram:ChargeAmount><ram:BasisQuantity unitCode="DAY">0</ram:BasisQuantity>',
                True,
            ),
        ],
        ids=["rounded", "off", "allowance", "charge", "both", "for two", "other unit", "for none"],
    )
    async def test_a_line_is_its_quantity_times_its_price(self, reader, bpf, pattern, replacement, sound):
        assert ("line_net_amount" not in codes(await reader.read(edited_pdf(bpf, pattern, replacement)))) == sound
