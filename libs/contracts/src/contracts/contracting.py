"""Events of the contracting service."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.event import Event
from contracts.values import Days, Money, Name, Period


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


class ContractSigned(Event, type="contracting.ContractSigned.v1", subject="contract_id"):
    """An empowered person signed; the contract is in force for the company (CT-03)."""

    contract_id: UUID
    kind: ContractKind
    company_id: UUID
    terms_version: str
    """Which text was signed."""
    signed_by: UUID
    signed_at: datetime


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
    issued_at: datetime
