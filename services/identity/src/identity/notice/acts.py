"""Giving a notice."""

from __future__ import annotations

from uuid import UUID

from chassis.audit import audit
from chassis.db import Tx
from identity.member.domain import Member
from identity.notice.domain import Notice
from identity.notification.domain import Notification


async def give_notice(tx: Tx, member: Member, *, breach: str, demand: str, by: UUID, mail: bool) -> Notice:
    """Date a notice, and mail it unless another mail says the same (ID-45, ID-46)."""
    notice = Notice.give(member.id, breach=breach, demand=demand, by=by, at=tx.now)
    tx.add(notice)
    await tx.flush()
    audit(tx, "notice.given", notice.id, member=member.id)
    if mail:
        context = {"breach": breach, "demand": demand}
        tx.add(Notification.to(member.id, "notice_given", subject_id=notice.id, at=tx.now, context=context))
    return notice
