"""entities told"""

from collections.abc import Sequence

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TELL = """
INSERT INTO outbox (event_id, type, subject, body, occurred_at)
SELECT gen_random_uuid(), 'company.EntityChanged.v1', id::text, json_build_object(
    'version', version, 'entity_id', id, 'company_id', company_id, 'name', name, 'legal', kind::text = 'legal',
    'parent_id', parent_id, 'active', active, 'responsible_id', responsible_id, 'substitute_id', substitute_id,
    'presentation', presentation, 'changed_at', changed_at
)::text, now()
FROM entities ORDER BY id
"""


def upgrade() -> None:
    """Tell of the entities that were there before their changes were told."""
    op.execute(TELL)


def downgrade() -> None:
    """What was told cannot be taken back."""
