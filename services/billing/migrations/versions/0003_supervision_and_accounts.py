"""supervision and accounts"""

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
    _accounts()


def _accounts() -> None:
    """Where companies are paid, and which account each invoice keeps."""
    op.create_table(
        "company_accounts",
        sa.Column("bank_details_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("iban", sa.String(34), nullable=True),
        sa.Column("bic", sa.String(11), nullable=True),
        sa.Column("bank_code", sa.String(40), nullable=True),
        sa.Column("account_number", sa.String(40), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bank_details_id", name=op.f("pk_company_accounts")),
    )
    op.create_index("ix_company_accounts_company_id_effective_at", "company_accounts", ["company_id", "effective_at"])
    op.add_column("invoices", sa.Column("account_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("invoices", "account_id")
    op.drop_table("company_accounts")
    op.drop_table("supervisions")
