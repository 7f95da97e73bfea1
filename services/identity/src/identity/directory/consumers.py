"""What other services tell us about our members."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from chassis.consume import Consumers
from chassis.db import Tx, upsert_newer
from chassis.errors import NotReady
from contracts.company import (
    AffiliationChanged,
    AffiliationEnded,
    AffiliationGranted,
    CompanyDetailsChanged,
    CompanyRegistered,
    CompanyValidated,
)
from contracts.contracting import BdcIssued, MissionRescheduled
from contracts.marketplace import ProposalSubmitted
from identity.directory.affiliations import Affiliation, end_affiliation, hold_affiliation
from identity.directory.companies import CompanyName
from identity.directory.missions import RunningOrder
from identity.directory.proposals import KnownProposal
from identity.member.domain import Member
from identity.session.queries import void_tokens

consumers = Consumers("identity")


@consumers.on(AffiliationGranted)
async def record_affiliation_on_AffiliationGranted(event: AffiliationGranted, tx: Tx) -> None:  # noqa: N802
    """Keep it for the claims of the member's next access token."""
    if await hold_affiliation(tx, event.affiliation_id):
        await upsert_newer(tx, Affiliation, event.model_dump(exclude={"display_name"}))
    await tx.execute(update(Member).where(Member.id == event.member_id).values(acted_for_company=True))


@consumers.on(AffiliationChanged)
async def update_affiliation_on_AffiliationChanged(event: AffiliationChanged, tx: Tx) -> None:  # noqa: N802
    """Void the tokens that name the former role; the next refresh brings the new one, at once (ID-09)."""
    if not await hold_affiliation(tx, event.affiliation_id):
        return
    known = await tx.get(Affiliation, event.affiliation_id)
    changed = event.model_dump(exclude={"changed_at"})
    changed["granted_at"] = known.granted_at if known else event.changed_at
    if await upsert_newer(tx, Affiliation, changed):
        await _void_tokens(tx, event.member_id)


@consumers.on(AffiliationEnded)
async def end_affiliation_on_AffiliationEnded(event: AffiliationEnded, tx: Tx) -> None:  # noqa: N802
    """Void the tokens that name the company; sessions stay, and their next tokens name none (ID-38, CO-23)."""
    await end_affiliation(tx, event)
    await _void_tokens(tx, event.member_id)


async def _void_tokens(tx: Tx, member_id: UUID) -> None:
    """Those too that a request is issuing by what was so before: a log-in waits for the member's row."""
    await tx.get(Member, member_id, with_for_update=True)
    await void_tokens(tx, member_id)


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


@consumers.on(MissionRescheduled)
async def reschedule_mission_on_MissionRescheduled(event: MissionRescheduled, tx: Tx) -> None:  # noqa: N802
    """An order that ends earlier holds its people to the platform no longer than that (ID-42, CT-28)."""
    order = await tx.get(RunningOrder, event.bdc_id, with_for_update=True)
    if order is None:
        raise NotReady("the order is not known yet")
    if event.version > order.version:
        order.ends_on, order.version = event.ends_on, event.version


@consumers.on(ProposalSubmitted)
async def record_proposal_on_ProposalSubmitted(event: ProposalSubmitted, tx: Tx) -> None:  # noqa: N802
    """Open the consultant's profile to the client that received it (MK-13); a candidate has none."""
    if event.consultant_id is not None:
        known = insert(KnownProposal).values(
            client_company_id=event.client_company_id,
            consultant_id=event.consultant_id,
            first_sent_at=event.submitted_at,
        )
        await tx.execute(known.on_conflict_do_nothing())
