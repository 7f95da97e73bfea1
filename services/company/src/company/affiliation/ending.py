"""How a member stops acting for a company: by leaving, being removed, joining another, or being gone (ID-38, CO-23)."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update

from chassis import Tx, audit, emit, get_locked
from chassis.errors import require
from company.affiliation.domain import Affiliation, AlreadyAffiliated
from company.affiliation.joining import JoinRequest, JoinStatus
from company.affiliation.queries import affiliation_of, heads_of, lock_companies
from company.company.domain import Company
from company.directory.domain import KnownMember, ProfileNotKnownYet
from company.entity.domain import Entity
from company.notices import tell_heads
from company.supervision.domain import Supervision


class Why(StrEnum):
    """Why an affiliation ends, for the audit trail."""

    LEFT = "left"
    REMOVED = "removed"
    JOINED_ANOTHER = "joined_another"
    ERASED = "erased"


async def end_affiliation(tx: Tx, affiliation: Affiliation, why: Why) -> None:
    """End it here and for every other service; the company must be locked."""
    supervision = await tx.get(Supervision, affiliation.id)
    if supervision is not None:
        emit(tx, supervision.end(affiliation, tx.now))
    emit(tx, affiliation.end(tx.now))
    for duty in (Entity.responsible_id, Entity.substitute_id):
        held = update(Entity).where(Entity.company_id == affiliation.company_id, duty == affiliation.member_id)
        await tx.execute(held.values({duty: None, Entity.version: Entity.version + 1}))
    details = {"member": affiliation.member_id, "company": affiliation.company_id, "why": why}
    audit(tx, "affiliation.ended", affiliation.id, **details)
    await tx.delete(affiliation)
    await tx.flush()


async def hold_member(tx: Tx, member_id: UUID, company_id: UUID) -> dict[UUID, Company]:
    """Lock a member, then the company that they act for and the one that they come to, so that they come once."""
    await get_locked(tx, KnownMember, member_id, ProfileNotKnownYet())
    present = await affiliation_of(tx, member_id)
    return await lock_companies(tx, {company_id} | ({present.company_id} if present else set()))


async def leave_former(tx: Tx, member_id: UUID, company_id: UUID) -> None:
    """End what the member has elsewhere, for they come to this company; all of them are locked (`hold_member`).

    Raises:
        AlreadyAffiliated: they act for this very company.
        LastHead: their present company would have nobody to run it.

    """
    present = await affiliation_of(tx, member_id)
    if present is None:
        return
    require(present.company_id != company_id, AlreadyAffiliated())
    present.leave_a_head(await heads_of(tx, present.company_id))
    former = await tx.get_one(Company, present.company_id)
    await end_affiliation(tx, present, Why.JOINED_ANOTHER)
    tell_heads(tx, former, "left_company", member_name=present.display_name)


async def withdraw_others(tx: Tx, member_id: UUID) -> None:
    """Take back what else the member asked for: they act for one company at a time."""
    await tx.flush()
    waiting = select(JoinRequest).where(JoinRequest.member_id == member_id, JoinRequest.status == JoinStatus.PENDING)
    for request in await tx.scalars(waiting.order_by(JoinRequest.id).with_for_update()):
        request.withdraw(tx.now)
        audit(tx, "join.withdrawn", request.id, company=request.company_id)
