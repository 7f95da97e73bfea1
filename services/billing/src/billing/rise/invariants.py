"""What must hold of the use of the platform for Rise missions: each a query that finds nothing."""

INVARIANTS = {
    "each_quarter_is_invoiced_once": """
        SELECT d.id::text FROM issued_invoices d LEFT JOIN rise_charges c
            ON c.issued_invoice_id = d.id AND c.id = d.source_id AND c.company_id = d.party_id
        WHERE d.kind = 'rise' AND c.id IS NULL""",
}
