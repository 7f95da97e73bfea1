"""The same chain on the chassis, with everything on: authentication, telemetry, logs, retries, dead letters.

`python ours.py producer|consumer`, settings from the environment as for any service.
"""

from __future__ import annotations

import sys
from uuid import UUID

import uvicorn
from machinery import QUEUE, Effect, Thing, cra_validated

from chassis import app as chassis_app
from chassis.auth import MEMBER
from chassis.consume import Subscription
from chassis.db import Tx
from chassis.http import Body, HotTxDep, Router, View
from chassis.logs import set_up_logs
from chassis.outbox import emit
from chassis.platform import Service
from chassis.settings import get_settings
from chassis.telemetry import set_up_telemetry
from contracts.timesheet import CraValidated

router = Router("things")


class NewThing(Body):
    id: UUID


class ThingView(View):
    id: UUID


@router.post("/things", access=MEMBER, hot=True, status_code=201)
async def create(body: NewThing, tx: HotTxDep) -> ThingView:
    tx.add(Thing(id=body.id))
    emit(tx, cra_validated(body.id))
    return ThingView(id=body.id)


async def record(event: CraValidated, tx: Tx) -> None:
    tx.add(Effect(cra_id=event.cra_id))


def main(part: str) -> None:
    settings = get_settings()
    handlers = [Subscription(QUEUE, CraValidated, record)] if part == "consumer" else []
    chassis_app.subscriptions_of = lambda _: handlers
    set_up_logs(settings.service, settings.log_level)
    if settings.telemetry:
        set_up_telemetry(settings.service, settings.trace_sampling)
    app = chassis_app.create_app(Service(settings.service, "measured", [router], []), settings)
    uvicorn.run(app, port=settings.port, loop="uvloop", http="httptools", access_log=False, log_config=None)


if __name__ == "__main__":
    main(sys.argv[1])
