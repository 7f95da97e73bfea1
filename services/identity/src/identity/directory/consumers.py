"""What other services tell us about our members."""

from uuid import UUID

from sqlalchemy import update

from chassis.consume import Consumers
from chassis.db import Tx, upsert_newer
from contracts.company import AffiliationGranted, CompanyDetailsChanged, CompanyRegistered, CompanyValidated
from contracts.contracting import BdcIssued
from identity.directory.affiliations import Affiliation
from identity.directory.companies import CompanyName
from identity.directory.missions import RunningOrder
from identity.member.domain import Member

consumers = Consumers("identity")


@consumers.on(AffiliationGranted)
async def record_affiliation_on_AffiliationGranted(event: AffiliationGranted, tx: Tx) -> None:  # noqa: N802
    """Keep it for the claims of the member's next access token."""
    kept = event.model_dump(exclude={"display_name"})
    await upsert_newer(tx, Affiliation, kept)
    await tx.execute(update(Member).where(Member.id == event.member_id).values(acted_for_company=True))


@consumers.on(CompanyRegistered)
async def name_company_on_CompanyRegistered(event: CompanyRegistered, tx: Tx) -> None:  # noqa: N802
    """Keep the name for mails that speak of the company."""
    await _name(tx, event.company_id, event.name, event.version)


@consumers.on(CompanyValidated)
async def name_company_on_CompanyValidated(event: CompanyValidated, tx: Tx) -> None:  # noqa: N802
    """Keep the name that staff checked."""
    await _name(tx, event.company_id, event.legal.name, event.version)


@consumers.on(CompanyDetailsChanged)
async def rename_company_on_CompanyDetailsChanged(event: CompanyDetailsChanged, tx: Tx) -> None:  # noqa: N802
    """Follow a change of name."""
    await _name(tx, event.company_id, event.legal.name, event.version)


async def _name(tx: Tx, company_id: UUID, name: str, version: int) -> None:
    await upsert_newer(tx, CompanyName, {"company_id": company_id, "name": name, "version": version})


@consumers.on(BdcIssued)
async def record_mission_on_BdcIssued(event: BdcIssued, tx: Tx) -> None:  # noqa: N802
    """Keep whom the order holds to the platform until its last day (ID-42)."""
    shared = set(RunningOrder.__table__.columns.keys()) - {"ends_on"}
    await upsert_newer(tx, RunningOrder, event.model_dump(include=shared) | {"ends_on": event.period.end})
