"""rfps and budgets"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("rfps", sa.Column("market_after_days", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("rfps", "market_after_days", server_default=None)
    op.add_column("rfps", sa.Column("market_opens_on", sa.Date(), nullable=True))
    op.execute(
        "UPDATE rfps SET market_opens_on = (published_at AT TIME ZONE 'Europe/Paris')::date"
        " WHERE published_at IS NOT NULL"
    )
    op.add_column("rfps", sa.Column("addressee_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("rfps", "addressee_id")
    op.drop_column("rfps", "market_opens_on")
    op.drop_column("rfps", "market_after_days")
