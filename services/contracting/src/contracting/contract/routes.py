"""Read, open and sign one's contract with the platform."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from pydantic import Field, StringConstraints
from sqlalchemy import select

from chassis import audit, emit, get_locked
from chassis.auth import may
from chassis.db import Tx
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracting.contract.domain import (
    ClausesNotAccepted,
    Contract,
    ContractAlreadySigned,
    ContractNotFound,
    ContractNotOpened,
    ContractStatus,
    NotASignatory,
    UnknownClause,
)
from contracting.contract.queries import contract_seen_by, visible_to
from contracting.contract.text import CURRENT_TERMS, Clause, Document, Parties, write
from contracting.directory.domain import CompanyValidation
from contracting.directory.queries import known
from contracting.documents import attached, text_file
from contracting.own import OwnDep
from contracting.settings import OperatorSettings
from contracts.contracting import ContractKind
from contracts.permissions import Permission
from contracts.roles import SignatoryCapacity, StaffScope

router = Router("contracts")

"""Who may read and, when empowered, sign; a right to sign is a person's, not a role's (CT-03)."""

ClauseKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,40}$")]


class SignatureRequest(Body):
    """The clauses that the signer ticked."""

    accepted_clauses: Annotated[list[ClauseKey], Field(max_length=50)]


class ClauseView(View):
    """One article."""

    key: str
    title: str
    text: str
    mandatory: bool


class SignatureView(View):
    """The evidence of a signature; the address it came from is kept, not shown."""

    signed_by: UUID
    capacity: SignatoryCapacity
    signed_at: datetime
    terms_version: str
    sha256: str
    accepted_clauses: list[str]


class ContractSummary(View):
    """A contract in a list."""

    id: UUID
    kind: ContractKind
    company_id: UUID
    company_name: str
    status: ContractStatus
    terms_version: str
    signed_at: datetime | None

    @classmethod
    def of(cls, contract: Contract) -> ContractSummary:
        """Show a contract; one never opened would be opened in the current terms."""
        return cls(
            id=contract.id,
            kind=contract.kind,
            company_id=contract.company_id,
            company_name=contract.company_name,
            status=contract.status,
            terms_version=contract.terms_version or CURRENT_TERMS,
            signed_at=contract.signed_at,
        )


class ContractView(ContractSummary):
    """A contract with its text."""

    sha256: str
    text: str
    clauses: list[ClauseView]
    signature: SignatureView | None


@router.get("/contracts", access=may(Permission.SIGN_CONTRACTS, or_staff=StaffScope.CONTRACTS))
async def list_contracts(tx: TxDep, caller: CallerDep, page: PageDep) -> Page[ContractSummary]:
    """The contracts of one's company; all of them for staff."""
    return await page_of(tx, select(Contract).where(visible_to(caller)), Contract.id, page, ContractSummary.of)


@router.get(
    "/contracts/{contract_id}",
    access=may(Permission.SIGN_CONTRACTS, or_staff=StaffScope.CONTRACTS),
    responses=documented(ContractNotFound),
)
async def read_contract(contract_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> ContractView:
    """A contract with its text, clause by clause."""
    return _view(await contract_seen_by(tx, caller, contract_id), own.operator)


@router.get(
    "/contracts/{contract_id}/document",
    access=may(Permission.SIGN_CONTRACTS, or_staff=StaffScope.CONTRACTS),
    responses=documented(ContractNotFound) | text_file("The exact text"),
    response_class=Response,
)
async def download_contract(contract_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> Response:
    """The exact text that is, or would be, signed; its SHA-256 is the one in the evidence."""
    contract = await contract_seen_by(tx, caller, contract_id)
    text = contract.text or _document(contract, own.operator).text
    return attached(f"{contract.kind}-{contract.terms_version or CURRENT_TERMS}.txt", text)


@router.post(
    "/contracts/{contract_id}/opening",
    access=may(Permission.SIGN_CONTRACTS),
    responses=documented(ContractNotFound, ContractAlreadySigned, NotASignatory),
)
async def open_contract(contract_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> ContractView:
    """Open the document, before ticking and signing it (CT-02)."""
    contract, verified = await _own(tx, contract_id, caller.company)
    contract.open(caller.member_id, verified, _document(contract, own.operator), tx.now)
    audit(tx, "contract.opened", contract.id, terms_version=contract.terms_version)
    return _view(contract, own.operator)


@router.post(
    "/contracts/{contract_id}/signature",
    access=may(Permission.SIGN_CONTRACTS),
    responses=documented(
        ContractNotFound, ContractAlreadySigned, ContractNotOpened, NotASignatory, ClausesNotAccepted, UnknownClause
    ),
)
async def sign_contract(
    contract_id: UUID, *, body: SignatureRequest, request: Request, tx: TxDep, caller: CallerDep, own: OwnDep
) -> ContractView:
    """Sign: the contract is in force, and the evidence is kept (CT-02, CT-03)."""
    contract, verified = await _own(tx, contract_id, caller.company)
    address = request.client.host[:45] if request.client else None
    emit(tx, contract.sign(caller.member_id, verified, body.accepted_clauses, address, tx.now))
    audit(
        tx,
        "contract.signed",
        contract.id,
        terms_version=contract.terms_version,
        sha256=contract.signed_sha256,
        capacity=contract.signed_capacity,
    )
    return _view(contract, own.operator)


async def _own(tx: Tx, contract_id: UUID, company_id: UUID) -> tuple[Contract, dict[UUID, SignatoryCapacity] | None]:
    """The company's own contract, locked, and who may sign according to staff once they checked."""
    mine = Contract.company_id == company_id
    contract = await get_locked(tx, Contract, contract_id, ContractNotFound(), mine)
    validation = await known(tx, CompanyValidation, company_id)
    return contract, validation.capacities if validation else None


def _document(contract: Contract, operator: OperatorSettings) -> Document:
    parties = Parties(operator.operator_name, operator.operator_address, contract.company_name, contract.country)
    return write(contract.kind, parties)


def _view(contract: Contract, operator: OperatorSettings) -> ContractView:
    """Show what was frozen at the opening, or what an opening would freeze now."""
    if contract.text is not None and contract.clauses is not None and contract.terms_version is not None:
        clauses = tuple(Clause(**clause) for clause in contract.clauses)
        document = Document(contract.terms_version, contract.text, clauses)
    else:
        document = _document(contract, operator)
    return ContractView(
        **ContractSummary.of(contract).model_dump(),
        sha256=document.sha256,
        text=document.text,
        clauses=[ClauseView.model_validate(clause) for clause in document.clauses],
        signature=_signature(contract),
    )


def _signature(contract: Contract) -> SignatureView | None:
    if contract.status is not ContractStatus.SIGNED:
        return None
    evidence = {
        "signed_by": contract.signed_by,
        "capacity": contract.signed_capacity,
        "signed_at": contract.signed_at,
        "terms_version": contract.terms_version,
        "sha256": contract.signed_sha256,
        "accepted_clauses": contract.signed_clauses,
    }
    return SignatureView.model_validate(evidence)
