"""ended affiliations"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "ended_affiliations",
        sa.Column("affiliation_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("affiliation_id", name=op.f("pk_ended_affiliations")),
    )


def downgrade() -> None:
    op.drop_table("ended_affiliations")
