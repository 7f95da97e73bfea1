"""The platform's seal: it is there, it is stamped, and no change of the document survives a look at it."""

import os
import re
import subprocess
import sys
from io import BytesIO

import pytest
import typst
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from chassis.errors import TemporarilyUnavailable
from contracting.signing import Sealer
from contracting.signing.keys import SealSettings, roots
from contracting.signing.verification import verify

PAPER = typst.compile(b"= Contrat\nPage une.\n#pagebreak()\nPage deux.", format="pdf", pdf_standards="a-3b")


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return SealSettings(files_url=f"file://{tmp_path_factory.mktemp('files')}")


@pytest.fixture(scope="module")
async def sealed(settings):
    sealer = Sealer(settings)
    yield await sealer.seal_pdf(PAPER, "for a test")
    await sealer.close()


@pytest.fixture
def look(settings):
    return lambda content: verify(content, roots(settings))


def replaced_page(content: bytes) -> bytes:
    """Page two drawn anew, in a correct incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(content))
    first = writer.find_page_for_modification(0)[0].get_object()["/Contents"]
    page = writer.find_page_for_modification(1)[0].get_object()
    page["/Contents"] = first
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


class TestSeal:
    async def test_a_sealed_document_is_whole_signed_and_stamped(self, sealed, look):
        verdict = await look(sealed)
        assert verdict.wrong == ()
        assert (verdict.signer, verdict.stamped_by) == ("Test seal", "Test timestamp")
        assert verdict.at is not None

    def test_it_is_a_pades_signature_that_allows_no_change(self, sealed):
        [seal] = PdfFileReader(BytesIO(sealed)).embedded_regular_signatures
        assert seal.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
        assert seal.docmdp_level.value == 1
        assert sealed.startswith(PAPER)

    def test_the_test_authority_is_made_once_and_kept(self, sealed, settings):
        again = SealSettings(files_url=settings.files_url)
        assert roots(again) == roots(settings)

    async def test_another_s_authority_is_not_trusted(self, sealed, tmp_path):
        stranger = Sealer(SealSettings(files_url=f"file://{tmp_path}"))
        await stranger.seal_pdf(PAPER)
        await stranger.close()
        verdict = await verify(sealed, roots(stranger.settings))
        assert "the seal's certificate is not trusted" in verdict.wrong

    async def test_the_process_ends_and_comes_back(self, settings):
        sealer = Sealer(settings)
        assert await sealer.seal_pdf(PAPER)
        await sealer.close()
        assert await sealer.seal_pdf(PAPER)
        await sealer.close()

    async def test_what_is_no_pdf_is_not_sealed(self, settings):
        sealer = Sealer(settings)
        with pytest.raises(TemporarilyUnavailable):
            await sealer.seal_pdf(b"not a document")
        await sealer.close()

    async def test_without_a_key_and_a_disk_nothing_is_sealed(self):
        with pytest.raises(TemporarilyUnavailable):
            await Sealer(SealSettings(files_url="s3://bucket")).seal_pdf(PAPER)


class TestTampering:
    async def test_any_flipped_byte_of_the_document_is_found(self, sealed, look):
        for place in range(20, len(PAPER), len(PAPER) // 12):
            spoiled = bytearray(sealed)
            spoiled[place] ^= 1
            assert not (await look(bytes(spoiled))).whole, place

    async def test_a_flipped_byte_is_named(self, sealed, look):
        spoiled = bytearray(sealed)
        spoiled[sealed.index(b"stream") + 20] ^= 1
        assert "the sealed bytes were changed" in (await look(bytes(spoiled))).wrong

    async def test_appended_bytes_are_found_and_counted(self, sealed, look):
        verdict = await look(sealed + b"\n% more\n")
        assert not verdict.whole
        assert any("8 bytes were added after the seal" in sentence for sentence in verdict.wrong), verdict.wrong

    async def test_a_replaced_page_is_found_and_named(self, sealed, look):
        verdict = await look(replaced_page(sealed))
        assert "page 2 was replaced" in verdict.wrong
        assert "page 1 was replaced" not in verdict.wrong

    async def test_an_unsealed_or_cut_document_is_not_whole(self, sealed, look):
        assert (await look(PAPER)).wrong == ("it bears no seal",)
        for content in (sealed[:-200], sealed[: len(PAPER)], b"", b"%PDF-1.7"):
            assert not (await look(content)).whole

    async def test_a_seal_moved_to_another_document_does_not_hold(self, sealed, look):
        other = typst.compile(b"= Autre", format="pdf", pdf_standards="a-3b")
        assert not (await look(other + sealed[len(PAPER) :])).whole


class TestCommand:
    @pytest.fixture
    def run(self, tmp_path, settings):
        def command(content: bytes, *more):
            file = tmp_path / "document.pdf"
            file.write_bytes(content)
            environment = {**os.environ, "MAILLON_FILES_URL": settings.files_url}
            words = [sys.executable, "-m", "contracting.signing", "verify", str(file), *more]
            return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)

        return command

    def test_says_that_a_document_is_whole_by_whom_and_when(self, sealed, run):
        done = run(sealed)
        assert done.returncode == 0, done.stderr
        assert re.search(r"whole: yes\nsealed by: Test seal\nat: 20\d\d-.*Z", done.stdout)

    def test_says_what_was_changed(self, sealed, run):
        done = run(replaced_page(sealed))
        assert done.returncode == 1
        assert "wrong: page 2 was replaced" in done.stdout

    def test_without_certificates_to_trust_it_says_so(self, sealed, run):
        assert run(sealed, "--trust", "/nowhere.pem").returncode == 2
