"""Everything that binds a company and the platform, listed and downloaded at once (CT-27)."""

import json
import zipfile
from io import BytesIO

import pytest

from contracts.roles import Role

ROUTES = ["/contractual-documents", "/contractual-documents/archive"]


@pytest.fixture
async def issued(deal):
    await deal.ready()
    return (await deal.issue()).json()


@pytest.mark.req("CT-27")
class TestBundle:
    async def test_lists_contracts_with_accepted_versions_and_annexes_and_orders(self, deal, issued):
        bundle = (await deal.call("GET", "/contractual-documents", deal.provider.head)).json()
        [contract], [order] = bundle["contracts"], bundle["orders"]["items"]
        signed = await deal.contract_of(deal.provider)
        assert (contract["contract_id"], contract["kind"], contract["status"]) == (signed["id"], "framework", "signed")
        assert (contract["terms_version"], contract["signed_at"]) == ("2026-11", signed["signed_at"])
        assert contract["annexes"] == ["Conditions de paiement et frais de gestion", "Offres Connect et Rise"]
        assert (order["bdc_id"], order["reference"]) == (issued["id"], issued["reference"])
        assert bundle["consents"] == "/api/identity/members/me/consents"
        for one in (contract, order):
            document = await deal.call("GET", one["document"].removeprefix("/api/contracting"), deal.provider.head)
            assert document.content.startswith(b"%PDF-")

    async def test_the_archive_holds_each_document_and_their_list(self, deal, issued):
        answer = await deal.call("GET", "/contractual-documents/archive", deal.client.head)
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(BytesIO(answer.content)) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
        listed = json.loads(found.pop("documents.json"))
        assert [one["kind"] for one in listed["contracts"]] == ["principal"]
        [contract] = listed["contracts"]
        assert set(found) == {f"principal-2026-11-{contract['contract_id']}.pdf", f"{issued['reference']}.pdf"}
        assert all(content.startswith(b"%PDF-") for content in found.values())

    async def test_holds_nothing_before_the_signature_and_nothing_of_a_rival(self, h, deal, issued):
        await h.deliver(deal.client.registered())
        for rival in (deal.rival_provider, deal.rival_client):
            bundle = (await deal.call("GET", "/contractual-documents", rival)).json()
            assert (bundle["contracts"], bundle["orders"]["items"]) == ([], [])

    @pytest.mark.parametrize("url", ROUTES)
    async def test_is_not_for_a_consultant(self, deal, url):
        assert (await deal.call("GET", url, deal.provider.member(Role.CONSULTANT))).status_code == 403
