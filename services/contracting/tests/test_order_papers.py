"""Before the order: special conditions, an order made from the template, the offer."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from chassis.testing import small_pdf
from contracts.contracting import BdcIssued

TERMS = "Pas de travail le week-end.\nMatériel fourni par le Client."


async def write(deal, text: str = TERMS, *, by=None, file: bytes | None = None, name: str = "conditions.pdf"):
    url = f"/missions/{deal.mission_id}/special-conditions"
    files = {"file": (name, file, "application/pdf")} if file else {"text": (None, text)}
    return await deal.call("PUT", url, by or deal.client.head, data={"text": text} if file else None, files=files)


async def accept(deal, by=None):
    return await deal.call(
        "POST", f"/missions/{deal.mission_id}/special-conditions/acceptance", by or deal.provider.head
    )


def words_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


@pytest.mark.req("CT-13")
class TestSpecialConditions:
    async def test_hold_the_order_up_until_the_provider_accepts_and_stand_in_it(self, deal):
        await deal.ready()
        assert (await write(deal, file=small_pdf())).status_code == 200
        refused = await deal.issue()
        assert [one["code"] for one in refused.json()["errors"]] == ["special_conditions_not_accepted"]
        accepted = (await accept(deal)).json()
        assert accepted["accepted_by"] == str(deal.provider.head.member_id)
        bdc = (await deal.issue()).json()
        assert bdc["special_conditions"] == TERMS
        document = await deal.call("GET", f"/bdcs/{bdc['id']}/document", deal.provider.head)
        assert "Matériel fourni par le Client." in words_of(document.content)
        for caller in (deal.provider.head, deal.client.head):
            shown = (await deal.mission(by=caller))["special_conditions"]
            assert (shown["text"], shown["file_name"]) == (TERMS, "conditions.pdf")
            url = f"/missions/{deal.mission_id}/special-conditions/file"
            assert (await deal.call("GET", url, caller)).content == small_pdf()

    async def test_another_text_is_to_be_accepted_anew(self, deal):
        await deal.ready()
        await write(deal)
        await accept(deal)
        await write(deal, "Autre texte")
        assert (await deal.issue()).json()["code"] == "gates_open"
        await accept(deal)
        assert (await deal.issue()).status_code == 201

    async def test_frozen_by_the_order(self, deal):
        await deal.ready()
        await deal.issue()
        told = await write(deal)
        assert (told.status_code, told.json()["code"]) == (409, "special_conditions_frozen")

    async def test_each_side_has_its_part_and_rivals_none(self, deal):
        await deal.ready()
        assert (await accept(deal)).json()["code"] == "special_conditions_not_found"
        assert (await write(deal, by=deal.provider.head)).status_code == 403
        assert (await write(deal, by=deal.rival_client)).status_code == 404
        await write(deal)
        assert (await accept(deal, deal.client.head)).status_code == 403
        assert (await accept(deal, deal.rival_provider)).status_code == 404
        url = f"/missions/{deal.mission_id}/special-conditions/file"
        assert (await deal.call("GET", url, deal.rival_provider)).status_code == 404

    @pytest.mark.parametrize("text", ["", "   ", "a\x00b", "x" * 10_001, "a\u202eb"])
    async def test_a_bad_text_is_refused_with_its_field(self, deal, text):
        await deal.ready()
        told = await write(deal, text)
        assert told.status_code == 422
        assert "text" in told.json()["errors"][0]["field"]

    async def test_a_pdf_with_a_script_is_refused(self, deal):
        await deal.ready()
        bad = small_pdf().replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(x)>>")
        assert bad != small_pdf()
        assert (await write(deal, file=bad)).json()["code"] == "file_not_accepted"


@pytest.mark.req("CT-09", "CT-30")
class TestGeneratedOrder:
    async def generate(self, deal, by=None, reference: str = "CMD-77"):
        url = f"/missions/{deal.mission_id}/client-order/generation"
        return await deal.call("POST", url, by or deal.client.head, json={"reference": reference})

    async def test_is_made_from_the_template_with_the_agreed_terms(self, deal):
        await deal.ready("order")
        made = await self.generate(deal)
        assert (made.status_code, made.json()["client_order"]["reference"]) == (201, "CMD-77")
        file = await deal.call("GET", f"/missions/{deal.mission_id}/client-order/file", deal.client.head)
        for part in (
            "CMD-77",
            "RFP-90064-1",
            str(deal.proposal_id),
            "Ada L.",
            "01/12/2026",
            "31/12/2026",
            "500,00 EUR",
        ):
            assert part in words_of(file.content)
        assert (await deal.issue()).json()["client_order_reference"] == "CMD-77"
        assert (await self.generate(deal)).json()["code"] == "client_order_frozen"

    async def test_is_for_the_client_alone(self, deal):
        await deal.ready("order")
        assert (await self.generate(deal, deal.provider.head)).status_code == 403
        assert (await self.generate(deal, deal.rival_client)).status_code == 404


@pytest.mark.req("CT-05")
class TestOffer:
    async def choose(self, deal, offer: str, by=None):
        return await deal.call(
            "PUT", f"/missions/{deal.mission_id}/offer", by or deal.client.head, json={"offer": offer}
        )

    @pytest.mark.req("CT-04")
    async def test_is_connect_unless_chosen_otherwise_and_travels_with_the_order(self, deal, deal_from):
        await deal.ready()
        assert (await deal.issue()).json()["offer"] == "connect"
        other = deal_from("FR")
        await other.ready()
        assert (await self.choose(other, "rise", other.staff)).json()["offer"] == "rise"
        await other.issue()
        [connect], [rise] = await deal.of(BdcIssued), await other.of(BdcIssued)
        assert (connect.offer, rise.offer) == ("connect", "rise")
        assert (await self.choose(other, "connect")).json()["code"] == "offer_frozen"

    async def test_is_not_the_provider_s_to_choose(self, deal):
        await deal.ready()
        assert (await self.choose(deal, "rise", deal.provider.head)).status_code == 403
        assert (await self.choose(deal, "rise", deal.rival_client)).status_code == 404
        assert (await self.choose(deal, "other")).status_code == 422
