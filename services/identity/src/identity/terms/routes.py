"""Terms and privacy policy: read by anybody, published by staff, accepted by members."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import Field
from sqlalchemy import select
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER, PUBLIC, staff
from chassis.db import Tx, get_locked
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.problems import documented
from contracts.roles import StaffScope
from identity.member.domain import Member, MemberNotFound
from identity.own import Own, OwnDep
from identity.terms.domain import (
    SHARING,
    NotTheCurrentTerms,
    SharingPurpose,
    TermsDocument,
    TermsInThePast,
    TermsNotFound,
    TermsVersion,
    TermsVersionTaken,
)
from identity.terms.queries import (
    acceptances,
    agree,
    agreements,
    contract_started_at,
    documents_due,
    in_force,
    record_consent,
    withdraw,
)

router = Router("terms")

_VERSION = r"^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$"
VersionName = Annotated[str, Field(pattern=_VERSION, max_length=40, examples=["2027-01-01"])]
VersionPath = Annotated[str, Path(pattern=_VERSION, max_length=40)]
LegalText = Annotated[str, Field(min_length=100, max_length=200_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")]


class NewVersion(Body):
    """A version to publish; `{operator_name}` and `{operator_address}` stand for the operator of the platform."""

    document: TermsDocument
    version: VersionName
    effective_on: date
    text_fr: LegalText
    text_en: LegalText


class VersionView(View):
    """Which version, and from when it binds."""

    document: TermsDocument
    version: str
    effective_on: date


class TextView(VersionView):
    """A version with its texts in Markdown, each with its date at the start; the French one prevails."""

    text_fr: str
    text_en: str


class Acceptance(Body):
    """The version that the member has read."""

    document: TermsDocument
    version: VersionName


class AcceptanceView(View):
    """An acceptance, as evidence shows it."""

    document: TermsDocument
    document_version: str
    document_date: date
    accepted_at: datetime


class SharingView(View):
    """A purpose beyond the contract, and whether the member agrees to it now."""

    purpose: SharingPurpose
    version: str
    text_fr: str
    text_en: str
    agreed: bool


class SharingEntry(View):
    """A line of the log: an agreement, and its withdrawal."""

    purpose: SharingPurpose
    text_version: str
    given_at: datetime
    withdrawn_at: datetime | None


class ConsentsView(View):
    """What was accepted, what is due, what may be shared."""

    contract_started_at: datetime | None
    due: list[VersionView]
    accepted: list[AcceptanceView]
    sharing: list[SharingView]
    sharing_log: list[SharingEntry]


class SharingChoice(Body):
    """Agree, or withdraw."""

    agreed: bool


@router.get("/terms", access=PUBLIC, responses=documented(TermsNotFound))
async def list_current_terms(tx: TxDep) -> list[VersionView]:
    """Return the version in force of each document, with its date (PL-02)."""
    return [VersionView.model_validate(await in_force(tx, document)) for document in TermsDocument]


@router.get("/terms/{document}", access=PUBLIC, responses=documented(TermsNotFound))
async def read_current_terms(document: TermsDocument, tx: TxDep, own: OwnDep) -> TextView:
    """Return the text in force (PL-02)."""
    return _text(await in_force(tx, document), own)


@router.get("/terms/{document}/versions", access=PUBLIC)
async def list_versions(document: TermsDocument, tx: TxDep) -> list[VersionView]:
    """Every version ever published, the latest first, those to come among them."""
    query = select(TermsVersion).where(TermsVersion.document == document)
    ordered = query.order_by(TermsVersion.effective_on.desc(), TermsVersion.published_at.desc())
    return [VersionView.model_validate(version) for version in await tx.scalars(ordered)]


@router.get("/terms/{document}/versions/{version}", access=PUBLIC, responses=documented(TermsNotFound))
async def read_version(document: TermsDocument, version: VersionPath, tx: TxDep, own: OwnDep) -> TextView:
    """Return the text of one version."""
    found = await tx.get(TermsVersion, (document, version))
    if found is None:
        raise TermsNotFound
    return _text(found, own)


def _text(version: TermsVersion, own: Own) -> TextView:
    """With its date at the start (PL-02) and the operator's name and address as they are set (C5)."""

    def written(text: str, heading: str) -> str:
        names = {"{operator_name}": own.settings.operator_name, "{operator_address}": own.settings.operator_address}
        for placeholder, value in names.items():
            text = text.replace(placeholder, value)
        return f"{heading}\n\n{text}"

    dated = version.effective_on
    return TextView(
        document=version.document,
        version=version.version,
        effective_on=dated,
        text_fr=written(version.text_fr, f"Version {version.version}, mise à jour du {dated:%d/%m/%Y}"),
        text_en=written(version.text_en, f"Version {version.version}, updated {dated:%d/%m/%Y}"),
    )


@router.post(
    "/staff/terms",
    access=staff(StaffScope.LEGAL),
    status_code=201,
    responses=documented(TermsInThePast, TermsVersionTaken),
)
async def publish(body: NewVersion, caller: CallerDep, tx: TxDep) -> VersionView:
    """Publish a version, at any time and without notice (PL-01); it never changes afterwards."""
    version = TermsVersion.publish(**body.model_dump(), by=caller.member_id, at=tx.now, today=tx.today)
    if await tx.get(TermsVersion, (body.document, body.version)):
        raise TermsVersionTaken(field="version")
    tx.add(version)
    await tx.flush()
    audit(tx, "terms.published", f"{body.document}/{body.version}", effective_on=body.effective_on)
    return VersionView.model_validate(version)


@router.get("/members/me/consents", access=MEMBER, responses=documented(TermsNotFound))
async def read_consents(caller: CallerDep, tx: TxDep) -> ConsentsView:
    """What you accepted, what is due, and what you let be shared (PL-07)."""
    return await _consents(tx, caller.member_id)


@router.post(
    "/members/me/consents",
    access=MEMBER,
    status_code=201,
    responses=documented(MemberNotFound, TermsNotFound, NotTheCurrentTerms),
)
async def accept(body: Acceptance, request: Request, caller: CallerDep, tx: TxDep) -> ConsentsView:
    """Accept the version in force (PL-01); to do it again changes nothing."""
    current = await in_force(tx, body.document)
    if current.version != body.version:
        raise NotTheCurrentTerms(f"{current.version} is in force", field="version")
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    if any(due.document == body.document for due in await documents_due(tx, member.id)):
        await record_consent(tx, member.id, current, request)
        await tx.flush()
    return await _consents(tx, member.id)


@router.put("/members/me/sharing/{purpose}", access=MEMBER, responses=documented(MemberNotFound, TermsNotFound))
async def choose_sharing(
    purpose: SharingPurpose, body: SharingChoice, request: Request, caller: CallerDep, tx: TxDep
) -> ConsentsView:
    """Agree to share for a purpose, or withdraw: each as simple as the other (PL-07)."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    if body.agreed:
        await agree(tx, member.id, purpose, request)
    else:
        await withdraw(tx, member.id, purpose)
    return await _consents(tx, member.id)


async def _consents(tx: Tx, member_id: UUID) -> ConsentsView:
    log = await agreements(tx, member_id)
    now_agreed = {kept.purpose for kept in log if kept.in_force}
    return ConsentsView(
        contract_started_at=await contract_started_at(tx, member_id),
        due=[VersionView.model_validate(version) for version in await documents_due(tx, member_id)],
        accepted=[AcceptanceView.model_validate(kept) for kept in await acceptances(tx, member_id)],
        sharing=[
            SharingView(
                purpose=purpose,
                version=text.version,
                text_fr=text.fr,
                text_en=text.en,
                agreed=purpose in now_agreed,
            )
            for purpose, text in SHARING.items()
        ],
        sharing_log=[SharingEntry.model_validate(kept) for kept in log],
    )
