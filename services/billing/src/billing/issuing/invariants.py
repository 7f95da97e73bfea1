"""What must hold of issued invoices: each a query that finds nothing."""

INVARIANTS = {
    "issued_numbers_have_no_gap": """
        SELECT n.series FROM numbers n LEFT JOIN issued_invoices i USING (series) WHERE n.series ~ '^[AF]'
        GROUP BY n.series, n.last HAVING count(i.id) <> n.last OR coalesce(max(i.position), 0) <> n.last""",
    "issued_dates_never_go_back": """
        SELECT id::text FROM (SELECT id, issued_on,
            lag(issued_on) OVER (PARTITION BY series ORDER BY position) AS before FROM issued_invoices) dated
        WHERE issued_on < before""",
    "issued_totals_are_their_lines": """
        SELECT i.id::text FROM issued_invoices i WHERE
            i.net <> (SELECT coalesce(sum((line ->> 'net')::numeric), 0)
                FROM jsonb_array_elements(i.content -> 'lines') line)
            OR (i.net, i.vat) <> (SELECT coalesce(sum((g ->> 'base')::numeric), 0),
                coalesce(sum((g ->> 'amount')::numeric), 0) FROM jsonb_array_elements(i.content -> 'vat') g)""",
    "issued_vat_is_rounded_once": """
        SELECT i.id::text FROM issued_invoices i, jsonb_array_elements(i.content -> 'vat') g
        WHERE abs((g ->> 'amount')::numeric - round((g ->> 'base')::numeric * (g ->> 'rate')::numeric / 100, 2))
            > CASE WHEN i.kind IN ('fee', 'credit_note') THEN 0.01 ELSE 0 END""",
    "credited_is_what_credit_notes_took": """
        SELECT i.id::text FROM issued_invoices i LEFT JOIN issued_invoices n ON n.credits_id = i.id
        GROUP BY i.id HAVING coalesce(sum(n.gross), 0) <> i.credited
            OR (i.status = 'cancelled' AND (sum(n.net), sum(n.vat)) IS DISTINCT FROM (i.net, i.vat))""",
    "issued_sales_are_booked": """
        SELECT i.id::text FROM issued_invoices i LEFT JOIN ledger_entries e ON e.source_id = i.id
            AND e.kind = 'client_invoice' LEFT JOIN ledger_lines l ON l.entry_id = e.id AND l.account = '411'
        WHERE i.kind IN ('client', 'subscription', 'rise')
        GROUP BY i.id HAVING coalesce(sum(l.debit - l.credit), 0) <> i.gross""",
}
