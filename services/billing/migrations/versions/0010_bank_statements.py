"""bank statements"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("statement_id", sa.String(length=35), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("opening_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("closing_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("movements", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=64), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bank_statements"),
        sa.UniqueConstraint("iban", "position", name="uq_bank_statements_iban_position"),
        sa.UniqueConstraint("iban", "statement_id", name="uq_bank_statements_iban_statement_id"),
    )
    op.create_table(
        "bank_movements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_row_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("matched", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("end_to_end_id", sa.String(length=35), nullable=True),
        sa.Column("remittance", sa.String(length=1000), nullable=False),
        sa.Column("counterparty_name", sa.String(length=140), nullable=True),
        sa.Column("counterparty_iban", sa.String(length=34), nullable=True),
        sa.Column("bank_reference", sa.String(length=35), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "amount > 0 AND matched >= 0 AND matched <= amount", name="ck_bank_movements_matched_within_amount"
        ),
        sa.ForeignKeyConstraint(
            ["statement_row_id"], ["bank_statements.id"], name="fk_bank_movements_statement_row_id_bank_statements"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bank_movements"),
        sa.UniqueConstraint("statement_row_id", "position", name="uq_bank_movements_statement_row_id_position"),
    )
    op.create_index(
        "ix_bank_movements_open", "bank_movements", ["tried_at", "id"], postgresql_where=sa.text("matched < amount")
    )
    op.create_table(
        "bank_matches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("rule", sa.String(length=24), nullable=False),
        sa.Column("matched_by", sa.Uuid(), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint("amount > 0", name="ck_bank_matches_above_zero"),
        sa.CheckConstraint("(undone_at IS NULL) = (undone_reason IS NULL)", name="ck_bank_matches_undone_with_reason"),
        sa.ForeignKeyConstraint(
            ["movement_id"], ["bank_movements.id"], name="fk_bank_matches_movement_id_bank_movements"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bank_matches"),
    )
    op.create_index("ix_bank_matches_movement_id", "bank_matches", ["movement_id"])
    op.create_index("ix_bank_matches_target_id", "bank_matches", ["target_id"])
    op.create_table(
        "invoice_reminders",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("days_late", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("invoice_id", "days_late", name="pk_invoice_reminders"),
    )


def downgrade() -> None:
    op.drop_table("invoice_reminders")
    op.drop_table("bank_matches")
    op.drop_table("bank_movements")
    op.drop_table("bank_statements")
