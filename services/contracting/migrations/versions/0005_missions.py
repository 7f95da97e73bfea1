"""missions"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.alter_column("missions", "status", type_=sa.String(32))
    op.add_column("missions", sa.Column("beneath", sa.String(32), nullable=True))
    op.add_column("missions", sa.Column("end_told_on", sa.Date(), nullable=True))
    _filled("missions", sa.Column("offer", sa.String(24), nullable=False, server_default="connect"))
    _filled("missions", sa.Column("line", sa.Integer(), nullable=False, server_default="1"))
    _filled("missions", sa.Column("issued_line", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE missions SET issued_line = 1 WHERE status <> 'legal_verification'")
    _filled("client_orders", sa.Column("line", sa.Integer(), nullable=False, server_default="1"))
    op.drop_constraint("pk_client_orders", "client_orders")
    op.create_primary_key("pk_client_orders", "client_orders", ["mission_id", "line"])
    reasons = sa.Column("shortcomings", postgresql.JSONB(), nullable=False, server_default="{}")
    _filled("company_compliance", reasons)
    _orders()
    _renewals()
    _early_ends()
    op.create_table(
        "special_conditions",
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("file_key", sa.String(64), nullable=True),
        sa.Column("file_name", sa.String(120), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_from", sa.String(45), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.id"], name=op.f("fk_special_conditions_mission_id")),
        sa.PrimaryKeyConstraint("mission_id", name=op.f("pk_special_conditions")),
    )
    op.create_table(
        "validated_months",
        sa.Column("bdc_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.PrimaryKeyConstraint("bdc_id", "month", name=op.f("pk_validated_months")),
    )
    op.create_table(
        "colleagues",
        sa.Column("affiliation_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.String(200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("affiliation_id", name=op.f("pk_colleagues")),
    )
    op.create_index("ix_colleagues_company_id_member_id", "colleagues", ["company_id", "member_id"])


def _filled(table: str, column: sa.Column[object]) -> None:
    """Add a column with a value for the rows that are there, which new ones have to give."""
    op.add_column(table, column)
    op.alter_column(table, column.name, server_default=None)


def _orders() -> None:
    _filled("bdcs", sa.Column("line", sa.Integer(), nullable=False, server_default="1"))
    _filled("bdcs", sa.Column("offer", sa.String(24), nullable=False, server_default="connect"))
    _filled("bdcs", sa.Column("notice_months", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("bdcs", sa.Column("special_conditions", sa.Text(), nullable=True))
    op.add_column("bdcs", sa.Column("file_key", sa.String(64), nullable=True))
    op.add_column("bdcs", sa.Column("sha256", sa.String(64), nullable=True))
    op.add_column("bdcs", sa.Column("size", sa.Integer(), nullable=True))
    op.drop_constraint("uq_bdcs_mission_id", "bdcs")
    op.create_unique_constraint("uq_bdcs_mission_id_line", "bdcs", ["mission_id", "line"])
    op.create_check_constraint(op.f("ck_bdcs_in_order"), "bdcs", "starts_on <= ends_on")
    op.execute(
        "ALTER TABLE bdcs ADD CONSTRAINT ex_bdcs_overlap EXCLUDE USING gist"
        " (mission_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&)"
    )


def _renewals() -> None:
    op.create_table(
        "renewals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("not_before", sa.Date(), nullable=False),
        sa.Column("former_ends_on", sa.Date(), nullable=False),
        sa.Column("former_rate", sa.Numeric(14, 2), nullable=False),
        sa.Column("consultant_id", sa.Uuid(), nullable=False),
        sa.Column("consultant_name", sa.String(200), nullable=False),
        sa.Column("daily_rate", sa.Numeric(14, 2), nullable=False),
        sa.Column("days", sa.Numeric(5, 1), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("validated_by", sa.Uuid(), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_renewals_in_order")),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.id"], name=op.f("fk_renewals_mission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewals")),
    )
    op.create_index("ix_renewals_mission_id", "renewals", ["mission_id", "id"])
    still_open = sa.text("status IN ('awaiting_provider', 'awaiting_client', 'validated')")
    op.create_index("uq_renewals_open", "renewals", ["mission_id"], unique=True, postgresql_where=still_open)


def _early_ends() -> None:
    op.create_table(
        "early_ends",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("bdc_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("proposed_by_side", sa.String(24), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("former_ends_on", sa.Date(), nullable=False),
        sa.Column("shortens_notice", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("refusal_reason", sa.String(500), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bdc_id"], ["bdcs.id"], name=op.f("fk_early_ends_bdc_id")),
        sa.ForeignKeyConstraint(["mission_id"], ["missions.id"], name=op.f("fk_early_ends_mission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_ends")),
    )
    op.create_index("ix_early_ends_mission_id", "early_ends", ["mission_id", "id"])
    still_open = sa.text("status IN ('proposed', 'refused')")
    op.create_index("uq_early_ends_open", "early_ends", ["mission_id"], unique=True, postgresql_where=still_open)


def downgrade() -> None:
    for table in ("colleagues", "validated_months", "special_conditions", "early_ends", "renewals"):
        op.drop_table(table)
    op.drop_constraint("ex_bdcs_overlap", "bdcs")
    op.drop_constraint(op.f("ck_bdcs_in_order"), "bdcs")
    op.drop_constraint("uq_bdcs_mission_id_line", "bdcs")
    op.create_unique_constraint("uq_bdcs_mission_id", "bdcs", ["mission_id"])
    for column in ("size", "sha256", "file_key", "special_conditions", "notice_months", "offer", "line"):
        op.drop_column("bdcs", column)
    op.drop_constraint("pk_client_orders", "client_orders")
    op.create_primary_key("pk_client_orders", "client_orders", ["mission_id"])
    op.drop_column("client_orders", "line")
    op.drop_column("company_compliance", "shortcomings")
    for column in ("issued_line", "line", "offer", "end_told_on", "beneath"):
        op.drop_column("missions", column)
    op.alter_column("missions", "status", type_=sa.String(24))
    op.execute("DROP EXTENSION btree_gist")
