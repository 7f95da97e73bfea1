"""Whether a member has a second factor, and whether a code proves it."""

from __future__ import annotations

from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import delete, select

from chassis.audit import audit
from chassis.db import Tx
from identity.factor.domain import RecoveryCode, TotpFactor, normal, recovery_digest
from identity.own import Own


async def factor_in_force(tx: Tx, member_id: UUID) -> TotpFactor | None:
    """The member's confirmed factor, locked until the commit; None when log-ins need none."""
    mine = select(TotpFactor).where(TotpFactor.member_id == member_id, TotpFactor.confirmed_at.is_not(None))
    return (await tx.scalars(mine.with_for_update())).one_or_none()


async def proves(tx: Tx, own: Own, factor: TotpFactor, code: SecretStr) -> bool:
    """Whether the one-time or recovery code is right; it never is a second time."""
    given = normal(code)
    if factor.accept(given, own.box, tx.now):
        return True
    used = delete(RecoveryCode).where(
        RecoveryCode.member_id == factor.member_id, RecoveryCode.code_sha256 == recovery_digest(given)
    )
    if (await tx.scalars(used.returning(RecoveryCode.member_id))).first() is None:
        return False
    audit(tx, "second_factor.recovery_code_used", factor.member_id)
    return True
