"""What a member's sanctions close, for whoever must know."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from chassis.db import Tx
from identity.sanction.domain import SHUTS_OUT, Sanction, SanctionStatus, SanctionType
from identity.standing.domain import Standing


async def blocked_services(tx: Tx, member_id: UUID) -> frozenset[str]:
    """The services that are closed to the member, for the claims of their tokens (ID-49)."""
    found = await _in_force(tx, member_id, {SanctionType.BLOCK_SERVICE})
    return frozenset(service for sanction in found for service in sanction.services)


async def hidden_sections(tx: Tx, member_id: UUID) -> frozenset[str]:
    """The sections of the member's profile that nobody else is shown (ID-49)."""
    found = await _in_force(tx, member_id, {SanctionType.HIDE_PROFILE})
    return frozenset(section for sanction in found for section in sanction.sections)


async def standing_by_sanctions(tx: Tx, member_id: UUID) -> Standing:
    """The standing of an account that nothing but sanctions keeps from being active."""
    return Standing.SUSPENDED if await _in_force(tx, member_id, SHUTS_OUT) else Standing.ACTIVE


async def is_terminated(tx: Tx, member_id: UUID) -> bool:
    """Whether a termination keeps the account closed, whatever else closed it."""
    return bool(await _in_force(tx, member_id, {SanctionType.TERMINATE}))


async def _in_force(tx: Tx, member_id: UUID, types: Iterable[SanctionType]) -> list[Sanction]:
    query = select(Sanction).where(
        Sanction.member_id == member_id, Sanction.type.in_(types), Sanction.status == SanctionStatus.IN_FORCE
    )
    return list(await tx.scalars(query))
