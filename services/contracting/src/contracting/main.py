"""Contracts, missions and the platform's orders."""

from chassis.platform import Service
from contracting.bdc import routes as bdcs
from contracting.contract import bundle, downloads
from contracting.contract import consumers as contract_events
from contracting.contract import routes as contracts_
from contracting.directory import consumers as directory
from contracting.directory import personal
from contracting.early_end import consumers as early_end_events
from contracting.early_end import routes as early_ends
from contracting.mission import consumers as mission_events
from contracting.mission import order_routes
from contracting.mission import routes as missions
from contracting.own import build
from contracting.personal import DATA
from contracting.renewal import consumers as renewal_events
from contracting.renewal import personal as renewal_data
from contracting.renewal import routes as renewals
from contracting.template import routes as templates

service = Service(
    name="contracting",
    summary="Contracts, missions and purchase orders",
    routers=[
        templates.router,
        contracts_.router,
        downloads.router,
        bundle.router,
        missions.router,
        order_routes.router,
        bdcs.router,
        renewals.router,
        early_ends.router,
    ],
    consumers=[contract_events.consumers, mission_events.consumers, early_end_events.consumers, directory.consumers],
    sweeps=[*contract_events.SWEEPS, *mission_events.SWEEPS, *renewal_events.SWEEPS],
    state=build,
    personal_data=[*DATA, *personal.DATA, *renewal_data.DATA],
)
