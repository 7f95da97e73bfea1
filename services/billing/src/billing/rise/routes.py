"""Who pays for the use of the platform in a Rise mission: recorded by staff as the companies agreed."""

from uuid import UUID

from sqlalchemy import select

from billing.directory.missions import MissionTerms
from billing.rise.domain import Payer, RiseMissionNotFound, RisePayer
from chassis import Tx, audit
from chassis.auth import staff
from chassis.errors import require
from chassis.http import AlreadyExists, Body, Router, TxDep, View
from chassis.problems import documented
from contracts.contracting import Offer
from contracts.roles import StaffScope

router = Router("Rise")
STAFF = staff(StaffScope.FINANCE)


class PayerBody(Body):
    """Which side pays."""

    payer: Payer


class PayerView(View):
    """Which side pays for a mission."""

    mission_id: UUID
    payer: Payer


@router.get("/staff/rise-missions/{mission_id}/payer", access=STAFF, responses=documented(RiseMissionNotFound))
async def read_payer(mission_id: UUID, tx: TxDep) -> PayerView:
    """The client, unless something else was agreed."""
    await _check_rise(tx, mission_id)
    agreed = await tx.get(RisePayer, mission_id)
    return PayerView(mission_id=mission_id, payer=agreed.payer if agreed else Payer.CLIENT)


@router.put(
    "/staff/rise-missions/{mission_id}/payer", access=STAFF, responses=documented(RiseMissionNotFound, AlreadyExists)
)
async def change_payer(mission_id: UUID, body: PayerBody, tx: TxDep) -> PayerView:
    """Record what the two companies agreed; it holds for quarters that are not invoiced yet."""
    await _check_rise(tx, mission_id)
    agreed = await tx.get(RisePayer, mission_id, with_for_update=True)
    if agreed is None:
        tx.add(RisePayer(mission_id=mission_id, payer=body.payer, version=1))
    else:
        agreed.payer, agreed.version = body.payer, agreed.version + 1
    audit(tx, "rise.agree_payer", mission_id, payer=body.payer)
    return PayerView(mission_id=mission_id, payer=body.payer)


async def _check_rise(tx: Tx, mission_id: UUID) -> None:
    rise = select(MissionTerms.bdc_id).where(MissionTerms.mission_id == mission_id, MissionTerms.offer == Offer.RISE)
    require((await tx.scalars(rise)).first() is not None, RiseMissionNotFound())
