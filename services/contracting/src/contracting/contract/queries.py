"""Contracts as their company, and the platform's staff, may see them."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true

from chassis import Tx
from chassis.auth import Caller
from contracting.contract.domain import Contract, ContractNotFound
from contracts.roles import Role, StaffScope


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
