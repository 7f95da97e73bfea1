"""Reading and acknowledging what the law forbids to whoever provides people (MK-21)."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.dialects.postgresql import insert

from chassis import audit
from chassis.auth import PUBLIC, may
from chassis.http import Body, CallerDep, Router, TxDep, View
from chassis.problems import documented
from contracts.permissions import Permission
from marketplace.acknowledgement.domain import Acknowledgement, NotTheTextInForce, text_in_force
from marketplace.acknowledgement.queries import acknowledgement_of

router = Router("acknowledgements")

Version = Annotated[str, Field(max_length=20, pattern=r"^[0-9]{4}-[0-9]{2}$", examples=["2026-01"])]


class LabourLawView(View):
    """The text in force: the French one binds."""

    version: str
    in_force_from: date
    articles: list[str]
    fr: str
    en: str


class AcknowledgementBody(Body):
    """Which version was read."""

    version: Version


class AcknowledgementView(View):
    """A version that was acknowledged, and when first."""

    version: str
    acknowledged_at: datetime


@router.get("/acknowledgements/labour-law", access=PUBLIC)
async def read_labour_law(tx: TxDep) -> LabourLawView:
    """What is acknowledged before the first request is shown (articles L8241-1 and L8231-1 of the Labour Code)."""
    return LabourLawView.model_validate(text_in_force(tx.today))


@router.put(
    "/acknowledgements/labour-law",
    access=may(Permission.ANSWER_RFPS),
    responses=documented(NotTheTextInForce),
)
async def acknowledge_labour_law(body: AcknowledgementBody, caller: CallerDep, tx: TxDep) -> AcknowledgementView:
    """Take note of the text in force, once for each version; repeating it changes nothing."""
    made = Acknowledgement.of(body.version, caller.member_id, tx.now, tx.today)
    values = {"member_id": made.member_id, "text_version": made.text_version, "acknowledged_at": made.acknowledged_at}
    first = insert(Acknowledgement).values(values).on_conflict_do_nothing().returning(Acknowledgement.member_id)
    if (await tx.execute(first)).first() is not None:
        audit(tx, "labour_law.acknowledge", caller.member_id, version=made.text_version)
    known = await acknowledgement_of(tx, caller.member_id) or made
    return AcknowledgementView(version=known.text_version, acknowledged_at=known.acknowledged_at)
