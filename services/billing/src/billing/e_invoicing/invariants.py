"""What must hold between electronic invoices and their history."""

E_INVOICING = {
    "e_invoices_stand_where_they_were_moved": """
        SELECT e.invoice_id::text FROM e_invoices e WHERE e.code IS DISTINCT FROM
            (SELECT s.code FROM e_invoice_steps s WHERE s.invoice_id = e.invoice_id AND s.applied
            ORDER BY s.id DESC LIMIT 1)""",
    "collected_is_what_was_told": """
        SELECT e.invoice_id::text FROM e_invoices e WHERE e.collected <>
            (SELECT coalesce(sum((part->>'amount')::numeric), 0)
            FROM e_invoice_steps s, jsonb_array_elements(s.amounts) part
            WHERE s.invoice_id = e.invoice_id AND s.applied)""",
    "nothing_is_told_as_collected_that_was_not_billed": """
        SELECT e.invoice_id::text FROM e_invoices e JOIN issued_invoices i ON i.id = e.invoice_id
        WHERE e.collected > i.gross""",
}
