"""The files of issued documents: valid by schema and rules in every kind and VAT case, PDF/A-3, made once."""

import pytest
from billing_months import foreign_identity, french_identity
from issuing_world import draft, line

from billing.bpf.vat import NORMAL, NOT_TAXED_HERE, OVERSEAS, REVERSE_CHARGE, SMALL_BUSINESS, treatment_of_sale
from billing.issuing.credit_note import credit
from billing.issuing.issue import issue
from billing.issuing.paper import pdf_of
from billing.issuing.sheet import Kind, Language
from contracts.company import TaxStatus
from contracts.values import PostalAddress


def overseas_identity():
    address = PostalAddress(line1="1 rue du Port", postcode="97400", city="Saint-Denis", country="FR")
    return french_identity().model_copy(update={"address": address})


CASES = {
    "client": (french_identity, NORMAL, {}),
    "client with order, in English": (french_identity, NORMAL, {"language": Language.EN, "order_reference": "PO-77"}),
    "fee": (french_identity, NORMAL, {"kind": Kind.FEE}),
    "subscription": (french_identity, NORMAL, {"kind": Kind.SUBSCRIPTION}),
    "rise": (french_identity, NORMAL, {"kind": Kind.RISE}),
    "self-billed": (french_identity, NORMAL, {"kind": Kind.SELF_BILLED}),
    "self-billed, small business": (
        lambda: french_identity(TaxStatus.VAT_EXEMPT).model_copy(update={"vat_number": None}),
        SMALL_BUSINESS,
        {"kind": Kind.SELF_BILLED},
    ),
    "self-billed, German": (lambda: foreign_identity("DE", "DE136695976"), REVERSE_CHARGE, {"kind": Kind.SELF_BILLED}),
    "client, German": (lambda: foreign_identity("DE", "DE136695976"), REVERSE_CHARGE, {}),
    "client, Swiss": (
        lambda: foreign_identity("CH", None).model_copy(update={"registration_number": "CHE-123.456.788"}),
        NOT_TAXED_HERE,
        {},
    ),
    "client, overseas": (overseas_identity, OVERSEAS, {}),
}


@pytest.mark.parametrize(
    ("customer", "vat"),
    [
        (french_identity, NORMAL),
        (overseas_identity, OVERSEAS),
        (lambda: foreign_identity("GP", None), OVERSEAS),
        (lambda: foreign_identity("MC", None), NORMAL),
        (lambda: foreign_identity("DE", "DE136695976"), REVERSE_CHARGE),
        (lambda: foreign_identity("CH", None), NOT_TAXED_HERE),
    ],
)
def test_a_sale_bears_the_vat_of_where_its_customer_is(customer, vat):
    assert treatment_of_sale(customer()) is vat


@pytest.fixture
async def made(h, known):
    """Issue a case in a transaction that is undone at the end: nothing in the books is there for no reason."""
    async with h.platform.database._sessions() as tx:
        tx.now = h.clock()

        async def issue_case(case):
            identity, vat, wanted = CASES[case]
            wanted = draft(await known(identity()), line(vat=vat), **wanted)
            return tx, await issue(tx, h.platform.own.settings, wanted)

        yield issue_case
        await tx.rollback()


def markers(pdf):
    return [
        mark in pdf for mark in (b"/OutputIntents", b"<pdfaid:part>3<", b"/AFRelationship/Alternative", b"<fx:Version>")
    ]


class TestPaper:
    @pytest.mark.parametrize("case", CASES)
    async def test_every_kind_and_vat_case_is_valid_and_archival(self, made, reader, case):
        _, row = await made(case)
        pdf = pdf_of(row, "accounting@example.com")
        reading = await reader.read(pdf)
        assert reading.findings == []
        assert markers(pdf) == [True] * 4
        assert reading.invoice.number == row.number
        assert (reading.invoice.net, reading.invoice.vat) == (f"{row.net_amount:.2f}", f"{row.vat_amount:.2f}")

    @pytest.mark.parametrize("case", CASES)
    async def test_so_is_each_credit_note(self, made, reader, case):
        tx, row = await made(case)
        note = await credit(tx, row, "Erreur sur les jours")
        reading = await reader.read(pdf_of(note, "accounting@example.com"))
        assert reading.findings == []
        assert reading.invoice.type_code == ("261" if row.kind is Kind.SELF_BILLED else "381")
