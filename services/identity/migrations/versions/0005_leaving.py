"""accounts that are left, or made to be"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("members", sa.Column("standing", sa.String(length=20), server_default="active", nullable=False))
    op.alter_column("members", "standing", server_default=None)
    op.add_column("members", sa.Column("last_active_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE members SET last_active_at = greatest(signed_up_at, "
        "(SELECT max(last_used_at) FROM sessions WHERE sessions.member_id = members.id))"
    )
    op.alter_column("members", "last_active_at", nullable=False)
    op.create_index("ix_members_last_active_at", "members", ["last_active_at"], unique=False)
    op.add_column("members", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("members", sa.Column("acted_for_company", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE members SET acted_for_company = true WHERE id IN (SELECT member_id FROM affiliations)")
    op.alter_column("members", "acted_for_company", server_default=None)
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("breach", sa.String(length=1000), nullable=False),
        sa.Column("demand", sa.String(length=1000), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("answer_recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_notices_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_member_id", "notices", ["member_id", "id"], unique=False)
    op.create_table(
        "sanctions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("ground", sa.String(length=30), nullable=False),
        sa.Column("explanation", sa.String(length=1000), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("services", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("messages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("refuse_future_access", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("imposed_by", sa.Uuid(), nullable=False),
        sa.Column("imposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_sanctions_member_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_sanctions_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanctions")),
    )
    op.create_index("ix_sanctions_member_id", "sanctions", ["member_id", "id"], unique=False)
    op.create_index("ix_sanctions_status", "sanctions", ["status", "ends_on"], unique=False)
    op.create_table(
        "refused_identities",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sanction_id", sa.Uuid(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sanction_id"], ["sanctions.id"], name=op.f("fk_refused_identities_sanction_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", "sanction_id", name=op.f("pk_refused_identities")),
    )
    op.create_table(
        "closures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=True),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returns_until", sa.Date(), nullable=True),
        sa.Column("final_after", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof_key", sa.String(length=64), nullable=True),
        sa.Column("proof_name", sa.String(length=120), nullable=True),
        sa.Column("proof_media_type", sa.String(length=40), nullable=True),
        sa.Column("proof_sha256", sa.String(length=64), nullable=True),
        sa.Column("proof_size", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_closures_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
    )
    op.create_index("ix_closures_member_id", "closures", ["member_id", "id"], unique=False)
    op.create_index("ix_closures_status", "closures", ["status", "due_at"], unique=False)
    op.create_index(
        "uq_closures_open",
        "closures",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('requested', 'confirmed', 'deactivated')"),
    )
    op.create_table(
        "content_handovers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("court_decision_reference", sa.String(length=100), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("export_request_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_content_handovers_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_handovers")),
    )
    op.create_index(op.f("ix_content_handovers_member_id"), "content_handovers", ["member_id"], unique=False)
    op.create_table(
        "running_orders",
        sa.Column("bdc_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), nullable=False),
        sa.Column("consultant_id", sa.Uuid(), nullable=False),
        sa.Column("operational_manager_id", sa.Uuid(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bdc_id", name=op.f("pk_running_orders")),
    )
    op.create_index(op.f("ix_running_orders_client_company_id"), "running_orders", ["client_company_id"], unique=False)
    op.create_index(op.f("ix_running_orders_consultant_id"), "running_orders", ["consultant_id"], unique=False)
    op.create_index(
        op.f("ix_running_orders_operational_manager_id"), "running_orders", ["operational_manager_id"], unique=False
    )
    op.create_index(
        op.f("ix_running_orders_provider_company_id"), "running_orders", ["provider_company_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("running_orders")
    op.drop_table("content_handovers")
    op.drop_table("closures")
    op.drop_table("refused_identities")
    op.drop_table("sanctions")
    op.drop_table("notices")
    op.drop_column("members", "acted_for_company")
    op.drop_column("members", "erased_at")
    op.drop_index("ix_members_last_active_at", table_name="members")
    op.drop_column("members", "last_active_at")
    op.drop_column("members", "standing")
