"""Files that mean harm or are no invoice at all, over HTTP: each is refused by its own code, and nothing is kept."""

import asyncio
from io import BytesIO

import pytest
from billing_months import MissionMonth
from facturx_builder import blank_pdf, invoice_pdf, terms, ubl_of, written, xml_of
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from chassis.files import MAX_BYTES
from chassis.virus_scan import FileInfected


@pytest.fixture(scope="session")
async def shared(h):
    """One open BPF that every refused import leaves as it is."""
    month = MissionMonth()
    for event in (*month.known, month.cra_validated):
        await h.deliver(event)
    return month


@pytest.fixture
async def opened(shared, reopen):
    return await reopen(shared)


def acting(bpf, **action):
    """An invoice that does something as soon as it is opened."""
    writer = PdfWriter(clone_from=BytesIO(invoice_pdf(bpf)))
    said = {NameObject(f"/{key}"): value for key, value in action.items()}
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(DictionaryObject(said))
    return written(writer)


def script(bpf):
    return acting(bpf, S=NameObject("/JavaScript"), JS=TextStringObject("app.alert(1)"))


def launch(bpf):
    return acting(bpf, S=NameObject("/Launch"), F=TextStringObject("cmd.exe"))


def with_program(bpf):
    writer = PdfWriter(clone_from=BytesIO(invoice_pdf(bpf)))
    writer.add_attachment("facture.exe", b"MZ")
    return written(writer)


def many_pages(bpf):
    writer = PdfWriter(clone_from=BytesIO(invoice_pdf(bpf)))
    for _ in range(500):
        writer.add_blank_page(595, 842)
    return written(writer)


def encrypted(bpf):
    writer = PdfWriter(clone_from=BytesIO(invoice_pdf(bpf)))
    writer.encrypt("secret", algorithm="RC4-128")
    return written(writer)


def with_entity(bpf):
    doctype = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    return ubl_of(terms(bpf)).replace(b"?>", f"?>{doctype}".encode(), 1).replace(b"FA-2026-001", b"&b;&f;")


REFUSED = {
    "a script": ("a.pdf", script, 422, "unsafe_pdf"),
    "a program to start": ("a.pdf", launch, 422, "unsafe_pdf"),
    "a program attached": ("a.pdf", with_program, 422, "unsafe_pdf"),
    "another file behind its end": ("a.pdf", lambda b: invoice_pdf(b) + b"x" * 5000, 422, "unsafe_pdf"),
    "500 pages": ("a.pdf", many_pages, 422, "too_many_pages"),
    "encrypted": ("a.pdf", encrypted, 422, "not_a_pdf"),
    "truncated PDF": ("a.pdf", lambda b: invoice_pdf(b)[:3000], 422, "not_a_pdf"),
    "truncated XML": ("a.xml", lambda b: xml_of(terms(b))[:-300], 422, "xml_refused"),
    "entities": ("a.xml", with_entity, 422, "xml_refused"),
    "empty": ("a.pdf", lambda _: b"", 422, "file_not_accepted"),
    "a program": ("a.pdf", lambda _: b"MZ\x90\x00", 422, "file_not_accepted"),
    "XML named PDF": ("a.pdf", lambda b: xml_of(terms(b)), 422, "file_not_accepted"),
    "a web page": ("a.xml", lambda _: b"<html><script>alert(1)</script></html>", 422, "unsupported_format"),
    "a PDF without data": ("a.pdf", lambda _: blank_pdf(), 422, "no_embedded_invoice"),
    "a byte too many": ("a.pdf", lambda b: invoice_pdf(b).ljust(MAX_BYTES + 1), 413, "file_too_large"),
}


class TestRefused:
    @pytest.mark.req("BL-05")
    @pytest.mark.parametrize("case", REFUSED)
    async def test_by_its_own_code_and_nothing_is_kept(self, h, opened, case):
        name, build, status, code = REFUSED[case]
        answer = await opened.post(build(opened.bpf), name=name)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert (await h.client.get("/invoices", headers=opened.seller())).json()["items"] == []

    @pytest.mark.parametrize("announced", [True, False], ids=["announced", "streamed"])
    async def test_two_gigabytes_without_reading_them(self, h, opened, announced):
        sent = 0

        async def body():
            nonlocal sent
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7'
            while sent < 2 * 1024**3:
                sent += 2**20
                yield bytes(2**20)
                await asyncio.sleep(0)

        size = {"Content-Length": str(2 * 1024**3)} if announced else {}
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        address = f"/bpfs/{opened.bpf['id']}/invoice"
        answer = await h.client.post(address, content=body(), headers=opened.seller() | form | size)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert sent < 64 * 2**20

    async def test_a_pdf_with_typed_data_may_not_act_either(self, opened):
        data = {"number": "FA-1", "issued_on": "2026-11-10", "order_reference": opened.bpf["order_reference"]}
        data |= {"period_start": "2026-10-01", "period_end": "2026-10-31", "days": "18"}
        data |= {name: opened.bpf[name]["amount"] for name in ("net", "vat", "gross")}
        writer = PdfWriter(clone_from=BytesIO(blank_pdf()))
        action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(DictionaryObject(action))
        answer = await opened.post(written(writer), typed=data)
        assert (answer.status_code, answer.json()["code"]) == (422, "file_not_accepted")

    async def test_what_the_virus_scanner_knows(self, h, opened, monkeypatch):
        class Alarmed:
            async def check(self, content, sha256):
                raise FileInfected(field="file")

        monkeypatch.setattr(h.platform.files, "_scanner", Alarmed())
        answer = await opened.post(invoice_pdf(opened.bpf))
        assert (answer.status_code, answer.json()["code"]) == (422, "file_infected")
        assert (await h.client.get("/invoices", headers=opened.seller())).json()["items"] == []
