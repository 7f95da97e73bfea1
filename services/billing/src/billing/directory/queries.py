from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, select

from billing.directory.accounts import CompanyAccount
from billing.directory.supervision import Supervision
from chassis import Tx


async def account_in_force(tx: Tx, company_id: UUID, at: datetime) -> CompanyAccount | None:
    """Where the company was, or is, paid at that instant."""
    query = (
        select(CompanyAccount)
        .where(CompanyAccount.company_id == company_id, CompanyAccount.effective_at <= at)
        .order_by(CompanyAccount.effective_at.desc(), CompanyAccount.version.desc())
        .limit(1)
    )
    return (await tx.scalars(query)).one_or_none()


async def supervisors_of(tx: Tx, company_id: UUID, consultant_id: UUID) -> Sequence[UUID]:
    """The sales managers of a company who look after one of its consultants (CO-05)."""
    follows = any_(Supervision.consultants) == consultant_id
    query = select(Supervision.member_id).where(Supervision.company_id == company_id, follows)
    return (await tx.scalars(query)).all()
