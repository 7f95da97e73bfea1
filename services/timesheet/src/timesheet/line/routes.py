"""Writing the lines of a CRA, until it is sent; reading what it bills, as billing will."""

from typing import Annotated
from uuid import UUID

from fastapi import Form, Request, Response

from chassis import audit
from chassis.auth import may
from chassis.errors import Forbidden, require
from chassis.files import FileMissing, StoredFile, attachment
from chassis.http import CallerDep, PlatformDep, Router, TxDep, set_etag
from chassis.problems import documented
from chassis.rows import new_id
from contracts.permissions import Permission
from contracts.timesheet import CraLineKind
from contracts.values import Money
from timesheet.cra.queries import cra_for
from timesheet.cra.refusals import CraNotFound
from timesheet.line.domain import (
    DeliverablesExceedOrder,
    Line,
    LineNotFound,
    LineWithoutFile,
    NotFixedPrice,
    TooManyLines,
)
from timesheet.line.files import RECEIPT, file_of, keep_file, remove_file
from timesheet.line.overtime import InvalidOvertime, RateNotAgreed, overtime_line
from timesheet.line.queries import delivered_elsewhere, rates_of
from timesheet.line.views import (
    BillView,
    ExpenseChange,
    NewDeliverable,
    NewExpense,
    NewOvertime,
)
from timesheet.line.writing import FILES, WRITING, let_write, to_write, written

router = Router("lines")

_FILE_ANSWER = {200: {"content": {media: {} for media in RECEIPT}, "description": "the file"}}


@router.get(
    "/cras/{cra_id}/lines", access=may(Permission.FOLLOW_MISSIONS), responses=documented(Forbidden, CraNotFound)
)
async def read_lines(cra_id: UUID, caller: CallerDep, tx: TxDep, response: Response) -> BillView:
    """The days and every other line, with the prices by which billing bills them (TS-15)."""
    cra = await cra_for(tx, cra_id, caller)
    set_etag(response, cra.version)
    return BillView.of(cra, caller)


@router.post(
    "/cras/{cra_id}/expenses",
    access=may(Permission.REPORT_ACTIVITY),
    status_code=201,
    responses=documented(*WRITING, *FILES, TooManyLines),
)
async def add_expense(
    *,
    cra_id: UUID,
    form: Annotated[NewExpense, Form(media_type="multipart/form-data")],
    caller: CallerDep,
    tx: TxDep,
    platform: PlatformDep,
    request: Request,
    response: Response,
) -> BillView:
    """Report an outlay with its receipt: PDF, PNG or JPEG of 5 MB at most. For the consultant (TS-08)."""
    cra = await to_write(tx, cra_id, caller, request)
    await let_write(tx, cra, caller, CraLineKind.EXPENSE)
    file = await keep_file(tx, platform, cra, form.file)
    line = _expense(new_id(), form).model_copy(update={"file": file})
    cra.put_line(line)
    return written(tx, cra, line, caller, response)


@router.put(
    "/cras/{cra_id}/expenses/{line_id}",
    access=may(Permission.REPORT_ACTIVITY),
    responses=documented(*WRITING, *FILES, LineNotFound),
)
async def change_expense(
    *,
    cra_id: UUID,
    line_id: UUID,
    form: Annotated[ExpenseChange, Form(media_type="multipart/form-data")],
    caller: CallerDep,
    tx: TxDep,
    platform: PlatformDep,
    request: Request,
    response: Response,
) -> BillView:
    """Write an outlay anew; its receipt stays unless another comes with it. For the consultant (TS-08)."""
    cra = await to_write(tx, cra_id, caller, request)
    await let_write(tx, cra, caller, CraLineKind.EXPENSE)
    former = cra.line(line_id)
    require(former.kind is CraLineKind.EXPENSE, LineNotFound())
    file = former.file
    if form.file is not None:
        await remove_file(tx, file)
        file = await keep_file(tx, platform, cra, form.file)
    line = _expense(line_id, form).model_copy(update={"file": file})
    cra.put_line(line)
    return written(tx, cra, line, caller, response)


def _expense(line_id: UUID, form: ExpenseChange) -> Line:
    return Line(
        id=line_id,
        kind=CraLineKind.EXPENSE,
        title=form.title,
        quantity="1",
        unit="C62",
        unit_price=Money(amount=form.net),
        vat_rate=form.vat_rate,
        comment=form.comment,
    )


@router.post(
    "/cras/{cra_id}/overtime",
    access=may(Permission.REPORT_ACTIVITY),
    status_code=201,
    responses=documented(*WRITING, RateNotAgreed, InvalidOvertime, TooManyLines),
)
async def add_overtime(
    *, cra_id: UUID, body: NewOvertime, caller: CallerDep, tx: TxDep, request: Request, response: Response
) -> BillView:
    """Report overtime or on-call duty by a code of the mission's table. For the consultant (TS-09)."""
    cra = await to_write(tx, cra_id, caller, request)
    await let_write(tx, cra, caller, CraLineKind.OVERTIME)
    rates = await rates_of(tx, cra.mission.mission_id)
    line = overtime_line(cra, rates, code=body.code, on=body.on, quantity=body.quantity, comment=body.comment)
    cra.put_line(line)
    return written(tx, cra, line, caller, response)


@router.post(
    "/cras/{cra_id}/deliverables",
    access=may(Permission.APPROVE_ACTIVITY),
    status_code=201,
    responses=documented(*WRITING, NotFixedPrice, DeliverablesExceedOrder, TooManyLines),
)
async def add_deliverable(
    *, cra_id: UUID, body: NewDeliverable, caller: CallerDep, tx: TxDep, request: Request, response: Response
) -> BillView:
    """State what was delivered at a fixed price, and what of it is billed. For the provider's sales side (TS-16)."""
    cra = await to_write(tx, cra_id, caller, request)
    await let_write(tx, cra, caller, CraLineKind.DELIVERABLE)
    line = Line(
        id=new_id(),
        kind=CraLineKind.DELIVERABLE,
        title=body.title,
        quantity="1",
        unit="C62",
        unit_price=Money(amount=body.amount),
        comment=body.comment,
    )
    cra.put_deliverable(line, elsewhere=await delivered_elsewhere(tx, cra))
    return written(tx, cra, line, caller, response)


@router.delete(
    "/cras/{cra_id}/lines/{line_id}",
    access=may(Permission.REPORT_ACTIVITY),
    responses=documented(*WRITING, LineNotFound),
)
async def remove_line(
    *, cra_id: UUID, line_id: UUID, caller: CallerDep, tx: TxDep, request: Request, response: Response
) -> BillView:
    """Take a line out, by whoever writes lines of its kind."""
    cra = await to_write(tx, cra_id, caller, request)
    line = cra.line(line_id)
    await let_write(tx, cra, caller, line.kind)
    cra.drop_line(line)
    await remove_file(tx, line.file)
    audit(tx, "cra.line_removed", cra.id, line=line.id, kind=line.kind.value, version=cra.version)
    set_etag(response, cra.version)
    return BillView.of(cra, caller)


@router.get(
    "/cras/{cra_id}/lines/{line_id}/file",
    access=may(Permission.FOLLOW_MISSIONS),
    responses=documented(Forbidden, CraNotFound, LineNotFound, LineWithoutFile, FileMissing) | _FILE_ANSWER,
    response_class=Response,
)
async def download_file(cra_id: UUID, line_id: UUID, caller: CallerDep, tx: TxDep, platform: PlatformDep) -> Response:
    """The receipt, or what proves a correction, for both sides of the mission."""
    line = (await cra_for(tx, cra_id, caller)).line(line_id)
    row = await file_of(tx, line.file)
    stored = StoredFile(row.key, row.name, row.media_type, row.sha256, row.size)
    return attachment(stored, await platform.files.read(row.key))
