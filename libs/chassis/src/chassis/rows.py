"""What an aggregate's rows are made of; rules may import this, and nothing that opens a session."""

from __future__ import annotations

from datetime import datetime
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
"""Every table of the process: the service's own and the chassis'."""


class Base(DeclarativeBase):
    """Base of a service's rows. Times are aware; ids are UUIDv7, so they sort by creation."""

    metadata = metadata
    type_annotation_map = {datetime: DateTime(timezone=True)}


def new_id() -> UUID:
    """A fresh identifier that sorts by time of creation (UUIDv7)."""
    return uuid7()
