"""The four tabs in which a provider finds its proposals."""

from enum import StrEnum


class Tab(StrEnum):
    """Where a provider finds a proposal: each is in exactly one (MK-10)."""

    IN_PROGRESS = "in_progress"
    CONTRACTING = "contracting"
    WON = "won"
    LOST = "lost"
