"""The books, after every other test of this folder; and that each check of them can fail."""

import logging

import pytest
from facturx_builder import invoice_pdf
from sqlalchemy import text

from billing.invariants import INVARIANTS, broken, report_broken

DEFECTS = {
    "ledger_is_balanced": [
        """INSERT INTO ledger_entries
        SELECT id, 'late_charge', bpf_id, issued_on, 'no line', now() FROM invoices WHERE id = :invoice""",
    ],
    "fee_and_payable_are_gross": [
        "ALTER TABLE invoices DROP CONSTRAINT ck_invoices_fee_and_payable_are_gross",
        "UPDATE invoices SET payable = payable + 0.01 WHERE id = :invoice",
    ],
    "invoice_equals_its_bpf": ["UPDATE bpfs SET net_amount = net_amount + 1 WHERE id = :bpf"],
    "bpf_is_its_lines": ["UPDATE bpfs SET net_amount = net_amount + 1 WHERE id = :bpf"],
    "accepted_invoice_is_booked": ["UPDATE invoices SET net = net + 1, payable = payable + 1 WHERE id = :invoice"],
    "invoiced_means_one_invoice": ["UPDATE bpfs SET status = 'open' WHERE id = :bpf"],
    "references_have_no_gap": ["UPDATE numbers SET last = last + 1"],
}


async def test_the_books_hold_after_all_other_tests(h):
    async with h.tx() as tx:
        assert await broken(tx) == {}


@pytest.mark.parametrize("name", INVARIANTS)
async def test_each_check_finds_its_defect(h, given, caplog, name):
    month = await given()
    invoice = (await month.post(invoice_pdf(month.bpf))).json()
    caplog.set_level(logging.CRITICAL)
    async with h.platform.database._sessions() as tx:
        tx.now = h.clock()
        for defect in DEFECTS[name]:
            wanted = {"invoice": invoice["id"], "bpf": month.bpf["id"]}
            await tx.execute(text(defect), {key: wanted[key] for key in wanted if f":{key}" in defect})
        assert name in await broken(tx)
        await report_broken(tx, tx.now)
        await tx.rollback()
    assert name in {getattr(record, "invariant", None) for record in caplog.records}


async def test_a_sound_ledger_is_not_reported(h, caplog):
    async with h.tx() as tx:
        await report_broken(tx, tx.now)
    assert not [record for record in caplog.records if record.name == "billing.invariants"]
