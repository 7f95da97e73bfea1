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
    ("period_start", sa.Date(), "'2000-01-01'"),
    ("period_end", sa.Date(), "'2000-01-01'"),
    ("days", sa.Numeric(precision=4, scale=1), "0"),
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
    _negotiations()
    _meetings()
    _files_and_marks()
    _reports()


def _when(name: str, *, needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def _who(name: str, *, needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=not needed)


def _negotiations() -> None:
    op.create_table(
        "negotiation_rounds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _who("proposal_id", needed=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("offered_by", sa.String(length=20), nullable=False),
        _who("author_id", needed=True),
        sa.Column("daily_rate_amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("comment", sa.String(), nullable=True),
        _when("offered_at", needed=True),
        _who("answered_by"),
        _when("answered_at"),
        sa.CheckConstraint("daily_rate_amount > 0", name=op.f("ck_negotiation_rounds_daily_rate_positive")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_negotiation_rounds_proposal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_negotiation_rounds")),
    )
    op.create_index(op.f("ix_negotiation_rounds_proposal_id_id"), "negotiation_rounds", ["proposal_id", "id"])
    op.create_index(
        "uq_negotiation_rounds_open",
        "negotiation_rounds",
        ["proposal_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )


def _meetings() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _who("proposal_id", needed=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("slots", postgresql.JSONB(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        _who("proposed_by", needed=True),
        _when("proposed_at", needed=True),
        sa.Column("chosen", postgresql.JSONB(), nullable=True),
        sa.Column("other_slots", postgresql.JSONB(), nullable=False),
        _who("answered_by"),
        _when("answered_at"),
        _who("cancelled_by"),
        _when("cancelled_at"),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_meetings_proposal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
    )
    op.create_index(op.f("ix_meetings_proposal_id_id"), "meetings", ["proposal_id", "id"])
    op.create_index(
        "uq_meetings_waiting",
        "meetings",
        ["proposal_id"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )


def _files_and_marks() -> None:
    op.create_table(
        "proposal_attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        _who("proposal_id"),
        sa.Column("file", postgresql.JSONB(), nullable=False),
        _who("added_by", needed=True),
        _when("added_at", needed=True),
        _when("removed_at"),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_proposal_attachments_proposal_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_attachments")),
    )
    op.create_index(op.f("ix_proposal_attachments_proposal_id_id"), "proposal_attachments", ["proposal_id", "id"])
    op.create_table(
        "spam_marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        _who("proposal_id", needed=True),
        _who("author_id", needed=True),
        _who("provider_company_id", needed=True),
        _who("client_company_id", needed=True),
        _who("marked_by", needed=True),
        _when("marked_at", needed=True),
        _when("lifted_at"),
        _who("lifted_by"),
        sa.Column("lifting_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_spam_marks_proposal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spam_marks")),
    )
    op.create_index(op.f("ix_spam_marks_proposal_id"), "spam_marks", ["proposal_id"])
    op.create_index(op.f("ix_spam_marks_author_id_marked_at"), "spam_marks", ["author_id", "marked_at"])


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        _who("subject_id", needed=True),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        _who("reporter_id", needed=True),
        _who("reporter_company_id", needed=True),
        _who("about_company_id", needed=True),
        _who("about_member_id", needed=True),
        _when("reported_at", needed=True),
        sa.Column("finding", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        _who("closed_by"),
        _when("closed_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index(op.f("ix_reports_about_member_id"), "reports", ["about_member_id"])
    op.create_index(
        "uq_reports_open",
        "reports",
        ["subject_id", "reporter_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _carry_over() -> None:
    """The terms of the edition that was answered; what was retained before needed no word of the platform; what lost says so from now on."""
    op.execute(
        "UPDATE proposals SET rfp_edition = rfps.edition, period_start = rfps.period_start,"
        " period_end = rfps.period_end, days = rfps.days FROM rfps WHERE rfps.id = rfp_id"
    )
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
    for table in ("reports", "spam_marks", "proposal_attachments", "meetings", "negotiation_rounds"):
        op.drop_table(table)
    op.drop_index("ix_proposals_undecided", table_name="proposals")
    op.execute("DELETE FROM proposals WHERE consultant_id IS NULL")
    op.alter_column("proposals", "consultant_id", nullable=False)
    for name, *_ in _FILLED:
        op.drop_column("proposals", name)
    for column in _NEW:
        op.drop_column("proposals", column.name)
