"""The choices in force for a client's missions, made or not."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from chassis import Tx
from chassis.hot import HotTx, read_row
from timesheet.settings.domain import ActivitySettings


async def settings_of(tx: Tx, client_company_id: UUID, *, locked: bool = False) -> ActivitySettings:
    """What the client chose, or the default; read alone, it is not saved."""
    found = await tx.get(ActivitySettings, client_company_id, with_for_update=locked or None)
    return found or ActivitySettings.default(client_company_id)


@cache
def _by_client() -> Select[Any]:
    return select(*ActivitySettings.__table__.columns).where(
        ActivitySettings.client_company_id == bindparam("client_company_id")
    )


async def settings_for_decision(tx: HotTx, client_company_id: UUID) -> ActivitySettings:
    """The same, for a hot transaction."""
    found = await tx.fetch(_by_client(), {"client_company_id": client_company_id})
    return ActivitySettings.default(client_company_id) if found is None else read_row(ActivitySettings, found)
