"""The names of members as personal data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass
from marketplace.directory.affiliations import EndedAffiliation
from marketplace.directory.domain import Affiliation, MemberName

ERASED_NAME = "—"
_FOR_GOOD = 2**31 - 1
"""Newer than any event: no name that is still under way comes back."""


async def _gather(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    query = select(Affiliation).where(Affiliation.member_id == member_id).order_by(Affiliation.id)
    shown = ("company_id", "display_name", "role", "granted_at")
    return [{name: getattr(found, name) for name in shown} for found in await tx.scalars(query)]


async def _erase(tx: Tx, member_id: UUID) -> None:
    named = insert(MemberName).values(member_id=member_id, display_name=ERASED_NAME, version=_FOR_GOOD)
    anonymous = {"display_name": ERASED_NAME, "version": _FOR_GOOD}
    await tx.execute(named.on_conflict_do_update(index_elements=["member_id"], set_=anonymous))
    mine = update(Affiliation).where(Affiliation.member_id == member_id)
    await tx.execute(mine.values(display_name=ERASED_NAME))


DATA = [
    DataClass(
        "names of colleagues",
        purpose="showing a company whom it may name, and who named themselves",
        basis=Basis.CONTRACT,
        kept="as long as the account",
        tables=(Affiliation, MemberName, EndedAffiliation),
        gather=_gather,
        erase=_erase,
    )
]
