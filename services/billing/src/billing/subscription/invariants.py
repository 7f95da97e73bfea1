"""What must hold of subscriptions: each a query that finds nothing."""

INVARIANTS = {
    "each_term_is_invoiced_at_its_price": """
        SELECT s.id::text FROM subscriptions s LEFT JOIN subscription_terms t ON t.subscription_id = s.id
        LEFT JOIN issued_invoices d
            ON d.id = t.issued_invoice_id AND d.kind = 'subscription' AND d.net = t.price AND d.party_id = s.company_id
        GROUP BY s.id HAVING count(d.id) <> s.term""",
}
