"""The one table of who may do what for a company: every route of every service points into it (CO-22).

A row is an act, a set the roles that may do it. What a role may do on *which* things (own missions, supervised
consultants) is decided by the query of each route; a person's power to sign is theirs and not their role's.
"""

from enum import StrEnum

from contracts.roles import BUYERS, CLIENT_ROLES, HEADS, PROVIDER_ROLES, SELLERS, Role


class Permission(StrEnum):
    """An act that a company's members may be allowed."""

    BELONG = "belong"
    """See the company one acts for: its people, roles, clients or suppliers."""
    MANAGE_PEOPLE = "manage_people"
    """Accept, invite, change roles, remove."""
    MANAGE_COMPANY = "manage_company"
    """Company settings, bank details, documents, invoice mode."""
    SIGN_CONTRACTS = "sign_contracts"
    """Read, open and sign the company's contract; only an empowered person signs, whatever their role."""
    ANSWER_RFPS = "answer_rfps"
    """Answer requests for proposals for a provider."""
    RUN_RFPS = "run_rfps"
    """Draft, publish, qualify and retain for a client."""
    FOLLOW_RFPS = "follow_rfps"
    """Read requests for proposals from either side."""
    READ_PROPOSALS = "read_proposals"
    """Read the proposals that a client received."""
    FOLLOW_MISSIONS = "follow_missions"
    """Read missions, orders and activity reports, as far as one's part in them goes."""
    SUPERVISE_MISSIONS = "supervise_missions"
    """Choose payment options and look after consultants for a provider."""
    PLACE_ORDERS = "place_orders"
    """Hand in the client's own order."""
    REPORT_ACTIVITY = "report_activity"
    """Fill in and submit one's own activity report."""
    VALIDATE_ACTIVITY = "validate_activity"
    """Validate or refuse the activity reports of one's missions, renew them."""
    NEGOTIATE_MISSIONS = "negotiate_missions"
    """Agree for either side on an early end, or turn down a renewal."""
    APPROVE_SPENDING = "approve_spending"
    """Validate above the threshold; budgets and spending lines."""
    VIEW_PURCHASING = "view_purchasing"
    """Read referencing lists, clauses, entities, workflows."""
    MANAGE_PURCHASING = "manage_purchasing"
    """Change referencing lists, clauses, entities, workflows."""
    READ_SUPPLIER_DOCUMENTS = "read_supplier_documents"
    """Read the documents of one's missions' providers."""
    READ_BPFS = "read_bpfs"
    """Read pre-invoices: the provider's, or those of missions that one manages for the client."""
    HANDLE_INVOICES = "handle_invoices"
    """Import and read the provider's invoices."""
    APPROVE_ACTIVITY = "approve_activity"
    """Approve or send back activity reports for the provider, before the client sees them."""
    CONFIGURE_ACTIVITY = "configure_activity"
    """How a client's activity reports are filled in and validated."""
    READ_CLIENT_INVOICES = "read_client_invoices"
    """Read the invoices that the client receives from the platform."""
    MANAGE_BILLING = "manage_billing"
    """Invoice mode, self-billing mandate, subscriptions."""


_EVERYBODY = PROVIDER_ROLES | CLIENT_ROLES

MATRIX: dict[Permission, frozenset[Role]] = {
    Permission.BELONG: _EVERYBODY,
    Permission.MANAGE_PEOPLE: HEADS - {Role.FREELANCE},
    Permission.MANAGE_COMPANY: HEADS,
    Permission.SIGN_CONTRACTS: _EVERYBODY - {Role.CONSULTANT},
    Permission.ANSWER_RFPS: SELLERS,
    Permission.RUN_RFPS: BUYERS,
    Permission.FOLLOW_RFPS: SELLERS | CLIENT_ROLES,
    Permission.READ_PROPOSALS: CLIENT_ROLES,
    Permission.FOLLOW_MISSIONS: _EVERYBODY,
    Permission.SUPERVISE_MISSIONS: SELLERS,
    Permission.PLACE_ORDERS: CLIENT_ROLES,
    Permission.REPORT_ACTIVITY: PROVIDER_ROLES,
    Permission.VALIDATE_ACTIVITY: BUYERS,
    Permission.NEGOTIATE_MISSIONS: SELLERS | BUYERS,
    Permission.APPROVE_SPENDING: frozenset({Role.ACHETEUR, Role.DIRECTEUR_ACHATS}),
    Permission.VIEW_PURCHASING: CLIENT_ROLES,
    Permission.MANAGE_PURCHASING: frozenset({Role.DIRECTEUR_ACHATS}),
    Permission.READ_SUPPLIER_DOCUMENTS: CLIENT_ROLES,
    Permission.READ_BPFS: SELLERS | BUYERS,
    Permission.HANDLE_INVOICES: SELLERS,
    Permission.APPROVE_ACTIVITY: SELLERS,
    Permission.CONFIGURE_ACTIVITY: frozenset({Role.DIRECTEUR_ACHATS}),
    Permission.READ_CLIENT_INVOICES: CLIENT_ROLES,
    Permission.MANAGE_BILLING: HEADS,
}
"""Who may do it, by the role in the company acted for."""


def allows(permission: Permission, role: Role | None) -> bool:
    """Say whether the table lets this role do it; nobody without a role does anything."""
    return role in MATRIX[permission]
