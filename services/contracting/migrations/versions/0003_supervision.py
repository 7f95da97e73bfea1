"""supervision"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "supervisions",
        sa.Column("affiliation_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("consultants", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("affiliation_id", name=op.f("pk_supervisions")),
    )
    op.create_index("ix_supervisions_member_id_company_id", "supervisions", ["member_id", "company_id"])


def downgrade() -> None:
    op.drop_table("supervisions")
