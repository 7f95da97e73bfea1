"""Somebody who acted everywhere asks for their data, and later is gone from every service; their documents are not."""

import io
import json
import subprocess
import sys
import zipfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from contracts.topology import SERVICES
from stack.demo import people
from stack.demo.client import TooLate, eventually
from stack.demo.papers import purchase_order
from stack.demo.workdays import today
from stack.postgres import run_psql

IDENTITY = "/api/identity"
FIRST, LAST, PHONE = "Zébuline", "Canariensis", "+33698765432"
PASSING = ("outbox", "idempotency_keys")
"""Tables of what is on its way, or kept for a day so that a repeated request is harmless."""

# psql runs each query that this one writes: one a column, of every table that people's words could be in.
SCAN = """
SELECT format('SELECT %L WHERE EXISTS (SELECT FROM %I WHERE %I::text ILIKE ANY (%L::text[]))',
              table_name || '.' || column_name, table_name, column_name, '{words}')
  FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name NOT IN {passing}
   AND data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY') \\gexec
"""
KEPT = {
    "contracting": "SELECT reference, days, daily_rate, consultant_id FROM bdcs ORDER BY reference",
    "timesheet": "SELECT id, month, status, entries, total_days FROM cras ORDER BY id",
    "billing": """SELECT b.reference, b.net_amount, b.days, i.number, i.net, i.payable, i.file_key, i.file_sha256
                    FROM bpfs b LEFT JOIN invoices i ON i.bpf_id = b.id ORDER BY b.reference""",
}


def ask(stage, service, script):
    """The lines that a service's database answers with."""
    url = stage.platform.databases.url(service).replace("+asyncpg", "", 1)
    answer = run_psql(url, script)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()


def named_in(deal):
    """Each column of the six databases that still says who the freelancer was."""
    words = "{" + ",".join(f'"%{word}%"' for word in (deal.camille.email, FIRST, LAST, PHONE)) + "}"
    script = SCAN.format(words=words, passing=PASSING)
    return {f"{service}.{column}" for service in SERVICES for column in ask(deal.stage, service, script)}


def documents(deal):
    """What the law has us keep, as the databases and the file store hold it."""
    kept = {service: ask(deal.stage, service, query) for service, query in KEPT.items()}
    files = deal.stage.platform.state.files / "billing"
    return kept | {"files": {path.name: path.read_bytes() for path in files.iterdir() if path.is_file()}}


@pytest.fixture(scope="module")
def finished(stage):
    """A deal of its own, whose freelancer took a name that stands in no company's before acting under it."""
    deal = stage.deal(through="verification")
    camille = deal.camille
    camille.first_name, camille.last_name = FIRST, LAST
    changed = {"first_name": FIRST, "last_name": LAST, "phone": PHONE, "language": "fr"}
    camille.put(f"{IDENTITY}/members/me", changed)
    eventually(lambda: any(column.startswith("marketplace.") for column in named_in(deal)), "the new name everywhere")
    stage.go_on(deal, after="verification", through="invoice")
    return deal


@pytest.mark.req("PL-06")
def test_an_export_holds_a_part_of_every_service_and_nobody_else(finished):
    camille = finished.camille
    request = camille.post(f"{IDENTITY}/privacy-requests", {"kind": "access"})
    path = f"{IDENTITY}/privacy-requests/{request['id']}"
    eventually(lambda: camille.get(path)["status"] == "granted", "the export")
    proven = camille.post(f"{IDENTITY}/sessions/current/step-up", {"password": camille.password})
    camille.access_token = proven["access_token"]
    answer = camille.send("GET", f"{path}/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        parts = {service: archive.read(f"{service}.json").decode() for service in SERVICES}
        page = archive.read("index.html").decode()
    assert [service for service, part in parts.items() if LAST not in part] == []
    assert json.loads(parts["billing"])["invoices"][0]["number"] == finished.invoice["number"]
    assert camille.email in page
    for other in (finished.helene, finished.marc, finished.staff):
        assert [word for word in (other.email, other.last_name) if word in page + "".join(parts.values())] == []
    finished.stage.postbox.wait_for(camille.email, "Vos données sont prêtes")


@pytest.mark.req("ID-41", "PL-08")
def test_after_the_erasure_no_table_names_the_person_and_the_documents_are_there(finished):
    stage, camille = finished.stage, finished.camille
    before = documents(finished)
    assert {column.partition(".")[0] for column in named_in(finished)} == set(SERVICES)
    support = people.hire_staff(stage.door, "Nora", "Petit", stage.platform, "support")
    proof = purchase_order("ACTE-1", "Mairie", "Acte", today())
    support.upload(f"{IDENTITY}/staff/members/{camille.id}/death", proof, "acte.pdf", reference="ACTE-1")
    erase_closed(stage, datetime.now(UTC) + timedelta(days=10 * 365))
    with suppress(TooLate):
        eventually(lambda: not named_in(finished), "the name to be gone")
    assert named_in(finished) == set()
    assert documents(finished) == before
    assert [line for lines in before.values() for line in lines]


def erase_closed(stage, as_of):
    """Let the time of heirs be over now."""
    command = [sys.executable, "-m", "chassis.sweeps", "identity", "erase_closed", "--as-of", as_of.isoformat()]
    environment = stage.platform.service_environment("identity")
    subprocess.run(command, env=environment, check=True, capture_output=True)
