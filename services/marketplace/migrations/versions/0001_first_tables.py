"""first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_revocations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_revocations")),
    )
    op.create_index("ix_access_revocations_recorded_at", "access_revocations", ["recorded_at"], unique=False)
    op.create_table(
        "affiliations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affiliations")),
    )
    op.create_index(
        op.f("ix_affiliations_company_id_member_id"), "affiliations", ["company_id", "member_id"], unique=False
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_subject", "audit_log", ["subject", "id"], unique=False)
    op.create_table(
        "companies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
    )
    op.create_table(
        "contracts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
    )
    op.create_index(op.f("ix_contracts_company_id_kind"), "contracts", ["company_id", "kind"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(length=120), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_applied_at", "inbox", ["applied_at"], unique=False)
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String(length=80), nullable=False),
        sa.Column("period", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("job", "period", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "numbers",
        sa.Column("series", sa.String(length=32), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_numbers")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.String(length=55), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
    )
    op.create_table(
        "rfps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("client_name", sa.String(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("skills", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("remote_share", sa.Integer(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("days", sa.Numeric(precision=4, scale=1), nullable=False),
        sa.Column("operational_manager_id", sa.Uuid(), nullable=False),
        sa.Column("max_daily_rate_amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('french', title || ' ' || description || ' ' || skills::text) || to_tsvector('simple', title || ' ' || description || ' ' || skills::text)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("(status = 'draft') = (number IS NULL)", name=op.f("ck_rfps_number_once_published")),
        sa.CheckConstraint("days > 0", name=op.f("ck_rfps_days_positive")),
        sa.CheckConstraint("period_end >= period_start", name=op.f("ck_rfps_period_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rfps")),
        sa.UniqueConstraint("listing_id", name=op.f("uq_rfps_listing_id")),
        sa.UniqueConstraint("number", name=op.f("uq_rfps_number")),
    )
    op.create_index(
        op.f("ix_rfps_client_company_id_listing_id"), "rfps", ["client_company_id", "listing_id"], unique=False
    )
    op.create_index(op.f("ix_rfps_search"), "rfps", ["search"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_rfps_status_listing_id"), "rfps", ["status", "listing_id"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("rfp_id", sa.Uuid(), nullable=False),
        sa.Column("rfp_reference", sa.String(), nullable=False),
        sa.Column("rfp_title", sa.String(), nullable=False),
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), nullable=False),
        sa.Column("provider_name", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("consultant_id", sa.Uuid(), nullable=False),
        sa.Column("consultant_name", sa.String(), nullable=False),
        sa.Column("daily_rate_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("pitch", sa.String(), nullable=False),
        sa.Column("available_on", sa.Date(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("qualified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=20), nullable=True),
        sa.Column("cancellation_comment", sa.String(), nullable=True),
        sa.CheckConstraint("daily_rate_amount > 0", name=op.f("ck_proposals_daily_rate_positive")),
        sa.ForeignKeyConstraint(["rfp_id"], ["rfps.id"], name=op.f("fk_proposals_rfp_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(
        op.f("ix_proposals_provider_company_id_id"), "proposals", ["provider_company_id", "id"], unique=False
    )
    op.create_index(op.f("ix_proposals_rfp_id_id"), "proposals", ["rfp_id", "id"], unique=False)
    op.create_index(
        "uq_proposals_live_consultant",
        "proposals",
        ["rfp_id", "consultant_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'cancelled'"),
    )
    op.create_index(
        "uq_proposals_one_appointed",
        "proposals",
        ["rfp_id"],
        unique=True,
        postgresql_where=sa.text("status = 'appointed'"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_proposals_one_appointed", table_name="proposals", postgresql_where=sa.text("status = 'appointed'")
    )
    op.drop_index(
        "uq_proposals_live_consultant", table_name="proposals", postgresql_where=sa.text("status <> 'cancelled'")
    )
    op.drop_index(op.f("ix_proposals_rfp_id_id"), table_name="proposals")
    op.drop_index(op.f("ix_proposals_provider_company_id_id"), table_name="proposals")
    op.drop_table("proposals")
    op.drop_index(op.f("ix_rfps_status_listing_id"), table_name="rfps")
    op.drop_index(op.f("ix_rfps_search"), table_name="rfps", postgresql_using="gin")
    op.drop_index(op.f("ix_rfps_client_company_id_listing_id"), table_name="rfps")
    op.drop_table("rfps")
    op.drop_table("outbox")
    op.drop_table("numbers")
    op.drop_table("job_runs")
    op.drop_index("ix_inbox_applied_at", table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index(op.f("ix_contracts_company_id_kind"), table_name="contracts")
    op.drop_table("contracts")
    op.drop_table("companies")
    op.drop_index("ix_audit_log_subject", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_index(op.f("ix_affiliations_company_id_member_id"), table_name="affiliations")
    op.drop_table("affiliations")
    op.drop_index("ix_access_revocations_recorded_at", table_name="access_revocations")
    op.drop_table("access_revocations")
