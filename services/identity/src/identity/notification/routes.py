"""What a member was told, inside the application, and whether mail reaches them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from jinja2 import TemplateError
from sqlalchemy import ColumnElement, and_, delete, func, select, update

from chassis.auth import MEMBER, Caller
from chassis.db import get_locked, get_or
from chassis.http import CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from identity.member.domain import Member, MemberNotFound
from identity.notification.domain import Notification, NotificationNotFound, RefusingMailbox
from identity.notification.queries import mailbox_of
from identity.own import Own, OwnDep
from identity.preference.domain import Category, category_of

router = Router("notifications")


class NotificationView(View):
    """One message: `title` in your language; `template` names the text and `context` what it shows."""

    id: UUID
    category: Category
    template: str
    title: str
    subject_id: UUID
    context: dict[str, str]
    created_at: datetime
    read_at: datetime | None


class UnreadCount(View):
    """How many messages you have not read."""

    unread: int


class MailboxView(View):
    """Whether your mailbox takes our mail; if not, since when and what its server said (RFC 3463)."""

    status: Literal["reachable", "refusing"]
    since: datetime | None = None
    reason: str | None = None


def _mine(caller: Caller) -> ColumnElement[bool]:
    return and_(Notification.member_id == caller.member_id, Notification.in_inbox)


def _viewer(own: Own, member: Member) -> Callable[[Notification], NotificationView]:
    """Show a message in its reader's language."""

    def view(told: Notification) -> NotificationView:
        known = {"name": member.display_name, "public_url": own.public_url}
        shown = {name: getattr(told, name) for name in NotificationView.model_fields if hasattr(told, name)}
        try:
            title = own.templates.subject(told.template, member.language, told.context | known)
        except TemplateError:  # a text may change while old messages are kept
            title = told.template
        return NotificationView(**shown, category=category_of(told.template), title=title)

    return view


@router.get("/notifications", access=MEMBER, responses=documented(MemberNotFound))
async def list_notifications(
    caller: CallerDep,
    tx: TxDep,
    own: OwnDep,
    page: PageDep,
    unread: Annotated[bool, Query(description="Leave out what you have read")] = False,
) -> Page[NotificationView]:
    """Your messages, newest first."""
    member = await get_or(tx, Member, caller.member_id, MemberNotFound())
    query = select(Notification).where(_mine(caller))
    if unread:
        query = query.where(Notification.read_at.is_(None))
    return await page_of(tx, query, Notification.id, page, _viewer(own, member))


@router.get("/notifications/unread-count", access=MEMBER)
async def count_unread(caller: CallerDep, tx: TxDep) -> UnreadCount:
    """How many messages wait to be read."""
    query = select(func.count()).select_from(Notification).where(_mine(caller), Notification.read_at.is_(None))
    return UnreadCount(unread=await tx.scalar(query) or 0)


@router.post("/notifications/readings", access=MEMBER)
async def read_all(caller: CallerDep, tx: TxDep) -> UnreadCount:
    """Mark every message of yours as read."""
    everything = update(Notification).where(_mine(caller), Notification.read_at.is_(None))
    await tx.execute(everything.values(read_at=tx.now))
    return UnreadCount(unread=0)


@router.put(
    "/notifications/{notification_id}/reading",
    access=MEMBER,
    status_code=204,
    responses=documented(NotificationNotFound),
)
async def read_one(notification_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Mark a message as read."""
    told = await get_locked(tx, Notification, notification_id, NotificationNotFound(), _mine(caller))
    told.read(tx.now)


@router.delete(
    "/notifications/{notification_id}/reading",
    access=MEMBER,
    status_code=204,
    responses=documented(NotificationNotFound),
)
async def unread_one(notification_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Mark a message as unread again."""
    told = await get_locked(tx, Notification, notification_id, NotificationNotFound(), _mine(caller))
    told.unread()


@router.get("/members/me/mailbox", access=MEMBER, responses=documented(MemberNotFound))
async def read_mailbox(caller: CallerDep, tx: TxDep, own: OwnDep) -> MailboxView:
    """Whether our mail reaches you; change your address, or have us try again, when it does not."""
    member = await get_or(tx, Member, caller.member_id, MemberNotFound())
    mark = await tx.get(RefusingMailbox, mailbox_of(own.links, member))
    if mark is None:
        return MailboxView(status="reachable")
    return MailboxView(status="refusing", since=mark.since, reason=mark.status)


@router.post("/members/me/mailbox/retry", access=MEMBER, responses=documented(MemberNotFound))
async def retry_mailbox(caller: CallerDep, tx: TxDep, own: OwnDep) -> MailboxView:
    """Say that your mailbox works again: mail is tried until it comes back once more."""
    member = await get_or(tx, Member, caller.member_id, MemberNotFound())
    await tx.execute(delete(RefusingMailbox).where(RefusingMailbox.mailbox == mailbox_of(own.links, member)))
    return MailboxView(status="reachable")
