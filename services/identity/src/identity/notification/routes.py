"""What a member was told, inside the application."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.auth import MEMBER
from chassis.http import CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from identity.notification.domain import MAIL_ONLY, Notification

router = Router("notifications")


class NotificationView(View):
    """One message; `template` names the text and `context` what it shows."""

    id: UUID
    template: str
    subject_id: UUID
    context: dict[str, str]
    created_at: datetime


@router.get("/notifications", access=MEMBER)
async def list_notifications(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[NotificationView]:
    """Your messages, newest first."""
    query = select(Notification).where(
        Notification.member_id == caller.member_id, Notification.template.not_in(MAIL_ONLY)
    )
    return await page_of(tx, query, Notification.id, page, NotificationView.model_validate)
