"""The one table of who may do what for a company: every route of every service points into it (CO-22).

A row is an act, a set the roles that may do it. What a role may do on *which* things (own missions, supervised
consultants) is decided by the query of each route; a person's power to sign is theirs and not their role's.
"""

from enum import StrEnum

from contracts.roles import CLIENT_ROLES, PROVIDER_ROLES, Role


class Permission(StrEnum):
    """An act that a company's members may be allowed."""

    BELONG = "belong"
    """See the company one acts for: its people, roles, clients or suppliers."""
    MANAGE_PEOPLE = "manage_people"
    """Accept, invite, change roles, remove."""
    MANAGE_COMPANY = "manage_company"
    """Company settings, bank details, documents, invoice mode."""
    SIGN_CONTRACTS = "sign_contracts"
    """Open and sign; only an empowered person whose capacity staff verified succeeds."""
    REPORT_ACTIVITY = "report_activity"
    """Fill in one's own activity report."""
    ANSWER_RFPS = "answer_rfps"
    """See and answer requests for proposals."""
    SUPERVISE_MISSIONS = "supervise_missions"
    """Follow the provider's missions, choose payment options, approve activity reports."""
    RUN_RFPS = "run_rfps"
    """Draft, publish, qualify, retain; order, validate activity reports, end, renew."""
    APPROVE_SPENDING = "approve_spending"
    """Validate above the threshold; budgets and spending lines."""
    VIEW_PURCHASING = "view_purchasing"
    """Read referencing lists, clauses, entities, workflows."""
    MANAGE_PURCHASING = "manage_purchasing"
    """Change referencing lists, clauses, entities, workflows."""
    READ_SUPPLIER_DOCUMENTS = "read_supplier_documents"
    """Read the documents of one's missions' providers."""
    SEE_BILLING = "see_billing"
    """Pre-invoices and invoices, as far as one's missions go."""
    IMPORT_INVOICES = "import_invoices"
    """Hand in the provider's invoices."""


_CONSULTANT, _COMMERCIAL, _GERANT, _FREELANCE = Role.CONSULTANT, Role.COMMERCIAL, Role.GERANT, Role.FREELANCE
_PROJET, _ACHETEUR, _DIRECTEUR = Role.RESPONSABLE_PROJET, Role.ACHETEUR, Role.DIRECTEUR_ACHATS

MATRIX: dict[Permission, frozenset[Role]] = {
    Permission.BELONG: PROVIDER_ROLES | CLIENT_ROLES,
    Permission.MANAGE_PEOPLE: frozenset({_GERANT, _DIRECTEUR}),
    Permission.MANAGE_COMPANY: frozenset({_GERANT, _FREELANCE, _DIRECTEUR}),
    Permission.SIGN_CONTRACTS: PROVIDER_ROLES | CLIENT_ROLES,
    Permission.REPORT_ACTIVITY: PROVIDER_ROLES,
    Permission.ANSWER_RFPS: frozenset({_COMMERCIAL, _GERANT, _FREELANCE}),
    Permission.SUPERVISE_MISSIONS: frozenset({_COMMERCIAL, _GERANT, _FREELANCE}),
    Permission.RUN_RFPS: frozenset({_PROJET, _DIRECTEUR}),
    Permission.APPROVE_SPENDING: frozenset({_ACHETEUR, _DIRECTEUR}),
    Permission.VIEW_PURCHASING: CLIENT_ROLES,
    Permission.MANAGE_PURCHASING: frozenset({_DIRECTEUR}),
    Permission.READ_SUPPLIER_DOCUMENTS: CLIENT_ROLES,
    Permission.SEE_BILLING: frozenset({_COMMERCIAL, _GERANT, _FREELANCE, _PROJET, _ACHETEUR, _DIRECTEUR}),
    Permission.IMPORT_INVOICES: frozenset({_GERANT, _FREELANCE}),
}
"""Who may do it, by the role in the company acted for."""


def allows(permission: Permission, role: Role | None) -> bool:
    """Say whether the table lets this role do it; nobody without a role does anything."""
    return role in MATRIX[permission]
