from uuid import UUID

from sqlalchemy import select

from chassis import Tx
from company.bank.domain import BankDetails


async def current_account(tx: Tx, company_id: UUID) -> BankDetails | None:
    """The account that the company is paid on now."""
    query = select(BankDetails).where(BankDetails.company_id == company_id, BankDetails.current)
    return (await tx.scalars(query)).one_or_none()
