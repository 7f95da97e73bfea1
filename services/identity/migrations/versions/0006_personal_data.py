"""personal data"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib.resources import files

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIRST = "2026-11-01"


def upgrade() -> None:
    versions = op.create_table(
        "terms_versions",
        sa.Column("document", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("text_fr", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("document", "version", name=op.f("pk_terms_versions")),
    )
    op.create_index(
        "ix_terms_versions_in_force", "terms_versions", ["document", "effective_on", "published_at"], unique=False
    )
    op.bulk_insert(versions, [_first(document) for document in ("terms", "privacy")])
    op.execute(
        """
        CREATE FUNCTION refuse_change_of_terms() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'a published version never changes'; END $$
        """
    )
    op.execute(
        "CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON terms_versions "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_terms()"
    )
    op.create_table(
        "sharing_consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_sharing_consents_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_consents")),
    )
    op.create_index(
        "uq_sharing_consents_in_force",
        "sharing_consents",
        ["member_id", "purpose"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "privacy_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extension_reason", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("export_file", sa.String(length=64), nullable=True),
        sa.Column("export_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_privacy_requests_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_requests")),
    )
    op.create_index("ix_privacy_requests_member_id", "privacy_requests", ["member_id", "id"], unique=False)
    op.create_index("ix_privacy_requests_due_on", "privacy_requests", ["due_on", "id"], unique=False)
    op.create_index("ix_privacy_requests_export_until", "privacy_requests", ["export_until"], unique=False)
    op.create_table(
        "export_parts",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("gathered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["privacy_requests.id"], name=op.f("fk_export_parts_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", "service", name=op.f("pk_export_parts")),
    )


def _first(document: str) -> dict[str, object]:
    """The texts that the platform begins with; later ones are published by staff."""
    texts = files("identity.terms").joinpath("texts")
    return {
        "document": document,
        "version": FIRST,
        "effective_on": date.fromisoformat(FIRST),
        "text_fr": texts.joinpath(f"{document}-{FIRST}.fr.md").read_text("utf-8"),
        "text_en": texts.joinpath(f"{document}-{FIRST}.en.md").read_text("utf-8"),
        "published_at": datetime.fromisoformat(FIRST).replace(tzinfo=UTC),
        "published_by": None,
    }


def downgrade() -> None:
    op.drop_table("export_parts")
    op.drop_table("privacy_requests")
    op.drop_index("uq_sharing_consents_in_force", table_name="sharing_consents")
    op.drop_table("sharing_consents")
    op.drop_index("ix_terms_versions_in_force", table_name="terms_versions")
    op.drop_table("terms_versions")
    op.execute("DROP FUNCTION refuse_change_of_terms()")
