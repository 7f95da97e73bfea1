"""Contracts as the API shows them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.http import View
from contracting.contract.domain import Contract, ContractStatus
from contracting.contract.text import Document
from contracting.template.domain import Clause
from contracts.contracting import ContractKind, Offer
from contracts.roles import SignatoryCapacity


class ClauseView(View):
    """One article, and when the reader ticked it."""

    key: str
    title: str
    text: str
    mandatory: bool
    ticked_at: datetime | None


class SignatureView(View):
    """The evidence of a signature; the address it came from is kept, not shown."""

    signed_by: UUID
    capacity: SignatoryCapacity
    signed_at: datetime
    terms_version: str
    sha256: str
    accepted_clauses: list[str]
    document_sha256: str | None


class ContractSummary(View):
    """A contract in a list; `offers` are those that it opens to missions once it is signed (CT-04)."""

    id: UUID
    kind: ContractKind
    company_id: UUID
    company_name: str
    status: ContractStatus
    terms_version: str
    offers: list[Offer]
    signed_at: datetime | None
    replaces_id: UUID | None

    @classmethod
    def of(cls, contract: Contract, newest: str, offers: list[str]) -> ContractSummary:
        """Show a contract; one never opened would be opened in the newest terms."""
        return cls(
            id=contract.id,
            kind=contract.kind,
            company_id=contract.company_id,
            company_name=contract.company_name,
            status=contract.status,
            terms_version=contract.terms_version or newest,
            offers=[Offer(one) for one in (offers if contract.offers is None else contract.offers)],
            signed_at=contract.signed_at,
            replaces_id=contract.replaces_id,
        )


class ContractView(ContractSummary):
    """A contract with its text."""

    sha256: str
    text: str
    clauses: list[ClauseView]
    signature: SignatureView | None

    @classmethod
    def shown(cls, contract: Contract, document: Document, reader: UUID) -> ContractView:
        """Show a contract in the text that was, or would be, frozen."""
        ticks = contract.ticks.get(str(reader), {})
        return cls(
            **ContractSummary.of(contract, document.terms_version, list(document.offers)).model_dump(),
            sha256=document.sha256,
            text=document.text,
            clauses=[_clause(clause, ticks) for clause in document.clauses],
            signature=_signature(contract),
        )


def _clause(clause: Clause, ticks: dict[str, str]) -> ClauseView:
    ticked = ticks.get(clause.key)
    return ClauseView(
        key=clause.key,
        title=clause.title,
        text=clause.text,
        mandatory=clause.mandatory,
        ticked_at=datetime.fromisoformat(ticked) if ticked else None,
    )


def _signature(contract: Contract) -> SignatureView | None:
    if contract.signed_at is None:
        return None
    evidence = {
        "signed_by": contract.signed_by,
        "capacity": contract.signed_capacity,
        "signed_at": contract.signed_at,
        "terms_version": contract.terms_version,
        "sha256": contract.signed_sha256,
        "accepted_clauses": contract.signed_clauses,
        "document_sha256": contract.document_sha256,
    }
    return SignatureView.model_validate(evidence)
