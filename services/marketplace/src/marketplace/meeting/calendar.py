"""A meeting for people's calendars (RFC 5545, 5546): without any contact data."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress

from marketplace.directory.domain import Company
from marketplace.meeting.domain import Meeting, MeetingNotConfirmed, MeetingStatus
from marketplace.proposal.domain import Proposal


def invitation(meeting: Meeting, proposal: Proposal, client: Company | None, at: datetime) -> str:
    """The calendar file, REQUEST or CANCEL; the time is an instant, which no change of clocks moves.

    Raises:
        MeetingNotConfirmed: there is no time to meet.

    """
    agreed = meeting.agreed
    if agreed is None:
        raise MeetingNotConfirmed
    cancelled = meeting.status == MeetingStatus.CANCELLED
    event = Event()
    event.add("uid", f"urn:uuid:{meeting.id}")
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", at)
    event.start = agreed.start.astimezone(UTC)
    event.end = event.start + timedelta(minutes=meeting.minutes)
    event.add("summary", f"{proposal.rfp_reference}: {proposal.consultant_name}")
    event.add("description", proposal.rfp_title)
    if meeting.place:
        event.add("location", meeting.place)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("organizer", _party(proposal.client_company_id, client.name if client else "—"))
    event.add("attendee", _party(proposal.provider_company_id, proposal.provider_name))
    calendar = Calendar()
    calendar.add("prodid", "-//Maillon//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


def _party(company_id: UUID, name: str) -> vCalAddress:
    """A company under its id: who comes, and where to write to them, is no business of a calendar file."""
    party = vCalAddress(f"urn:uuid:{company_id}")
    party.params["CN"] = name
    return party
