"""What must hold between the bank's statements, what they settle, and the books: each query finds nothing."""

INVARIANTS = {
    "statements_follow_one_another": """
        SELECT id::text FROM (
            SELECT id, position, opening_amount, lag(closing_amount) OVER own AS former, row_number() OVER own AS place
            FROM bank_statements WINDOW own AS (PARTITION BY iban ORDER BY position)
        ) s WHERE position <> place OR opening_amount <> coalesce(former, opening_amount)""",
    "statements_are_their_movements": """
        SELECT s.id::text FROM bank_statements s LEFT JOIN bank_movements m ON m.statement_row_id = s.id
        GROUP BY s.id HAVING count(m.id) <> s.movements OR s.closing_amount - s.opening_amount <>
            coalesce(sum(CASE m.direction WHEN 'in' THEN m.amount ELSE -m.amount END), 0)""",
    "bank_account_is_its_statements": """
        SELECT '512' WHERE (SELECT coalesce(sum(debit - credit), 0) FROM ledger_lines WHERE account = '512')
            <> (SELECT coalesce(sum(closing_amount - opening_amount), 0) FROM bank_statements)""",
    "unmatched_money_is_what_no_match_took": """
        SELECT '471' WHERE (SELECT coalesce(sum(credit - debit), 0) FROM ledger_lines WHERE account = '471')
            <> (SELECT coalesce(sum(CASE direction WHEN 'in' THEN amount - matched ELSE matched - amount END), 0)
                FROM bank_movements)""",
    "movements_are_matched_by_matches": """
        SELECT m.id::text FROM bank_movements m
        LEFT JOIN bank_matches b ON b.movement_id = m.id AND b.undone_at IS NULL
        GROUP BY m.id HAVING m.matched <> coalesce(sum(b.amount), 0)""",
    "issued_invoices_are_paid_by_matches": """
        SELECT i.id::text FROM issued_invoices i
        LEFT JOIN bank_matches b ON b.target_id = i.id AND b.target = 'issued_invoice' AND b.undone_at IS NULL
        GROUP BY i.id HAVING i.paid <> coalesce(sum(b.amount), 0)""",
}
