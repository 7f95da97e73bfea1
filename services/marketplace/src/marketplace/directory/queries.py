"""Questions to the local copies."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from chassis import Tx
from contracts.contracting import ContractKind
from marketplace.directory.domain import Affiliation, Company, Contract, check_may_find, check_may_publish


async def publishing_client(tx: Tx, company_id: UUID) -> Company:
    """The client, if it may publish. Raises CompanyNotValidated or PrincipalContractMissing."""
    return check_may_publish(await tx.get(Company, company_id), await _in_force(tx, company_id))


async def admitted_provider(tx: Tx, company_id: UUID) -> Company:
    """The provider, if the market is open to it. Raises MarketClosedToUnvalidated or FrameworkContractMissing."""
    return check_may_find(await tx.get(Company, company_id), await _in_force(tx, company_id))


async def affiliation_of(tx: Tx, company_id: UUID, member_id: UUID) -> Affiliation | None:
    """The member's latest affiliation to the company."""
    query = (
        select(Affiliation)
        .where(Affiliation.company_id == company_id, Affiliation.member_id == member_id)
        .order_by(Affiliation.granted_at.desc(), Affiliation.id.desc())
        .limit(1)
    )
    return (await tx.scalars(query)).one_or_none()


async def colleagues_among(tx: Tx, company_id: UUID, members: Collection[UUID]) -> set[UUID]:
    """Those of the members who belong to the company."""
    mine = (Affiliation.company_id == company_id, Affiliation.member_id.in_(members))
    return set(await tx.scalars(select(Affiliation.member_id).where(*mine)))


async def _in_force(tx: Tx, company_id: UUID) -> set[ContractKind]:
    kinds = await tx.scalars(select(Contract.kind).where(Contract.company_id == company_id))
    return {ContractKind(kind) for kind in kinds}


def is_affiliated(
    member_id: InstrumentedAttribute[UUID], company_id: InstrumentedAttribute[UUID]
) -> ColumnElement[bool]:
    """Whether the member of a row still acts for the company of that row."""
    theirs = (Affiliation.member_id == member_id, Affiliation.company_id == company_id)
    return select(Affiliation.id).where(*theirs).exists()
