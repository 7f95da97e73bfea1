"""mandates, self-billed invoices, subscriptions and Rise"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("mission_terms", sa.Column("older_fee", sa.String(length=16), nullable=True))
    op.add_column("mission_terms", sa.Column("older_fee_rate", sa.Numeric(precision=14, scale=2), nullable=True))
    op.drop_constraint("uq_invoices_bpf_id", "invoices", type_="unique")
    op.create_index(
        "uq_invoices_bpf_id", "invoices", ["bpf_id"], unique=True, postgresql_where=sa.text("status <> 'cancelled'")
    )
    op.create_table(
        "company_settings",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_mode", sa.String(length=24), nullable=True),
        sa.Column("language", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", name="pk_company_settings"),
    )
    op.create_table(
        "self_billing_mandates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("contest_days", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=False),
        sa.Column("signatory_name", sa.String(length=200), nullable=False),
        sa.Column("signatory_capacity", sa.String(length=40), nullable=False),
        sa.Column("network_address_sha256", sa.String(length=64), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_key", sa.String(length=64), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_self_billing_mandates"),
    )
    op.create_index("ix_self_billing_mandates_company_id_id", "self_billing_mandates", ["company_id", "id"])
    op.create_index(
        "uq_self_billing_mandates",
        "self_billing_mandates",
        ["company_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "self_bills",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bpf_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("validated_by", sa.Uuid(), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal_reason", sa.String(length=1000), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("issued_invoice_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(length=35), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("contest_until", sa.Date(), nullable=True),
        sa.Column("contested_by", sa.Uuid(), nullable=True),
        sa.Column("contested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contest_reason", sa.String(length=1000), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.String(length=1000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(invoice_id IS NULL) = (status IN ('proposed', 'refused', 'withdrawn'))",
            name="ck_self_bills_numbered_once_issued",
        ),
        sa.ForeignKeyConstraint(["mandate_id"], ["self_billing_mandates.id"], name="fk_self_bills_mandate_id"),
        sa.PrimaryKeyConstraint("id", name="pk_self_bills"),
        sa.UniqueConstraint("invoice_id", name="uq_self_bills_invoice_id"),
        sa.UniqueConstraint("issued_invoice_id", name="uq_self_bills_issued_invoice_id"),
    )
    op.create_index("ix_self_bills_provider", "self_bills", ["provider_company_id", "id"])
    op.create_index("ix_self_bills_status", "self_bills", ["status", "id"])
    op.create_index(
        "uq_self_bills_live",
        "self_bills",
        ["bpf_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'issued', 'contested', 'upheld')"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("plan", sa.String(length=24), nullable=False),
        sa.Column("offer_code", sa.String(length=40), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("terms_version", sa.String(length=40), nullable=False),
        sa.Column("terms_text", sa.Text(), nullable=False),
        sa.Column("terms_sha256", sa.String(length=64), nullable=False),
        sa.Column("unsubscribing", sa.String(length=24), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("noticed_term", sa.Integer(), nullable=False),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=24), nullable=True),
        sa.Column("end_remark", sa.String(length=1000), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_subscriptions_ends_after_its_start"),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
    )
    op.create_index("ix_subscriptions_company_id_id", "subscriptions", ["company_id", "id"])
    op.create_index("ix_subscriptions_status_ends_on", "subscriptions", ["status", "ends_on"])
    op.create_index(
        "uq_subscriptions_running",
        "subscriptions",
        ["company_id", "plan"],
        unique=True,
        postgresql_where=sa.text("status <> 'ended'"),
    )
    op.create_table(
        "subscription_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("price", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("issued_invoice_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name="fk_subscription_terms_subscription_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_subscription_terms"),
        sa.UniqueConstraint("issued_invoice_id", name="uq_subscription_terms_issued_invoice_id"),
        sa.UniqueConstraint("subscription_id", "term", name="uq_subscription_terms_subscription_id_term"),
    )
    op.create_table(
        "rise_payers",
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("payer", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mission_id", name="pk_rise_payers"),
    )
    op.create_table(
        "rise_charges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.String(length=7), nullable=False),
        sa.Column("issued_invoice_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rise_charges"),
        sa.UniqueConstraint("company_id", "quarter", name="uq_rise_charges_company_id_quarter"),
        sa.UniqueConstraint("issued_invoice_id", name="uq_rise_charges_issued_invoice_id"),
    )


def downgrade() -> None:
    op.drop_table("rise_charges")
    op.drop_table("rise_payers")
    op.drop_table("subscription_terms")
    op.drop_table("subscriptions")
    op.drop_table("self_bills")
    op.drop_table("self_billing_mandates")
    op.drop_table("company_settings")
    op.drop_column("mission_terms", "older_fee_rate")
    op.drop_column("mission_terms", "older_fee")
    op.drop_index("uq_invoices_bpf_id", "invoices")
    op.create_unique_constraint("uq_invoices_bpf_id", "invoices", ["bpf_id"])
