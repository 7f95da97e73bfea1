"""What terms and consents keep about a member."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from chassis.clock import instant_of
from chassis.db import Tx
from chassis.personal_data import CONTRACT_YEARS, Basis, DataClass, years_before
from identity.member.domain import Member
from identity.terms.domain import Consent, SharingConsent
from identity.terms.queries import acceptances, agreements


async def _acceptances(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "document": kept.document,
            "version": kept.document_version,
            "accepted_at": kept.accepted_at,
            "network_address": kept.ip,
        }
        for kept in await acceptances(tx, member_id)
    ]


async def _agreements(tx: Tx, member_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "purpose": kept.purpose,
            "version": kept.text_version,
            "given_at": kept.given_at,
            "withdrawn_at": kept.withdrawn_at,
            "network_address": kept.ip,
        }
        for kept in await agreements(tx, member_id)
    ]


async def _end_agreements(tx: Tx, member_id: UUID) -> None:
    mine = SharingConsent.member_id == member_id
    await tx.execute(
        update(SharingConsent).where(mine, SharingConsent.withdrawn_at.is_(None)).values(withdrawn_at=tx.now)
    )
    await tx.execute(update(SharingConsent).where(mine).values(ip=None))


async def _drop_addresses(tx: Tx, member_id: UUID) -> None:
    await tx.execute(update(Consent).where(Consent.member_id == member_id).values(ip=None))


async def _forget_evidence(tx: Tx, as_of: datetime) -> None:
    """Drop the acceptances of accounts that were erased five years ago."""
    long_ago = instant_of(years_before(as_of, CONTRACT_YEARS))
    erased = select(Member.id).where(Member.erased_at < long_ago)
    await tx.execute(delete(Consent).where(Consent.member_id.in_(erased)))


async def _forget_agreements(tx: Tx, as_of: datetime) -> None:
    """Drop what was withdrawn five years ago."""
    long_ago = instant_of(years_before(as_of, CONTRACT_YEARS))
    await tx.execute(delete(SharingConsent).where(SharingConsent.withdrawn_at < long_ago))


DATA = [
    DataClass(
        "acceptances",
        purpose="Prove which terms and privacy policy a member agreed to, when and from where",
        basis=Basis.CONTRACT,
        kept=f"{CONTRACT_YEARS} years after the account; the network address as long as the account",
        tables=(Consent,),
        gather=_acceptances,
        erase=_drop_addresses,
        forget=_forget_evidence,
    ),
    DataClass(
        "sharing consents",
        purpose="Share data beyond what the contract needs only while the member agrees, and prove it",
        basis=Basis.CONSENT,
        kept=f"{CONTRACT_YEARS} years after the withdrawal; the network address as long as the account",
        tables=(SharingConsent,),
        gather=_agreements,
        erase=_end_agreements,
        forget=_forget_agreements,
    ),
]
