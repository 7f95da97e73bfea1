"""Entering: what happens once, however somebody came to their account."""

from __future__ import annotations

from sqlalchemy import delete
from starlette.requests import Request

from chassis.audit import audit
from chassis.db import Tx
from identity.declaration.queries import declare_at_sign_up
from identity.member.address import Address
from identity.member.domain import Actor, Member
from identity.member.queries import member_at, tell_account_exists
from identity.responsible.domain import ResponsiblePerson
from identity.responsible.queries import forget_persons
from identity.social.domain import LinkedIdentity
from identity.terms.queries import documents_due, record_consent


async def open_account(
    tx: Tx, address: Address, *, first_name: str, last_name: str, password_hash: str | None, language: str
) -> Member | None:
    """A pending account of a locked address; of one that has an account, only its mailbox is told (ID-22, ID-28).

    An account that somebody else opened becomes its owner's.
    """
    member = await member_at(tx, address)
    if member is None:
        member = Member.sign_up(
            first_name=first_name,
            last_name=last_name,
            address=address,
            password_hash=password_hash,
            language=language,
            at=tx.now,
        )
        tx.add(member)
        await tx.flush()
    elif member.opened_by is not None:
        await tx.refresh(member, with_for_update=True)
        member.take_over(password_hash=password_hash, first_name=first_name, last_name=last_name, language=language)
    else:
        await tell_account_exists(tx, member)
        return None
    tx.actor = str(member.id)
    audit(tx, "member.signed_up", member.id)
    return member


async def record_entry(tx: Tx, member: Member, request: Request) -> None:
    """Keep the evidence of both acceptances and both declarations (ID-11, ID-12, ID-26, ID-27)."""
    for version in await documents_due(tx, member.id):
        await record_consent(tx, member.id, version, request)
    declare_at_sign_up(tx, member.id, request)


async def prove_address(tx: Tx, member: Member) -> None:
    """The mailbox is the member's: the account is active, and nobody need remember that it was asked to join."""
    member.activate(Actor.LINK_HOLDER, tx.now)
    audit(tx, "member.activated", member.id)
    await forget_persons(tx, ResponsiblePerson.email_key == member.email_key)


async def forget_unproven(tx: Tx, member: Member) -> None:
    """Drop the identities that somebody linked before the address was proven: the mailbox's owner starts afresh."""
    await tx.execute(delete(LinkedIdentity).where(LinkedIdentity.member_id == member.id))
