"""What identity keeps of a member's account itself."""

from __future__ import annotations

from uuid import UUID

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records
from identity.member.domain import Member

UNREADABLE = frozenset({"password_hash", "email_key"})


async def _gather(tx: Tx, member_id: UUID) -> Records:
    member = await tx.get(Member, member_id)
    if member is None:
        return []
    shown = {attribute.key for attribute in member.__mapper__.column_attrs} - UNREADABLE
    return [{name: getattr(member, name) for name in sorted(shown)}]


DATA = [
    DataClass(
        name="account",
        purpose="Know who a member is, prove their address, write to them",
        basis=Basis.CONTRACT,
        kept="Until the account is erased; then an empty row keeps the id, so that documents stay whole",
        tables=(Member,),
        gather=_gather,
        # nothing is left to erase: `Member.erase` blanks the row in the act that the event tells of
    ),
]
