"""Issue the next order of a mission: terms, gates, number and document in one transaction."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from chassis import Tx, audit, emit
from chassis.numbering import next_number
from chassis.platform import Platform
from contracting.bdc.document import write
from contracting.bdc.domain import Bdc, Names
from contracting.bdc.queries import bdc_of
from contracting.mission.conditions import conditions_of
from contracting.mission.domain import Mission
from contracting.mission.gates import evaluate
from contracting.mission.queries import sides_of
from contracting.own import Own
from contracting.renewal.domain import Renewal, RenewalKind
from contracting.renewal.notices import announce
from contracting.renewal.queries import check_settled_months, open_renewal
from contracts.contracting import RescheduleReason


async def issue(tx: Tx, mission: Mission, platform: Platform, own: Own, *, by: UUID) -> Bdc:
    """The platform's next order for a mission whose row is locked (CT-10, CT-22).

    All gates hold at this instant, and are held until the commit.

    Raises:
        BdcAlreadyIssued: no order is awaited.
        GatesOpen: names everything that keeps a gate open.
        MonthAlreadyValidated: another consultant would take over within a validated month.
        TemporarilyUnavailable: the seal or the files are out of reach.

    """
    mission.expect_bdc()
    sides = await sides_of(tx, mission, hold=True)
    conditions = await conditions_of(tx, mission.id)
    gates = evaluate(sides.facts_of(mission, conditions), tx.today)
    renewal = await open_renewal(tx, mission.id) if mission.issued_line else None
    bdc = Bdc.issue(
        mission,
        gates,
        terms=renewal.terms if renewal else mission.terms,
        regime=sides.provider.regime,
        names=Names(client=sides.client.name, provider=sides.provider.name),
        notice_months=own.operator.notice_months,
        special_conditions=conditions.text if conditions else None,
        by=by,
        at=tx.now,
    )
    previous = await bdc_of(tx, mission.id)
    if renewal is not None and previous is not None:
        await _take_over(tx, renewal, previous)
    issued = bdc.number(previous.serial if previous else await next_number(tx, "PO"))
    sealed = await own.sealer.seal_pdf(await write(bdc, own.operator), f"Bon de commande {bdc.reference}")
    bdc.keep_document(await platform.files.put_made(sealed), sealed)
    mission.start_under_order(bdc.line_terms, tx.today)
    tx.add(bdc)
    emit(tx, issued)
    await tx.flush()
    audit(tx, "bdc.issued", bdc.id, reference=bdc.reference, mission=mission.id, sha256=bdc.sha256)
    return bdc


async def _take_over(tx: Tx, renewal: Renewal, previous: Bdc) -> None:
    """The agreed terms become an order; another consultant's begins where the former one's ends."""
    renewal.ordered()
    announce(tx, renewal)
    if renewal.kind is RenewalKind.REPLACEMENT:
        last = renewal.starts_on - timedelta(days=1)
        await check_settled_months(tx, previous.id, last)
        left = previous.days - renewal.days
        emit(tx, previous.end_on(last, RescheduleReason.REPLACEMENT, tx.now, left))
        await tx.flush()
