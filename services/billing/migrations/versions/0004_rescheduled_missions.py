"""rescheduled missions"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("mission_terms", sa.Column("offer", sa.String(16), nullable=False, server_default="connect"))
    op.alter_column("mission_terms", "offer", server_default=None)


def downgrade() -> None:
    op.drop_column("mission_terms", "offer")
