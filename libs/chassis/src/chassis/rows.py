"""What an aggregate's rows are made of; rules may import this, and nothing that opens a session."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import DeclarativeBase
from uuid_utils.compat import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)
"""The chassis' own tables, which stand in the database of every service."""


@cache
def tables_of(service: str) -> MetaData:
    """The tables that a service's rows declare, apart from other services' in the same process (as in a test run)."""
    return MetaData(naming_convention=NAMING, info={"service": service})


class Base(DeclarativeBase):
    """Base of a service's rows. Times are aware; ids are UUIDv7, so they sort by creation.

    A relationship is given its class (`relationship(Mission)`): the name alone may stand in two services.
    """

    metadata = metadata
    type_annotation_map = {datetime: DateTime(timezone=True)}

    def __init_subclass__(cls, **options: Any) -> None:
        cls.metadata = tables_of(cls.__module__.partition(".")[0])
        super().__init_subclass__(**options)


def new_id() -> UUID:
    """A fresh identifier that sorts by time of creation (UUIDv7)."""
    return uuid7()
