"""The five gates between a retained proposal and the platform's order, as pure functions (CT-06 to CT-10).

| gate               | holds when                                                             | who must act       |
|--------------------|------------------------------------------------------------------------|--------------------|
| client_approval    | the client retained the proposal; a mission exists only then (CT-06)   | client             |
| documents          | staff validated both companies (CO-50), and the documents of both are  | that company, or   |
|                    | complete and in date on the day (CT-07, CT-11)                         | the platform       |
| signatory_capacity | both contracts are in force, signed by somebody whose capacity staff   | that company, or   |
|                    | verified (CT-08, CT-03)                                                | the platform       |
| client_order       | the client's order is received and stored (CT-09)                      | client             |
| platform_order     | nothing stands in the way of issuing: the provider can be paid (CO-14) | provider           |
|                    | and chose an option that their regime has (CT-18, CT-10), and accepted |                    |
|                    | the client's special conditions, if there are any (CT-13)              |                    |

A gate is open as long as something blocks it. Each blocker says which side must act, and on which item (CT-12).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from contracting.mission.payment import is_available
from contracts.company import ShortcomingReason
from contracts.contracting import PaymentOption, PaymentRegime


class Gate(StrEnum):
    """The five, in the order of the contract."""

    CLIENT_APPROVAL = "client_approval"
    DOCUMENTS = "documents"
    SIGNATORY_CAPACITY = "signatory_capacity"
    CLIENT_ORDER = "client_order"
    PLATFORM_ORDER = "platform_order"


class Side(StrEnum):
    """Who must act."""

    CLIENT = "client"
    PROVIDER = "provider"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """What is known of one of the two companies; `compliant` is None while nobody reviewed a document."""

    validated: bool
    compliant: bool | None
    missing: tuple[str, ...]
    reasons: Mapping[str, str]
    """Why each missing document does not count, by its type, where it is known."""
    valid_until: date | None
    contract_signed_by: UUID | None
    verified_signatories: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class MissionFacts:
    """Everything that the gates look at."""

    retained: bool
    client: CompanyFacts
    provider: CompanyFacts
    client_order_received: bool
    conditions_to_accept: bool
    bank_details_on_file: bool
    payment_option: PaymentOption | None
    payment_regime: PaymentRegime | None


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that keeps a gate open: who must act, a stable code, the item."""

    gate: Gate
    side: Side
    code: str
    item: str

    @property
    def text(self) -> str:
        """For the API."""
        return _WORDING[self.code][0].format(item=self.item)

    @property
    def french(self) -> str:
        """For a message to people."""
        return _WORDING[self.code][1].format(item=self.item)


_WORDING = {
    "proposal_not_retained": ("the client has not retained the proposal", "la proposition n'est pas retenue"),
    "company_not_validated": (
        "the platform has yet to validate the {item}'s company",
        "entreprise en cours de validation par la plateforme",
    ),
    "documents_not_reviewed": (
        "no compliance document of the {item} has been reviewed",
        "aucun document de conformité vérifié",
    ),
    "document_missing": ("the document {item} is missing, refused or expired", "document manquant ou expiré : {item}"),
    "document_absent": ("the document {item} is missing", "document à fournir : {item}"),
    "document_awaiting_review": (
        "the platform has yet to review the document {item}",
        "document en cours de vérification par la plateforme : {item}",
    ),
    "document_refused": ("the document {item} was refused", "document refusé, à remplacer : {item}"),
    "document_expired": ("the document {item} has expired", "document expiré, à renouveler : {item}"),
    "documents_not_accepted": ("the {item}'s documents are not accepted", "documents de conformité non acceptés"),
    "documents_expired": ("a document of the {item} has expired", "un document de conformité a expiré"),
    "contract_not_signed": ("the {item} contract is not signed", "contrat à signer ({item})"),
    "signatory_not_verified": (
        "the platform has yet to verify the capacity of who signed the {item} contract",
        "capacité du signataire en cours de vérification par la plateforme ({item})",
    ),
    "signatory_refused": (
        "the {item} contract must be signed anew, by somebody whose capacity the platform verified",
        "contrat à signer de nouveau, par une personne dont la capacité est vérifiée ({item})",
    ),
    "client_order_missing": ("the {item} has not been received", "bon de commande du client à déposer"),
    "bank_details_missing": ("the {item} are not on file", "coordonnées bancaires à renseigner"),
    "special_conditions_not_accepted": (
        "the provider has yet to accept the client's {item}",
        "conditions particulières du client à accepter",
    ),
    "payment_option_missing": ("the {item} is not chosen", "option de paiement à choisir"),
    "payment_option_not_available": (
        "the chosen {item} is not available under the mission's payment regime",
        "l'option de paiement choisie n'est pas disponible pour cette mission",
    ),
}


@dataclass(frozen=True, slots=True)
class GateState:
    """A gate on a given day."""

    gate: Gate
    blockers: tuple[Blocker, ...]

    @property
    def holds(self) -> bool:
        """Nothing blocks it."""
        return not self.blockers


def evaluate(facts: MissionFacts, on: date) -> list[GateState]:
    """All five gates on that business date."""
    sides = ((Side.PROVIDER, facts.provider), (Side.CLIENT, facts.client))
    found = {
        Gate.CLIENT_APPROVAL: [] if facts.retained else [(Side.CLIENT, "proposal_not_retained", "proposal")],
        Gate.DOCUMENTS: [one for side, company in sides for one in _documents(side, company, on)],
        Gate.SIGNATORY_CAPACITY: [one for side, company in sides for one in _capacity(side, company)],
        Gate.CLIENT_ORDER: (
            [] if facts.client_order_received else [(Side.CLIENT, "client_order_missing", "client order")]
        ),
        Gate.PLATFORM_ORDER: list(_preconditions(facts)),
    }
    return [
        GateState(gate, tuple(Blocker(gate, side, code, item) for side, code, item in found[gate])) for gate in Gate
    ]


def blockers_of(gates: list[GateState]) -> list[Blocker]:
    """Everything that keeps any gate open."""
    return [blocker for gate in gates for blocker in gate.blockers]


_Found = Iterator[tuple[Side, str, str]]


def _documents(side: Side, company: CompanyFacts, on: date) -> _Found:
    """Validated by staff, nothing missing, and `on` not after the last day on which everything holds."""
    if not company.validated:
        yield Side.PLATFORM, "company_not_validated", side.value
    if company.compliant is None:
        yield side, "documents_not_reviewed", side.value
    elif not company.compliant and not company.missing:
        yield side, "documents_not_accepted", side.value
    else:
        for document in company.missing:
            reason = company.reasons.get(document)
            awaited = Side.PLATFORM if reason == ShortcomingReason.AWAITING_REVIEW else side
            yield awaited, f"document_{reason}" if reason else "document_missing", document
        if company.valid_until is not None and company.valid_until < on:
            yield side, "documents_expired", side.value


def _capacity(side: Side, company: CompanyFacts) -> _Found:
    """In force, and signed by somebody whom staff verified."""
    contract = "framework" if side is Side.PROVIDER else "principal"
    if company.contract_signed_by is None:
        yield side, "contract_not_signed", contract
    elif not company.verified_signatories:
        yield Side.PLATFORM, "signatory_not_verified", contract
    elif company.contract_signed_by not in company.verified_signatories:
        yield side, "signatory_refused", contract


def _preconditions(facts: MissionFacts) -> _Found:
    """What the platform's order needs beyond the four other gates."""
    if not facts.bank_details_on_file:
        yield Side.PROVIDER, "bank_details_missing", "bank details"
    if facts.conditions_to_accept:
        yield Side.PROVIDER, "special_conditions_not_accepted", "special conditions"
    if facts.payment_option is None:
        yield Side.PROVIDER, "payment_option_missing", "payment option"
    elif facts.payment_regime and not is_available(facts.payment_option, facts.payment_regime):
        yield Side.PROVIDER, "payment_option_not_available", "payment option"
