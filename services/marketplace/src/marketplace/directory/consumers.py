"""Keep the local copies current; an older version never replaces a newer one."""

from uuid import UUID

from sqlalchemy import select, text, update

from chassis import Consumers, Tx, upsert_newer
from chassis.errors import NotReady
from contracts.company import (
    AffiliationChanged,
    AffiliationEnded,
    AffiliationGranted,
    CompanyDetailsChanged,
    CompanyValidated,
    EntityChanged,
    SupplierDereferenced,
    SupplierReferenced,
)
from contracts.contracting import ContractSigned
from contracts.identity import MemberRenamed
from marketplace.directory.affiliations import end_affiliation, hold_affiliation
from marketplace.directory.domain import Affiliation, Company, Contract, MemberName
from marketplace.directory.entities import ClientEntity
from marketplace.directory.references import Reference

consumers = Consumers("marketplace")


@consumers.on(CompanyValidated)
async def record_company_on_CompanyValidated(event: CompanyValidated, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Open publication, or the market, to a validated company (MK-17, MK-20)."""
    await upsert_newer(tx, Company, Company.values_of(event))


@consumers.on(CompanyDetailsChanged)
async def update_company_on_CompanyDetailsChanged(event: CompanyDetailsChanged, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Show a company by its new name; its validation has to be here first."""
    company = (await tx.scalars(select(Company).where(Company.id == event.company_id).with_for_update())).one_or_none()
    if company is None:
        raise NotReady
    if event.version > company.version:
        company.name, company.version = event.legal.name, event.version


@consumers.on(AffiliationGranted)
async def record_affiliation_on_AffiliationGranted(event: AffiliationGranted, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Know whom a company may name as operational manager or consultant."""
    if await hold_affiliation(tx, event.affiliation_id):
        await upsert_newer(tx, Affiliation, Affiliation.values_of(event))
    await _show_newest_name(tx, event.member_id)


@consumers.on(AffiliationChanged)
async def update_affiliation_on_AffiliationChanged(event: AffiliationChanged, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Know a colleague's new role; the affiliation has to be here first, unless it is over (ID-09)."""
    if not await hold_affiliation(tx, event.affiliation_id):
        return
    known = await tx.get(Affiliation, event.affiliation_id)
    if known is None:
        raise NotReady
    if event.version > known.version:
        known.role, known.version = event.role, event.version


@consumers.on(AffiliationEnded)
async def end_affiliation_on_AffiliationEnded(event: AffiliationEnded, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Let nobody name who left as operational manager or consultant (ID-38, CO-23)."""
    await end_affiliation(tx, event)


@consumers.on(SupplierReferenced)
async def record_reference_on_SupplierReferenced(event: SupplierReferenced, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Know which clients reference which provider (CO-26)."""
    await upsert_newer(tx, Reference, Reference.values_of(event))


@consumers.on(SupplierDereferenced)
async def remove_reference_on_SupplierDereferenced(event: SupplierDereferenced, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Forget that a client references a provider (CO-26)."""
    await upsert_newer(tx, Reference, Reference.values_of(event))


@consumers.on(EntityChanged)
async def record_entity_on_EntityChanged(event: EntityChanged, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Know the parts of a client that requests and budgets are for."""
    await upsert_newer(tx, ClientEntity, ClientEntity.values_of(event))


@consumers.on(MemberRenamed)
async def rename_member_on_MemberRenamed(event: MemberRenamed, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Show a member's new name from now on; proposals made before keep the old one (ID-21)."""
    await upsert_newer(tx, MemberName, event.model_dump(include={"member_id", "display_name", "version"}))
    await _show_newest_name(tx, event.member_id)


async def _show_newest_name(tx: Tx, member_id: UUID) -> None:
    """Show the name that the member took last, whichever of the affiliation and the name arrived first."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"name|{member_id}"})
    named = await tx.get(MemberName, member_id, populate_existing=True)
    if named is not None:
        mine = update(Affiliation).where(Affiliation.member_id == member_id)
        await tx.execute(mine.values(display_name=named.display_name))


@consumers.on(ContractSigned)
async def record_contract_on_ContractSigned(event: ContractSigned, tx: Tx) -> None:  # noqa: N802 - named as its queue
    """Open publication, or the market, to a company under contract (MK-17, MK-19)."""
    await upsert_newer(tx, Contract, Contract.values_of(event))
