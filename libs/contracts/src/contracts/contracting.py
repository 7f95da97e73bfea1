"""Events of the contracting service."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from contracts.event import Event
from contracts.values import Days, Money, Name, Period, Workplace


class ContractKind(StrEnum):
    """Framework contract (provider) or principal contract (client)."""

    FRAMEWORK = "framework"
    PRINCIPAL = "principal"


class PaymentRegime(StrEnum):
    """When the provider is paid: on a guaranteed date, or once the client has paid (BL-09, BL-10)."""

    GUARANTEED_DATE = "guaranteed_date"
    BACK_TO_BACK = "back_to_back"


class PaymentOption(StrEnum):
    """Offer chosen before the start of the mission and frozen with it (CT-18, CT-19)."""

    BASIC = "basic"
    EXPRESS = "express"
    FLASH = "flash"


class Offer(StrEnum):
    """Whether the platform stands between the two companies, or they contract directly (CT-05)."""

    CONNECT = "connect"
    RISE = "rise"


class WorkType(StrEnum):
    """What the provider owes: effort, or a result."""

    TIME_AND_MATERIALS = "time_and_materials"
    """Régie: days at a rate."""
    FIXED_PRICE = "fixed_price"
    """Forfait: deliverables at a price; its days only indicate."""


class ContractSigned(Event, type="contracting.ContractSigned.v1", subject="contract_id"):
    """An empowered person signed; the contract is in force for the company (CT-03)."""

    contract_id: UUID
    kind: ContractKind
    company_id: UUID
    terms_version: str
    """Which text was signed."""
    signed_by: UUID
    signed_at: datetime


class RescheduleReason(StrEnum):
    """Why an order ends on another day."""

    EARLY_END = "early_end"
    REPLACEMENT = "replacement"
    """Another consultant goes on under the next order."""


class BdcIssued(Event, type="contracting.BdcIssued.v1", subject="bdc_id"):
    """All five gates held and the platform's order to the provider is out (CT-10, CT-22).

    The terms in it are frozen: a renewal brings a new order.
    """

    bdc_id: UUID
    reference: str
    """The number that people quote."""
    mission_id: UUID
    title: Name
    """What the mission is called."""
    client_company_id: UUID
    provider_company_id: UUID
    operational_manager_id: UUID
    consultant_id: UUID
    consultant_name: Name
    """The name that documents show."""
    daily_rate: Money
    """Price of a day, without VAT."""
    days: Days
    """Days ordered, in halves."""
    period: Period
    payment_option: PaymentOption
    payment_regime: PaymentRegime
    client_order_reference: str
    """The client's own order number."""
    proposal_id: UUID | None = None
    """The retained proposal that the mission comes from."""
    issued_at: datetime
    offer: Offer = Offer.CONNECT
    """Who contracts with whom, which decides what is billed (CT-05)."""
    work_type: WorkType = WorkType.TIME_AND_MATERIALS
    """Whether days or deliverables are billed."""
    workplace: Workplace = "FR"


class MissionRescheduled(Event, type="contracting.MissionRescheduled.v1", subject="bdc_id"):
    """An order ends on another day than it was issued for: both sides agreed on an early end (CT-28).

    `version` counts on from the order's own, so the last to be agreed holds whatever the order of arrival.
    """

    mission_id: UUID
    bdc_id: UUID
    ends_on: date
    """The last day from now on, included."""
    days: Days | None = None
    """Days ordered from now on, in halves; absent when they do not change."""
    reason: RescheduleReason
    rescheduled_at: datetime


class RenewalChanged(Event, type="contracting.RenewalChanged.v1", subject="renewal_id"):
    """A mission's renewal is being agreed, on these days, or is so no more (CT-17).

    Its months wait while it is pending; then its order is issued, or nothing comes of it.
    """

    renewal_id: UUID
    mission_id: UUID
    period: Period
    """The days of the next order, as proposed by now."""
    pending: bool
    """Whether its order is still to come; otherwise it is issued, or never will be."""
