"""people and lists"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _collate_names("C")
    op.create_index("ix_companies_search_name_id", "companies", ["search_name", "id"])
    op.create_table("name_words", sa.Column("word", sa.String(60), primary_key=True))
    op.create_index(
        "ix_name_words_word", "name_words", ["word"], postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}
    )
    op.execute("INSERT INTO name_words SELECT DISTINCT unnest(string_to_array(search_name, ' ')) FROM companies")
    op.execute(
        """
        CREATE FUNCTION keep_name_words() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO name_words
            SELECT DISTINCT word FROM unnest(string_to_array(NEW.search_name, ' ')) word ORDER BY word
            ON CONFLICT DO NOTHING;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_name_words AFTER INSERT OR UPDATE OF search_name ON companies"
        " FOR EACH ROW EXECUTE FUNCTION keep_name_words()"
    )
    op.create_index("ix_join_requests_member_id_id", "join_requests", ["member_id", "id"])
    op.create_table(
        "running_missions",
        sa.Column("bdc_id", sa.Uuid(), primary_key=True),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), nullable=False),
        sa.Column("operational_manager_id", sa.Uuid(), nullable=False),
        sa.Column("consultant_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_running_missions_client", "running_missions", ["client_company_id", "provider_company_id"])
    op.create_index("ix_running_missions_provider", "running_missions", ["provider_company_id", "ends_on"])
    op.create_table(
        "supervisions",
        sa.Column("affiliation_id", sa.Uuid(), sa.ForeignKey("affiliations.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("consultants", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "entities",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("companies.id"), nullable=False),
        sa.Column("parent_id", sa.Uuid(), sa.ForeignKey("entities.id"), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("siret", sa.String(14), nullable=True),
        sa.Column("responsible_id", sa.Uuid(), nullable=True),
        sa.Column("substitute_id", sa.Uuid(), nullable=True),
        sa.Column("presentation", sa.String(1000), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("company_id", "siret", name=op.f("uq_entities_company_id_siret")),
    )
    op.create_index("ix_entities_company_id_id", "entities", ["company_id", "id"])
    op.create_table(
        "referencing_lists",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("companies.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_referencing_lists_company_id_name")),
    )
    op.create_index("ix_referencing_lists_company_id_id", "referencing_lists", ["company_id", "id"])
    op.create_table(
        "supplier_references",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Uuid(), sa.ForeignKey("referencing_lists.id"), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), sa.ForeignKey("companies.id"), nullable=False),
        sa.Column("referenced_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint(
            "list_id", "provider_company_id", name=op.f("uq_supplier_references_list_id_provider_company_id")
        ),
    )
    op.create_index("ix_supplier_references_list_id_id", "supplier_references", ["list_id", "id"])


def downgrade() -> None:
    for table in ("supplier_references", "referencing_lists", "entities", "supervisions", "running_missions"):
        op.drop_table(table)
    op.drop_index("ix_join_requests_member_id_id", "join_requests")
    op.execute("DROP TRIGGER keep_name_words ON companies")
    op.execute("DROP FUNCTION keep_name_words")
    op.drop_table("name_words")
    op.execute("DROP EXTENSION pg_trgm")
    op.drop_index("ix_companies_search_name_id", "companies")
    _collate_names("default")


def _collate_names(collation: str) -> None:
    """A column that another is computed from keeps its type, so the computed one is made anew."""
    op.drop_column("companies", "search_words")
    op.execute(f'ALTER TABLE companies ALTER search_name TYPE text COLLATE "{collation}"')
    op.execute("UPDATE companies SET search_name = left(search_name, 600) WHERE length(search_name) > 600")
    words = sa.Computed("array_to_tsvector(string_to_array(search_name, ' '))", persisted=True)
    op.add_column("companies", sa.Column("search_words", postgresql.TSVECTOR(), words, nullable=True))
    op.create_index("ix_companies_search_words", "companies", ["search_words"], postgresql_using="gin")
