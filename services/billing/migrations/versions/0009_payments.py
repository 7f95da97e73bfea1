"""payments"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_DATED = "ck_invoices_dated_when_scheduled"
_ONCE = "status IN ('proposed', 'ordered', 'executed')"


def upgrade() -> None:
    op.add_column("mission_terms", sa.Column("immediate_from", sa.Date(), nullable=True))
    op.add_column("bpfs", sa.Column("client_paid_on", sa.Date(), nullable=True))
    op.add_column("invoices", sa.Column("immediate", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("invoices", "immediate", server_default=None)
    op.add_column("invoices", sa.Column("paid_on", sa.Date(), nullable=True))
    op.add_column("invoices", sa.Column("hold_reason", sa.String(length=200), nullable=True))
    op.drop_constraint(_DATED, "invoices")
    op.create_check_constraint(
        op.f(_DATED),
        "invoices",
        "status IN ('on_hold', 'cancelled') OR (payment_on IS NULL) = (status = 'awaiting_client_payment')",
    )
    op.create_check_constraint(
        op.f("ck_invoices_paid_on_a_day"), "invoices", "status = 'cancelled' OR (paid_on IS NULL) = (status <> 'paid')"
    )
    op.create_check_constraint(
        op.f("ck_invoices_held_for_a_reason"), "invoices", "(hold_reason IS NULL) = (status <> 'on_hold')"
    )
    op.create_index("ix_invoices_due", "invoices", ["payment_on"], postgresql_where=sa.text("status = 'scheduled'"))
    op.create_table(
        "payment_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("executes_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_key", sa.String(length=64), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("file_size", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("approved_by <> proposed_by", name="ck_payment_runs_approved_by_another"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_runs"),
    )
    op.create_table(
        "payment_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("end_to_end_id", sa.String(length=35), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("set_off", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("not_before", sa.Date(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("executed_on", sa.Date(), nullable=True),
        sa.Column("return_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint("amount >= 0 AND set_off >= 0", name="ck_payment_orders_nothing_negative"),
        sa.CheckConstraint(
            "(executed_on IS NULL) = (status <> 'executed')", name="ck_payment_orders_executed_on_a_day"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["payment_runs.id"], name="fk_payment_orders_run_id_payment_runs"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_payment_orders_invoice_id_invoices"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_orders"),
        sa.UniqueConstraint("end_to_end_id", name="uq_payment_orders_end_to_end_id"),
        sa.UniqueConstraint("invoice_id", "attempt", name="uq_payment_orders_invoice_id_attempt"),
    )
    op.create_index("ix_payment_orders_run_id", "payment_orders", ["run_id", "id"])
    op.create_index(
        "uq_payment_orders_live", "payment_orders", ["invoice_id"], unique=True, postgresql_where=sa.text(_ONCE)
    )
    op.create_table(
        "provider_credit_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=35), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_key", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_provider_credit_notes_invoice_id_invoices"),
        sa.PrimaryKeyConstraint("id", name="pk_provider_credit_notes"),
        sa.UniqueConstraint("invoice_id", name="uq_provider_credit_notes_invoice_id"),
        sa.UniqueConstraint(
            "provider_company_id", "number", name="uq_provider_credit_notes_provider_company_id_number"
        ),
    )


def downgrade() -> None:
    op.drop_table("provider_credit_notes")
    op.drop_table("payment_orders")
    op.drop_table("payment_runs")
    op.drop_index("ix_invoices_due", "invoices")
    op.drop_constraint("ck_invoices_held_for_a_reason", "invoices")
    op.drop_constraint("ck_invoices_paid_on_a_day", "invoices")
    op.drop_constraint(_DATED, "invoices")
    op.create_check_constraint(op.f(_DATED), "invoices", "(payment_on IS NULL) = (status = 'awaiting_client_payment')")
    for column in ("hold_reason", "paid_on", "immediate"):
        op.drop_column("invoices", column)
    op.drop_column("bpfs", "client_paid_on")
    op.drop_column("mission_terms", "immediate_from")
