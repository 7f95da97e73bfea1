"""Declarations as personal data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass
from identity.declaration.domain import Declaration


async def _gather(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    query = select(Declaration).where(Declaration.member_id == member_id).order_by(Declaration.id)
    return [
        {
            "kind": made.kind,
            "text_version": made.text_version,
            "declared_at": made.declared_at,
            "network_address": str(made.ip) if made.ip else None,
            "third_party": made.third_party,
            "capacity": made.capacity,
        }
        for made in await tx.scalars(query)
    ]


async def _erase(tx: Tx, member_id: UUID) -> None:
    """That it was declared stays as evidence; from where and for whom does not."""
    anonymised = update(Declaration).where(Declaration.member_id == member_id)
    await tx.execute(anonymised.values(ip=None, third_party=None))


DATA = [
    DataClass(
        "declarations",
        purpose="evidence that the member may enter into the contract, and for whom",
        basis=Basis.CONTRACT,
        kept="as long as the account; then without network address and without the third party's name",
        tables=(Declaration,),
        gather=_gather,
        erase=_erase,
    )
]
