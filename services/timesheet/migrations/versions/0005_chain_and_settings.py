"""chain and settings"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("cras", sa.Column("invoice_id", sa.Uuid(), nullable=True))
    op.add_column("cras", sa.Column("paid_on", sa.Date(), nullable=True))
    op.add_column("cras", sa.Column("invoice_cancelled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for column in ("invoice_cancelled_at", "paid_on", "invoice_id"):
        op.drop_column("cras", column)
