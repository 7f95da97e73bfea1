"""people and lists"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "member_names",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_names")),
    )
    op.create_table(
        "ended_affiliations",
        sa.Column("affiliation_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("affiliation_id", name=op.f("pk_ended_affiliations")),
    )
    op.create_table(
        "supplier_references",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("off_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_references")),
    )
    op.create_index(
        "ix_supplier_references_provider", "supplier_references", ["provider_company_id", "client_company_id"]
    )


def downgrade() -> None:
    op.drop_table("member_names")
    op.drop_table("supplier_references")
    op.drop_table("ended_affiliations")
