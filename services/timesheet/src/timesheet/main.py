"""The timesheet service: CRA, from the consultant's days to the client's validation."""

from chassis.platform import Service
from timesheet.cra import consumers as cra_consumers
from timesheet.cra import routes as cra_routes
from timesheet.directory import consumers as directory_consumers
from timesheet.directory import personal
from timesheet.directory import routes as directory_routes
from timesheet.personal import DATA

service = Service(
    name="timesheet",
    summary="Activity reports (CRA): filled in by consultants, validated by clients, billed as they stand",
    routers=[directory_routes.router, cra_routes.router],
    consumers=[directory_consumers.consumers, cra_consumers.consumers],
    personal_data=[*DATA, *personal.DATA],
)
