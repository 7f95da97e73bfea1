"""What every route that writes lines does before and after."""

from uuid import UUID

from fastapi import Request, Response

from chassis import Tx, audit
from chassis.auth import Caller
from chassis.errors import Forbidden, IllegalMove, TemporarilyUnavailable, VersionConflict
from chassis.files import FileNotAccepted, FileTooLarge
from chassis.http import check_if_match, set_etag
from chassis.virus_scan import FileInfected
from contracts.timesheet import CraLineKind
from timesheet.cra.domain import Cra
from timesheet.cra.refusals import CraNotFound
from timesheet.directory.missions import Part
from timesheet.line.domain import Line
from timesheet.line.queries import cra_to_write
from timesheet.line.views import BillView
from timesheet.settings.domain import ModuleOff
from timesheet.settings.queries import settings_of

WRITING = (Forbidden, CraNotFound, IllegalMove, ModuleOff, VersionConflict)
FILES = (FileTooLarge, FileNotAccepted, FileInfected, TemporarilyUnavailable)


def part_of(cra: Cra, caller: Caller) -> Part:
    """What the caller is to the mission."""
    return cra.mission.part_of(caller.member_id, caller.company, caller.role)


async def to_write(tx: Tx, cra_id: UUID, caller: Caller, request: Request) -> Cra:
    """A CRA that nobody else writes in meanwhile. Raises CraNotFound, VersionConflict."""
    cra = await cra_to_write(tx, cra_id, caller)
    check_if_match(request, cra.version)
    return cra


async def let_write(tx: Tx, cra: Cra, caller: Caller, kind: CraLineKind) -> None:
    """Let the caller write or remove a line of this kind. Raises Forbidden, IllegalMove, ModuleOff."""
    by, choices = part_of(cra, caller), await settings_of(tx, cra.mission.client_company_id)
    if kind is CraLineKind.DELIVERABLE:
        cra.deliver(by, choices)
    else:
        cra.edit(by, choices)


def written(tx: Tx, cra: Cra, line: Line, caller: Caller, response: Response) -> BillView:
    """Put on record that a line was written, and show what is billed now."""
    audit(tx, "cra.line_written", cra.id, line=line.id, kind=line.kind.value, version=cra.version)
    set_etag(response, cra.version)
    return BillView.of(cra, caller)
