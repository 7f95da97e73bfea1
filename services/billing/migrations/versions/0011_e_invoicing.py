"""e invoicing and month ends"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "e_invoices",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("our_part", sa.String(length=16), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=35), nullable=False),
        sa.Column("type_code", sa.String(length=3), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("seller_siren", sa.String(length=9), nullable=True),
        sa.Column("buyer_siren", sa.String(length=9), nullable=True),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("rates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("code", sa.String(length=3), nullable=True),
        sa.Column("collected", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("invoice_id", name="pk_e_invoices"),
    )
    op.create_index("ix_e_invoices_code", "e_invoices", ["code", "invoice_id"])
    op.create_index("ix_e_invoices_number", "e_invoices", ["number"])
    op.create_index("ix_e_invoices_unsettled", "e_invoices", ["invoice_id"], postgresql_where=sa.text("NOT settled"))
    op.create_table(
        "e_invoice_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("said_by", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("text", sa.String(length=1000), nullable=True),
        sa.Column("amounts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["e_invoices.invoice_id"], name="fk_e_invoice_steps_invoice_id_e_invoices"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_e_invoice_steps"),
    )
    op.create_index("ix_e_invoice_steps_invoice_id", "e_invoice_steps", ["invoice_id", "id"])
    op.create_table(
        "e_invoice_flows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("step_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("flow_id", sa.String(length=36), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["e_invoices.invoice_id"], name="fk_e_invoice_flows_invoice_id_e_invoices"
        ),
        sa.ForeignKeyConstraint(["step_id"], ["e_invoice_steps.id"], name="fk_e_invoice_flows_step_id_e_invoice_steps"),
        sa.PrimaryKeyConstraint("id", name="pk_e_invoice_flows"),
    )
    op.create_index("ix_e_invoice_flows_due_at", "e_invoice_flows", ["due_at"])
    op.create_index("ix_e_invoice_flows_invoice_id", "e_invoice_flows", ["invoice_id", "id"])
    op.create_table(
        "e_invoice_told",
        sa.Column("flow_id", sa.String(length=36), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("flow_id", name="pk_e_invoice_told"),
    )
    op.create_index("ix_e_invoice_told_updated_at", "e_invoice_told", ["updated_at"])
    op.create_table(
        "e_invoice_progress",
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("up_to", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name="pk_e_invoice_progress"),
    )
    op.create_table(
        "month_ends",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=False),
        sa.Column("done", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("left", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("traceparent", sa.String(length=55), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_month_ends"),
        sa.UniqueConstraint("month", name="uq_month_ends_month"),
    )
    op.create_index("ix_month_ends_running", "month_ends", ["id"], postgresql_where=sa.text("status = 'running'"))


def downgrade() -> None:
    op.drop_table("month_ends")
    op.drop_table("e_invoice_progress")
    op.drop_table("e_invoice_told")
    op.drop_table("e_invoice_flows")
    op.drop_table("e_invoice_steps")
    op.drop_table("e_invoices")
