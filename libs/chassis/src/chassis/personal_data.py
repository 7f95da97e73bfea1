"""Personal data: each service declares its classes; export, erasure and retention follow from the declaration.

    DataClass("join requests", purpose=…, basis=Basis.CONTRACT, kept=…, tables=(JoinRequest,), gather=…, erase=…)

A member's export and erasure arrive as events and reach every service alike (PL-06, PL-08, PL-09, ID-41).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from joserfc import jwe
from joserfc.jwk import ECKey
from sqlalchemy import Table

from chassis.clock import business_date, months_after
from chassis.consume import Consumers
from chassis.db import Tx
from chassis.outbox import emit
from chassis.rows import Base
from chassis.sweeps import Sweep
from contracts.identity import DataExportRequested, MemberErased
from contracts.personal_data import MemberDataGathered

Records = Sequence[dict[str, Any]]

ERASED_NAME = "—"
"""What stands where the name, or the words, of somebody stood whose account is gone."""
NOBODY = UUID(int=0)
"""Whose a document is once the law asks for its figures alone."""
CONTRACT_YEARS = 5
"""How long a contract may be argued about (code civil, art. 2224)."""
ACCOUNTING_YEARS = 10
"""How long accounts and what supports them are kept (code de commerce, art. L. 123-22)."""


def record_of(row: Base, *columns: str) -> dict[str, Any]:
    """Some columns of a row, as a member reads them in an export."""
    return {column: getattr(row, column) for column in columns}


def years_before(as_of: datetime, years: int) -> date:
    """The day in Paris so many years before; what is dated earlier has passed its time."""
    return months_after(business_date(as_of), -12 * years)


_SEALING = {"alg": "ECDH-ES", "enc": "A256GCM"}


class Basis(StrEnum):
    """Why the data may be kept (GDPR, article 6; 9 for consent to sensitive data)."""

    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    CONSENT = "consent"
    LEGITIMATE_INTEREST = "legitimate_interest"


async def nothing_to_erase(tx: Tx, member_id: UUID) -> None:
    """For classes that the law has us keep, or that hold an id alone, which names nobody once identity forgot it."""
    del tx, member_id


@dataclass(frozen=True)
class DataClass:
    """One class of personal data of a service (PL-09).

    `gather` returns what the member may read of it, `erase` removes or anonymises it when the account is gone,
    and `forget`, where there is one, drops what has passed its time on any day (PL-08).
    """

    name: str
    purpose: str
    basis: Basis
    kept: str
    """How long, in words."""
    tables: Sequence[type[Base] | Table]
    gather: Callable[[Tx, UUID], Awaitable[Records]]
    erase: Callable[[Tx, UUID], Awaitable[None]] = nothing_to_erase
    forget: Callable[[Tx, datetime], Awaitable[None]] | None = None


def consumers_for(service: str, classes: Sequence[DataClass]) -> Consumers:
    """The two consumers that every service has."""
    consumers = Consumers(service)

    @consumers.on(DataExportRequested)
    async def gather_data_on_DataExportRequested(event: DataExportRequested, tx: Tx) -> None:  # noqa: N802 - its queue's name
        """Answer with this service's part, which only the asker's key opens."""
        part = {kind.name: list(await kind.gather(tx, event.member_id)) for kind in classes}
        gathered = MemberDataGathered(
            request_id=event.request_id,
            member_id=event.member_id,
            service=service,
            sealed=seal(part, event.public_key),
            gathered_at=tx.now,
        )
        emit(tx, gathered)

    @consumers.on(MemberErased)
    async def erase_member_on_MemberErased(event: MemberErased, tx: Tx) -> None:  # noqa: N802 - its queue's name
        """Let go of the person; what the law has us keep stays."""
        for kind in classes:
            await kind.erase(tx, event.member_id)

    return consumers


def sweeps_for(classes: Sequence[DataClass]) -> list[Sweep]:
    """The retention job: once a day, each class forgets what has passed its time (PL-08)."""

    async def forget(tx: Tx, as_of: datetime) -> None:
        for kind in classes:
            if kind.forget is not None:
                await kind.forget(tx, as_of)

    return [Sweep("retention", timedelta(days=1), forget)]


def seal(part: dict[str, Any], public_key: str) -> str:
    """The part as a JWE that only the private half of the key opens."""
    plain = json.dumps(part, default=str, ensure_ascii=False).encode()
    return jwe.encrypt_compact(_SEALING, plain, ECKey.import_key(json.loads(public_key)))


def unseal(sealed: str, private_key: ECKey) -> dict[str, Any]:
    """A sealed part in clear. Raises joserfc.errors.JoseError when it was sealed for another key."""
    content: dict[str, Any] = json.loads(jwe.decrypt_compact(sealed, private_key).plaintext or b"{}")
    return content
