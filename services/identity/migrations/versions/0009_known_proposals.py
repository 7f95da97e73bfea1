"""known proposals"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "known_proposals",
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("consultant_id", sa.Uuid(), nullable=False),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_company_id", "consultant_id", name=op.f("pk_known_proposals")),
    )
    op.create_index(op.f("ix_known_proposals_consultant_id"), "known_proposals", ["consultant_id"], unique=False)
    op.add_column("notifications", sa.Column("calendar", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("notifications", "calendar")
    op.drop_index(op.f("ix_known_proposals_consultant_id"), table_name="known_proposals")
    op.drop_table("known_proposals")
