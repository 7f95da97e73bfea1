"""What requests and proposals keep about people (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, null, or_, select, update

from chassis.clock import business_date, instant_of, months_after
from chassis.db import Tx
from chassis.personal_data import CONTRACT_YEARS, ERASED_NAME, Basis, DataClass, Records, record_of, years_before
from marketplace.proposal.domain import Proposal, ProposalStatus
from marketplace.rfp.domain import Rfp

_PROPOSAL = (
    "rfp_reference", "rfp_title", "provider_name", "consultant_name", "daily_rate_amount", "pitch", "available_on",
    "status", "submitted_at", "retained_at", "platform_outcome", "cancellation_reason", "cancellation_comment",
)  # fmt: skip
_SETTLED = (ProposalStatus.APPOINTED, ProposalStatus.CANCELLED, ProposalStatus.SPAM, ProposalStatus.LOST)
CANDIDATES_KEPT_MONTHS = 12
"""How long a candidate who never became a member is named after the proposal was closed."""


async def _proposals(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Proposal.consultant_id == member_id, Proposal.author_id == member_id)
    return [record_of(row, *_PROPOSAL) for row in await tx.scalars(select(Proposal).where(mine).order_by(Proposal.id))]


async def _anonymise_proposals(tx: Tx, member_id: UUID) -> None:
    """Take out the consultant, and the words of an author whose proposal is settled: an open one is the company's."""
    about = Proposal.consultant_id == member_id
    written = or_(about, and_(Proposal.author_id == member_id, Proposal.status.in_(_SETTLED)))
    await tx.execute(update(Proposal).where(about).values(consultant_name=ERASED_NAME))
    await tx.execute(update(Proposal).where(written).values(pitch=ERASED_NAME))
    commented = Proposal.cancellation_comment.is_not(None)
    await tx.execute(update(Proposal).where(written, commented).values(cancellation_comment=ERASED_NAME))


async def _forget_proposals(tx: Tx, as_of: datetime) -> None:
    """Drop the answers to requests whose period ended so long ago that nobody can argue about them.

    A candidate, who has no account of their own to erase, is named for a year after the proposal was closed.
    """
    closed = Proposal.closed_at < instant_of(months_after(business_date(as_of), -CANDIDATES_KEPT_MONTHS))
    strangers = update(Proposal).where(Proposal.candidate.is_not(None), closed)
    await tx.execute(strangers.values(candidate=null(), consultant_name=ERASED_NAME, pitch=ERASED_NAME))
    over = select(Rfp.id).where(Rfp.period_end < years_before(as_of, CONTRACT_YEARS))
    await tx.execute(delete(Proposal).where(Proposal.rfp_id.in_(over)))


DATA = [
    DataClass(
        "proposals",
        purpose="Let a client choose who carries out a mission",
        basis=Basis.CONTRACT,
        kept=f"{CONTRACT_YEARS} years after the period asked for; name and words as long as the account; a candidate, "
        f"who has none, {CANDIDATES_KEPT_MONTHS} months after the proposal was closed",
        tables=(Proposal,),
        gather=_proposals,
        erase=_anonymise_proposals,
        forget=_forget_proposals,
    ),
]
