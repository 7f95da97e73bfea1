"""Files that are no invoice, and files that mean harm: each ends in a clear refusal, and the next one is read."""

import asyncio
import contextlib
import os
import random
import re
import signal
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from billing_months import MissionMonth
from facturx_builder import blank_pdf, invoice_pdf, pdf_with, terms, xml_of
from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

from billing.reading.reader import Reader
from billing.reading.refusals import UnreadableInvoice
from chassis.errors import TemporarilyUnavailable
from chassis.testing import eventually
from contracts.roles import Role


@pytest.fixture(scope="session")
async def bpf(h):
    month = MissionMonth()
    for event in (*month.known, month.cra_validated):
        await h.deliver(event)
    seller = h.headers(h.member(Role.GERANT, month.provider_id))
    return (await h.client.get("/bpfs", headers=seller)).json()["items"][0]


def encrypted(pdf):
    writer = PdfWriter(clone_from=BytesIO(pdf))
    writer.encrypt("secret", algorithm="RC4-128")
    sink = BytesIO()
    writer.write(sink)
    return sink.getvalue()


def two_invoices(bpf):
    writer = PdfWriter(clone_from=BytesIO(blank_pdf()))
    writer.add_attachment("factur-x.xml", xml_of(terms(bpf)))
    writer.add_attachment("zugferd-invoice.xml", xml_of(terms(bpf, number="FA-2")))
    sink = BytesIO()
    writer.write(sink)
    return sink.getvalue()


def with_doctype(bpf, subset, use=""):
    text = xml_of(terms(bpf)).decode()
    root = re.search(r"<rsm:CrossIndustryInvoice", text)
    text = text[: root.start()] + f"<!DOCTYPE rsm:CrossIndustryInvoice {subset}>" + text[root.start() :]
    return pdf_with(text.replace("Refonte du portail", use or "Refonte du portail").encode())


def utf16(bpf):
    text = xml_of(terms(bpf)).decode()
    text = re.sub(r"<\?xml.*?\?>", "", text)
    head = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE rsm:CrossIndustryInvoice SYSTEM "file:///etc/passwd">'
    return pdf_with((head + text).encode("utf-16"))


def latin(bpf):
    """Latin letters in an XML that says UTF-8."""
    return xml_of(terms(bpf)).decode().replace("€", "EUR").encode("latin-1")


def flate_bomb():
    """An attachment of 1 GiB in 1 MB."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(1024)) + packer.flush()
    writer = PdfWriter(clone_from=BytesIO(pdf_with(b"placeholder")))
    for thing in writer._objects:
        if isinstance(thing, StreamObject) and thing.get("/Type") == "/EmbeddedFile":
            thing._data = packed
            thing[NameObject("/Filter")] = NameObject("/FlateDecode")
    sink = BytesIO()
    writer.write(sink)
    assert 2**20 - 2**15 < len(sink.getvalue()) < 2 * 2**20
    return sink.getvalue()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
PASSWD = '[<!ENTITY x SYSTEM "file:///etc/passwd">]'
HOSTILE = {
    "empty PDF": (lambda _: b"%PDF-1.7\n", "not_a_pdf"),
    "truncated": (lambda bpf: invoice_pdf(bpf)[:2000], "not_a_pdf"),
    "noise": (lambda _: b"%PDF-1.7\n" + os.urandom(5000), "not_a_pdf"),
    "encrypted": (lambda bpf: encrypted(invoice_pdf(bpf)), "not_a_pdf"),
    "no attachment": (lambda _: blank_pdf(), "no_embedded_invoice"),
    "another attachment": (lambda _: pdf_with(b"hello", "notes.txt"), "no_embedded_invoice"),
    "two invoices": (two_invoices, "ambiguous_invoice"),
    "not XML": (lambda _: pdf_with(b"hello"), "xml_refused"),
    "empty XML": (lambda _: pdf_with(b" "), "xml_refused"),
    "truncated XML": (lambda bpf: pdf_with(xml_of(terms(bpf))[:-200]), "xml_refused"),
    "unknown encoding": (
        lambda _: pdf_with(b'<?xml version="1.0" encoding="x-none"?><a>\xe9</a>'),
        "xml_refused",
    ),
    "not in the encoding it declares": (lambda bpf: pdf_with(latin(bpf)), "xml_refused"),
    "200,000 nested": (lambda _: pdf_with(b"<a>" * 200_000 + b"</a>" * 200_000), "xml_refused"),
    "9 MB of XML": (lambda _: pdf_with(b"<a>" + b"x" * 9_000_000 + b"</a>"), "xml_refused"),
    "empty DOCTYPE": (lambda bpf: with_doctype(bpf, ""), "xml_refused"),
    "external DTD": (lambda bpf: with_doctype(bpf, 'SYSTEM "http://127.0.0.1:1/x.dtd"'), "xml_refused"),
    "file by entity": (
        lambda bpf: with_doctype(bpf, '[<!ENTITY x SYSTEM "file:///etc/passwd">]', "&x;"),
        "xml_refused",
    ),
    "billion laughs": (lambda bpf: with_doctype(bpf, f'[<!ENTITY l0 "ha">{LAUGHS}]', "&l11;"), "xml_refused"),
    "DOCTYPE in UTF-16": (utf16, "xml_refused"),
    "another document": (lambda _: pdf_with(b"<order/>"), "unsupported_format"),
}


class TestRefusal:
    @pytest.mark.parametrize("case", HOSTILE)
    async def test_says_why_and_reads_the_next_one(self, reader, bpf, case):
        build, code = HOSTILE[case]
        with pytest.raises(UnreadableInvoice) as refused:
            await reader.read(build(bpf))
        assert refused.value.code == code, refused.value.detail
        assert refused.value.errors[0].detail
        assert (await reader.read(invoice_pdf(bpf))).invoice.number == "FA-2026-001"

    async def test_no_file_is_fetched_or_shown(self, reader, bpf):
        with pytest.raises(UnreadableInvoice) as refused:
            await reader.read(with_doctype(bpf, PASSWD, "&x;"))
        assert "root" not in str(refused.value.errors)


class TestDamage:
    """Bytes of a good file are changed, dropped and repeated, the same way in every run."""

    async def test_of_the_pdf_never_loses_the_process(self, bpf):
        reader = Reader(files_per_process=1000)
        chance = random.Random(7)
        good = [invoice_pdf(bpf), pdf_with(xml_of(terms(bpf)))]
        await reader.read(good[0])
        pid = reader.pid
        for _ in range(150):
            content = bytearray(chance.choice(good))
            for _ in range(chance.randint(1, 12)):
                at, length = chance.randrange(len(content)), chance.randint(1, 40)
                content[at : at + length] = chance.choice([b"", b"\x00", b"<", b"9" * length, content[:length]])
            with contextlib.suppress(UnreadableInvoice):
                await reader.read(b"%PDF-" + bytes(content[5:]))
        assert reader.pid == pid
        await reader.close()

    async def test_of_the_xml_never_loses_the_process(self, bpf):
        reader = Reader(files_per_process=1000)
        chance = random.Random(11)
        good = xml_of(terms(bpf))
        await reader.read(pdf_with(good))
        pid = reader.pid
        for _ in range(150):
            content = bytearray(good)
            at, length = chance.randrange(len(content)), chance.randint(1, 30)
            content[at : at + length] = chance.choice([b"", b" ", b"&#1;", b"9" * length, "\u202e".encode()])
            with contextlib.suppress(UnreadableInvoice):
                await reader.read(pdf_with(bytes(content)))
        assert reader.pid == pid
        await reader.close()


class TestProcess:
    async def test_survives_a_flate_bomb(self, bpf):
        """1 GiB of zeros in 1 MB: more memory than the process may take, or than pypdf lets through."""
        reader = Reader()
        with pytest.raises(UnreadableInvoice) as refused:
            await reader.read(flate_bomb())
        assert refused.value.code in {"not_a_pdf", "document_too_heavy"}
        assert (await reader.read(invoice_pdf(bpf))).invoice.number == "FA-2026-001"
        await reader.close()

    async def test_starts_with_the_first_file_and_ends_when_idle(self, bpf):
        reader = Reader(idle_seconds=0.05)
        assert reader.pid is None
        await reader.read(invoice_pdf(bpf))

        async def ended():
            return reader.pid is None

        await eventually(ended)
        assert (await reader.read(invoice_pdf(bpf))).invoice.number == "FA-2026-001"
        await reader.close()

    async def test_is_replaced_after_so_many_files(self, bpf):
        reader = Reader(files_per_process=2)
        seen = set()
        for _ in range(4):
            await reader.read(invoice_pdf(bpf))
            seen.add(reader.pid)
        assert len(seen - {None}) == 2
        await reader.close()

    async def test_is_replaced_when_killed_between_two_files(self, bpf):
        reader = Reader()
        await reader.read(invoice_pdf(bpf))
        os.kill(reader.pid, signal.SIGKILL)
        assert (await reader.read(invoice_pdf(bpf))).invoice.number == "FA-2026-001"
        await reader.close()

    async def test_a_file_that_takes_too_long_is_given_up(self, bpf):
        reader = Reader(seconds_per_file=0.0)
        with pytest.raises(UnreadableInvoice) as refused:
            await reader.read(invoice_pdf(bpf))
        assert refused.value.code == "document_too_heavy"
        assert reader.pid is None

    async def test_one_that_does_not_start_is_not_the_fault_of_the_file(self, bpf):
        with pytest.raises(TemporarilyUnavailable):
            await Reader(seconds_to_start=0.0).read(invoice_pdf(bpf))

    async def test_a_reader_that_gives_up_halfway_does_not_spoil_the_next_answer(self, bpf):
        reader = Reader()
        await reader.read(invoice_pdf(bpf))
        task = asyncio.create_task(reader.read(invoice_pdf(bpf, number="ABANDONED")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await reader.read(invoice_pdf(bpf))).invoice.number == "FA-2026-001"
        await reader.close()

    async def test_is_told_no_secret(self, reader, bpf):
        await reader.read(invoice_pdf(bpf))
        environment = await asyncio.to_thread(Path(f"/proc/{reader.pid}/environ").read_bytes)
        assert environment
        assert b"MAILLON" not in environment

    async def test_lives_under_limits(self, reader, bpf):
        await reader.read(invoice_pdf(bpf))
        text = await asyncio.to_thread(Path(f"/proc/{reader.pid}/limits").read_text)
        limits = {line[:25].strip(): line[26:].split()[0] for line in text.splitlines()[1:]}
        assert limits["Max data size"] == str(2**30)
        assert (limits["Max file size"], limits["Max core file size"]) == ("0", "0")
        assert int(limits["Max cpu time"]) < 60


class TestUpload:
    async def test_takes_no_file_that_is_not_a_pdf(self, given):
        month = await given()
        for name, content in (("a.pdf", b"hello"), ("a.pdf", b"\x89PNG\r\n\x1a\n"), ("a.exe", blank_pdf())):
            answer = await month.post(content, name=name)
            assert (answer.status_code, answer.json()["code"]) == (422, "file_not_accepted")

    async def test_takes_no_file_beyond_ten_megabytes(self, given):
        month = await given()
        answer = await month.post(b"%PDF-1.7\n" + b"0" * (10 * 2**20))
        assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")

    async def test_answers_with_the_reason(self, given):
        month = await given()
        answer = await month.post(blank_pdf())
        assert (answer.status_code, answer.json()["code"]) == (422, "no_embedded_invoice")
        assert answer.json()["errors"][0]["field"] == "file"
