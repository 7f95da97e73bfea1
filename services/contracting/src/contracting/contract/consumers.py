"""A company's creation leads to its contract; new payment terms, or a signer whom staff refuse, to another one."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from chassis import Consumers, Tx, audit, emit
from chassis.clock import business_date
from chassis.sweeps import Sweep
from contracting.contract.domain import Contract, ContractStatus
from contracting.contract.queries import PENDING, successor_of
from contracting.directory.domain import CompanyValidation
from contracting.template.domain import ContractTemplate
from contracts.company import CompanyRegistered
from contracts.contracting import ContractKind
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.permissions import MATRIX, Permission
from contracts.roles import CLIENT_ROLES, PROVIDER_ROLES

consumers = Consumers("contracting")
_AT_ONCE = 200
_HEADS = {
    ContractKind.FRAMEWORK: sorted(MATRIX[Permission.MANAGE_COMPANY] & PROVIDER_ROLES),
    ContractKind.PRINCIPAL: sorted(MATRIX[Permission.MANAGE_COMPANY] & CLIENT_ROLES),
}


@consumers.on(CompanyRegistered)
async def open_contract_on_CompanyRegistered(event: CompanyRegistered, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Draft the framework contract of a provider, the principal contract of a client (CT-01)."""
    contract = Contract.draft(event)
    again = exists().where(Contract.company_id == contract.company_id, Contract.kind == contract.kind)
    if not await tx.scalar(select(again)):
        tx.add(contract)
        await tx.flush()
        audit(tx, "contract.drafted", contract.id, company=event.company_id, kind=contract.kind)


async def draft_successors(tx: Tx, as_of: datetime) -> bool:
    """Lead to a new contract whoever needs one, and tell them; the one in force stays so until then (CT-21, CT-03)."""
    signed_in, newer, pending = aliased(ContractTemplate), aliased(ContractTemplate), aliased(Contract)
    new_payment_terms = exists().where(
        signed_in.kind == Contract.kind,
        signed_in.version == Contract.terms_version,
        newer.kind == Contract.kind,
        newer.payment_terms_changed,
        newer.effective_on > signed_in.effective_on,
        newer.effective_on <= business_date(as_of),
    )
    named = func.jsonb_build_array(func.jsonb_build_object("member_id", cast(Contract.signed_by, Text)))
    signer_refused = exists().where(
        CompanyValidation.company_id == Contract.company_id,
        func.jsonb_array_length(CompanyValidation.verified_signatories) > 0,
        ~CompanyValidation.verified_signatories.contains(named),
    )
    waits = exists().where(
        and_(pending.company_id == Contract.company_id, pending.kind == Contract.kind, pending.status.in_(PENDING))
    )
    due = select(Contract).where(
        Contract.status == ContractStatus.SIGNED, ~waits, or_(new_payment_terms, signer_refused)
    )
    found = (await tx.scalars(due.order_by(Contract.id).limit(_AT_ONCE).with_for_update(skip_locked=True))).all()
    for contract in found:
        successor = await successor_of(tx, contract, business_date(as_of))
        emit(tx, _to_sign(successor.id, contract))
    return len(found) == _AT_ONCE


def _to_sign(successor_id: UUID, contract: Contract) -> NotificationRequested:
    return NotificationRequested(
        subject_id=successor_id,
        template="contract_to_sign",
        roles=[RoleInCompany(company_id=contract.company_id, roles=_HEADS[contract.kind])],
        context={"company_name": contract.company_name},
    )


SWEEPS = [Sweep("draft_successors", timedelta(hours=1), draft_successors)]
