"""Recording the fee that an older order stipulates (BL-28)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from billing.directory.missions import MissionTerms
from billing.invoice.older_fees import FeeAboveTheRate, OlderFeeKind, OlderFeesClosed, OrderUnknown, stipulate
from chassis import audit, get_locked
from chassis.auth import staff
from chassis.http import Body, Router, TxDep, View
from chassis.problems import documented
from contracts.roles import StaffScope
from contracts.values import Amount

router = Router("orders")


class OlderFeeBody(Body):
    """How the fee is reckoned, and the euros or the per cent that the order names."""

    kind: OlderFeeKind
    rate: Annotated[Amount, Field(description="Euros a billed day, or per cent, with two decimals, as text")]


class OlderFeeView(View):
    """The fee that holds for the order's months from now on."""

    bdc_id: UUID
    kind: OlderFeeKind
    rate: Amount


@router.put(
    "/staff/orders/{bdc_id}/older-fee",
    access=staff(StaffScope.FINANCE),
    responses=documented(OrderUnknown, OlderFeesClosed, FeeAboveTheRate),
)
async def record_older_fee(bdc_id: UUID, body: OlderFeeBody, tx: TxDep) -> OlderFeeView:
    """Record what an order from before 28 April 2025 says; months invoiced already keep their fee."""
    terms = await get_locked(tx, MissionTerms, bdc_id, OrderUnknown())
    stipulate(terms, body.kind, body.rate)
    audit(tx, "order.older_fee", bdc_id, kind=body.kind, rate=str(body.rate))
    return OlderFeeView(bdc_id=bdc_id, kind=body.kind, rate=body.rate)
