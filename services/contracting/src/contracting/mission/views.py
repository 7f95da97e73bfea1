"""What callers are shown of a mission."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import Tx
from chassis.auth import Caller
from chassis.http import View
from contracting.bdc.queries import bdcs_of
from contracting.mission.conditions import conditions_of
from contracting.mission.domain import Mission
from contracting.mission.gates import Gate, GateState, Side, evaluate
from contracting.mission.queries import sides_of
from contracting.mission.standing import MissionStatus
from contracts.contracting import Offer, PaymentOption, PaymentRegime
from contracts.roles import Role
from contracts.values import Days, Money, Period


class ReasonView(View):
    """One thing that keeps a gate open: who must act, and on what (CT-12)."""

    side: Side
    code: str
    item: str
    text: str


class GateView(View):
    """One of the five gates today; `side` is the first that must act, the reasons name all."""

    gate: Gate
    holds: bool
    side: Side | None
    reasons: list[ReasonView]

    @classmethod
    def of(cls, state: GateState) -> GateView:
        """Show a gate."""
        reasons = [ReasonView.model_validate(blocker) for blocker in state.blockers]
        return cls(gate=state.gate, holds=state.holds, side=reasons[0].side if reasons else None, reasons=reasons)


class ClientOrderView(View):
    """The client's order; the file itself is for the client and for staff."""

    reference: str
    file_name: str
    sha256: str
    size: int
    received_by: UUID
    received_at: datetime


class SpecialConditionsView(View):
    """What the client adds to the order, for both sides (CT-13)."""

    text: str
    file_name: str | None
    sha256: str | None
    size: int | None
    written_by: UUID
    written_at: datetime
    accepted_by: UUID | None
    accepted_at: datetime | None
    version: int


class AssignmentView(View):
    """Who works on the mission under one of its orders, and when (CT-24). A consultant is not shown the daily rate."""

    id: UUID
    reference: str
    line: int
    consultant_id: UUID
    consultant_name: str
    daily_rate: Money | None
    days: Days
    period: Period


class MissionSummary(View):
    """A mission in a list. A consultant is not shown the daily rate."""

    id: UUID
    status: MissionStatus
    title: str
    rfp_reference: str
    proposal_id: UUID
    client_company_id: UUID
    provider_company_id: UUID
    operational_manager_id: UUID
    consultant_id: UUID
    consultant_name: str
    daily_rate: Money | None
    days: Days
    period: Period
    payment_option: PaymentOption | None
    offer: Offer


class MissionView(MissionSummary):
    """A mission with its gates as they are now."""

    beneath: MissionStatus | None
    """Where a blocked mission stands but for the block."""
    payment_regime: PaymentRegime | None
    client_order: ClientOrderView | None
    special_conditions: SpecialConditionsView | None
    assignments: list[AssignmentView]
    line: int
    gates: list[GateView]
    ready_to_issue: bool
    bdc_id: UUID | None
    bdc_reference: str | None
    version: int


def summary_for(caller: Caller, mission: Mission) -> MissionSummary:
    """A line of the list."""
    return MissionSummary(**_terms(caller, mission))


async def view_for(tx: Tx, caller: Caller, mission: Mission) -> MissionView:
    """The mission, with all five gates evaluated today."""
    sides = await sides_of(tx, mission)
    conditions = await conditions_of(tx, mission.id)
    gates = evaluate(sides.facts_of(mission, conditions), tx.today)
    orders = await bdcs_of(tx, mission.id)
    bdc = orders[-1] if orders else None
    hidden = {"daily_rate": None} if caller.role is Role.CONSULTANT else {}
    shown = [AssignmentView.model_validate(one).model_copy(update=hidden) for one in orders]
    return MissionView(
        **_terms(caller, mission),
        beneath=mission.beneath,
        payment_regime=bdc.payment_regime if bdc and not mission.awaits_order else sides.provider.regime,
        client_order=ClientOrderView.model_validate(mission.order) if mission.order else None,
        special_conditions=SpecialConditionsView.model_validate(conditions) if conditions else None,
        assignments=shown,
        line=mission.line,
        gates=[GateView.of(gate) for gate in gates],
        ready_to_issue=mission.awaits_order and all(gate.holds for gate in gates),
        bdc_id=bdc.id if bdc else None,
        bdc_reference=bdc.reference if bdc else None,
        version=mission.version,
    )


def _terms(caller: Caller, mission: Mission) -> dict[str, Any]:
    terms = {name: getattr(mission, name) for name in MissionSummary.model_fields}
    return terms | ({"daily_rate": None} if caller.role is Role.CONSULTANT else {})
