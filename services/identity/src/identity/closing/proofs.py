"""Proofs of death: the files go with the account that they closed, their digests stay."""

from __future__ import annotations

from sqlalchemy import select

from chassis.audit import audit
from chassis.platform import Platform
from identity.closing.domain import OPEN, Closure


async def drop_next(platform: Platform) -> bool:
    """Delete one proof whose closure has ended; say whether there was one."""
    async with platform.database.transaction() as tx:
        tx.actor = "identity.proofs"
        query = select(Closure).where(Closure.proof_key.is_not(None), Closure.status.not_in(OPEN))
        closure = (await tx.scalars(query.limit(1).with_for_update(skip_locked=True))).one_or_none()
        if closure is None or closure.proof_key is None:
            return False
        await platform.files.remove(closure.proof_key)
        closure.proof_key = closure.proof_name = None
        audit(tx, "death_proof.dropped", closure.id, sha256=closure.proof_sha256)
    return True
