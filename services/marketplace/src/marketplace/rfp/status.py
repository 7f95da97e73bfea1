"""The statuses of a request, who moves it, and what its client reads (domain facts 1.2)."""

from enum import StrEnum

from chassis.transitions import Move, moves
from contracts.roles import BUYERS, CLIENT_ROLES, SELLERS, Role
from marketplace.actor import Platform


class RfpStatus(StrEnum):
    """Where a request stands; its client reads beside it what the proposals add."""

    DRAFT = "draft"
    WORKFLOW_IN_PROGRESS = "workflow_in_progress"
    PUBLICATION_REJECTED = "publication_rejected"
    PUBLISHED = "published"
    AWAITING_EXTENSION_APPROVAL = "awaiting_extension_approval"
    EXTENSION_REFUSED = "extension_refused"
    AWARDED = "awarded"
    CLOSED = "closed"


class RfpStage(StrEnum):
    """How its client reads a request: the status, and what the proposals add to it (domain facts 1.2)."""

    DRAFT = "draft"
    WORKFLOW_IN_PROGRESS = "workflow_in_progress"
    PUBLICATION_REJECTED = "publication_rejected"
    PUBLISHED_WITHOUT_PROPOSALS = "published_without_proposals"
    PUBLISHED_WITH_PROPOSALS = "published_with_proposals"
    AWAITING_BUYER_VALIDATION = "awaiting_buyer_validation"
    AWAITING_EXTENSION_APPROVAL = "awaiting_extension_approval"
    EXTENSION_REFUSED = "extension_refused"
    AWARDED = "awarded"
    CLOSED = "closed"


class ClosingReason(StrEnum):
    """Why a client closes a request."""

    AWARDED_ELSEWHERE = "awarded_elsewhere"
    CANCELLED = "cancelled"
    FILLED = "filled"
    NO_SUITABLE_PROPOSAL = "no_suitable_proposal"
    OTHER = "other"


UNPUBLISHED = frozenset({RfpStatus.DRAFT, RfpStatus.WORKFLOW_IN_PROGRESS, RfpStatus.PUBLICATION_REJECTED})
"""Where only the client sees it; it has no number yet."""
WRITABLE = frozenset({RfpStatus.DRAFT, RfpStatus.PUBLICATION_REJECTED})
"""Where its client writes it."""
OPEN = frozenset({RfpStatus.PUBLISHED, RfpStatus.AWAITING_EXTENSION_APPROVAL})
"""Where a provider may answer."""

_BUYERS: set[Role | Platform] = set(BUYERS)
_VALIDATORS: set[Role | Platform] = set(CLIENT_ROLES)
_SELLERS: set[Role | Platform] = set(SELLERS)
_STAFF: set[Role | Platform] = {Platform.STAFF}

MOVES: dict[RfpStatus, Move[RfpStatus, Role | Platform]] = {
    RfpStatus.WORKFLOW_IN_PROGRESS: moves(set(UNPUBLISHED), _BUYERS),
    RfpStatus.PUBLICATION_REJECTED: moves({RfpStatus.WORKFLOW_IN_PROGRESS}, _VALIDATORS),
    RfpStatus.PUBLISHED: moves(set(WRITABLE), _BUYERS)
    | moves({RfpStatus.WORKFLOW_IN_PROGRESS}, _VALIDATORS)
    | moves({RfpStatus.AWAITING_EXTENSION_APPROVAL}, _SELLERS)
    | moves({RfpStatus.AWARDED}, _STAFF),
    RfpStatus.AWAITING_EXTENSION_APPROVAL: moves(set(WRITABLE), _BUYERS)
    | moves({RfpStatus.WORKFLOW_IN_PROGRESS}, _VALIDATORS),
    RfpStatus.EXTENSION_REFUSED: moves({RfpStatus.AWAITING_EXTENSION_APPROVAL}, _SELLERS),
    RfpStatus.AWARDED: moves({RfpStatus.PUBLISHED}, _BUYERS),
    RfpStatus.CLOSED: moves(set(OPEN) | {RfpStatus.EXTENSION_REFUSED}, _BUYERS),
}
"""A request whose publication needs validators waits for them; an extension waits for its one provider."""


def stage_of(status: RfpStatus, buyer_waits: bool | None) -> RfpStage:
    """The stage of a request, given whether one of its proposals waits for the buyer; None without proposals."""
    if status is not RfpStatus.PUBLISHED:
        return RfpStage(status)
    if buyer_waits is None:
        return RfpStage.PUBLISHED_WITHOUT_PROPOSALS
    return RfpStage.AWAITING_BUYER_VALIDATION if buyer_waits else RfpStage.PUBLISHED_WITH_PROPOSALS
