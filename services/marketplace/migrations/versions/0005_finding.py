"""finding"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CONFIGURATIONS = {
    "french": ("french", "french_stem"),
    "english": ("english", "english_stem"),
    "plain": ("simple", "simple"),
}


def _vector(column: str, weight: str, *languages: str) -> str:
    text = f"replace(normalize(coalesce({column}, ''), NFC), '/', ' ')"
    vectors = " || ".join(f"to_tsvector('rfp_{name}', {text})" for name in languages)
    return f"setweight({vectors}, '{weight}')"


_SEARCH = " || ".join(
    [
        _vector("title", "A", "french", "english"),
        _vector("skills::text", "B", "french", "english", "plain"),
        _vector("city", "C", "french", "english", "plain"),
        _vector("country", "C", "plain"),
        _vector("description", "D", "french", "english"),
    ]
)
_FORMER_SEARCH = (
    "to_tsvector('french', title || ' ' || description || ' ' || skills::text)"
    " || to_tsvector('simple', title || ' ' || description || ' ' || skills::text)"
)


def upgrade() -> None:
    _make_configurations()
    _replace_search(_SEARCH)
    op.create_index(op.f("ix_rfps_period_start"), "rfps", ["period_start"])
    op.create_index(op.f("ix_rfps_days"), "rfps", ["days"])
    op.create_table(
        "acknowledgements",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "text_version", name=op.f("pk_acknowledgements")),
    )
    op.create_table(
        "favourites",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("rfp_id", sa.Uuid(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["rfp_id"], ["rfps.id"], name=op.f("fk_favourites_rfp_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favourites")),
        sa.UniqueConstraint(
            "member_id", "company_id", "rfp_id", name=op.f("uq_favourites_member_id_company_id_rfp_id")
        ),
    )
    op.create_index("ix_favourites_listed", "favourites", ["member_id", "company_id", "id"])
    op.create_index("ix_favourites_rfp_id", "favourites", ["rfp_id"])
    _create_questions()
    _create_saved_searches()


def _make_configurations() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    for name, (like, stems) in _CONFIGURATIONS.items():
        op.execute(f"CREATE TEXT SEARCH CONFIGURATION rfp_{name} (COPY = pg_catalog.{like})")
        for tokens, dictionary in (
            ("word, hword, hword_part", stems),
            ("numword, numhword, hword_numpart", "simple"),
        ):
            op.execute(
                f"ALTER TEXT SEARCH CONFIGURATION rfp_{name} ALTER MAPPING FOR {tokens} WITH unaccent, {dictionary}"
            )


def _replace_search(expression: str) -> None:
    op.drop_column("rfps", "search")
    op.add_column(
        "rfps",
        sa.Column("search", postgresql.TSVECTOR(), sa.Computed(expression, persisted=True), nullable=False),
    )
    op.create_index(op.f("ix_rfps_search"), "rfps", ["search"], unique=False, postgresql_using="gin")


def _create_questions() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("rfp_id", sa.Uuid(), nullable=False),
        sa.Column("client_company_id", sa.Uuid(), nullable=False),
        sa.Column("provider_company_id", sa.Uuid(), nullable=False),
        sa.Column("provider_name", sa.String(), nullable=False),
        sa.Column("asker_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_questions_answered_at_once")),
        sa.ForeignKeyConstraint(["rfp_id"], ["rfps.id"], name=op.f("fk_questions_rfp_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index("ix_questions_rfp_id", "questions", ["rfp_id", "id"])


def _create_saved_searches() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("criteria", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    op.create_index("ix_saved_searches_listed", "saved_searches", ["member_id", "company_id", "id"])
    op.create_index("ix_saved_searches_due", "saved_searches", ["looked_on", "id"])


def downgrade() -> None:
    op.drop_table("saved_searches")
    op.drop_table("questions")
    op.drop_table("favourites")
    op.drop_table("acknowledgements")
    op.drop_index(op.f("ix_rfps_days"), "rfps")
    op.drop_index(op.f("ix_rfps_period_start"), "rfps")
    _replace_search(_FORMER_SEARCH)
    for name in _CONFIGURATIONS:
        op.execute(f"DROP TEXT SEARCH CONFIGURATION rfp_{name}")
    op.execute("DROP EXTENSION unaccent")
