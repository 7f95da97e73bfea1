"""What happens around a proposal, as personal data (PL-06, PL-08, PL-09); it goes with the proposal itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from chassis.db import Tx
from chassis.personal_data import CONTRACT_YEARS, ERASED_NAME, Basis, DataClass, Records, record_of, years_before
from marketplace.attachment.domain import Attachment
from marketplace.meeting.domain import Meeting
from marketplace.negotiation.domain import Round
from marketplace.proposal.domain import Proposal
from marketplace.report.domain import Report
from marketplace.spam.domain import SpamMark

_WITH_THE_PROPOSAL = f"As long as the proposal: {CONTRACT_YEARS} years after the period asked for"


async def _rounds(tx: Tx, member_id: UUID) -> Records:
    mine = select(Round).where(Round.author_id == member_id).order_by(Round.id)
    return [record_of(row, "daily_rate_amount", "comment", "offered_at", "status") for row in await tx.scalars(mine)]


async def _silence_rounds(tx: Tx, member_id: UUID) -> None:
    mine = update(Round).where(Round.author_id == member_id, Round.comment.is_not(None))
    await tx.execute(mine.values(comment=ERASED_NAME))


async def _meetings(tx: Tx, member_id: UUID) -> Records:
    offered = select(Proposal.id).where(Proposal.consultant_id == member_id)
    mine = or_(Meeting.proposed_by == member_id, Meeting.answered_by == member_id, Meeting.proposal_id.in_(offered))
    rows = await tx.scalars(select(Meeting).where(mine).order_by(Meeting.id))
    return [record_of(row, "slots", "chosen", "place", "message", "status", "reason") for row in rows]


async def _silence_meetings(tx: Tx, member_id: UUID) -> None:
    words = {"message": Meeting.proposed_by, "reason": Meeting.answered_by}
    for column, writer in words.items():
        said = update(Meeting).where(writer == member_id, getattr(Meeting, column).is_not(None))
        await tx.execute(said.values({column: ERASED_NAME}))
    called_off = update(Meeting).where(Meeting.cancelled_by == member_id, Meeting.reason.is_not(None))
    await tx.execute(called_off.values(reason=ERASED_NAME))


async def _files(tx: Tx, member_id: UUID) -> Records:
    offered = select(Proposal.id).where(Proposal.consultant_id == member_id)
    mine = or_(Attachment.added_by == member_id, Attachment.proposal_id.in_(offered))
    rows = await tx.scalars(select(Attachment).where(mine).order_by(Attachment.id))
    return [record_of(row, "name", "sha256", "added_at") for row in rows]


async def _remove_files(tx: Tx, member_id: UUID) -> None:
    """What was said of the consultant in a file goes with them."""
    offered = select(Proposal.id).where(Proposal.consultant_id == member_id)
    theirs = update(Attachment).where(Attachment.proposal_id.in_(offered), Attachment.removed_at.is_(None))
    await tx.execute(theirs.values(removed_at=tx.now))


async def _marks(tx: Tx, member_id: UUID) -> Records:
    mine = select(SpamMark).where(SpamMark.author_id == member_id).order_by(SpamMark.id)
    return [record_of(row, "proposal_id", "marked_at", "lifted_at") for row in await tx.scalars(mine)]


async def _forget_marks(tx: Tx, as_of: datetime) -> None:
    """They count for one year; the second is for whoever disagrees."""
    await tx.execute(delete(SpamMark).where(SpamMark.marked_at < years_before(as_of, 2)))


async def _reports(tx: Tx, member_id: UUID) -> Records:
    mine = select(Report).where(Report.reporter_id == member_id).order_by(Report.id)
    rows = await tx.scalars(mine)
    return [record_of(row, "subject", "reason", "description", "reported_at", "finding") for row in rows]


async def _silence_reports(tx: Tx, member_id: UUID) -> None:
    await tx.execute(update(Report).where(Report.reporter_id == member_id).values(description=ERASED_NAME))


async def _forget_reports(tx: Tx, as_of: datetime) -> None:
    await tx.execute(delete(Report).where(Report.closed_at < years_before(as_of, CONTRACT_YEARS)))


DATA = [
    DataClass(
        "negotiations",
        purpose="Agree on the rate of a proposal",
        basis=Basis.CONTRACT,
        kept=_WITH_THE_PROPOSAL,
        tables=(Round,),
        gather=_rounds,
        erase=_silence_rounds,
    ),
    DataClass(
        "qualification meetings",
        purpose="Agree on a time to meet",
        basis=Basis.CONTRACT,
        kept=_WITH_THE_PROPOSAL,
        tables=(Meeting,),
        gather=_meetings,
        erase=_silence_meetings,
    ),
    DataClass(
        "files of proposals",
        purpose="Let a client judge whom it is offered",
        basis=Basis.CONTRACT,
        kept=_WITH_THE_PROPOSAL,
        tables=(Attachment,),
        gather=_files,
        erase=_remove_files,
    ),
    DataClass(
        "off-topic proposals",
        purpose="Keep proposals to the point",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="Two years",
        tables=(SpamMark,),
        gather=_marks,
        forget=_forget_marks,
    ),
    DataClass(
        "reports",
        purpose="Look into what breaks the rules of the platform",
        basis=Basis.LEGITIMATE_INTEREST,
        kept=f"{CONTRACT_YEARS} years after they were closed; whom they are about is an id alone",
        tables=(Report,),
        gather=_reports,
        erase=_silence_reports,
        forget=_forget_reports,
    ),
]
