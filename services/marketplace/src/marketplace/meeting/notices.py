"""What is told about a meeting, to the side that did not act; a change of its time with the calendar file."""

from uuid import UUID

from contracts.notification import NotificationRequested
from marketplace.meeting.domain import Meeting, Slot
from marketplace.proposal.domain import Proposal


def proposed(meeting: Meeting, proposal: Proposal) -> NotificationRequested:
    """Tell the provider when the client would meet."""
    return _about(meeting, proposal, "meeting_proposed", [proposal.author_id], slots=_shown(meeting.slots))


def confirmed(meeting: Meeting, proposal: Proposal, calendar: str) -> NotificationRequested:
    """Tell both sides the time, for their calendars."""
    start = meeting.agreed.shown if meeting.agreed else ""
    told = sorted({meeting.proposed_by, proposal.author_id})
    return _about(meeting, proposal, "meeting_confirmed", told, calendar=calendar, start=start)


def declined(meeting: Meeting, proposal: Proposal) -> NotificationRequested:
    """Tell the client that no time suits, and which would."""
    others, reason = _shown(meeting.other_slots), meeting.reason or ""
    return _about(meeting, proposal, "meeting_refused", [meeting.proposed_by], slots=others, reason=reason)


def cancelled(meeting: Meeting, proposal: Proposal, calendar: str | None) -> NotificationRequested:
    """Tell both sides that it does not take place; calendars learn it too, if they knew."""
    told = sorted({meeting.proposed_by, proposal.author_id})
    return _about(meeting, proposal, "meeting_cancelled", told, calendar=calendar, reason=meeting.reason or "")


def _shown(slots: list[dict[str, object]]) -> str:
    return "; ".join(Slot.model_validate(slot).shown for slot in slots)


def _about(
    meeting: Meeting,
    proposal: Proposal,
    template: str,
    told: list[UUID],
    calendar: str | None = None,
    **context: str,
) -> NotificationRequested:
    names = {"rfp_reference": proposal.rfp_reference, "consultant_name": proposal.consultant_name}
    return NotificationRequested(
        subject_id=meeting.id, template=template, members=told, context=names | context, calendar=calendar
    )
