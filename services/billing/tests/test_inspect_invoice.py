"""`billing inspect-invoice FILE…`: one line of JSON for each file, whatever it is, and never a crash."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from billing_months import MissionMonth
from facturx_builder import edited_pdf, invoice_pdf, pdf_of_profile, terms, ubl_of


@pytest.fixture
async def files(given, tmp_path):
    """Files of every kind, by name."""
    bpf = (await given(MissionMonth())).bpf
    made = {
        "good.pdf": invoice_pdf(bpf),
        "minimum.pdf": pdf_of_profile(bpf, "minimum"),
        "ubl.xml": ubl_of(terms(bpf)),
        "wrong.pdf": edited_pdf(bpf, ">1800.00<", ">1799.99<"),
        "cut.pdf": invoice_pdf(bpf)[:2000],
        "empty.pdf": b"",
        "noise.bin": os.urandom(4000),
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    with (tmp_path / "huge.pdf").open("wb") as huge:
        huge.write(b"%PDF-1.7\n")
        huge.truncate(2 * 1024**3)  # sparse: it takes no room
    os.mkfifo(tmp_path / "pipe.pdf")
    return tmp_path


def inspected(*files):
    command = [str(Path(sys.executable).with_name("billing")), "inspect-invoice", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["file"]) for line in lines] == list(files)
    return {Path(line["file"]).name: line for line in lines}


class TestInspect:
    async def test_gives_each_file_a_line_with_its_figures_or_why_there_are_none(self, files):
        said = inspected(*sorted(files.iterdir()), files / "absent.pdf", files)
        good = said["good.pdf"]
        assert (good["profile"], good["number"]) == ("urn:cen.eu:en16931:2017", "FA-2026-001")
        assert (good["issued_on"], good["due_on"]) == ("2026-11-10", "2026-12-10")
        assert (good["seller"]["name"], good["buyer"]["name"]) == ("Atelier Numérique SARL", "Maillon")
        assert good["totals"] == said["ubl.xml"]["totals"]
        assert (good["totals"]["net"], good["totals"]["due"], good["findings"]) == ("9000.00", "10800.00", [])
        codes = {name: [found["code"] for found in line["findings"]] for name, line in said.items()}
        assert codes == {
            "wrong.pdf": ["BR-CO-15"],
            "good.pdf": [],
            "ubl.xml": [],
            "minimum.pdf": ["profile_without_lines"],
            "cut.pdf": ["not_a_pdf"],
            "empty.pdf": ["empty_file"],
            "noise.bin": ["xml_refused"],
            "huge.pdf": ["file_too_large"],
            "pipe.pdf": ["unreadable"],
            "absent.pdf": ["unreadable"],
            files.name: ["unreadable"],
        }

    def test_a_wrong_usage_alone_fails(self):
        command = [str(Path(sys.executable).with_name("billing")), "inspect-invoice"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 2
        assert "usage: billing" in done.stderr
