"""Random histories over HTTP: whoever does what in whatever order, a validated CRA never changes (TS-10)."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.contracting import MissionRescheduled, RescheduleReason
from contracts.roles import Role
from contracts.timesheet import CraValidated
from timesheet.cra.domain import MOVES, CraStatus

STEPS = 45
MAY_DAYS = [f"2026-05-{day:02}" for day in (4, 5, 6, 7, 11, 12, 13, 15, 18, 19)]
FINAL = ("status", "days", "total_days", "submitted_at", "approved_at", "validated_at", "refusal_reason", "lines")


class History:
    """One CRA, and everybody around it doing anything."""

    def __init__(self, scene: Any, cra_id: str, seed: int) -> None:
        self.scene, self.cra_id, self.chance = scene, cra_id, random.Random(seed)
        own = scene.h.member(Role.GERANT, scene.order.provider_company_id, scene.order.consultant_id)
        self.people = [scene.consultant, own, scene.head, scene.manager, scene.client(Role.DIRECTEUR_ACHATS)]
        self.doers = {
            "submission": scene.consultant,
            "approval": scene.head,
            "approval-refusal": scene.head,
            "validation": scene.manager,
            "refusal": scene.manager,
        }

    async def step(self) -> None:
        commands = [self.decide] * 6 + [self.fill, self.span, self.at_once, self.choose, self.invoice, self.end_early]
        await self.chance.choice(commands)(self.chance.choice(self.people))

    async def decide(self, caller: Any) -> None:
        action = self.chance.choice(sorted(self.doers))
        if self.chance.random() < 0.5:  # else few histories would come to an end
            caller = self.doers[action]
        body = {"json": {"reason": "Not these days"}} if action.endswith("refusal") else {}
        await self.call("POST", f"/cras/{self.cra_id}/{action}", caller, **body)

    async def fill(self, caller: Any) -> None:
        await self.known(await self.scene.fill("2026-05", self.chance.sample(MAY_DAYS, 3), caller))

    async def span(self, caller: Any) -> None:
        body = {"quantity": self.chance.choice(["0.0", "0.5", "1.0"])}
        await self.call("PUT", f"/missions/{self.scene.mission_id}/cras/2026-05/fill", caller, json=body)

    async def at_once(self, caller: Any) -> None:
        await self.call("POST", "/cras/validations", caller, json={"ids": [self.cra_id]})

    async def choose(self, _: Any) -> None:
        names = ("validation_on", "weekends_allowed", "overrun_allowed")
        await self.scene.choose(**{name: self.chance.random() < 0.5 for name in names})

    async def invoice(self, _: Any) -> None:
        if (await self.scene.read(self.cra_id))["status"] == "validated":
            await self.scene.h.deliver(self.scene.invoice(self.cra_id))

    async def end_early(self, _: Any) -> None:
        order = self.scene.order
        event = MissionRescheduled(
            mission_id=order.mission_id,
            bdc_id=order.bdc_id,
            ends_on=date(2026, 5, self.chance.randint(10, 29)),
            reason=RescheduleReason.EARLY_END,
            rescheduled_at=self.scene.h.clock(),
            version=self.chance.randint(2, 9),
        )
        await self.scene.h.deliver(event)

    async def call(self, method: str, path: str, caller: Any, **options: Any) -> None:
        await self.known(await self.scene.call(method, path, caller, **options))

    async def known(self, answer: Any) -> None:
        assert answer.status_code in {200, 403, 404, 409, 422}, answer.text


@pytest.mark.req("TS-10", "TS-16")
@pytest.mark.parametrize("seed", range(8))
async def test_statuses_move_by_the_table_and_what_was_validated_stays(scene, seed):
    history = History(scene, await scene.drafted(), seed)
    before, final = await scene.read(history.cra_id), None
    for _ in range(STEPS):
        await history.step()
        after = await scene.read(history.cra_id)
        one, other = CraStatus(before["status"]), CraStatus(after["status"])
        assert one is other or reaches(one, other)
        if final is None and other is CraStatus.VALIDATED:
            final = [after.get(key) for key in FINAL]
        assert final is None or [after.get(key) for key in FINAL] == final
        assert Decimal(after["total_days"]) == sum(Decimal(day["quantity"]) for day in after["days"])
        before = after
    told = [e for e in await scene.h.emitted(CraValidated) if str(e.cra_id) == history.cra_id]
    assert [f"{event.days:.1f}" for event in told] == ([before["total_days"]] if final else [])


def reaches(one: CraStatus, other: CraStatus) -> bool:
    return one in MOVES[other].sources
