"""Read, open, tick and sign one's contract with the platform."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Request
from pydantic import Field, StringConstraints
from sqlalchemy import select

from chassis import audit, emit
from chassis.auth import may
from chassis.db import Tx
from chassis.http import Body, CallerDep, PlatformDep, Router, TxDep
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracting.contract.domain import Contract
from contracting.contract.queries import contract_seen_by, in_force, own_contract, pending, successor_of, visible_to
from contracting.contract.refusals import (
    ClausesNotAccepted,
    ContractAlreadySigned,
    ContractNotFound,
    ContractNotOpened,
    NotASignatory,
    NothingToSignAnew,
    SuccessorPending,
    TermsSuperseded,
    UnknownClause,
)
from contracting.contract.views import ContractSummary, ContractView
from contracting.contract.writing import document_of, document_shown, seal
from contracting.own import OwnDep
from contracting.template.queries import template_in_force
from contracts.contracting import ContractKind
from contracts.permissions import Permission
from contracts.roles import StaffScope

router = Router("contracts")

"""Who may read and, when empowered, sign; a right to sign is a person's, not a role's (CT-03)."""

ClauseKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,40}$")]


class SignatureRequest(Body):
    """The ticked clauses that the signer confirms; an optional one that was ticked may be left out."""

    accepted_clauses: Annotated[list[ClauseKey], Field(max_length=50)]


@router.get("/contracts", access=may(Permission.SIGN_CONTRACTS, or_staff=StaffScope.CONTRACTS))
async def list_contracts(tx: TxDep, caller: CallerDep, page: PageDep) -> Page[ContractSummary]:
    """The contracts of one's company, those that were replaced among them; all of them for staff."""
    newest = {kind: await template_in_force(tx, kind, tx.today) for kind in ContractKind}

    def shown(contract: Contract) -> ContractSummary:
        template = newest[contract.kind]
        return ContractSummary.of(contract, template.version, template.offers)

    return await page_of(tx, select(Contract).where(visible_to(caller)), Contract.id, page, shown)


@router.get(
    "/contracts/{contract_id}",
    access=may(Permission.SIGN_CONTRACTS, or_staff=StaffScope.CONTRACTS),
    responses=documented(ContractNotFound),
)
async def read_contract(contract_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> ContractView:
    """A contract with its text, clause by clause, annexes included (CT-25, CT-26)."""
    contract = await contract_seen_by(tx, caller, contract_id)
    return ContractView.shown(contract, await document_shown(tx, contract, own.operator), caller.member_id)


@router.post(
    "/contracts/{contract_id}/opening",
    access=may(Permission.SIGN_CONTRACTS),
    responses=documented(ContractNotFound, ContractAlreadySigned, NotASignatory),
)
async def open_contract(contract_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> ContractView:
    """Open the document in the terms in force, before ticking and signing it (CT-02)."""
    contract, verified = await own_contract(tx, contract_id, caller.company)
    template = await template_in_force(tx, contract.kind, tx.today, hold=True)
    document = document_of(contract, template, own.operator)
    contract.open(caller.member_id, verified, document, tx.now)
    audit(tx, "contract.opened", contract.id, terms_version=contract.terms_version)
    return ContractView.shown(contract, await document_shown(tx, contract, own.operator), caller.member_id)


@router.put(
    "/contracts/{contract_id}/ticks/{clause}",
    access=may(Permission.SIGN_CONTRACTS),
    responses=documented(
        ContractNotFound, ContractAlreadySigned, ContractNotOpened, NotASignatory, TermsSuperseded, UnknownClause
    ),
)
async def tick_clause(contract_id: UUID, clause: ClauseKey, tx: TxDep, caller: CallerDep, own: OwnDep) -> ContractView:
    """Accept one clause of the opened document; its time is kept (CT-02)."""
    contract, verified = await own_contract(tx, contract_id, caller.company)
    newest = await template_in_force(tx, contract.kind, tx.today)
    contract.tick(caller.member_id, verified, clause, newest.version, tx.now)
    audit(tx, "contract.clause_ticked", contract.id, clause=clause, terms_version=contract.terms_version)
    return ContractView.shown(contract, await document_shown(tx, contract, own.operator), caller.member_id)


@router.post(
    "/contracts/{contract_id}/signature",
    access=may(Permission.SIGN_CONTRACTS),
    responses=documented(
        ContractNotFound,
        ContractAlreadySigned,
        ContractNotOpened,
        NotASignatory,
        TermsSuperseded,
        ClausesNotAccepted,
        UnknownClause,
    ),
)
async def sign_contract(
    contract_id: UUID,
    *,
    body: SignatureRequest,
    request: Request,
    tx: TxDep,
    caller: CallerDep,
    platform: PlatformDep,
    own: OwnDep,
) -> ContractView:
    """Sign: the contract is in force, its evidence kept and its document sealed (CT-02, CT-03)."""
    contract, verified = await own_contract(tx, contract_id, caller.company)
    newest = await template_in_force(tx, contract.kind, tx.today, hold=True)
    await _make_room(tx, contract)
    address = request.client.host[:45] if request.client else None
    ticks = body.accepted_clauses
    emit(tx, contract.sign(caller.member_id, verified, ticks, newest.version, address=address, at=tx.now))
    await seal(tx, contract, platform, own)
    audit(
        tx,
        "contract.signed",
        contract.id,
        terms_version=contract.terms_version,
        sha256=contract.signed_sha256,
        document_sha256=contract.document_sha256,
        capacity=contract.signed_capacity,
    )
    return ContractView.shown(contract, await document_shown(tx, contract, own.operator), caller.member_id)


@router.post(
    "/contracts/{contract_id}/successor",
    access=may(Permission.SIGN_CONTRACTS),
    status_code=201,
    responses=documented(ContractNotFound, NothingToSignAnew, SuccessorPending),
)
async def draft_successor(contract_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep) -> ContractView:
    """Ask for a contract to sign anew: in newer terms, or because staff did not verify who signed (CT-21, CT-03)."""
    contract, _ = await own_contract(tx, contract_id, caller.company)
    if await pending(tx, contract.company_id, contract.kind) is not None:
        raise SuccessorPending
    successor = await successor_of(tx, contract, tx.today)
    return ContractView.shown(successor, await document_shown(tx, successor, own.operator), caller.member_id)


async def _make_room(tx: Tx, contract: Contract) -> None:
    """One contract of a kind is in force: the one before gives way in the same instant."""
    before = await in_force(tx, contract.company_id, contract.kind, hold=True)
    if before is not None and before.id != contract.id:
        before.give_way()
        await tx.flush()
        audit(tx, "contract.superseded", before.id, successor=contract.id)
