from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from billing.directory.accounts import CompanyAccount
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
