"""Renewals that nobody goes on with lapse."""

from datetime import datetime, timedelta

from sqlalchemy import select

from chassis import Tx, audit, emit
from chassis.clock import business_date
from chassis.sweeps import Sweep
from contracting.bdc.queries import bdc_of
from contracting.mission.domain import Mission
from contracting.mission.gates import Side
from contracting.renewal.domain import OPEN, PATIENCE, Renewal
from contracting.renewal.notices import announce, tell


async def lapse_renewals(tx: Tx, as_of: datetime) -> None:
    """Give up what is not ordered thirty days after the mission's last day; the mission is completed then."""
    today = business_date(as_of)
    late = select(Renewal.mission_id).where(Renewal.status.in_(OPEN), Renewal.former_ends_on < today - PATIENCE)
    due = select(Mission).where(Mission.id.in_(late)).order_by(Mission.id).with_for_update()
    for mission in (await tx.scalars(due)).all():
        query = select(Renewal).where(Renewal.mission_id == mission.id, Renewal.status.in_(OPEN)).with_for_update()
        renewal, bdc = (await tx.scalars(query)).one_or_none(), await bdc_of(tx, mission.id)
        if renewal is None or bdc is None:
            continue
        renewal.lapse(mission, bdc.payment_option)
        mission.advance(today)
        audit(tx, "renewal.lapsed", renewal.id, mission=mission.id)
        emit(tx, tell(mission, renewal, Side.CLIENT, Side.PROVIDER))
        announce(tx, renewal)


SWEEPS = [Sweep("lapse_renewals", timedelta(days=1), lapse_renewals)]
