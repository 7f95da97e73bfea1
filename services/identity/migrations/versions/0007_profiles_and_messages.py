"""profiles and messages"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)


def of_member(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f(f"fk_{table}_member_id"))


def upgrade() -> None:
    op.create_table(
        "declarations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("declared_at", MOMENT, nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        sa.Column("third_party", sa.String(length=200), nullable=True),
        sa.Column("capacity", sa.String(length=20), nullable=True),
        of_member("declarations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declarations")),
    )
    op.create_index("ix_declarations_member_id", "declarations", ["member_id", "id"], unique=False)
    for column, kind in (("declared_adult_at", "adulthood"), ("declared_professional_at", "professional_use")):
        op.execute(
            f"INSERT INTO declarations (id, member_id, kind, text_version, declared_at, ip)"
            f" SELECT gen_random_uuid(), m.id, '{kind}', '2026-11-01', m.{column},"
            f" (SELECT c.ip FROM consents c WHERE c.member_id = m.id AND c.accepted_at = m.{column} LIMIT 1)"
            f" FROM members m WHERE m.{column} IS NOT NULL"
        )
        op.drop_column("members", column)
    op.create_table(
        "profile_sections",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.String(length=20), nullable=False),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("entries", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        of_member("profile_sections"),
        sa.PrimaryKeyConstraint("member_id", "section", name=op.f("pk_profile_sections")),
    )
    op.create_table(
        "public_links",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        of_member("public_links"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_public_links")),
        sa.UniqueConstraint("slug", name=op.f("uq_public_links_slug")),
    )
    op.create_table(
        "profile_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("checked_by", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
        of_member("profile_checks"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_checks")),
    )
    op.create_index("ix_profile_checks_member_id", "profile_checks", ["member_id", "id"], unique=False)
    op.create_table(
        "disability_statuses",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("consented_at", MOMENT, nullable=False),
        sa.Column("ip", postgresql.INET(), nullable=True),
        of_member("disability_statuses"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_disability_statuses")),
    )
    op.create_table(
        "disability_confirmations",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        of_member("disability_confirmations"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_disability_confirmations")),
        sa.UniqueConstraint("id", name=op.f("uq_disability_confirmations_id")),
    )
    op.create_table(
        "notification_refusals",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("refused_at", MOMENT, nullable=False),
        of_member("notification_refusals"),
        sa.PrimaryKeyConstraint("member_id", "category", "channel", name=op.f("pk_notification_refusals")),
    )
    op.create_table(
        "refusing_mailboxes",
        sa.Column("mailbox", sa.LargeBinary(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        of_member("refusing_mailboxes"),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_refusing_mailboxes")),
    )
    op.create_index(op.f("ix_refusing_mailboxes_member_id"), "refusing_mailboxes", ["member_id"], unique=False)
    op.add_column("notifications", sa.Column("event_id", sa.Uuid(), nullable=True))
    op.add_column("notifications", sa.Column("in_inbox", sa.Boolean(), nullable=False, server_default=sa.text("true")))
    op.execute("UPDATE notifications SET in_inbox = false WHERE template IN ('activate_account', 'account_exists')")
    op.alter_column("notifications", "in_inbox", server_default=None)
    op.add_column("notifications", sa.Column("read_at", MOMENT, nullable=True))
    op.add_column("notifications", sa.Column("mailbox", sa.LargeBinary(), nullable=True))
    op.add_column("notifications", sa.Column("bounced_at", MOMENT, nullable=True))
    op.create_unique_constraint(
        op.f("uq_notifications_event_id_member_id_template"), "notifications", ["event_id", "member_id", "template"]
    )
    op.create_index("ix_notifications_created_at", "notifications", ["created_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_notifications_created_at", table_name="notifications")
    op.drop_constraint(op.f("uq_notifications_event_id_member_id_template"), "notifications", type_="unique")
    for column in ("bounced_at", "mailbox", "read_at", "in_inbox", "event_id"):
        op.drop_column("notifications", column)
    op.drop_index(op.f("ix_refusing_mailboxes_member_id"), table_name="refusing_mailboxes")
    op.drop_table("refusing_mailboxes")
    op.drop_table("notification_refusals")
    op.drop_table("disability_confirmations")
    op.drop_table("disability_statuses")
    op.drop_index("ix_profile_checks_member_id", table_name="profile_checks")
    op.drop_table("profile_checks")
    op.drop_table("public_links")
    op.drop_table("profile_sections")
    for column, kind in (("declared_adult_at", "adulthood"), ("declared_professional_at", "professional_use")):
        op.add_column("members", sa.Column(column, MOMENT, nullable=True))
        op.execute(
            f"UPDATE members m SET {column} = (SELECT min(d.declared_at) FROM declarations d"
            f" WHERE d.member_id = m.id AND d.kind = '{kind}')"
        )
    op.drop_index("ix_declarations_member_id", table_name="declarations")
    op.drop_table("declarations")
