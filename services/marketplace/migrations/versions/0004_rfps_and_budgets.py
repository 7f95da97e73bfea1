"""rfps and budgets"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


_WRITTEN = (
    "title", "description", "category", "skills", "city", "country", "remote_share", "period_start", "period_end",
    "days", "operational_manager_id",
)  # fmt: skip
_NEW = (
    sa.Column("entity_id", sa.Uuid(), nullable=True),
    sa.Column("spending_line_id", sa.Uuid(), nullable=True),
    sa.Column("buyer_id", sa.Uuid(), nullable=True),
    sa.Column("deliverables", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column("pricing", sa.String(length=20), nullable=True),
    sa.Column("max_monthly_price_amount", sa.Numeric(precision=14, scale=2), nullable=True),
    sa.Column("market_opens_on", sa.Date(), nullable=True),
    sa.Column("mission_id", sa.Uuid(), nullable=True),
    sa.Column("addressee_id", sa.Uuid(), nullable=True),
    sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("closing_reason", sa.String(length=20), nullable=True),
    sa.Column("closing_comment", sa.String(), nullable=True),
)
_FILLED = (
    ("type", sa.String(length=20), "'time_and_materials'"),
    ("market_after_days", sa.Integer(), "0"),
    ("clause_ids", postgresql.JSONB(astext_type=sa.Text()), "'[]'"),
)
_UNPUBLISHED = "status IN ('draft', 'workflow_in_progress', 'publication_rejected')"


def upgrade() -> None:
    for column in _NEW:
        op.add_column("rfps", column.copy())
    for name, kind, value in _FILLED:
        op.add_column("rfps", sa.Column(name, kind, nullable=False, server_default=sa.text(value)))
        op.alter_column("rfps", name, server_default=None)
    op.execute(
        "UPDATE rfps SET market_opens_on = (published_at AT TIME ZONE 'Europe/Paris')::date"
        " WHERE published_at IS NOT NULL"
    )
    op.alter_column("rfps", "status", type_=sa.String(length=40))
    for name in _WRITTEN:
        op.alter_column("rfps", name, nullable=True)
    op.drop_constraint(op.f("ck_rfps_number_once_published"), "rfps")
    op.create_check_constraint(op.f("ck_rfps_number_once_published"), "rfps", f"({_UNPUBLISHED}) = (number IS NULL)")
    op.create_check_constraint(
        op.f("ck_rfps_complete_once_published"), "rfps", f"number IS NULL OR num_nulls({', '.join(_WRITTEN)}) = 0"
    )
    op.create_index(
        op.f("ix_rfps_addressee_id"), "rfps", ["addressee_id"], postgresql_where=sa.text("addressee_id IS NOT NULL")
    )
    _publication()
    _copies()
    _budgets()


def _publication() -> None:
    op.create_table(
        "rfp_editions",
        sa.Column("rfp_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["rfp_id"], ["rfps.id"], name=op.f("fk_rfp_editions_rfp_id")),
        sa.PrimaryKeyConstraint("rfp_id", "edition", name=op.f("pk_rfp_editions")),
    )
    op.create_table(
        "rfp_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("rfp_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["rfp_id"], ["rfps.id"], name=op.f("fk_rfp_templates_rfp_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rfp_templates")),
        sa.UniqueConstraint("rfp_id", name=op.f("uq_rfp_templates_rfp_id")),
    )
    op.create_index(op.f("ix_rfp_templates_company_id_id"), "rfp_templates", ["company_id", "id"])
    op.create_table(
        "publication_workflows",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("validators", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_workflows")),
        sa.UniqueConstraint(
            "company_id",
            "entity_id",
            name=op.f("uq_publication_workflows_company_id_entity_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "rfp_approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rfp_id", sa.Uuid(), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("validator_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["rfp_id"], ["rfps.id"], name=op.f("fk_rfp_approvals_rfp_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rfp_approvals")),
        sa.UniqueConstraint(
            "rfp_id", "submission", "position", name=op.f("uq_rfp_approvals_rfp_id_submission_position")
        ),
    )
    op.create_table(
        "clauses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("file", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clauses")),
    )
    op.create_index(op.f("ix_clauses_company_id_id"), "clauses", ["company_id", "id"])


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
    """Published requests stay; unfinished drafts and statuses that the former version does not know do not."""
    for table in ("commitments", "spending_lines", "budgets", "orders", "client_entities"):
        op.drop_table(table)
    for table in ("clauses", "rfp_approvals", "publication_workflows", "rfp_templates", "rfp_editions"):
        op.drop_table(table)
    op.drop_index(op.f("ix_rfps_addressee_id"), "rfps")
    op.drop_constraint(op.f("ck_rfps_complete_once_published"), "rfps")
    op.drop_constraint(op.f("ck_rfps_number_once_published"), "rfps")
    op.execute(f"DELETE FROM rfps WHERE status <> 'draft' AND {_UNPUBLISHED}")
    op.execute(f"DELETE FROM rfps WHERE num_nulls({', '.join(_WRITTEN)}) > 0")
    op.create_check_constraint(op.f("ck_rfps_number_once_published"), "rfps", "(status = 'draft') = (number IS NULL)")
    for name in _WRITTEN:
        op.alter_column("rfps", name, nullable=False)
    op.alter_column("rfps", "status", type_=sa.String(length=20))
    for name, _, _ in _FILLED:
        op.drop_column("rfps", name)
    for column in _NEW:
        op.drop_column("rfps", column.name)
