"""Signing up, and what a member sees and decides about their own account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, Field
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER, PUBLIC
from chassis.db import Tx, get_locked, get_or
from chassis.errors import Forbidden, IllegalMove
from chassis.http import Body, CallerDep, Router, TxDep, View, set_etag
from chassis.outbox import emit
from chassis.problems import documented, problem_response
from contracts.roles import CompanyKind, ProfileType, Role, StaffScope
from contracts.values import Name
from identity.directory.affiliations import affiliation_of
from identity.member.address import Address
from identity.member.domain import (
    AccountNotActivated,
    Language,
    Member,
    MemberNotFound,
    MemberStatus,
    NextStep,
    ProfileTypeImmutable,
)
from identity.member.entry import open_account, record_entry
from identity.member.queries import lock_address, send_activation_link
from identity.own import OwnDep
from identity.passwords import NewPassword
from identity.review.domain import AddressRefused, AddressUnderReview
from identity.review.queries import is_under_review, review_address
from identity.sanction.refusals import turned_away
from identity.session.attempts import too_many_mails
from identity.session.domain import TooManyRequests
from identity.terms.domain import TermsDocument
from identity.terms.queries import contract_started_at, documents_due

router = Router("members")

PersonName = Annotated[Name, Field(max_length=80)]


def _check_address(text: str) -> str:
    Address.parse(text)
    return text


EmailAddress = Annotated[
    str, Field(min_length=3, max_length=254, examples=["ada@example.com"]), AfterValidator(_check_address)
]


class SignUp(Body):
    """Four fields, two separate acceptances, two declarations (ID-10 to ID-12, ID-26, ID-27)."""

    first_name: PersonName
    last_name: PersonName
    email: EmailAddress
    password: NewPassword
    accept_terms: Literal[True]
    accept_privacy: Literal[True]
    is_adult: Literal[True]
    is_professional: Literal[True]
    language: Language = "fr"


class ActivationSent(View):
    """The same whether or not the address has an account: its mailbox alone is told."""

    status: Literal["activation_sent"] = "activation_sent"


class AffiliationView(View):
    """The company that the member acts for."""

    company_id: UUID
    company_kind: CompanyKind
    role: Role


class MemberView(View):
    """A member's own account."""

    id: UUID
    first_name: str
    last_name: str
    email: str
    phone: str | None
    language: Language
    status: MemberStatus
    profile_type: ProfileType | None
    staff_scopes: list[StaffScope]
    affiliation: AffiliationView | None
    next_step: NextStep
    """What comes next on the way in (ID-17, ID-18)."""
    contract_started_at: datetime | None
    """When the contract with the platform began: at the first acceptance of the terms (PL-21)."""
    documents_due: list[TermsDocument]
    """Whose version in force the member has not accepted yet (PL-01)."""


class ProfileChoice(Body):
    """The one choice of a profile."""

    profile_type: ProfileType


@router.post(
    "/members",
    access=PUBLIC,
    status_code=202,
    response_model=ActivationSent,
    responses=documented(TooManyRequests),
)
async def sign_up(body: SignUp, request: Request, tx: TxDep, own: OwnDep) -> ActivationSent | Response:
    """Open a pending account and mail its activation link; free of charge (ID-01).

    A known address is answered alike, and its mailbox told so (ID-22, ID-28); so is one that a sanction keeps
    out (ID-48).
    """
    async with own.passwords.turn:
        if refusal := await too_many_mails(tx, own, request):
            return refusal
        password_hash = await own.passwords.hash_in_turn(body.password)
    address = Address.parse(body.email)
    await lock_address(tx, address)
    if await turned_away(tx, own.links, address, name=body.first_name, language=body.language):
        return ActivationSent()
    member = await open_account(
        tx,
        address,
        first_name=body.first_name,
        last_name=body.last_name,
        password_hash=password_hash,
        language=body.language,
    )
    if member is None:
        return ActivationSent()
    await record_entry(tx, member, request)
    await send_activation_link(tx, member, own.links)
    return ActivationSent()


@router.get("/members/me", access=MEMBER, responses=documented(MemberNotFound))
async def read_me(response: Response, caller: CallerDep, tx: TxDep) -> MemberView:
    """Your own account, with the version that a change of it names (`If-Match`)."""
    member = await get_or(tx, Member, caller.member_id, MemberNotFound())
    set_etag(response, member.version)
    return await view_of(tx, member)


@router.put(
    "/members/me/profile-type",
    access=MEMBER,
    response_model=MemberView,
    responses=documented(
        MemberNotFound,
        AccountNotActivated,
        ProfileTypeImmutable,
        AddressUnderReview,
        AddressRefused,
        Forbidden,
        IllegalMove,
    ),
)
async def choose_profile_type(body: ProfileChoice, caller: CallerDep, tx: TxDep, own: OwnDep) -> MemberView | Response:
    """Say once and for ever what you are here as (ID-17 to ID-19).

    A provider's member whose address is of a client's domain waits for staff to look at it (ID-14).
    """
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    member.require_choice()
    if waiting := await review_address(tx, own, member, body.profile_type):
        return problem_response(waiting)
    emit(tx, member.choose_profile_type(body.profile_type, tx.now))
    audit(tx, "member.profile_type_chosen", member.id, profile_type=body.profile_type)
    return await view_of(tx, member)


async def view_of(tx: Tx, member: Member) -> MemberView:
    """What a member sees of their own account."""
    affiliation = await affiliation_of(tx, member.id)
    derived = {
        "affiliation": AffiliationView.model_validate(affiliation) if affiliation else None,
        "contract_started_at": await contract_started_at(tx, member.id),
        "documents_due": [version.document for version in await documents_due(tx, member.id)],
        "next_step": member.next_step(
            under_review=await is_under_review(tx, member), affiliated=affiliation is not None
        ),
    }
    shown = {name: getattr(member, name) for name in MemberView.model_fields if name not in derived}
    return MemberView(**shown | derived)
