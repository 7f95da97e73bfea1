"""proposals"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NEW = (
    sa.Column("candidate", postgresql.JSONB(), nullable=True),
    sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("selected_by", sa.Uuid(), nullable=True),
    sa.Column("approved_by", sa.Uuid(), nullable=True),
    sa.Column("retained_by", sa.Uuid(), nullable=True),
    sa.Column("platform_outcome", sa.String(length=10), nullable=True),
    sa.Column("platform_reason", sa.String(), nullable=True),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("won_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
)
_FILLED = (
    ("history", postgresql.JSONB(), "'[]'"),
    ("rfp_edition", sa.Integer(), "1"),
    ("accepted_clauses", postgresql.JSONB(), "'[]'"),
)


def upgrade() -> None:
    for column in _NEW:
        op.add_column("proposals", column.copy())
    for name, kind, value in _FILLED:
        op.add_column("proposals", sa.Column(name, kind, nullable=False, server_default=sa.text(value)))
        op.alter_column("proposals", name, server_default=None)
    op.alter_column("proposals", "consultant_id", nullable=True)
    _carry_over()
    op.create_index(
        "ix_proposals_undecided",
        "proposals",
        ["id"],
        postgresql_where=sa.text("status = 'appointed' AND platform_outcome IS NULL"),
    )


def _carry_over() -> None:
    """What was retained before needed no word of the platform; what lost says so from now on."""
    op.execute(
        "UPDATE proposals SET platform_outcome = 'accepted', decided_at = retained_at WHERE status = 'appointed'"
    )
    op.execute(
        "UPDATE proposals SET status = 'lost', closed_at = rfps.awarded_at FROM rfps"
        " WHERE rfps.id = rfp_id AND rfps.status = 'awarded'"
        " AND proposals.status NOT IN ('appointed', 'cancelled')"
    )
    op.execute(
        "UPDATE proposals SET closed_at = rfps.awarded_at FROM rfps"
        " WHERE rfps.id = rfp_id AND rfps.status = 'awarded' AND proposals.status = 'cancelled'"
    )
    op.execute(
        "UPDATE proposals SET history = (SELECT jsonb_agg(jsonb_build_object('status', step.status, 'at', step.at)"
        " ORDER BY step.at, step.status = proposals.status) FROM (VALUES ('unread', submitted_at),"
        " ('ongoing', opened_at), (proposals.status, coalesce(closed_at, cancelled_at, retained_at, qualified_at)))"
        " AS step (status, at) WHERE step.at IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_index("ix_proposals_undecided", table_name="proposals")
    op.execute("DELETE FROM proposals WHERE consultant_id IS NULL")
    op.alter_column("proposals", "consultant_id", nullable=False)
    for name, *_ in _FILLED:
        op.drop_column("proposals", name)
    for column in _NEW:
        op.drop_column("proposals", column.name)
