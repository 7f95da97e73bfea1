"""lines"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What was validated is what is billed, line by line: the last defence, after the domain's.
_KEEP_LINES = """
CREATE TRIGGER keep_validated_lines BEFORE UPDATE OF lines ON cras
FOR EACH ROW WHEN (OLD.status = 'validated') EXECUTE FUNCTION keep_validated_cra()
"""


def upgrade() -> None:
    """Months of before bill their days alone; orders of before were régie, their rates known to billing only."""
    op.add_column("missions", sa.Column("daily_rate_amount", sa.Numeric(precision=14, scale=2), nullable=True))
    kind = sa.Column("work_type", sa.String(length=24), server_default="time_and_materials", nullable=False)
    op.add_column("missions", kind)
    op.alter_column("missions", "work_type", server_default=None)
    lines = sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
    op.add_column("cras", lines)
    op.alter_column("cras", "lines", server_default=None)
    op.execute(_KEEP_LINES)
    op.create_table(
        "line_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cra_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("scan", sa.String(length=16), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["cra_id"], ["cras.id"], name=op.f("fk_line_files_cra_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_files")),
    )
    op.create_index("ix_line_files_cra_id", "line_files", ["cra_id"], unique=False)
    op.create_index(
        "ix_line_files_removed_at",
        "line_files",
        ["removed_at"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NOT NULL"),
    )
    op.create_table(
        "rates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=150), nullable=False),
        sa.Column("unit", sa.String(length=3), nullable=False),
        sa.Column("price_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_rates_in_order")),
        sa.CheckConstraint("price_amount > 0", name=op.f("ck_rates_price_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rates")),
    )
    op.create_index("ix_rates_mission_id_code", "rates", ["mission_id", "code"], unique=False)
    op.create_table(
        "evaluations",
        sa.Column("cra_id", sa.Uuid(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.String(length=500), nullable=True),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_evaluations_rating_in_range")),
        sa.ForeignKeyConstraint(["cra_id"], ["cras.id"], name=op.f("fk_evaluations_cra_id")),
        sa.PrimaryKeyConstraint("cra_id", name=op.f("pk_evaluations")),
    )


def downgrade() -> None:
    op.drop_table("evaluations")
    op.drop_index("ix_rates_mission_id_code", table_name="rates")
    op.drop_table("rates")
    op.drop_index("ix_line_files_removed_at", table_name="line_files")
    op.drop_index("ix_line_files_cra_id", table_name="line_files")
    op.drop_table("line_files")
    op.execute("DROP TRIGGER keep_validated_lines ON cras")
    op.drop_column("cras", "lines")
    op.drop_column("missions", "work_type")
    op.drop_column("missions", "daily_rate_amount")
