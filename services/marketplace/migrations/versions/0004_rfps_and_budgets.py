"""rfps and budgets"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("rfps", sa.Column("market_after_days", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("rfps", "market_after_days", server_default=None)
    op.add_column("rfps", sa.Column("market_opens_on", sa.Date(), nullable=True))
    op.execute(
        "UPDATE rfps SET market_opens_on = (published_at AT TIME ZONE 'Europe/Paris')::date"
        " WHERE published_at IS NOT NULL"
    )
    op.add_column("rfps", sa.Column("addressee_id", sa.Uuid(), nullable=True))
    _copies()
    _budgets()


def _copies() -> None:
    op.create_table(
        "client_entities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("legal", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("responsible_id", sa.Uuid(), nullable=True),
        sa.Column("substitute_id", sa.Uuid(), nullable=True),
        sa.Column("presentation", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_entities")),
    )
    op.create_index(op.f("ix_client_entities_company_id"), "client_entities", ["company_id"])
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), nullable=False),
        sa.Column("operational_manager_id", sa.Uuid(), nullable=False),
        sa.Column("consultant_id", sa.Uuid(), nullable=False),
        sa.Column("daily_rate_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("days", sa.Numeric(precision=4, scale=1), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_mission_id_ends_on"), "orders", ["mission_id", "ends_on"])


def _budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("entity_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("responsible_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("additional_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0 AND additional_amount >= 0", name=op.f("ck_budgets_amounts_positive")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_budgets_period_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
    )
    op.create_index(op.f("ix_budgets_company_id_id"), "budgets", ["company_id", "id"])
    op.create_table(
        "spending_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("buyer_threshold", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("ordered", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("invoiced", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("overrun", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.CheckConstraint("reserved + ordered <= amount + overrun", name=op.f("ck_spending_lines_never_overspent")),
        sa.CheckConstraint(
            "reserved >= 0 AND ordered >= 0 AND invoiced >= 0 AND overrun >= 0",
            name=op.f("ck_spending_lines_not_negative"),
        ),
        sa.ForeignKeyConstraint(["budget_id"], ["budgets.id"], name=op.f("fk_spending_lines_budget_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spending_lines")),
    )
    op.create_index(op.f("ix_spending_lines_budget_id_id"), "spending_lines", ["budget_id", "id"])
    op.create_index(op.f("ix_spending_lines_company_id_entity_id"), "spending_lines", ["company_id", "entity_id"])
    op.create_table(
        "commitments",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("ordered", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("invoiced", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["spending_lines.id"], name=op.f("fk_commitments_line_id")),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_commitments")),
    )
    op.create_index(op.f("ix_commitments_line_id"), "commitments", ["line_id"])


def downgrade() -> None:
    for table in ("commitments", "spending_lines", "budgets", "orders", "client_entities"):
        op.drop_table(table)
    op.drop_column("rfps", "addressee_id")
    op.drop_column("rfps", "market_opens_on")
    op.drop_column("rfps", "market_after_days")
