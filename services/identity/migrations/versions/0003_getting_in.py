"""getting in: invitations, identities of other providers, addresses of clients, responsible persons"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.alter_column("members", "password_hash", nullable=True)
    op.add_column("members", sa.Column("opened_by", sa.Uuid(), nullable=True))
    op.add_column("links", sa.Column("subject_id", sa.Uuid(), nullable=True))
    op.create_table(
        "company_names",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_company_names")),
    )
    _invitations()
    _identities()
    op.create_table(
        "address_reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("profile_type", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("comment", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_address_reviews_member_id")),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("fk_address_reviews_invitation_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_reviews")),
        sa.UniqueConstraint("member_id", "domain", name=op.f("uq_address_reviews_member_id_domain")),
    )
    op.create_index("ix_address_reviews_status", "address_reviews", ["status", "id"], unique=False)
    _responsible_persons()


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("company_kind", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_invitations_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_company_id", "invitations", ["company_id", "id"], unique=False)
    op.create_index("ix_invitations_member_id", "invitations", ["member_id", "id"], unique=False)
    op.create_index(
        "uq_invitations_open",
        "invitations",
        ["company_id", "member_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )


def _identities() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_allowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_identities_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("provider", "subject", name=op.f("uq_identities_provider_subject")),
        sa.UniqueConstraint("member_id", "provider", name=op.f("uq_identities_member_id_provider")),
    )
    op.create_table(
        "authorizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_authorizations_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorizations")),
    )
    op.create_index("ix_authorizations_created_at", "authorizations", ["created_at"], unique=False)


def _responsible_persons() -> None:
    op.create_table(
        "responsible_persons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("named_by", sa.Uuid(), nullable=False),
        sa.Column("company_name", sa.String(length=200), nullable=False),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["named_by"], ["members.id"], name=op.f("fk_responsible_persons_named_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responsible_persons")),
    )
    op.create_index("ix_responsible_persons_named_by", "responsible_persons", ["named_by", "named_at"], unique=False)
    op.create_index("ix_responsible_persons_email_key", "responsible_persons", ["email_key", "named_at"], unique=False)
    op.create_index("ix_responsible_persons_named_at", "responsible_persons", ["named_at"], unique=False)
    op.alter_column("notifications", "member_id", nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM notifications WHERE member_id IS NULL")
    op.alter_column("notifications", "member_id", nullable=False)
    for table in ("responsible_persons", "address_reviews", "authorizations", "identities", "invitations"):
        op.drop_table(table)
    op.drop_table("company_names")
    op.drop_column("links", "subject_id")
    op.drop_column("members", "opened_by")
    op.execute("UPDATE members SET password_hash = '' WHERE password_hash IS NULL")
    op.alter_column("members", "password_hash", nullable=False)
