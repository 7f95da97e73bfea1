"""Keep the local copies current; an older version never replaces a newer one."""

from chassis import Consumers, Tx, upsert_newer
from contracts.company import AffiliationGranted, CompanyValidated
from contracts.contracting import ContractSigned
from marketplace.directory.domain import Affiliation, Company, Contract

consumers = Consumers("marketplace")


@consumers.on(CompanyValidated)
async def record_company_on_CompanyValidated(event: CompanyValidated, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Open publication, or the market, to a validated company (MK-17, MK-20)."""
    await upsert_newer(tx, Company, Company.values_of(event))


@consumers.on(AffiliationGranted)
async def record_affiliation_on_AffiliationGranted(event: AffiliationGranted, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Know whom a company may name as operational manager or consultant."""
    await upsert_newer(tx, Affiliation, Affiliation.values_of(event))


@consumers.on(ContractSigned)
async def record_contract_on_ContractSigned(event: ContractSigned, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Open publication, or the market, to a company under contract (MK-17, MK-19)."""
    await upsert_newer(tx, Contract, Contract.values_of(event))
