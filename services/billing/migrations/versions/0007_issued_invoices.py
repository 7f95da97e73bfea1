"""issued invoices"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEPT = """
CREATE FUNCTION keep_issued_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an issued invoice is never removed' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (NEW.id, NEW.kind, NEW.series, NEW.position, NEW.number, NEW.party_id, NEW.source_id, NEW.issued_on, NEW.due_on,
      NEW.net, NEW.vat, NEW.gross, NEW.currency, NEW.content - 'person', NEW.type_code, NEW.credits_id)
    IS DISTINCT FROM
     (OLD.id, OLD.kind, OLD.series, OLD.position, OLD.number, OLD.party_id, OLD.source_id, OLD.issued_on, OLD.due_on,
      OLD.net, OLD.vat, OLD.gross, OLD.currency, OLD.content - 'person', OLD.type_code, OLD.credits_id)
    OR (OLD.document_key IS NOT NULL AND (NEW.document_key, NEW.document_sha256)
        IS DISTINCT FROM (OLD.document_key, OLD.document_sha256)) THEN
    RAISE EXCEPTION 'issued invoice % never changes', OLD.number USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column("mission_terms", sa.Column("client_order_reference", sa.String(length=200), nullable=True))
    op.create_table(
        "issued_invoices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("series", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=35), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=True),
        sa.Column("manager_id", sa.Uuid(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("net", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("vat", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("gross", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("paid", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("credited", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("type_code", sa.String(length=3), nullable=False),
        sa.Column("credits_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("document_key", sa.String(length=64), nullable=True),
        sa.Column("document_sha256", sa.String(length=64), nullable=True),
        sa.Column("document_made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("gross = net + vat AND gross > 0", name="ck_issued_invoices_gross_is_net_and_vat"),
        sa.CheckConstraint(
            "paid >= 0 AND credited >= 0 AND credited <= gross", name="ck_issued_invoices_never_more_than_all"
        ),
        sa.CheckConstraint(
            "(status = 'cancelled') = (credited = gross)", name="ck_issued_invoices_cancelled_by_credit_notes"
        ),
        sa.CheckConstraint(
            "(credits_id IS NULL) = (kind <> 'credit_note')", name="ck_issued_invoices_credits_something"
        ),
        sa.CheckConstraint("due_on >= issued_on", name="ck_issued_invoices_due_after_issue"),
        sa.ForeignKeyConstraint(
            ["credits_id"], ["issued_invoices.id"], name="fk_issued_invoices_credits_id_issued_invoices"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_issued_invoices"),
        sa.UniqueConstraint("number", name="uq_issued_invoices_number"),
        sa.UniqueConstraint("series", "position", name="uq_issued_invoices_series_position"),
    )
    for name, columns, where in (
        ("party_id", ["party_id", "id"], None),
        ("manager_id", ["manager_id", "id"], "manager_id IS NOT NULL"),
        ("credits_id", ["credits_id"], "credits_id IS NOT NULL"),
        ("unmade", ["id"], "document_key IS NULL"),
        ("due_on", ["due_on", "id"], "status IN ('issued','partly_paid')"),
    ):
        op.create_index(
            f"ix_issued_invoices_{name}", "issued_invoices", columns, postgresql_where=where and sa.text(where)
        )
    op.create_index(
        "uq_issued_invoices_kind_source_id",
        "issued_invoices",
        ["kind", "source_id"],
        unique=True,
        postgresql_where=sa.text("kind <> 'credit_note'"),
    )
    op.execute(_KEPT)
    op.execute(
        "CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON issued_invoices "
        "FOR EACH ROW EXECUTE FUNCTION keep_issued_invoice()"
    )


def downgrade() -> None:
    op.drop_table("issued_invoices")
    op.execute("DROP FUNCTION keep_issued_invoice")
    op.drop_column("mission_terms", "client_order_reference")
