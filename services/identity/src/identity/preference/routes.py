"""Choosing what to be told, in the application or from a mail."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field
from sqlalchemy import delete, select

from chassis.audit import audit
from chassis.auth import MEMBER, PUBLIC
from chassis.db import get_locked, get_or
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.problems import documented
from identity.member.domain import Member, MemberNotFound
from identity.own import OwnDep
from identity.preference.domain import (
    MANDATORY,
    Category,
    Channel,
    MandatoryCategory,
    NotificationRefusal,
    UnsubscribeTokenInvalid,
    check_may_be_refused,
)
from identity.preference.queries import refuse
from identity.preference.unsubscribing import read_unsubscribe_token

router = Router("notification-preferences")

Token = Annotated[str, Query(min_length=1, max_length=120, pattern=r"^[0-9A-Za-z._-]+$")]


class Preference(Body):
    """Where you want to be told about one category."""

    category: Category
    mail: bool = True
    inbox: bool = True


class Preferences(Body):
    """All your choices; what is not named is told everywhere."""

    categories: Annotated[list[Preference], Field(max_length=len(Category))]


class PreferenceView(View):
    """Where you are told about one category; a mandatory one is always told."""

    category: Category
    mandatory: bool
    mail: bool
    inbox: bool


class PreferencesView(View):
    """Every category, in one order."""

    categories: list[PreferenceView]


class SubscriptionView(View):
    """Whether mails of the category are sent."""

    category: Category
    mail: bool


@router.get("/members/me/notification-preferences", access=MEMBER)
async def read_preferences(caller: CallerDep, tx: TxDep) -> PreferencesView:
    """What you are told, and where."""
    refused = select(NotificationRefusal).where(NotificationRefusal.member_id == caller.member_id)
    return _view({(row.category, row.channel) for row in await tx.scalars(refused)})


@router.put(
    "/members/me/notification-preferences",
    access=MEMBER,
    responses=documented(MemberNotFound, MandatoryCategory),
)
async def replace_preferences(body: Preferences, caller: CallerDep, tx: TxDep) -> PreferencesView:
    """Choose what to be told, and where; security, contracts and payments are not a choice."""
    member = await get_locked(tx, Member, caller.member_id, MemberNotFound())
    refused = {
        (wish.category, channel)
        for wish in body.categories
        for channel, wanted in ((Channel.MAIL, wish.mail), (Channel.INBOX, wish.inbox))
        if not wanted
    }
    for category, _ in sorted(refused):
        check_may_be_refused(category)
    await tx.execute(delete(NotificationRefusal).where(NotificationRefusal.member_id == member.id))
    tx.add_all(
        NotificationRefusal(member_id=member.id, category=category, channel=channel, refused_at=tx.now)
        for category, channel in refused
    )
    audit(tx, "notification.preferences_changed", member.id, refused=len(refused))
    return _view(refused)


def _view(refused: set[tuple[Category, Channel]]) -> PreferencesView:
    return PreferencesView(
        categories=[
            PreferenceView(
                category=category,
                mandatory=category in MANDATORY,
                mail=(category, Channel.MAIL) not in refused,
                inbox=(category, Channel.INBOX) not in refused,
            )
            for category in Category
        ]
    )


@router.get("/unsubscriptions", access=PUBLIC, responses=documented(UnsubscribeTokenInvalid))
async def read_subscription(token: Token, tx: TxDep, own: OwnDep) -> SubscriptionView:
    """What the link of a mail would end; looking changes nothing, since scanners of mail look at every link."""
    member_id, category = read_unsubscribe_token(own.links, token)
    refused = await tx.get(NotificationRefusal, (member_id, category, Channel.MAIL))
    return SubscriptionView(category=category, mail=refused is None)


@router.post("/unsubscriptions", access=PUBLIC, replayable=False, responses=documented(UnsubscribeTokenInvalid))
async def unsubscribe(token: Token, tx: TxDep, own: OwnDep) -> SubscriptionView:
    """End the mails of one category by one click in the mail program (RFC 8058); the body does not matter."""
    member_id, category = read_unsubscribe_token(own.links, token)
    await get_or(tx, Member, member_id, UnsubscribeTokenInvalid())
    tx.actor = str(member_id)
    await refuse(tx, member_id, category, Channel.MAIL)
    return SubscriptionView(category=category, mail=False)
