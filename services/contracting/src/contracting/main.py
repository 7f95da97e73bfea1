"""Contracts, missions and the platform's orders."""

from chassis.platform import Service
from contracting.bdc import routes as bdcs
from contracting.contract import consumers as contract_events
from contracting.contract import downloads
from contracting.contract import routes as contracts_
from contracting.directory import consumers as directory
from contracting.directory import personal
from contracting.mission import consumers as mission_events
from contracting.mission import routes as missions
from contracting.own import build
from contracting.personal import DATA
from contracting.template import routes as templates

service = Service(
    name="contracting",
    summary="Contracts, missions and purchase orders",
    routers=[templates.router, contracts_.router, downloads.router, missions.router, bdcs.router],
    consumers=[contract_events.consumers, mission_events.consumers, directory.consumers],
    sweeps=[*contract_events.SWEEPS, *mission_events.SWEEPS],
    state=build,
    personal_data=[*DATA, *personal.DATA],
)
