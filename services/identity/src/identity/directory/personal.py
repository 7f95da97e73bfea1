"""What identity keeps of other services' facts about a member: ids and roles."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select

from chassis.clock import business_date
from chassis.db import Tx
from chassis.personal_data import Basis, DataClass, Records, record_of
from identity.directory.affiliations import Affiliation, EndedAffiliation
from identity.directory.missions import RunningOrder
from identity.directory.proposals import KnownProposal

ORDERS_KEPT = timedelta(days=30)
"""How long an order that has ended is remembered."""


async def _affiliations(tx: Tx, member_id: UUID) -> Records:
    rows = await tx.scalars(select(Affiliation).where(Affiliation.member_id == member_id))
    shown = ("company_id", "company_kind", "role", "granted_at")
    return [{name: getattr(row, name) for name in shown} for row in rows]


async def _forget_affiliations(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(Affiliation).where(Affiliation.member_id == member_id))


async def _orders(tx: Tx, member_id: UUID) -> Records:
    mine = or_(RunningOrder.consultant_id == member_id, RunningOrder.operational_manager_id == member_id)
    rows = await tx.scalars(select(RunningOrder).where(mine))
    return [{"reference": row.reference, "ends_on": row.ends_on} for row in rows]


async def _forget_orders(tx: Tx, as_of: datetime) -> None:
    await tx.execute(delete(RunningOrder).where(RunningOrder.ends_on < business_date(as_of) - ORDERS_KEPT))


async def _offered_to(tx: Tx, member_id: UUID) -> Records:
    rows = await tx.scalars(select(KnownProposal).where(KnownProposal.consultant_id == member_id))
    return [record_of(row, "client_company_id", "first_sent_at") for row in rows]


async def _forget_offers(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(KnownProposal).where(KnownProposal.consultant_id == member_id))


DATA = [
    DataClass(
        name="affiliations",
        purpose="Say in a token whom the member acts for",
        basis=Basis.CONTRACT,
        kept="Until the account is erased",
        tables=(Affiliation, EndedAffiliation),
        gather=_affiliations,
        erase=_forget_affiliations,
    ),
    DataClass(
        name="running orders",
        purpose="Let nobody leave in the middle of an order",
        basis=Basis.CONTRACT,
        kept="30 days after their last day; they hold ids alone",
        tables=(RunningOrder,),
        gather=_orders,
        forget=_forget_orders,
    ),
    DataClass(
        name="clients who were offered the member",
        purpose="Open a profile to the clients that received a proposal, and to no other",
        basis=Basis.CONTRACT,
        kept="Until the account is erased; ids alone",
        tables=(KnownProposal,),
        gather=_offered_to,
        erase=_forget_offers,
    ),
]
