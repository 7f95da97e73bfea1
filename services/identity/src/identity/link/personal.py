"""What identity keeps of mailed links."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records
from identity.link.domain import Link


async def _gather(tx: Tx, member_id: UUID) -> Records:
    rows = await tx.scalars(select(Link).where(Link.member_id == member_id).order_by(Link.id))
    return [{name: getattr(row, name) for name in ("purpose", "issued_at", "expires_at", "used_at")} for row in rows]


async def _erase(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(Link).where(Link.member_id == member_id))


DATA = [
    DataClass(
        name="mailed links",
        purpose="Prove that a mailbox is the member's",
        basis=Basis.CONTRACT,
        kept="Until the account is erased, as digests, with the messages that they went out with",
        tables=(Link,),
        gather=_gather,
        erase=_erase,
    ),
]
