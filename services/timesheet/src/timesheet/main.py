"""The timesheet service: CRA, from the consultant's days, by the provider's approval, to the client's validation."""

from chassis.chores import keep_doing
from chassis.platform import Service
from timesheet.cra import consumers as cra_consumers
from timesheet.cra import decisions, filling
from timesheet.cra import routes as cra_routes
from timesheet.cra.sweeps import SWEEPS
from timesheet.directory import consumers as directory_consumers
from timesheet.directory import personal
from timesheet.directory import routes as directory_routes
from timesheet.evaluation import personal as evaluation_data
from timesheet.evaluation import routes as evaluation_routes
from timesheet.line import correcting
from timesheet.line import personal as line_data
from timesheet.line import routes as line_routes
from timesheet.line.files import drop_removed
from timesheet.personal import DATA
from timesheet.rate import routes as rate_routes
from timesheet.settings import personal as settings_personal
from timesheet.settings import routes as settings_routes

service = Service(
    name="timesheet",
    summary="Activity reports (CRA): filled in by consultants, validated by clients, billed as they stand",
    routers=[
        directory_routes.router,
        cra_routes.router,
        filling.router,
        decisions.router,
        settings_routes.router,
        line_routes.router,
        correcting.router,
        evaluation_routes.router,
        rate_routes.router,
    ],
    consumers=[directory_consumers.consumers, cra_consumers.consumers],
    sweeps=SWEEPS,
    background=[keep_doing(drop_removed, rest=60.0, failing="files_not_removed")],
    personal_data=[*DATA, *personal.DATA, *settings_personal.DATA, *line_data.DATA, *evaluation_data.DATA],
)
