"""Events of the marketplace service."""

from datetime import datetime
from uuid import UUID

from contracts.contracting import WorkType
from contracts.event import Event
from contracts.values import Days, Money, Name, Period, Workplace


class ProposalRetained(Event, type="marketplace.ProposalRetained.v1", subject="proposal_id"):
    """The client appointed this proposal; its terms are the request's frozen version (MK-12, MK-23)."""

    proposal_id: UUID
    rfp_id: UUID
    rfp_reference: str
    """The number that people quote."""
    title: Name
    """What the request for proposals is called."""
    client_company_id: UUID
    provider_company_id: UUID
    operational_manager_id: UUID
    consultant_id: UUID
    consultant_name: Name
    """The name that documents show."""
    daily_rate: Money
    """Price of a day, without VAT."""
    days: Days
    """Days expected, in halves."""
    period: Period
    retained_by: UUID
    retained_at: datetime
    work_type: WorkType = WorkType.TIME_AND_MATERIALS
    """Whether days or deliverables are asked for."""
    workplace: Workplace = "FR"


class ProposalSubmitted(Event, type="marketplace.ProposalSubmitted.v1", subject="proposal_id"):
    """A client received somebody's name: it may read their profile from now on (MK-13).

    Published again when the proposal names somebody else.
    """

    proposal_id: UUID
    client_company_id: UUID
    provider_company_id: UUID
    consultant_id: UUID | None = None
    """Absent while a candidate is proposed, who is no member."""
    submitted_at: datetime
