"""Every service asks here when somebody should be told something."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, or_, select

from chassis.consume import Consumers
from chassis.db import Tx
from chassis.errors import NotReady
from contracts.notification import NotificationRequested, RoleInCompany
from identity.directory.affiliations import Affiliation
from identity.member.domain import Member
from identity.notification.domain import Notification, check_template
from identity.preference.domain import Channel, category_of
from identity.preference.queries import refusals_of

consumers = Consumers("identity")


@consumers.on(NotificationRequested)
async def notify_on_NotificationRequested(event: NotificationRequested, tx: Tx) -> None:  # noqa: N802
    """One message for each person named, directly or by role; nobody gets it twice."""
    check_template(event.template, event.context)
    recipients = await _recipients(tx, event)
    told = select(Notification.member_id).where(
        Notification.event_id == tx.event_id, Notification.template == event.template
    )
    refused = await refusals_of(tx, recipients, category_of(event.template))
    for member_id in sorted(set(recipients) - set(await tx.scalars(told))):
        channels = refused.get(member_id, set())
        if channels != set(Channel):
            tx.add(
                Notification.to(
                    member_id,
                    event.template,
                    subject_id=event.subject_id,
                    at=tx.now,
                    context=event.context,
                    event_id=tx.event_id,
                    calendar=event.calendar,
                    mail=Channel.MAIL not in channels,
                    inbox=Channel.INBOX not in channels,
                )
            )


async def _recipients(tx: Tx, event: NotificationRequested) -> Sequence[UUID]:
    """Members who have an account here.

    Raises:
        NotReady: somebody named directly has none yet, or nobody of a company is known yet.

    """
    named = set(event.members)
    found = set(await tx.scalars(select(Member.id).where(Member.id.in_(named | await _holders(tx, event.roles)))))
    if named - found:
        raise NotReady("a member is not known yet")
    return sorted(found)


async def _holders(tx: Tx, roles: list[RoleInCompany]) -> set[UUID]:
    if not roles:
        return set()
    companies = {r.company_id for r in roles}
    peopled = select(Affiliation.company_id).where(Affiliation.company_id.in_(companies)).distinct()
    if companies - set(await tx.scalars(peopled)):
        raise NotReady("nobody of a company is known yet")
    wanted = [and_(Affiliation.company_id == r.company_id, Affiliation.role.in_(r.roles)) for r in roles]
    return set(await tx.scalars(select(Affiliation.member_id).where(or_(*wanted))))
