"""staying in"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("place", sa.String(length=50), nullable=True))
    op.add_column("sessions", sa.Column("network_digest", sa.LargeBinary(), nullable=True))
    op.add_column("sessions", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("members", sa.Column("phone", sa.String(length=16), nullable=True))
    op.add_column("members", sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column("members", "must_change_password", server_default=None)
    op.add_column("notifications", sa.Column("address", sa.String(length=320), nullable=True))
    op.create_table(
        "totp_factors",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_totp_factors_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_totp_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_recovery_codes_member_id")),
        sa.PrimaryKeyConstraint("member_id", "code_sha256", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "email_changes",
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_email_changes_link_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_email_changes_member_id")),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_email_changes")),
    )
    op.create_index(op.f("ix_email_changes_member_id"), "email_changes", ["member_id"], unique=False)
    op.create_index(op.f("ix_email_changes_email_key"), "email_changes", ["email_key"], unique=False)
    op.create_table(
        "security_incidents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("contact", sa.String(length=320), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("description", sa.String(length=4000), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_security_incidents_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_incidents")),
        sa.UniqueConstraint("reference", name=op.f("uq_security_incidents_reference")),
    )
    op.create_index("ix_security_incidents_member_id", "security_incidents", ["member_id", "id"], unique=False)
    op.create_index("ix_security_incidents_status", "security_incidents", ["status", "id"], unique=False)


def downgrade() -> None:
    for table in ("security_incidents", "email_changes", "recovery_codes", "totp_factors"):
        op.drop_table(table)
    op.drop_column("notifications", "address")
    op.drop_column("members", "must_change_password")
    op.drop_column("members", "phone")
    op.drop_column("sessions", "proven_at")
    op.drop_column("sessions", "network_digest")
    op.drop_column("sessions", "place")
