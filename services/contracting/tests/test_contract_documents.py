"""Contracts on paper: what is read, what is sealed, what is translated, and that nothing of it can be changed."""

import hashlib
import re
from io import BytesIO
from uuid import uuid4

import pytest
from pypdf import PdfReader

from contracting.contract.paper import NON_BINDING, unsigned
from contracting.signing.keys import SealSettings, roots
from contracting.signing.verification import verify
from contracts.company import AffiliationGranted
from contracts.roles import Role

PDF_A = re.compile(rb"pdfaid:part>3</pdfaid:part>\s*<pdfaid:conformance>B", re.DOTALL)


def pages(content: bytes) -> list[str]:
    """The words of each page, without the breaks of lines."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(content)).pages]


@pytest.fixture
async def contract(h, deal):
    await h.deliver(deal.provider.registered())
    return await deal.contract_of(deal.provider)


@pytest.fixture
def download(deal, contract):
    async def get(by=None, **params):
        url = f"/contracts/{contract['id']}/document"
        answer = await deal.call("GET", url, by or deal.provider.head, params=params)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("attachment")
        return answer.content

    return get


@pytest.mark.req("CT-26")
class TestUnsigned:
    async def test_is_the_exact_text_as_pdf_a_marked_as_a_draft(self, deal, contract, download):
        content = await download()
        assert PDF_A.search(content)
        read = (await deal.call("GET", f"/contracts/{contract['id']}", deal.provider.head)).json()
        shown = pages(content)
        assert all(page.startswith("Projet, non signé") for page in shown)
        whole = " ".join(shown)
        for clause in read["clauses"]:
            assert clause["title"] in whole
        assert "Annexe 1. Conditions de paiement et frais de gestion" in whole

    async def test_a_name_in_letters_that_no_font_has_is_printed_all_the_same(self, deal):
        text = "Contrat\nVersion 1\n\nEntre nous et \U00012000\U00012001.\n"
        assert (await unsigned(text, deal.h.clock().date())).startswith(b"%PDF-")

    async def test_words_that_look_like_markup_are_only_words(self, deal):
        text = 'Contrat #panic("x")\nVersion 1\n\n$x$ #read("/etc/passwd") *gras*\n'
        content = await unsigned(text, deal.h.clock().date())
        assert '#read("/etc/passwd") *gras*' in " ".join(pages(content))


@pytest.mark.req("CT-02", "CT-26")
class TestSealed:
    @pytest.fixture
    async def signed(self, deal, contract):
        return await deal.sign(deal.provider)

    @pytest.fixture
    def trusted(self, h):
        return roots(SealSettings(files_url=h.platform.settings.files_url))

    async def test_it_is_kept_sealed_with_its_fingerprint_and_read_by_company_and_staff(
        self, deal, signed, download, trusted
    ):
        content = await download()
        assert await download(deal.staff) == content
        assert hashlib.sha256(content).hexdigest() == signed["signature"]["document_sha256"]
        assert PDF_A.search(content)
        assert (await verify(content, trusted)).wrong == ()

    async def test_its_last_page_is_the_evidence(self, deal, signed, download):
        evidence = pages(await download())[-1]
        for part in (
            signed["sha256"].replace(" ", ""),
            "2026-11",
            str(deal.provider.head.member_id),
            "représentant légal",
            "127.0.0.1",
            "2026-11-16 09:00:0",
            "16/11/2026 10:00:0",
            "Indépendance et obligation de vigilance",
        ):
            assert part.replace(" ", "") in evidence.replace(" ", ""), part
        assert "Référence commerciale" not in evidence

    async def test_the_evidence_names_the_signatory(self, h, deal, contract, download):
        head = deal.provider.head
        granted = AffiliationGranted(
            affiliation_id=uuid4(),
            member_id=head.member_id,
            display_name="Zoé Ménard",
            company_id=deal.provider.id,
            company_kind=deal.provider.kind,
            role=Role.GERANT,
            granted_at=h.clock(),
        )
        await h.deliver(granted)
        await deal.sign(deal.provider)
        assert "Zoé Ménard" in pages(await download())[-1]

    async def test_the_exact_text_is_inside(self, signed, download):
        [[text]] = PdfReader(BytesIO(await download())).attachments.values()
        assert text.decode() == signed["text"]
        assert hashlib.sha256(text).hexdigest() == signed["signature"]["sha256"]

    async def test_a_changed_copy_is_found_out(self, signed, download, trusted):
        content = bytearray(await download())
        content[len(content) // 3] ^= 1
        assert not (await verify(bytes(content), trusted)).whole


@pytest.mark.req("CT-25")
class TestPrincipal:
    async def test_a_client_reads_signs_and_keeps_its_contract_with_annexes_in_its_version(self, h, deal):
        await h.deliver(deal.client.registered())
        contract = await deal.contract_of(deal.client)
        assert contract["kind"] == "principal"
        signed = await deal.sign(deal.client)
        assert signed["text"].startswith("Contrat principal Client\nVersion 2026-11\n")
        document = await deal.call("GET", f"/contracts/{contract['id']}/document", deal.client.head)
        whole = " ".join(pages(document.content))
        for part in ("Validation des comptes rendus", "Annexe 1. Offres Connect et Rise", "Preuve de la signature"):
            assert part in whole
        assert hashlib.sha256(document.content).hexdigest() == signed["signature"]["document_sha256"]


@pytest.mark.req("PL-17")
class TestTranslation:
    @pytest.mark.parametrize("when", ["before", "after"])
    async def test_is_marked_on_each_of_its_pages_and_followed_by_the_french_text(self, deal, contract, download, when):
        if when == "after":
            await deal.sign(deal.provider)
        shown = pages(await download(language="en"))
        mark = NON_BINDING.split(":", maxsplit=1)[0]
        marked = [page.startswith(mark) for page in shown]
        first_french = marked.index(False)
        assert all(marked[:first_french])
        assert not any(marked[first_french:])
        english, french = " ".join(shown[:first_french]), " ".join(shown[first_french:])
        assert "Independence and duty of vigilance" in english
        read = (await deal.call("GET", f"/contracts/{contract['id']}", deal.provider.head)).json()
        for clause in read["clauses"]:
            assert clause["title"] in french
        assert "Annexe 1." in french

    async def test_what_is_signed_is_french(self, deal, contract):
        signed = await deal.sign(deal.provider)
        assert signed["text"].startswith("Contrat-cadre Prestataire")

    async def test_another_language_is_refused_with_the_field(self, deal, contract):
        url = f"/contracts/{contract['id']}/document"
        answer = await deal.call("GET", url, deal.provider.head, params={"language": "de"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "language")
