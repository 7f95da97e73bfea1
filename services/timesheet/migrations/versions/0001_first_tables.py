"""first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_FINAL = """
CREATE FUNCTION keep_validated_cra() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the CRA % is validated and never changes', OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
# The last defence of the rule that the domain keeps: what was validated is what is billed.
_KEEP = (
    """
CREATE TRIGGER keep_validated_cra BEFORE UPDATE OF id, bdc_id, month, status, entries, total_days, validated_at
ON cras FOR EACH ROW WHEN (OLD.status = 'validated') EXECUTE FUNCTION keep_validated_cra()
""",
    """
CREATE TRIGGER keep_validated_cra_row BEFORE DELETE
ON cras FOR EACH ROW WHEN (OLD.status = 'validated') EXECUTE FUNCTION keep_validated_cra()
""",
)


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
        "missions",
        sa.Column("bdc_id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), nullable=False),
        sa.Column("operational_manager_id", sa.Uuid(), nullable=False),
        sa.Column("consultant_id", sa.Uuid(), nullable=False),
        sa.Column("consultant_name", sa.String(length=200), nullable=False),
        sa.Column("days", sa.Numeric(precision=4, scale=1), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bdc_id", name=op.f("pk_missions")),
    )
    op.create_index("ix_missions_client", "missions", ["client_company_id", "bdc_id"], unique=False)
    op.create_index(op.f("ix_missions_mission_id"), "missions", ["mission_id"], unique=False)
    op.create_index("ix_missions_provider", "missions", ["provider_company_id", "bdc_id"], unique=False)
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
        "cras",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bdc_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column(
            "status",
            sa.Enum("draft", "submitted", "refused", "validated", name="crastatus", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("entries", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("total_days", sa.Numeric(precision=4, scale=1), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("refusal_reason", sa.String(length=500), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invoice_number", sa.String(), nullable=True),
        sa.Column("invoice_version", sa.Integer(), nullable=True),
        sa.Column("payment_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["bdc_id"], ["missions.bdc_id"], name=op.f("fk_cras_bdc_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cras")),
        sa.UniqueConstraint("bdc_id", "month", name=op.f("uq_cras_bdc_id_month")),
    )
    op.execute(_FINAL)
    for trigger in _KEEP:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("cras")
    op.drop_table("outbox")
    op.drop_index("ix_missions_provider", table_name="missions")
    op.drop_index(op.f("ix_missions_mission_id"), table_name="missions")
    op.drop_index("ix_missions_client", table_name="missions")
    op.drop_table("missions")
    op.drop_table("job_runs")
    op.drop_index("ix_inbox_applied_at", table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_audit_log_subject", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_index("ix_access_revocations_recorded_at", table_name="access_revocations")
    op.drop_table("access_revocations")
    op.execute("DROP FUNCTION keep_validated_cra()")
