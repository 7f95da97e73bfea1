"""Security suspension: every session ends, and nobody logs in before another password is chosen (ID-32)."""

from __future__ import annotations

from chassis.audit import audit
from chassis.db import Tx
from identity.link.domain import LinkPurpose
from identity.link.queries import send_link, void_links
from identity.member.domain import Member
from identity.notification.domain import CREDENTIAL_CHANGE_REQUIRED
from identity.own import Own
from identity.session.queries import revoke_all


async def ask_for_new_password(tx: Tx, own: Own, member: Member) -> None:
    """Mail the link by which another password is chosen, the same that a forgotten one is replaced with."""
    await send_link(tx, member, own.links, LinkPurpose.PASSWORD_RESET, CREDENTIAL_CHANGE_REQUIRED)


async def secure(tx: Tx, own: Own, member: Member, reason: str) -> None:
    """Suspend the account until its password is changed, and mail the link for it.

    The member's row is locked, so that no log-in slips through.
    """
    member.must_change_password = True
    await revoke_all(tx, member.id, reason)
    await void_links(tx, member, LinkPurpose.EMAIL_CHANGE)  # a thief may have asked for it
    audit(tx, "member.credential_change_required", member.id, reason=reason)
    await ask_for_new_password(tx, own, member)
