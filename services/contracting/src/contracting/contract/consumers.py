"""A company's creation leads to its contract."""

from sqlalchemy import exists, select

from chassis import Consumers, Tx, audit
from contracting.contract.domain import Contract
from contracts.company import CompanyRegistered

consumers = Consumers("contracting")


@consumers.on(CompanyRegistered)
async def open_contract_on_CompanyRegistered(event: CompanyRegistered, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Draft the framework contract of a provider, the principal contract of a client (CT-01)."""
    contract = Contract.draft(event)
    again = exists().where(Contract.company_id == contract.company_id, Contract.kind == contract.kind)
    if not await tx.scalar(select(again)):
        tx.add(contract)
        await tx.flush()
        audit(tx, "contract.drafted", contract.id, company=event.company_id, kind=contract.kind)
