"""The second factor as personal data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete

from chassis.db import Tx
from chassis.personal_data import Basis, DataClass
from identity.factor.domain import RecoveryCode, TotpFactor


async def _gather(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    """When it was turned on; the secret and the codes stay what they are."""
    factor = await tx.get(TotpFactor, member_id)
    return [{"created_at": factor.created_at, "confirmed_at": factor.confirmed_at}] if factor else []


async def _erase(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(RecoveryCode).where(RecoveryCode.member_id == member_id))
    await tx.execute(delete(TotpFactor).where(TotpFactor.member_id == member_id))


DATA = [
    DataClass(
        "second factor",
        purpose="letting nobody in with a stolen password alone",
        basis=Basis.CONTRACT,
        kept="until it is turned off",
        tables=(TotpFactor, RecoveryCode),
        gather=_gather,
        erase=_erase,
    )
]
