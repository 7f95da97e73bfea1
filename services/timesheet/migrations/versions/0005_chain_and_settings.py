"""chain and settings"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("missions", sa.Column("workplace", sa.String(length=6), server_default="FR", nullable=False))
    op.alter_column("missions", "workplace", server_default=None)
    op.add_column("cras", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cras", sa.Column("invoice_id", sa.Uuid(), nullable=True))
    op.add_column("cras", sa.Column("paid_on", sa.Date(), nullable=True))
    op.add_column("cras", sa.Column("paid_version", sa.Integer(), nullable=True))
    op.add_column("cras", sa.Column("invoice_cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "activity_settings",
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("module_on", sa.Boolean(), nullable=False),
        sa.Column("validation_on", sa.Boolean(), nullable=False),
        sa.Column("fixed_since", sa.Date(), nullable=True),
        sa.Column("weekends_allowed", sa.Boolean(), nullable=False),
        sa.Column("overrun_allowed", sa.Boolean(), nullable=False),
        sa.Column("submission_reminders", sa.Boolean(), nullable=False),
        sa.Column("validation_reminders", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("client_company_id", name=op.f("pk_activity_settings")),
    )
    op.create_table(
        "renewals",
        sa.Column("renewal_id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("renewal_id", name=op.f("pk_renewals")),
    )
    op.create_index(op.f("ix_renewals_mission_id"), "renewals", ["mission_id"], unique=False)
    op.create_table(
        "reminders",
        sa.Column("bdc_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("due", sa.Enum("submission", "validation", name="due", native_enum=False, length=16), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["bdc_id"], ["missions.bdc_id"], name=op.f("fk_reminders_bdc_id")),
        sa.PrimaryKeyConstraint("bdc_id", "month", "due", name=op.f("pk_reminders")),
    )


def downgrade() -> None:
    op.drop_table("reminders")
    op.drop_table("renewals")
    op.drop_table("activity_settings")
    for column in ("invoice_cancelled_at", "paid_version", "paid_on", "invoice_id", "approved_at"):
        op.drop_column("cras", column)
    op.drop_column("missions", "workplace")
