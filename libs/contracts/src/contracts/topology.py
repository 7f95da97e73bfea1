"""The whole topology on one page: which queues each event reaches, and the names around them.

Every process declares all of it when it connects, so an event published before the first start of a
consumer already waits in that consumer's queue.
"""

from contracts.billing import InvoiceCancelled, InvoiceImported, InvoicePaid, PaymentScheduled, SubscriptionChanged
from contracts.company import (
    AffiliationChanged,
    AffiliationEnded,
    AffiliationGranted,
    BankDetailsChanged,
    CompanyDetailsChanged,
    CompanyRegistered,
    CompanyValidated,
    ComplianceChanged,
    EntityChanged,
    SupervisionChanged,
    SupplierDereferenced,
    SupplierReferenced,
)
from contracts.contracting import BdcIssued, ContractSigned, MissionRescheduled, RenewalChanged
from contracts.event import Event
from contracts.identity import (
    DataExportRequested,
    InvitationAccepted,
    MemberAccessRevoked,
    MemberActivated,
    MemberErased,
    MemberRenamed,
)
from contracts.marketplace import ProposalRetained, ProposalSubmitted
from contracts.notification import NotificationRequested
from contracts.personal_data import MemberDataGathered
from contracts.timesheet import CraValidated

SERVICES = ("identity", "company", "marketplace", "contracting", "timesheet", "billing")

EXCHANGE = "maillon.events"
RETRY_EXCHANGE = "maillon.retry"
DEAD_EXCHANGE = "maillon.dead"

RETRY_LADDER: dict[str, int] = {"5s": 5_000, "1m": 60_000, "10m": 600_000}
"""Steps of the delay ladder, in milliseconds, in climbing order."""

QUEUES: dict[type[Event], tuple[str, ...]] = {
    MemberActivated: ("company.record_member_on_MemberActivated",),
    MemberAccessRevoked: tuple(f"{service}.revoke_access_on_MemberAccessRevoked" for service in SERVICES),
    MemberRenamed: (
        "company.rename_member_on_MemberRenamed",
        "marketplace.rename_member_on_MemberRenamed",
    ),
    MemberErased: tuple(f"{service}.erase_member_on_MemberErased" for service in SERVICES),
    DataExportRequested: tuple(f"{service}.gather_data_on_DataExportRequested" for service in SERVICES),
    InvitationAccepted: ("company.affiliate_on_InvitationAccepted",),
    MemberDataGathered: ("identity.collect_data_on_MemberDataGathered",),
    NotificationRequested: ("identity.notify_on_NotificationRequested",),
    CompanyRegistered: (
        "identity.name_company_on_CompanyRegistered",
        "contracting.open_contract_on_CompanyRegistered",
    ),
    CompanyValidated: (
        "identity.name_company_on_CompanyValidated",
        "marketplace.record_company_on_CompanyValidated",
        "contracting.record_company_on_CompanyValidated",
        "billing.record_company_on_CompanyValidated",
    ),
    CompanyDetailsChanged: (
        "identity.rename_company_on_CompanyDetailsChanged",
        "marketplace.update_company_on_CompanyDetailsChanged",
        "contracting.update_company_on_CompanyDetailsChanged",
        "billing.update_company_on_CompanyDetailsChanged",
    ),
    AffiliationGranted: (
        "identity.record_affiliation_on_AffiliationGranted",
        "marketplace.record_affiliation_on_AffiliationGranted",
        "contracting.record_affiliation_on_AffiliationGranted",
    ),
    AffiliationChanged: (
        "identity.update_affiliation_on_AffiliationChanged",
        "marketplace.update_affiliation_on_AffiliationChanged",
    ),
    AffiliationEnded: (
        "identity.end_affiliation_on_AffiliationEnded",
        "marketplace.end_affiliation_on_AffiliationEnded",
        "contracting.end_affiliation_on_AffiliationEnded",
    ),
    SupplierReferenced: ("marketplace.record_reference_on_SupplierReferenced",),
    SupplierDereferenced: ("marketplace.remove_reference_on_SupplierDereferenced",),
    EntityChanged: ("marketplace.record_entity_on_EntityChanged",),
    SupervisionChanged: tuple(
        f"{service}.record_supervision_on_SupervisionChanged" for service in ("contracting", "timesheet", "billing")
    ),
    BankDetailsChanged: ("billing.record_account_on_BankDetailsChanged",),
    ComplianceChanged: ("contracting.record_compliance_on_ComplianceChanged",),
    ContractSigned: ("marketplace.record_contract_on_ContractSigned",),
    ProposalSubmitted: ("identity.record_proposal_on_ProposalSubmitted",),
    ProposalRetained: ("contracting.open_mission_on_ProposalRetained",),
    BdcIssued: (
        "identity.record_mission_on_BdcIssued",
        "company.record_mission_on_BdcIssued",
        "company.schedule_rechecks_on_BdcIssued",
        "marketplace.record_order_on_BdcIssued",
        "marketplace.mark_won_on_BdcIssued",
        "timesheet.record_mission_on_BdcIssued",
        "billing.record_mission_on_BdcIssued",
    ),
    MissionRescheduled: tuple(
        f"{service}.reschedule_mission_on_MissionRescheduled"
        for service in ("identity", "company", "timesheet", "billing")
    ),
    RenewalChanged: ("timesheet.record_renewal_on_RenewalChanged",),
    CraValidated: (
        "billing.issue_bpf_on_CraValidated",
        "contracting.settle_month_on_CraValidated",
    ),
    InvoiceImported: (
        "marketplace.record_invoice_on_InvoiceImported",
        "timesheet.mark_invoiced_on_InvoiceImported",
    ),
    PaymentScheduled: ("timesheet.schedule_payment_on_PaymentScheduled",),
    InvoicePaid: ("timesheet.mark_paid_on_InvoicePaid",),
    InvoiceCancelled: ("timesheet.mark_cancelled_on_InvoiceCancelled",),
    SubscriptionChanged: ("company.apply_plan_on_SubscriptionChanged",),
}


def dead_queue(service: str) -> str:
    """Where the messages that a service could not apply wait for an operator."""
    return f"{service}.dead"


def retry_queue(step: str) -> str:
    """The delay queue of one step of the ladder."""
    return f"{RETRY_EXCHANGE}.{step}"


def queues_of(service: str) -> dict[str, type[Event]]:
    """The queues that a service consumes, with the event each carries."""
    return {queue: event for event, queues in QUEUES.items() for queue in queues if queue.split(".")[0] == service}
