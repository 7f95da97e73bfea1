"""Who someone is on the platform: the words that tokens, events and rules share (docs/glossary.md)."""

from enum import StrEnum


class ProfileType(StrEnum):
    """What a member signed up as; never changes (ID-18, ID-19)."""

    FREELANCE = "freelance"
    CONSULTANCY = "consultancy"
    CLIENT = "client"


class CompanyKind(StrEnum):
    """Which side of the contract a company stands on."""

    PROVIDER = "provider"
    CLIENT = "client"


class Role(StrEnum):
    """What an affiliation lets its member do for the company (CO-19, CO-20)."""

    CONSULTANT = "consultant"
    COMMERCIAL = "commercial"
    GERANT = "gerant"
    FREELANCE = "freelance"
    RESPONSABLE_PROJET = "responsable_projet"
    ACHETEUR = "acheteur"
    DIRECTEUR_ACHATS = "directeur_achats"


PROVIDER_ROLES = frozenset({Role.CONSULTANT, Role.COMMERCIAL, Role.GERANT, Role.FREELANCE})
CLIENT_ROLES = frozenset({Role.RESPONSABLE_PROJET, Role.ACHETEUR, Role.DIRECTEUR_ACHATS})

HEADS = frozenset({Role.GERANT, Role.FREELANCE, Role.DIRECTEUR_ACHATS})
"""Who runs a company's affairs on the platform: settings, people, contracts."""

SELLERS = frozenset({Role.COMMERCIAL, Role.GERANT, Role.FREELANCE})
"""Who answers requests for proposals for a provider."""

BUYERS = frozenset({Role.RESPONSABLE_PROJET, Role.DIRECTEUR_ACHATS})
"""Who drafts requests for proposals and follows missions for a client."""


class StaffScope(StrEnum):
    """What a person of the platform's own staff may do."""

    COMPLIANCE = "compliance"
    CONTRACTS = "contracts"
    SUPPORT = "support"
    LEGAL = "legal"
    """Terms, sanctions, requests about personal data."""
    FINANCE = "finance"
    """Invoices, payments, bank statements, the ledger."""


class SignatoryCapacity(StrEnum):
    """By what right a person engages a company (CO-07, CT-03)."""

    LEGAL_REPRESENTATIVE = "legal_representative"
    CORPORATE_OFFICER = "corporate_officer"
    DELEGATION = "delegation"
