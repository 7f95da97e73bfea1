from uuid import UUID

from billing.company_settings.domain import CompanySettings
from billing.issuing.sheet import Language
from chassis import Tx


async def settings_of(tx: Tx, company_id: UUID, *, hold: bool = False) -> CompanySettings:
    """What a company chose, or what holds without a choice; `hold` keeps it as it is until the transaction ends."""
    found = await tx.get(CompanySettings, company_id, with_for_update=hold, populate_existing=hold)
    return found or CompanySettings.unchosen(company_id)


async def language_of(tx: Tx, company_id: UUID) -> Language:
    """The language of the documents that the platform writes for the company."""
    return (await settings_of(tx, company_id)).language
