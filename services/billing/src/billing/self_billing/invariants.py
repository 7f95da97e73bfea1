"""What must hold of invoices written for providers: each a query that finds nothing.

An instant is that of its transaction's start, so two that wait for each other may seem to be in the other order: by no
more than a statement may take.
"""

INVARIANTS = {
    "self_billed_is_what_was_issued": """
        SELECT s.id::text FROM self_bills s LEFT JOIN invoices i ON i.id = s.invoice_id
        LEFT JOIN issued_invoices d ON d.id = s.issued_invoice_id
        WHERE s.status NOT IN ('proposed', 'refused', 'withdrawn') AND (i.id IS NULL OR d.id IS NULL
            OR (i.number, i.net, i.vat) <> (d.number, d.net, d.vat)
            OR (s.status = 'credited') <> (i.status = 'cancelled'))""",
    "self_billed_under_a_prior_mandate": """
        SELECT s.id::text FROM self_bills s JOIN self_billing_mandates m ON m.id = s.mandate_id
        JOIN bpfs b ON b.id = s.bpf_id
        WHERE (m.signed_at AT TIME ZONE 'Europe/Paris')::date >= (b.month || '-01')::date + interval '1 month'
            OR m.company_id <> b.provider_company_id
            OR (s.invoice_id IS NOT NULL AND m.revoked_at < s.validated_at - interval '1 minute')""",
}
