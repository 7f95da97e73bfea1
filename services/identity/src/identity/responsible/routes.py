"""Naming the person who can engage the company, when one cannot (CO-06)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from sqlalchemy import ColumnElement, func, select

from chassis.audit import audit
from chassis.auth import MEMBER
from chassis.db import Tx, get_locked
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.values import Name
from identity.directory.affiliations import affiliation_of
from identity.invitation.domain import ActsForCompany
from identity.member.address import Address
from identity.member.domain import AccountNotActivated, Member, MemberNotFound
from identity.member.routes import EmailAddress, PersonName
from identity.notification.domain import RESPONSIBLE_PERSON, Notification
from identity.responsible.domain import DAY, PER_ADDRESS, PER_MEMBER, ResponsiblePerson, TooManyNamed, parse_phone

router = Router("responsible persons")

Phone = Annotated[str, Field(min_length=8, max_length=40, examples=["+33 1 23 45 67 89"]), AfterValidator(parse_phone)]


class PersonNamed(Body):
    """Who can engage the company, and how to reach them."""

    company_name: Name
    first_name: PersonName
    last_name: PersonName
    position: Name
    phone: Phone
    email: EmailAddress


class ResponsiblePersonView(View):
    """Whom you named."""

    id: UUID
    company_name: str
    first_name: str
    last_name: str
    position: str
    phone: str
    email: str
    named_at: datetime


@router.post(
    "/responsible-persons",
    access=MEMBER,
    status_code=201,
    responses=documented(MemberNotFound, AccountNotActivated, ActsForCompany, TooManyNamed),
)
async def name_person(body: PersonNamed, caller: CallerDep, tx: TxDep) -> ResponsiblePersonView:
    """Have the person who can engage your company asked, by mail, to sign up (CO-06)."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    member.require_activated()
    if await affiliation_of(tx, member.id):
        raise ActsForCompany
    if await _today(tx, ResponsiblePerson.named_by == member.id) >= PER_MEMBER:
        raise TooManyNamed
    address = Address.parse(body.email)
    person = ResponsiblePerson.named(
        member.id,
        company_name=body.company_name,
        first_name=body.first_name,
        last_name=body.last_name,
        position=body.position,
        phone=body.phone,
        address=address,
        at=tx.now,
    )
    if await _today(tx, ResponsiblePerson.email_key == address.key) < PER_ADDRESS:
        _write_to(tx, person, member)
    tx.add(person)
    audit(tx, "responsible_person.named", person.id)
    return ResponsiblePersonView.model_validate(person)


async def _today(tx: Tx, which: ColumnElement[bool]) -> int:
    """How many were named in the last 24 hours."""
    recent = select(func.count()).select_from(ResponsiblePerson).where(ResponsiblePerson.named_at > tx.now - DAY)
    return await tx.scalar(recent.where(which)) or 0


def _write_to(tx: Tx, person: ResponsiblePerson, member: Member) -> None:
    context = {
        "name": person.display_name,
        "language": member.language,
        "member_name": member.display_name,
        "company_name": person.company_name,
        "position": person.position,
    }
    tx.add(Notification.to_outsider(person.email, RESPONSIBLE_PERSON, subject_id=person.id, at=tx.now, context=context))


@router.get("/responsible-persons", access=MEMBER)
async def list_named(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[ResponsiblePersonView]:
    """Whom you named and who has not signed up yet, newest first."""
    query = select(ResponsiblePerson).where(ResponsiblePerson.named_by == caller.member_id)
    return await page_of(tx, query, ResponsiblePerson.id, page, ResponsiblePersonView.model_validate)
