"""The books, after every other test of this folder; and that each check of them can fail."""

import logging

import pytest
from facturx_builder import invoice_pdf
from sqlalchemy import text

from billing.invariants import INVARIANTS, broken, report_broken

RUN = """INSERT INTO payment_runs (id, executes_on, status, proposed_by, proposed_at, version)
    SELECT id, '2026-01-05', 'approved', id, now(), 1 FROM invoices WHERE id = :invoice"""
ORDER = """INSERT INTO payment_orders (id, run_id, invoice_id, provider_company_id, attempt, end_to_end_id, account_id,
        amount, set_off, not_before, status)
    SELECT id, id, id, provider_company_id, 1, 'X', id, {}, '{}' FROM invoices WHERE id = :invoice"""
STATEMENT = """INSERT INTO bank_statements (id, iban, statement_id, position, from_on, to_on, opening_amount,
        closing_amount, movements, file_key, file_sha256, imported_by, imported_at)
    SELECT id, 'X', 'X', 2, issued_on, issued_on, 0, 1, 2, 'X', 'X', id, now() FROM invoices WHERE id = :invoice"""
MOVEMENT = """INSERT INTO bank_movements
        (id, statement_row_id, position, direction, amount, matched, booked_on, remittance)
    SELECT id, id, 1, 'in', 1, 1, issued_on, '' FROM invoices WHERE id = :invoice"""
ISSUED = """INSERT INTO issued_invoices (id, kind, series, position, number, party_id, source_id, issued_on, due_on,
        net, vat, gross, paid, credited, currency, content, type_code, status, version)
    SELECT id, 'client', 'X', 1, 'X-1', id, id, issued_on, issued_on, 1, 0, 1, 1, 0, 'EUR', '{}', '380', 'paid', 1
    FROM invoices WHERE id = :invoice"""
MANDATE = """INSERT INTO self_billing_mandates (id, company_id, text_version, text, text_sha256, contest_days,
        signed_by, signatory_name, signatory_capacity, signed_at, file_key, file_sha256)
    SELECT id, provider_company_id, 'X', 'X', 'X', 15, id, 'X', 'delegation', now() + {}, 'X', 'X'
    FROM invoices WHERE id = :invoice"""
SELF_BILL = """INSERT INTO self_bills (id, bpf_id, mandate_id, provider_company_id, status, proposed_at, invoice_id,
        issued_invoice_id, version)
    SELECT id, bpf_id, id, provider_company_id, 'issued', now(), id, id, 1 FROM invoices WHERE id = :invoice"""
SUBSCRIPTION = """INSERT INTO subscriptions (id, company_id, plan, offer_code, months, terms_version, terms_text,
        terms_sha256, unsubscribing, accepted_by, accepted_at, first_day, term, starts_on, ends_on, status,
        noticed_term, version)
    SELECT id, id, 'business', 'X', 1, 'X', 'X', 'X', 'end_of_term', id, now(), issued_on, 1, issued_on, issued_on,
        'active', 0, 1 FROM invoices WHERE id = :invoice"""
EARLIER = """INSERT INTO issued_invoices SELECT (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(),
        'position', 2, 'number', 'X-2', 'source_id', gen_random_uuid(), 'issued_on', i.issued_on - 1))).*
    FROM issued_invoices i WHERE i.number = 'X-1'"""
E_INVOICE = """INSERT INTO e_invoices (invoice_id, origin, our_part, party_id, number, type_code, issued_on, rule,
        rates, code, collected, settled, version)
    SELECT id, 'issued', 'seller', id, 'X-1', '380', issued_on, 'B2B', '[]', {}, false, 1
    FROM invoices WHERE id = :invoice"""
DEFECTS = {
    "e_invoices_stand_where_they_were_moved": [E_INVOICE.format("'205', 0")],
    "collected_is_what_was_told": [E_INVOICE.format("NULL, 2")],
    "nothing_is_told_as_collected_that_was_not_billed": [ISSUED, E_INVOICE.format("NULL, 2")],
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
    "paid_by_one_order": ["UPDATE invoices SET status = 'in_payment' WHERE id = :invoice"],
    "payment_is_what_is_payable": [RUN, ORDER.format("payable - 1, 0, payment_on", "proposed")],
    "nothing_is_paid_before_its_date": [RUN, ORDER.format("payable, 0, payment_on", "ordered")],
    "set_off_is_owed": [RUN, ORDER.format("payable - 1, 1, payment_on", "proposed")],
    "providers_are_owed_what_is_open": ["UPDATE invoices SET net = net + 1, payable = payable + 1 WHERE id = :invoice"],
    "statements_follow_one_another": [STATEMENT],
    "statements_are_their_movements": [STATEMENT, MOVEMENT],
    "bank_account_is_its_statements": [STATEMENT],
    "unmatched_money_is_what_no_match_took": [STATEMENT, MOVEMENT.replace("1, 1, issued_on", "1, 0, issued_on")],
    "movements_are_matched_by_matches": [STATEMENT, MOVEMENT],
    "issued_invoices_are_paid_by_matches": [ISSUED],
    "self_billed_is_what_was_issued": [MANDATE.format("interval '-9 years'"), SELF_BILL],
    "self_billed_under_a_prior_mandate": [MANDATE.format("interval '9 years'"), SELF_BILL],
    "each_term_is_invoiced_at_its_price": [SUBSCRIPTION],
    "each_quarter_is_invoiced_once": [ISSUED.replace("'client'", "'rise'")],
    "issued_numbers_have_no_gap": ["UPDATE numbers SET last = last + 1 WHERE starts_with(series, 'FC-')"],
    "issued_dates_never_go_back": [ISSUED, EARLIER],
    "issued_totals_are_their_lines": [ISSUED],
    "issued_vat_is_rounded_once": [
        ISSUED.replace("'{}'", """'{"vat": [{"base": "1.00", "rate": "20.00", "amount": "0.21"}]}'""")
    ],
    "credited_is_what_credit_notes_took": ["UPDATE issued_invoices SET credited = 0.01 WHERE source_id = :bpf"],
    "issued_sales_are_booked": [ISSUED],
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
