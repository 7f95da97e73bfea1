"""heads made"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("affiliations", sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "headless_companies",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_headless_companies_company_id")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_headless_companies")),
        sa.UniqueConstraint("id", name=op.f("uq_headless_companies_id")),
    )


def downgrade() -> None:
    op.drop_table("headless_companies")
    op.drop_column("affiliations", "promoted_at")
