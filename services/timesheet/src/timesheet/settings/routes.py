"""A client's choices about the activity reports of its missions."""

from dataclasses import asdict
from uuid import UUID

from fastapi import Response
from starlette.requests import Request

from chassis import audit
from chassis.auth import may
from chassis.errors import Forbidden, VersionConflict
from chassis.http import Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.problems import documented
from contracts.permissions import Permission
from timesheet.settings.domain import Choices
from timesheet.settings.queries import settings_of

router = Router("settings")


class ActivityChoices(Body):
    """How activity reports are filled in and validated, all of it."""

    module_on: bool
    validation_on: bool
    fixed_report: bool
    weekends_allowed: bool
    overrun_allowed: bool
    submission_reminders: bool
    validation_reminders: bool


class ActivitySettingsView(View):
    """The choices in force; version 0 while the client has made none."""

    client_company_id: UUID
    module_on: bool
    validation_on: bool
    fixed_report: bool
    weekends_allowed: bool
    overrun_allowed: bool
    submission_reminders: bool
    validation_reminders: bool
    version: int


@router.get("/activity-settings", access=may(Permission.VIEW_PURCHASING), responses=documented(Forbidden))
async def read_settings(caller: CallerDep, tx: TxDep, response: Response) -> ActivitySettingsView:
    """How the activity reports of the caller's company are filled in and validated."""
    settings = await settings_of(tx, caller.company)
    set_etag(response, settings.version)
    return ActivitySettingsView.model_validate(settings)


@router.put(
    "/activity-settings",
    access=may(Permission.CONFIGURE_ACTIVITY),
    responses=documented(Forbidden, VersionConflict),
)
async def change_settings(
    body: ActivityChoices, caller: CallerDep, tx: TxDep, request: Request, response: Response
) -> ActivitySettingsView:
    """Decide for all missions of the company, from now on; what was validated stays (TS-03)."""
    settings = await settings_of(tx, caller.company, locked=True)
    check_if_match(request, settings.version)
    choices = Choices(**body.model_dump())
    settings.change(choices, by=caller.member_id, at=tx.now, today=tx.today)
    tx.add(settings)
    audit(tx, "activity_settings.changed", caller.company, version=settings.version, **asdict(choices))
    set_etag(response, settings.version)
    return ActivitySettingsView.model_validate(settings)
