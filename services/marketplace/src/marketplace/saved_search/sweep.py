"""Once a day each saved search is run, and its member told what is new (MK-01, MK-02)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Select, and_, false, func, not_, or_, select

from chassis import Tx, emit
from chassis.clock import business_date
from chassis.sweeps import Sweep
from contracts.contracting import ContractKind
from contracts.notification import NotificationRequested
from contracts.permissions import MATRIX, Permission
from marketplace.acknowledgement.domain import Acknowledgement, text_in_force
from marketplace.directory.domain import Affiliation, Company, Contract
from marketplace.rfp.domain import Rfp
from marketplace.rfp.finding import meeting
from marketplace.rfp.queries import open_to_provider
from marketplace.saved_search.domain import SavedSearch

BATCH = 50
"""Searches run in one transaction."""
SHOWN = 10
"""Requests that a mail names; it says how many more there are."""
SETTLED = timedelta(minutes=1)
"""How long a publication may take to appear after its time: what is younger is left for the next day."""


async def tell_what_is_new(tx: Tx, as_of: datetime) -> bool:
    """Run some of the searches not run on this business date; say whether any may be left."""
    today = business_date(as_of)
    due = select(SavedSearch).where(SavedSearch.looked_on < today).order_by(SavedSearch.looked_on, SavedSearch.id)
    searches = (await tx.scalars(due.limit(BATCH).with_for_update(skip_locked=True))).all()
    for search in searches:
        await _run(tx, search, as_of - SETTLED, today)
    return len(searches) == BATCH


async def _run(tx: Tx, search: SavedSearch, until: datetime, today: date) -> None:
    if await _may_still_look(tx, search, today):
        found = (await tx.scalars(_new(search, until, today).limit(SHOWN + 1))).all()
        if found:
            emit(tx, _mail(search, found))
    search.look_until(max(until, search.looked_until), today)


def _new(search: SavedSearch, until: datetime, today: date) -> Select[Rfp]:
    """What meets the criteria and was not there at the last look: published since, or opened by a wave since."""
    before = func.coalesce(open_to_provider(search.company_id, search.looked_on), false())
    new = or_(Rfp.published_at > search.looked_until, not_(before))
    scope = and_(open_to_provider(search.company_id, today), Rfp.published_at <= until, new)
    return select(Rfp).where(scope, *meeting(search.sought, search.company_id)).order_by(Rfp.listing_id.desc())


async def _may_still_look(tx: Tx, search: SavedSearch, today: date) -> bool:
    """Whether the member would be shown a list today (MK-19 to MK-21)."""
    sellers = (
        Affiliation.member_id == search.member_id,
        Affiliation.company_id == search.company_id,
        Affiliation.role.in_(MATRIX[Permission.ANSWER_RFPS]),
    )
    framework = (Contract.company_id == search.company_id, Contract.kind == ContractKind.FRAMEWORK)
    noted = (
        Acknowledgement.member_id == search.member_id,
        Acknowledgement.text_version == text_in_force(today).version,
    )
    conditions = [
        select(Affiliation.id).where(*sellers).exists(),
        select(Company.id).where(Company.id == search.company_id).exists(),
        select(Contract.id).where(*framework).exists(),
        select(Acknowledgement.member_id).where(*noted).exists(),
    ]
    return bool(await tx.scalar(select(and_(*conditions))))


def _mail(search: SavedSearch, found: Sequence[Rfp]) -> NotificationRequested:
    return NotificationRequested(
        subject_id=search.id,
        template="saved_search_found",
        members=[search.member_id],
        context={
            "name": search.name,
            "count": f"{SHOWN}+" if len(found) > SHOWN else str(len(found)),
            "rfps": "; ".join(f"{rfp.reference} {rfp.title}" for rfp in found[:SHOWN]),
        },
    )


DAILY = Sweep("tell_what_is_new", timedelta(days=1), tell_what_is_new)
