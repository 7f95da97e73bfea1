"""Contracts as their company, and the platform's staff, may see them; and what follows from those in force."""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true

from chassis import Tx, audit, get_locked
from chassis.auth import Caller
from contracting.contract.domain import Contract, ContractStatus
from contracting.contract.refusals import ContractNotFound
from contracting.directory.domain import CompanyDetails, CompanyValidation
from contracting.directory.queries import known
from contracting.template.queries import template_in_force
from contracts.contracting import ContractKind, Offer
from contracts.roles import Role, SignatoryCapacity, StaffScope

PENDING = (ContractStatus.TO_SIGN, ContractStatus.OPENED)


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """The company's own contract, unless one only works on its missions; every contract for staff."""
    if StaffScope.CONTRACTS in caller.scopes:
        return true()
    if caller.company_id is None or caller.role is Role.CONSULTANT:
        return false()
    return Contract.company_id == caller.company_id


async def contract_seen_by(tx: Tx, caller: Caller, contract_id: UUID) -> Contract:
    """Load a contract that the caller may see. Raises ContractNotFound."""
    query = select(Contract).where(Contract.id == contract_id, visible_to(caller))
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise ContractNotFound
    return found


async def own_contract(
    tx: Tx, contract_id: UUID, company_id: UUID
) -> tuple[Contract, dict[UUID, SignatoryCapacity] | None]:
    """The company's own contract, locked, and who may sign according to staff once they checked."""
    mine = Contract.company_id == company_id
    contract = await get_locked(tx, Contract, contract_id, ContractNotFound(), mine)
    return contract, await _verified(tx, company_id)


async def in_force(tx: Tx, company_id: UUID, kind: ContractKind, *, hold: bool = False) -> Contract | None:
    """The contract that is in force; `hold` keeps it so until the end of the transaction."""
    query = select(Contract).where(
        Contract.company_id == company_id, Contract.kind == kind, Contract.status == ContractStatus.SIGNED
    )
    return (await tx.scalars(query.with_for_update(read=True) if hold else query)).one_or_none()


async def pending(tx: Tx, company_id: UUID, kind: ContractKind) -> Contract | None:
    """The contract that waits for its signature."""
    query = select(Contract).where(
        Contract.company_id == company_id, Contract.kind == kind, Contract.status.in_(PENDING)
    )
    return (await tx.scalars(query)).one_or_none()


async def offers_of(tx: Tx, provider_id: UUID) -> frozenset[Offer]:
    """The offers that the provider's framework contract opens to its missions; none before it is in force (CT-04)."""
    contract = await in_force(tx, provider_id, ContractKind.FRAMEWORK)
    return frozenset(Offer(one) for one in contract.offers or ()) if contract else frozenset()


async def successor_of(tx: Tx, contract: Contract, today: date) -> Contract:
    """Draft what is to be signed anew, under the company's newest name. Raises NothingToSignAnew."""
    template = await template_in_force(tx, contract.kind, today)
    details = await known(tx, CompanyDetails, contract.company_id)
    name, country = (details.name, details.country) if details else (contract.company_name, contract.country)
    successor = contract.successor(template.version, await _verified(tx, contract.company_id), name, country)
    tx.add(successor)
    await tx.flush()
    audit(tx, "contract.drafted", successor.id, company=contract.company_id, kind=contract.kind, replaces=contract.id)
    return successor


async def _verified(tx: Tx, company_id: UUID) -> dict[UUID, SignatoryCapacity] | None:
    validation = await known(tx, CompanyValidation, company_id)
    return validation.capacities if validation else None
