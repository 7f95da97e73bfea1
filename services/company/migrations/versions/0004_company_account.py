"""company account"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("companies", sa.Column("registration_number", sa.String(60), nullable=True))
    op.add_column("companies", sa.Column("tax_number", sa.String(40), nullable=True))
    op.add_column("companies", sa.Column("special_tax_status", sa.String(40), nullable=True))
    op.add_column("companies", sa.Column("register_consulted", sa.String(40), nullable=True))
    op.add_column("companies", sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE companies SET submitted_at = registered_at")
    op.alter_column("companies", "submitted_at", nullable=False)
    op.alter_column("companies", "evidence", new_column_name="check_reference")
    op.create_index(
        "uq_companies_registration_number",
        "companies",
        ["country", "registration_number"],
        unique=True,
        postgresql_where=sa.text("registration_number IS NOT NULL AND status <> 'refused'"),
    )

    op.create_table(
        "billing_contacts",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("line1", sa.String(200), nullable=False),
        sa.Column("line2", sa.String(200), nullable=True),
        sa.Column("postcode", sa.String(16), nullable=False),
        sa.Column("city", sa.String(200), nullable=False),
        sa.Column("address_country", sa.String(2), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("phone", sa.String(16), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_billing_contacts_company_id")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_billing_contacts")),
    )
    _bank()
    _approvals()
    _identity_changes()
    _signatories()
    _staff()


def _bank() -> None:
    op.alter_column("bank_details", "iban", nullable=True)
    op.alter_column("bank_details", "bic", nullable=True)
    op.add_column("bank_details", sa.Column("bank_code", sa.String(40), nullable=True))
    op.add_column("bank_details", sa.Column("account_number", sa.String(40), nullable=True))
    op.add_column("bank_details", sa.Column("country", sa.String(2), nullable=True))
    op.execute("UPDATE bank_details SET country = left(iban, 2)")
    op.alter_column("bank_details", "country", nullable=False)
    op.add_column("bank_details", sa.Column("until", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_bank_details_one_number"), "bank_details", "(iban IS NULL) <> (account_number IS NULL)"
    )
    op.create_table(
        "bank_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("iban", sa.String(34), nullable=True),
        sa.Column("bic", sa.String(11), nullable=True),
        sa.Column("bank_code", sa.String(40), nullable=True),
        sa.Column("account_number", sa.String(40), nullable=True),
        sa.Column("heads", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by_staff", sa.Boolean(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_on", sa.Date(), nullable=True),
        sa.Column("number_source", sa.String(40), nullable=True),
        sa.Column("spoke_with", sa.Uuid(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_bank_changes_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_changes")),
    )
    op.create_index(
        "uq_bank_changes_pending",
        "bank_changes",
        ["company_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'cooling')"),
    )
    op.create_index("ix_bank_changes_company_id_id", "bank_changes", ["company_id", "id"])
    op.create_index(
        "ix_bank_changes_effective_at",
        "bank_changes",
        ["effective_at"],
        postgresql_where=sa.text("status = 'cooling'"),
    )


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.String(1000), nullable=True),
        sa.CheckConstraint("status <> 'given' OR decided_by <> proposed_by", name=op.f("ck_approvals_four_eyes")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_approvals_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(
        "uq_approvals_pending",
        "approvals",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("ix_approvals_company_id_id", "approvals", ["company_id", "id"])


def _identity_changes() -> None:
    op.create_table(
        "identity_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("siret", sa.String(14), nullable=True),
        sa.Column("registration_number", sa.String(60), nullable=True),
        sa.Column("vat_number", sa.String(20), nullable=True),
        sa.Column("former_name", sa.String(200), nullable=False),
        sa.Column("former_siret", sa.String(14), nullable=True),
        sa.Column("former_registration_number", sa.String(60), nullable=True),
        sa.Column("former_vat_number", sa.String(20), nullable=True),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.String(1000), nullable=True),
        sa.Column("file_key", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_identity_changes_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_changes")),
    )
    op.create_index(
        "uq_identity_changes_pending",
        "identity_changes",
        ["company_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('requested', 'proposed')"),
    )
    op.create_index("ix_identity_changes_company_id_id", "identity_changes", ["company_id", "id"])


_CHECKED = (
    ("decided_by", sa.Uuid()),
    ("register_consulted", sa.String(40)),
    ("check_reference", sa.String(1000)),
    ("checked_on", sa.Date()),
    ("refused_at", sa.DateTime(timezone=True)),
    ("refusal_reason", sa.String(1000)),
    ("file_key", sa.String(64)),
    ("file_name", sa.String(120)),
    ("media_type", sa.String(64)),
    ("sha256", sa.String(64)),
    ("size", sa.Integer()),
)


def _signatories() -> None:
    for name, kind in _CHECKED:
        op.add_column("signatories", sa.Column(name, kind, nullable=True))


def _staff() -> None:
    op.create_table(
        "plan_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("plan", sa.String(40), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_plan_changes_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_changes")),
    )
    op.create_index(
        "uq_plan_changes_proposed",
        "plan_changes",
        ["company_id"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )
    op.create_index("ix_plan_changes_company_id_id", "plan_changes", ["company_id", "id"])
    op.create_table(
        "platform_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_key", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_documents")),
    )
    op.create_index(
        "uq_platform_documents_current",
        "platform_documents",
        ["type"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL AND type <> 'other'"),
    )
    op.create_table(
        "work_claims",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_work_claims")),
    )


def downgrade() -> None:
    for table in ("work_claims", "platform_documents", "plan_changes", "identity_changes", "billing_contacts"):
        op.drop_table(table)
    for name, _ in reversed(_CHECKED):
        op.drop_column("signatories", name)
    op.drop_table("approvals")
    op.drop_table("bank_changes")
    op.drop_constraint(op.f("ck_bank_details_one_number"), "bank_details")
    for column in ("until", "country", "account_number", "bank_code"):
        op.drop_column("bank_details", column)
    op.alter_column("bank_details", "bic", nullable=False)
    op.alter_column("bank_details", "iban", nullable=False)
    op.drop_index("uq_companies_registration_number", table_name="companies")
    op.alter_column("companies", "check_reference", new_column_name="evidence")
    for column in ("submitted_at", "register_consulted", "special_tax_status", "tax_number", "registration_number"):
        op.drop_column("companies", column)
