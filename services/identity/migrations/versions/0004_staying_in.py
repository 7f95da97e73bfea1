"""staying in"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("place", sa.String(length=50), nullable=True))
    op.add_column("sessions", sa.Column("network_digest", sa.LargeBinary(), nullable=True))
    op.add_column("sessions", sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("members", sa.Column("phone", sa.String(length=16), nullable=True))
    op.add_column("members", sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column("members", "must_change_password", server_default=None)


def downgrade() -> None:
    op.drop_column("members", "must_change_password")
    op.drop_column("members", "phone")
    op.drop_column("sessions", "proven_at")
    op.drop_column("sessions", "network_digest")
    op.drop_column("sessions", "place")
