"""Which text is signed on a day."""

from datetime import date

from sqlalchemy import exists, select

from chassis import Tx
from contracting.template.domain import ContractTemplate, TemplateNotFound
from contracts.contracting import ContractKind


async def template_in_force(tx: Tx, kind: ContractKind, on: date, *, hold: bool = False) -> ContractTemplate:
    """The text that is signed that day; `hold` lets no other be published before the end of the transaction."""
    query = select(ContractTemplate).where(ContractTemplate.kind == kind, ContractTemplate.effective_on <= on)
    newest = query.order_by(ContractTemplate.effective_on.desc()).limit(1)
    return (await tx.scalars(newest.with_for_update(read=True) if hold else newest)).one()


async def newest_template(tx: Tx, kind: ContractKind) -> ContractTemplate:
    """The text that was published last, in force already or not."""
    query = select(ContractTemplate).where(ContractTemplate.kind == kind)
    return (await tx.scalars(query.order_by(ContractTemplate.effective_on.desc()).limit(1))).one()


async def template_of(tx: Tx, kind: ContractKind, version: str) -> ContractTemplate:
    """One version. Raises TemplateNotFound."""
    query = select(ContractTemplate).where(ContractTemplate.kind == kind, ContractTemplate.version == version)
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise TemplateNotFound
    return found


async def is_published(tx: Tx, kind: ContractKind, version: str) -> bool:
    """Whether the version is taken."""
    taken = exists().where(ContractTemplate.kind == kind, ContractTemplate.version == version)
    return bool(await tx.scalar(select(taken)))
