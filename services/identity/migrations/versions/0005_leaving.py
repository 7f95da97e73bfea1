"""accounts that are left, or made to be"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("members", sa.Column("standing", sa.String(length=20), server_default="active", nullable=False))
    op.alter_column("members", "standing", server_default=None)
    op.add_column("members", sa.Column("last_active_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE members SET last_active_at = greatest(signed_up_at, "
        "(SELECT max(last_used_at) FROM sessions WHERE sessions.member_id = members.id))"
    )
    op.alter_column("members", "last_active_at", nullable=False)
    op.create_index("ix_members_last_active_at", "members", ["last_active_at"], unique=False)
    op.add_column("members", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("members", "erased_at")
    op.drop_index("ix_members_last_active_at", table_name="members")
    op.drop_column("members", "last_active_at")
    op.drop_column("members", "standing")
