"""What was billed and taken before there were lines and a ledger is kept, and booked, by the migration."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from billing_months import foreign_identity, french_identity
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from billing.bpf.domain import Bpf
from billing.invariants import broken
from chassis.testing import environment_of, migrate, scratch_database

MIGRATIONS = Path(__file__).parents[1] / "migrations"
BPF = """INSERT INTO bpfs (id, reference, cra_id, mission_id, bdc_id, order_reference, title, client_company_id,
    provider_company_id, operational_manager_id, consultant_id, consultant_name, month, days, unit_price_amount,
    net_amount, vat_category, vat_rate, vat_amount, seller, status, validated_at, issued_on, version)
    VALUES (:id, :reference, :cra, :id, :id, 'BDC-1', 'Refonte', :id, :provider, :id, :id, 'Camille Martin', '2026-08',
    17.5, 487.55, 8532.13, :category, :rate, :vat, :seller, 'invoiced', now(), '2026-09-01', 2)"""
INVOICE = """INSERT INTO invoices (id, bpf_id, bpf_reference, cra_id, mission_id, provider_company_id, title,
    consultant_id, consultant_name, month, number, issued_on, net, vat, fee, payable, payment_option, payment_regime,
    payment_on, status, imported_by, imported_at, file_key, file_name, file_sha256, file_size, version)
    VALUES (:id, :id, :reference, :cra, :id, :provider, 'Refonte', :id, 'Camille Martin', '2026-08', 'FA-1',
    '2026-09-02', 8532.13, :vat, 426.61, 8105.52 + :vat, 'flash', 'guaranteed_date', '2026-09-04', 'scheduled', :id,
    now(), 'k', 'f.pdf', :sha256, 9, 1)"""
NUMBER = "INSERT INTO numbers (series, last) VALUES ('BPF-2026', 3)"
BOOKED = """SELECT e.kind, l.account, l.debit - l.credit FROM ledger_lines l JOIN ledger_entries e ON e.id = l.entry_id
    WHERE e.source_id = :id"""


def migrate_until(last, url, folder):
    """As a deployment of then would."""
    shutil.copytree(MIGRATIONS, folder, ignore=lambda _, names: [n for n in names if n[:4].isdigit() and n[:4] > last])
    environment = environment_of("billing", url) | {"MAILLON_MIGRATIONS": str(folder)}
    subprocess.run([sys.executable, "-m", "chassis.migrate", "billing"], check=True, env=environment)


@pytest.fixture
async def upgraded(tmp_path):
    """Invoices of three providers, taken at revision 0004, and the database of today with them."""
    cases = {
        "france": ("S", "20.00", "1706.43", french_identity()),
        "small business": ("E", "0.00", "0.00", french_identity()),
        "abroad": ("AE", "0.00", "0.00", foreign_identity("DE", "DE136695976")),
    }
    ids = {name: uuid4() for name in cases}
    async with scratch_database() as url:
        await asyncio.to_thread(migrate_until, "0004", url, tmp_path / "then")
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.execute(text(NUMBER))
            for index, (name, (category, rate, vat, seller)) in enumerate(cases.items(), start=1):
                same = {"id": ids[name], "reference": f"BPF-2026-{index}", "cra": uuid4(), "provider": uuid4()}
                row = {"category": category, "seller": json.dumps(seller.model_dump(mode="json"))}
                figures = f"{rate}::numeric", f"{vat}::numeric"
                bpf = BPF.replace(":rate", figures[0]).replace(":vat", figures[1])
                await connection.execute(text(bpf), same | row)
                sha256 = {"sha256": os.urandom(32).hex()}
                await connection.execute(text(INVOICE.replace(":vat", figures[1])), same | sha256)
        await asyncio.to_thread(migrate, "billing", url)
        async with engine.begin() as connection:
            yield connection, ids
        await engine.dispose()


async def moved(connection, id_):
    """By kind of entry and account; debits above zero."""
    rows = await connection.execute(text(BOOKED), {"id": id_})
    return sorted((kind, account, str(amount)) for kind, account, amount in rows)


class TestUpgrade:
    async def test_keeps_each_month_as_one_line_and_books_each_invoice(self, upgraded):
        connection, ids = upgraded
        assert await broken(connection) == {}
        (row,) = (await connection.execute(text("SELECT lines FROM bpfs WHERE id = :id"), {"id": ids["france"]})).all()
        (line,) = Bpf(lines_json=row.lines).lines
        assert (line.title, str(line.quantity), str(line.net.amount)) == ("Refonte", "17.50", "8532.13")
        booked = {name: await moved(connection, id_) for name, id_ in ids.items()}
        bought = ("provider_invoice", "604", "8532.13")
        assert booked["france"] == [
            *(("fee", "401", "426.61"), ("fee", "44571", "-71.10"), ("fee", "7082", "-355.51")),
            *(("provider_invoice", "401", "-10238.56"), ("provider_invoice", "44566", "1706.43"), bought),
        ]
        assert booked["small business"][3:] == [("provider_invoice", "401", "-8532.13"), bought]
        assert booked["abroad"] == [
            *(("fee", "401", "426.61"), ("fee", "7082", "-426.61")),
            *(("provider_invoice", "401", "-8532.13"), ("provider_invoice", "4452", "-1706.43")),
            *(("provider_invoice", "44566", "1706.43"), bought),
        ]
