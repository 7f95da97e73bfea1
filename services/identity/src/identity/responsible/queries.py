"""Forgetting responsible persons, with the mails that name them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select

from chassis.db import Tx
from identity.notification.domain import RESPONSIBLE_PERSON, Notification
from identity.responsible.domain import ResponsiblePerson


async def forget_persons(tx: Tx, *which: ColumnElement[bool]) -> None:
    """Drop those that the conditions name: nothing of them is kept, sent or not."""
    ids = select(ResponsiblePerson.id).where(*which).scalar_subquery()
    mails = (Notification.template == RESPONSIBLE_PERSON, Notification.subject_id.in_(ids))
    await tx.execute(delete(Notification).where(*mails))
    await tx.execute(delete(ResponsiblePerson).where(*which))
