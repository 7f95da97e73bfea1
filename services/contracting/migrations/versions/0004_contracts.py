"""contracts"""

import json
import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib.resources import files
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIRST = "2026-11"
SINCE = date(2020, 1, 1)
"""Before any signature."""
PENDING, SIGNED = "status IN ('to_sign', 'opened')", "status = 'signed'"


def wording(language: str, kind: str) -> str:
    """A text that the platform starts with, as the table keeps it."""
    name = {"fr": f"{FIRST}.toml", "en": f"{FIRST}.en.toml"}[language]
    text = tomllib.loads(files("contracting.template").joinpath("terms", name).read_text("utf-8"))[kind]
    clauses = [{**one, "text": one["text"].strip(), "mandatory": one.get("mandatory", True)} for one in text["clauses"]]
    annexes = [{**one, "text": one["text"].strip()} for one in text["annexes"]]
    whole = {"title": text["title"], "preamble": text["preamble"].strip(), "clauses": clauses, "annexes": annexes}
    return json.dumps(whole)


def upgrade() -> None:
    op.create_table(
        "contract_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Enum("framework", "principal", name="contractkind", native_enum=False, length=24), nullable=False
        ),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("payment_terms_changed", sa.Boolean(), nullable=False),
        sa.Column("offers", JSONB(), nullable=False),
        sa.Column("french", JSONB(), nullable=False),
        sa.Column("english", JSONB(none_as_null=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_templates")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_contract_templates_kind_version")),
        sa.UniqueConstraint("kind", "effective_on", name=op.f("uq_contract_templates_kind_effective_on")),
    )
    for number, kind in enumerate(("framework", "principal"), 1):
        row = {
            "id": UUID(int=number),
            "kind": kind,
            "version": FIRST,
            "effective_on": SINCE,
            "published_at": datetime(2026, 11, 1, tzinfo=UTC),
            "french": wording("fr", kind),
            "english": wording("en", kind),
        }
        op.execute(
            sa.text(
                "INSERT INTO contract_templates (id, kind, version, effective_on, payment_terms_changed, offers, french,"
                ' english, published_at) VALUES (:id, :kind, :version, :effective_on, false, \'["connect", "rise"]\','
                " CAST(:french AS jsonb), CAST(:english AS jsonb), :published_at)"
            ).bindparams(**row)
        )
    op.add_column("contracts", sa.Column("offers", JSONB(), nullable=True))
    op.add_column("contracts", sa.Column("ticks", JSONB(), server_default="{}", nullable=False))
    op.add_column("contracts", sa.Column("document_key", sa.String(length=32), nullable=True))
    op.add_column("contracts", sa.Column("document_sha256", sa.String(length=64), nullable=True))
    op.add_column("contracts", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.execute("""UPDATE contracts SET offers = '["connect", "rise"]' WHERE text IS NOT NULL""")
    op.drop_constraint("uq_contracts_company_id_kind", "contracts")
    for name, status in (("pending", PENDING), ("signed", SIGNED)):
        op.create_index(
            f"uq_contracts_{name}", "contracts", ["company_id", "kind"], unique=True, postgresql_where=sa.text(status)
        )


def downgrade() -> None:
    for name in ("pending", "signed"):
        op.drop_index(f"uq_contracts_{name}", "contracts")
    op.create_unique_constraint("uq_contracts_company_id_kind", "contracts", ["company_id", "kind"])
    for name in ("replaces_id", "document_sha256", "document_key", "ticks", "offers"):
        op.drop_column("contracts", name)
    op.drop_table("contract_templates")
