"""bpf lines and imports"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ONE_LINE = """
UPDATE bpfs SET lines = jsonb_build_array(jsonb_build_object(
    'kind', 'work', 'title', title, 'quantity', days::numeric(8, 2)::text, 'unit', 'DAY',
    'unit_price', jsonb_build_object('amount', unit_price_amount::text, 'currency', 'EUR'),
    'net', jsonb_build_object('amount', net_amount::text, 'currency', 'EUR'),
    'vat_category', vat_category, 'vat_rate', vat_rate::text))
"""
"""Until now a BPF had its days alone."""

_BOOK = """
WITH due AS (
  SELECT i.*, i.net + i.vat AS gross, b.vat_category IN ('AE', 'O') AS reverse_charge,
         CASE WHEN b.vat_category IN ('S', 'E') THEN i.fee - round(i.fee / 1.2, 2) ELSE 0 END AS fee_vat,
         round(i.net * 0.2, 2) AS self_assessed
  FROM invoices i JOIN bpfs b ON b.id = i.bpf_id
), postings (kind, source_id, booked_on, text, account, party_id, debit, credit) AS (
  SELECT v.kind, due.id, due.issued_on, due.number, v.account,
         CASE v.account WHEN '401' THEN due.provider_company_id END, v.debit, v.credit
  FROM due CROSS JOIN LATERAL (VALUES
    ('provider_invoice', '604', due.net, 0), ('provider_invoice', '44566', due.vat, 0),
    ('provider_invoice', '401', 0, due.gross),
    ('provider_invoice', '44566', CASE WHEN due.reverse_charge THEN due.self_assessed ELSE 0 END, 0),
    ('provider_invoice', '4452', 0, CASE WHEN due.reverse_charge THEN due.self_assessed ELSE 0 END),
    ('fee', '401', due.fee, 0), ('fee', '7082', 0, due.fee - due.fee_vat), ('fee', '44571', 0, due.fee_vat)
  ) AS v (kind, account, debit, credit) WHERE v.debit + v.credit > 0
), entries AS (
  INSERT INTO ledger_entries (id, kind, source_id, booked_on, text, recorded_at)
  SELECT gen_random_uuid(), kind, source_id, booked_on, text, now() FROM postings
  GROUP BY kind, source_id, booked_on, text RETURNING id, kind, source_id
)
INSERT INTO ledger_lines (id, entry_id, account, party_id, debit, credit)
SELECT gen_random_uuid(), e.id, p.account, p.party_id, p.debit, p.credit
FROM postings p JOIN entries e USING (kind, source_id)
"""
"""Invoices that were taken before there was a ledger."""


def upgrade() -> None:
    op.add_column("bpfs", sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.execute(_ONE_LINE)
    op.alter_column("bpfs", "lines", nullable=False)
    op.alter_column("bpfs", "days", type_=sa.Numeric(precision=8, scale=2))
    op.drop_constraint("ck_invoices_nothing_negative", "invoices")
    for name, length, value in (("origin", 16, "imported"), ("type_code", 3, "380")):
        op.add_column("invoices", sa.Column(name, sa.String(length=length), nullable=False, server_default=value))
        op.alter_column("invoices", name, server_default=None)
    remarks = sa.Column("remarks", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]")
    op.add_column("invoices", remarks)
    op.alter_column("invoices", "remarks", server_default=None)
    op.create_check_constraint(
        "ck_invoices_credit_is_negative", "invoices", "(net + vat < 0) = (type_code IN ('381', '261'))"
    )
    op.add_column("invoices", sa.Column("file_type", sa.String(length=20), nullable=True))
    op.execute("UPDATE invoices SET file_type = 'application/pdf'")
    for column in ("file_key", "file_name", "file_sha256", "file_size"):
        op.alter_column("invoices", column, nullable=True)
    op.create_unique_constraint(
        "uq_invoices_provider_company_id_file_sha256", "invoices", ["provider_company_id", "file_sha256"]
    )
    op.execute(_BOOK)


def downgrade() -> None:
    op.drop_constraint("uq_invoices_provider_company_id_file_sha256", "invoices")
    for column in ("file_key", "file_name", "file_sha256", "file_size"):
        op.alter_column("invoices", column, nullable=False)
    op.drop_constraint("ck_invoices_credit_is_negative", "invoices")
    for column in ("file_type", "remarks", "type_code", "origin"):
        op.drop_column("invoices", column)
    op.create_check_constraint("ck_invoices_nothing_negative", "invoices", "fee >= 0 AND payable >= 0")
    op.alter_column("bpfs", "days", type_=sa.Numeric(precision=4, scale=1))
    op.drop_column("bpfs", "lines")
