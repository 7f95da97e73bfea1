"""Hostile files: PDFs that act, unfold or hide others; viruses; a scanner that is away or talks nonsense."""

import asyncio
import contextlib
import logging
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path

import pytest
import typst
from fastapi import UploadFile
from pypdf import PdfReader, PdfWriter

from chassis.errors import Problem, TemporarilyUnavailable
from chassis.files import JPEG, PDF, PNG, XML, FileNotAccepted, FileStore, ScanState, sniff
from chassis.pdf import Unsafe, inspect
from chassis.testing import eventually, small_pdf
from chassis.virus_scan import FileInfected

ACCEPT = frozenset({PDF, PNG, JPEG})
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ROW_OF_ZEROS = zlib.compress(b"\0" * 300_000_000, 9)
SMALL_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"


def upload(content: bytes, name: str = "a.pdf") -> UploadFile:
    return UploadFile(BytesIO(content), filename=name)


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def written(change: Callable[[PdfWriter], object]) -> bytes:
    writer, out = PdfWriter(clone_from=PdfReader(BytesIO(small_pdf()))), BytesIO()
    change(writer)
    writer.write(out)
    return out.getvalue()


def zipped() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    return out.getvalue()


def stream(packed: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    return b"<</Length %d/Filter%b>>stream\n%b\nendstream" % (len(packed), filters, packed)


ACTION = b"/AA<</O<</S/%b>>>>"
HOSTILE = {
    "script": small_pdf(page=b"/AA<</O<</S/JavaScript/JS(app.alert\\(1\\))>>>>"),
    "script under an escaped name": small_pdf(page=ACTION % b"JavaScr#69pt"),
    "script in its own object": small_pdf(page=b"/AA<</O 4 0 R>>", extra=[b"<</S/JavaScript/J#53(app.alert(1))>>"]),
    "launch": small_pdf(page=ACTION % b"Launch"),
    "sends a form": small_pdf(page=ACTION % b"SubmitForm"),
    "embedded file": written(lambda pdf: pdf.add_attachment("a.exe", b"MZ")),
    "encrypted": written(lambda pdf: pdf.encrypt("secret")),
    "encrypted without password": written(lambda pdf: pdf.encrypt("", "owner")),
    "unfolds": small_pdf(page=b"/Contents 4 0 R", extra=[stream(ROW_OF_ZEROS)]),
    "unfolds twice": small_pdf(extra=[stream(zlib.compress(ROW_OF_ZEROS), b"[/FlateDecode/FlateDecode]")]),
    "unfolds in pieces": small_pdf(extra=[stream(zlib.compress(b"\0" * 40_000_000))] * 8),
    "cut off": small_pdf()[:-12],
    "without pages": b"%PDF-1.7\ntrailer<<>>\n%%EOF",
    "followed by another file": small_pdf() + b"\0" * 2000,
    "also an archive": small_pdf() + zipped(),
    "also a web page": b"%PDF-1.7\n<HTML><script>x</script>" + small_pdf(),
}


ACTIVE = [name for name in HOSTILE if name.startswith(("script", "launch", "sends"))]


class TestInspect:
    @pytest.mark.parametrize("name", ACTIVE)
    def test_finds_what_acts_beside_attachments_that_are_expected(self, name):
        with pytest.raises(Unsafe):
            inspect(HOSTILE[name], attachments=True)

    def test_takes_attachments_where_they_are_expected(self):
        inspect(HOSTILE["embedded file"], attachments=True)
        with pytest.raises(Unsafe):
            inspect(HOSTILE["embedded file"])


class TestSniff:
    @pytest.mark.parametrize("content", [b"<a/>", b"\xef\xbb\xbf<a/>", "<a/>".encode("utf-16")])
    def test_knows_xml_by_its_start_where_it_is_accepted(self, content):
        assert sniff(content, "a.XML", frozenset({XML})) == XML
        for name, accept in (("a.xml", ACCEPT), ("a.pdf", frozenset({XML, PDF}))):
            with pytest.raises(FileNotAccepted):
                sniff(content, name, accept)


class TestKeep:
    @pytest.fixture
    async def files(self, tmp_path: Path) -> AsyncIterator[FileStore]:
        store = FileStore(f"file://{tmp_path}")
        yield store
        await store.close()

    @pytest.mark.parametrize("name", HOSTILE)
    async def test_refuses_a_hostile_pdf_and_keeps_nothing(self, files, tmp_path, name):
        with pytest.raises(FileNotAccepted):
            await files.keep(upload(HOSTILE[name]), accept=ACCEPT)
        assert stored(tmp_path) == []

    async def test_takes_a_typeset_one_with_its_fonts_and_says_that_nobody_scanned_it(self, files):
        paper = typst.compile("= Attestation\nÀ jour.".encode(), format="pdf", pdf_standards="a-3b")
        kept = await files.keep(upload(paper), accept=ACCEPT)
        assert (await files.read(kept.key), kept.scan) == (paper, ScanState.NOT_SCANNED)

    async def test_takes_one_that_unfolds_to_a_scanned_page(self, files):
        page = small_pdf(extra=[stream(zlib.compress(b"\0" * 100_000_000))])
        assert (await files.keep(upload(page), accept=ACCEPT)).size == len(page)

    @pytest.mark.parametrize("content", [SMALL_PNG + zipped(), SMALL_PNG + b"<script>alert(1)</script>"])
    async def test_refuses_a_picture_that_is_something_else_too(self, files, content):
        with pytest.raises(FileNotAccepted):
            await files.keep(upload(content, "a.png"), accept=ACCEPT)
        await files.keep(upload(SMALL_PNG, "a.png"), accept=ACCEPT)

    async def test_survives_a_file_that_kills_the_reading_process(self, files):
        await files.keep(upload(small_pdf()), accept=ACCEPT)
        os.kill(files._inspector.pid, 9)
        await files.keep(upload(small_pdf()), accept=ACCEPT)

    async def test_removed_is_gone_and_again_is_no_matter(self, files, tmp_path):
        kept = await files.keep(upload(small_pdf()), accept=ACCEPT)
        for _ in range(2):
            await files.remove(kept.key)
        assert stored(tmp_path) == []


@contextlib.asynccontextmanager
async def daemon(answer: bytes | None = None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Speaks INSTREAM as clamd does; its one signature is EICAR's."""
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">I", await reader.readexactly(4))[0]:
            content += await reader.readexactly(length)
        seen.append(content)
        verdict = b"stream: Eicar-Test-File FOUND\0" if EICAR in content else b"stream: OK\0"
        writer.write(verdict if answer is None else answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", seen


async def keep(folder: Path, address: str, content: bytes):
    store = FileStore(f"file://{folder}", address)
    try:
        return await store.keep(upload(content), accept=ACCEPT)
    finally:
        await store.close()


class TestScan:
    async def test_sees_the_whole_file_before_it_is_kept(self, tmp_path):
        content = small_pdf("x" * 300_000)
        async with daemon() as (address, seen):
            kept = await keep(tmp_path, address, content)
        assert (kept.scan, seen) == (ScanState.CLEAN, [content])

    async def test_that_finds_something_refuses_and_keeps_nothing(self, tmp_path, caplog):
        caplog.set_level(logging.WARNING)
        async with daemon() as (address, _):
            with pytest.raises(FileInfected) as refusal:
                await keep(tmp_path, address, small_pdf(EICAR.decode()))
        assert (refusal.value.status, refusal.value.code) == (422, "file_infected")
        assert stored(tmp_path) == []
        assert "file_infected" in caplog.messages

    @pytest.mark.parametrize("answer", [b"", b"stream: OK", b"INSTREAM size limit exceeded. ERROR\0", b"\0"])
    async def test_that_says_anything_else_keeps_nothing(self, tmp_path, answer):
        async with daemon(answer) as (address, _):
            with pytest.raises(TemporarilyUnavailable):
                await keep(tmp_path, address, small_pdf())
        assert stored(tmp_path) == []

    async def test_that_nobody_answers_keeps_nothing(self, tmp_path):
        for address in ("127.0.0.1:1", str(tmp_path / "nobody.sock")):
            with pytest.raises(TemporarilyUnavailable):
                await keep(tmp_path, address, small_pdf())
        assert stored(tmp_path) == []

    @pytest.mark.skipif(shutil.which("clamd", path="/usr/sbin:/usr/bin") is None, reason="clamav-daemon is absent")
    async def test_works_with_the_real_daemon(self, tmp_path):
        base, socket = tmp_path / "signatures", tmp_path / "clamd.sock"
        base.mkdir()
        (base / "x.ndb").write_text(f"Eicar-Test-File:0:*:{EICAR.hex()}\n")
        config = tmp_path / "clamd.conf"
        config.write_text(f"LocalSocket {socket}\nDatabaseDirectory {base}\nForeground yes\n")
        program = shutil.which("clamd", path="/usr/sbin:/usr/bin")
        clamd = await asyncio.create_subprocess_exec(program, "-c", config, stdout=asyncio.subprocess.DEVNULL)
        try:

            async def up() -> bool:
                return socket.exists()

            await eventually(up)
            kept = tmp_path / "kept"
            assert (await keep(kept, str(socket), small_pdf())).scan is ScanState.CLEAN
            with pytest.raises(Problem) as refusal:
                await keep(kept, str(socket), small_pdf(EICAR.decode()))
            assert refusal.value.code == "file_infected"
        finally:
            clamd.terminate()
            await clamd.wait()
