"""compliance"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_DOCUMENT_COLUMNS = {
    "check_method": sa.String(40),
    "check_reference": sa.String(200),
    "security_code": sa.String(40),
    "forgotten_at": sa.DateTime(timezone=True),
}


def upgrade() -> None:
    op.add_column("companies", sa.Column("employs_staff", sa.Boolean(), nullable=True))
    op.add_column("companies", sa.Column("compliance_shortcomings", postgresql.JSONB(), nullable=True))
    op.drop_column("companies", "compliance_missing")
    for name, kind in _DOCUMENT_COLUMNS.items():
        op.add_column("documents", sa.Column(name, kind, nullable=True))
    op.add_column("documents", sa.Column("scan", sa.String(20), nullable=False, server_default="not_scanned"))
    op.alter_column("documents", "scan", server_default=None)
    op.create_table(
        "vigilance",
        sa.Column("company_id", sa.Uuid(), primary_key=True),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("runs_until", sa.Date(), nullable=False),
    )
    op.create_index("ix_vigilance_due_on", "vigilance", ["due_on"])
    op.create_table(
        "rechecks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("companies.id"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
    )
    op.create_index(
        "uq_rechecks_open", "rechecks", ["company_id"], unique=True, postgresql_where=sa.text("status = 'open'")
    )
    op.create_index("ix_rechecks_status_id", "rechecks", ["status", "id"])
    op.create_table(
        "client_checks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("documents.id"), nullable=False),
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("checked_by", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(40), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_client_checks_document_id_client", "client_checks", ["document_id", "client_company_id"])
    op.create_table(
        "foreign_workers",
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("hired_on", sa.Date(), nullable=False),
        sa.Column("nationality", sa.String(2), nullable=False),
        sa.Column("permit_type", sa.String(200), nullable=False),
        sa.Column("permit_number", sa.String(40), nullable=False),
    )
    op.create_table(
        "discarded_files",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    for table in ("discarded_files", "foreign_workers", "client_checks", "rechecks", "vigilance"):
        op.drop_table(table)
    for name in ("scan", *_DOCUMENT_COLUMNS):
        op.drop_column("documents", name)
    op.add_column("companies", sa.Column("compliance_missing", postgresql.ARRAY(sa.String(40)), nullable=True))
    for name in ("compliance_shortcomings", "employs_staff"):
        op.drop_column("companies", name)
