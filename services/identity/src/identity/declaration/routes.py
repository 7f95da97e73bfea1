"""Declarations on one's honour: their words, and those that one made."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from starlette.requests import Request

from chassis.audit import audit
from chassis.auth import MEMBER, PUBLIC
from chassis.db import get_or
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.values import Name
from identity.declaration.domain import Capacity, Declaration, DeclarationKind, wording_of
from identity.member.domain import Member, MemberNotFound
from identity.network import client_address

router = Router("declarations")


class WordingView(View):
    """What one declares, word for word."""

    kind: DeclarationKind
    version: str
    fr: str
    en: str


class DeclarationView(View):
    """A declaration that you made; `text_version` names its words."""

    id: UUID
    kind: DeclarationKind
    text_version: str
    declared_at: datetime
    third_party: str | None
    capacity: Capacity | None


class ThirdPartyDeclaration(Body):
    """For whom you act, and by what right (ID-55)."""

    third_party: Name
    capacity: Capacity


@router.get("/declaration-texts", access=PUBLIC)
async def list_texts(tx: TxDep) -> list[WordingView]:
    """The words in force, in both languages."""
    return [WordingView.model_validate(wording_of(kind, tx.today)) for kind in DeclarationKind]


@router.get("/members/me/declarations", access=MEMBER)
async def list_declarations(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[DeclarationView]:
    """What you declared, newest first."""
    query = select(Declaration).where(Declaration.member_id == caller.member_id)
    return await page_of(tx, query, Declaration.id, page, DeclarationView.model_validate)


@router.post("/members/me/declarations", access=MEMBER, status_code=201, responses=documented(MemberNotFound))
async def declare_third_party(
    body: ThirdPartyDeclaration, request: Request, caller: CallerDep, tx: TxDep
) -> DeclarationView:
    """Declare that you represent somebody else, or have their mandate (ID-55)."""
    member = await get_or(tx, Member, caller.member_id, MemberNotFound())
    address = client_address(request)
    declared = Declaration.make(
        member.id,
        DeclarationKind.THIRD_PARTY,
        at=tx.now,
        today=tx.today,
        ip=str(address) if address else None,
        third_party=body.third_party,
        capacity=body.capacity,
    )
    tx.add(declared)
    audit(tx, "declaration.made", member.id, kind=declared.kind, version=declared.text_version)
    return DeclarationView.model_validate(declared)
