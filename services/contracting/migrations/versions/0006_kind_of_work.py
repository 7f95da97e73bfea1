"""kind of work"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """What was agreed before is régie in metropolitan France, as it was billed."""
    for table in ("missions", "bdcs"):
        kind = sa.Column("work_type", sa.String(length=24), server_default="time_and_materials", nullable=False)
        op.add_column(table, kind)
        op.add_column(table, sa.Column("workplace", sa.String(length=6), server_default="FR", nullable=False))
        for column in ("work_type", "workplace"):
            op.alter_column(table, column, server_default=None)


def downgrade() -> None:
    for table in ("missions", "bdcs"):
        for column in ("workplace", "work_type"):
            op.drop_column(table, column)
