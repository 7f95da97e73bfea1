"""What must hold in the books whatever happened: each a query that finds nothing, asked every hour."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import text

from billing.bank.invariants import INVARIANTS as BANK
from billing.e_invoicing.invariants import E_INVOICING
from billing.issuing.invariants import INVARIANTS as ISSUING
from billing.rise.invariants import INVARIANTS as RISE
from billing.self_billing.invariants import INVARIANTS as SELF_BILLING
from billing.subscription.invariants import INVARIANTS as SUBSCRIPTIONS
from chassis import Tx
from chassis.sweeps import Sweep

logger = logging.getLogger("billing.invariants")

INVARIANTS = {
    "ledger_is_balanced": """
        SELECT e.id::text FROM ledger_entries e LEFT JOIN ledger_lines l ON l.entry_id = e.id
        GROUP BY e.id HAVING coalesce(sum(l.debit), -1) <> coalesce(sum(l.credit), 0)""",
    "fee_and_payable_are_gross": "SELECT id::text FROM invoices WHERE fee + payable <> net + vat",
    "invoice_equals_its_bpf": """
        SELECT i.id::text FROM invoices i LEFT JOIN bpfs b ON b.id = i.bpf_id
        WHERE b.id IS NULL OR (b.net_amount, b.vat_amount, b.cra_id) <> (i.net, i.vat, i.cra_id)""",
    "bpf_is_its_lines": """
        SELECT id::text FROM bpfs WHERE net_amount <>
            (SELECT coalesce(sum((line #>> '{net,amount}')::numeric), 0) FROM jsonb_array_elements(lines) line)""",
    "accepted_invoice_is_booked": """
        SELECT i.id::text FROM invoices i
        LEFT JOIN ledger_entries e ON e.source_id = i.id AND e.kind IN ('provider_invoice', 'provider_credit_note')
        LEFT JOIN ledger_lines l ON l.entry_id = e.id AND l.account = '401'
        GROUP BY i.id HAVING coalesce(sum(l.credit - l.debit), 0) <> i.net + i.vat""",
    "invoiced_means_one_invoice": """
        SELECT b.id::text FROM bpfs b LEFT JOIN invoices i ON i.bpf_id = b.id AND i.status <> 'cancelled'
        GROUP BY b.id HAVING count(i.id) <> CASE b.status WHEN 'invoiced' THEN 1 ELSE 0 END""",
    "paid_by_one_order": """
        SELECT i.id::text FROM invoices i LEFT JOIN payment_orders o
            ON o.invoice_id = i.id AND o.status = CASE i.status WHEN 'in_payment' THEN 'ordered' ELSE 'executed' END
        WHERE i.payable >= 0 GROUP BY i.id HAVING count(o.id) <> CASE
            WHEN i.status IN ('in_payment', 'paid') OR i.paid_on IS NOT NULL THEN 1 ELSE 0 END""",
    "payment_is_what_is_payable": """
        SELECT o.id::text FROM payment_orders o JOIN invoices i ON i.id = o.invoice_id
        WHERE o.amount + o.set_off <> i.payable AND i.status <> 'cancelled'""",
    "nothing_is_paid_before_its_date": """
        SELECT o.id::text FROM payment_orders o JOIN payment_runs r ON r.id = o.run_id
        JOIN invoices i ON i.id = o.invoice_id WHERE o.status IN ('ordered', 'executed')
        AND (r.executes_on < o.not_before OR o.executed_on < o.not_before OR i.payment_on - o.not_before > 4)""",
    "set_off_is_owed": """
        SELECT o.provider_company_id::text FROM payment_orders o WHERE o.status IN ('proposed', 'ordered', 'executed')
        GROUP BY o.provider_company_id HAVING sum(o.set_off) > (SELECT coalesce(sum(abs(i.payable)), 0) FROM invoices i
            WHERE i.provider_company_id = o.provider_company_id AND CASE i.status
                WHEN 'cancelled' THEN i.paid_on IS NOT NULL AND i.payable > 0 ELSE i.payable < 0 END)""",
    "providers_are_owed_what_is_open": """
        WITH owed AS (SELECT provider_company_id AS party_id,
                sum(CASE status WHEN 'cancelled' THEN 0 ELSE payable END) AS amount
            FROM invoices GROUP BY 1),
        sent AS (SELECT o.provider_company_id AS party_id, sum(o.amount) AS amount FROM payment_orders o
            JOIN payment_runs r ON r.id = o.run_id AND r.status = 'exported'
            WHERE o.status IN ('ordered', 'executed') GROUP BY 1),
        books AS (SELECT party_id, sum(credit - debit) AS amount FROM ledger_lines WHERE account = '401' GROUP BY 1)
        SELECT owed.party_id::text FROM owed LEFT JOIN sent USING (party_id) LEFT JOIN books USING (party_id)
        WHERE owed.amount - coalesce(sent.amount, 0) <> coalesce(books.amount, 0)""",
    "references_have_no_gap": """
        SELECT n.series FROM numbers n LEFT JOIN bpfs b ON starts_with(b.reference, n.series || '-')
        WHERE starts_with(n.series, 'BPF-') GROUP BY n.series, n.last
        HAVING count(b.id) <> n.last
            OR coalesce(max(split_part(b.reference, '-', 3)::int), 0) <> n.last""",
    **BANK,
    **E_INVOICING,
    **ISSUING,
    **SELF_BILLING,
    **SUBSCRIPTIONS,
    **RISE,
}
"""Name and query of each; the rows it finds are the ids at fault (M1, M2, M4, M5, M6)."""


async def broken(tx: Tx) -> dict[str, list[str]]:
    """The invariants that do not hold, with up to twenty ids each."""
    found = {name: list((await tx.scalars(text(f"{query} LIMIT 20"))).all()) for name, query in INVARIANTS.items()}
    return {name: ids for name, ids in found.items() if ids}


async def report_broken(tx: Tx, as_of: datetime) -> None:
    """Log every invariant that does not hold; people decide what to do."""
    for name, ids in (await broken(tx)).items():
        logger.critical("money_invariant_broken", extra={"invariant": name, "ids": ids, "as_of": as_of.isoformat()})


check_money = Sweep("check_money", timedelta(hours=1), report_broken)
