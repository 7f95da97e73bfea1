"""company account"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("companies", sa.Column("registration_number", sa.String(60), nullable=True))
    op.add_column("companies", sa.Column("tax_number", sa.String(40), nullable=True))
    op.add_column("companies", sa.Column("special_tax_status", sa.String(40), nullable=True))
    op.add_column("companies", sa.Column("register_consulted", sa.String(40), nullable=True))
    op.add_column("companies", sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE companies SET submitted_at = registered_at")
    op.alter_column("companies", "submitted_at", nullable=False)
    op.alter_column("companies", "evidence", new_column_name="check_reference")
    op.create_index(
        "uq_companies_registration_number",
        "companies",
        ["country", "registration_number"],
        unique=True,
        postgresql_where=sa.text("registration_number IS NOT NULL AND status <> 'refused'"),
    )


def downgrade() -> None:
    op.drop_index("uq_companies_registration_number", table_name="companies")
    op.alter_column("companies", "check_reference", new_column_name="evidence")
    for column in ("submitted_at", "register_consulted", "special_tax_status", "tax_number", "registration_number"):
        op.drop_column("companies", column)
