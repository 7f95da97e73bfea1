"""The version in force, and the evidence of who agreed to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from starlette.requests import Request

from chassis.audit import audit
from chassis.db import Tx
from identity.member.domain import Member
from identity.network import client_address
from identity.terms.domain import (
    SHARING,
    Consent,
    SharingConsent,
    SharingPurpose,
    TermsDocument,
    TermsNotFound,
    TermsVersion,
)


async def in_force(tx: Tx, document: TermsDocument) -> TermsVersion:
    """The version that binds on this day: the latest to take effect, of two on one day the later published.

    Raises:
        TermsNotFound: none has taken effect.

    """
    query = (
        select(TermsVersion)
        .where(TermsVersion.document == document, TermsVersion.effective_on <= tx.today)
        .order_by(TermsVersion.effective_on.desc(), TermsVersion.published_at.desc())
        .limit(1)
    )
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise TermsNotFound
    return found


async def record_consents(tx: Tx, member: Member, request: Request) -> None:
    """Keep the evidence that somebody accepted both documents: version, time, network address (ID-11, ID-12)."""
    for document in TermsDocument:
        await record_consent(tx, member.id, await in_force(tx, document), request)


async def record_consent(tx: Tx, member_id: UUID, accepted: TermsVersion, request: Request) -> None:
    """Keep the evidence of one acceptance."""
    tx.add(
        Consent(
            member_id=member_id,
            document=accepted.document,
            document_version=accepted.version,
            document_date=accepted.effective_on,
            accepted_at=tx.now,
            ip=_from_where(request),
        )
    )
    audit(tx, "consent.given", member_id, document=accepted.document, version=accepted.version)


async def acceptances(tx: Tx, member_id: UUID) -> Sequence[Consent]:
    """What a member has accepted, oldest first."""
    query = select(Consent).where(Consent.member_id == member_id).order_by(Consent.accepted_at, Consent.id)
    return (await tx.scalars(query)).all()


async def contract_started_at(tx: Tx, member_id: UUID) -> datetime | None:
    """When the member's contract began, for an indefinite time: the first acceptance of the terms (PL-21)."""
    accepted = (Consent.member_id == member_id, Consent.document == TermsDocument.TERMS)
    return await tx.scalar(select(func.min(Consent.accepted_at)).where(*accepted))


async def documents_due(tx: Tx, member_id: UUID) -> list[TermsVersion]:
    """The versions in force that the member has not accepted yet."""
    accepted = {(kept.document, kept.document_version) for kept in await acceptances(tx, member_id)}
    current = [await in_force(tx, document) for document in TermsDocument]
    return [version for version in current if (version.document, version.version) not in accepted]


async def agreements(tx: Tx, member_id: UUID) -> Sequence[SharingConsent]:
    """What a member ever agreed to share, oldest first, with each withdrawal (PL-07)."""
    query = select(SharingConsent).where(SharingConsent.member_id == member_id)
    return (await tx.scalars(query.order_by(SharingConsent.given_at, SharingConsent.id))).all()


async def agrees(tx: Tx, member_id: UUID, purpose: SharingPurpose) -> bool:
    """Whether the member lets data be shared for this (PL-07)."""
    agreed = await _agreement(tx, member_id, purpose)
    return agreed is not None and agreed.in_force


async def agree(tx: Tx, member_id: UUID, purpose: SharingPurpose, request: Request) -> None:
    """Note that the member agrees to share; nothing changes for who did already."""
    former = await _agreement(tx, member_id, purpose)
    if former is not None:
        if former.in_force:
            return
        former.withdrawn_at = tx.now
        await tx.flush()
    version = SHARING[purpose].version
    tx.add(
        SharingConsent(
            member_id=member_id, purpose=purpose, text_version=version, given_at=tx.now, ip=_from_where(request)
        )
    )
    await tx.flush()
    audit(tx, "sharing.agreed", member_id, purpose=purpose, version=version)


async def withdraw(tx: Tx, member_id: UUID, purpose: SharingPurpose) -> None:
    """Note that the member agrees no more; nothing changes for who did not."""
    former = await _agreement(tx, member_id, purpose)
    if former is not None:
        former.withdrawn_at = tx.now
        audit(tx, "sharing.withdrawn", member_id, purpose=purpose, version=former.text_version)


async def _agreement(tx: Tx, member_id: UUID, purpose: SharingPurpose) -> SharingConsent | None:
    query = select(SharingConsent).where(
        SharingConsent.member_id == member_id,
        SharingConsent.purpose == purpose,
        SharingConsent.withdrawn_at.is_(None),
    )
    return (await tx.scalars(query.with_for_update())).one_or_none()


def _from_where(request: Request) -> str | None:
    address = client_address(request)
    return str(address) if address else None
