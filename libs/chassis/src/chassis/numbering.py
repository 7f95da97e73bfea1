"""Series of numbers without a gap; only a service that imports this has the table."""

from sqlalchemy import Column, Integer, String, Table
from sqlalchemy.dialects.postgresql import insert

from chassis.db import Tx
from chassis.rows import metadata

numbers = Table(
    "numbers",
    metadata,
    Column("series", String(32), primary_key=True),
    Column("last", Integer, nullable=False),
)


async def take_turns(tx: Tx, series: str) -> None:
    """Let nobody else take a number of the series until this transaction ends, whether it takes one or not."""
    first = insert(numbers).values(series=series, last=0)
    await tx.execute(first.on_conflict_do_update(index_elements=[numbers.c.series], set_={"last": numbers.c.last}))


async def next_number(tx: Tx, series: str, *, count: int = 1) -> int:
    """Take the next number of a series, from 1, or the first of several; given back when the transaction fails.

    Whoever else wants one of the same series waits until this transaction ends.
    """
    first = insert(numbers).values(series=series, last=count)
    following = first.on_conflict_do_update(index_elements=[numbers.c.series], set_={"last": numbers.c.last + count})
    return int((await tx.execute(following.returning(numbers.c.last))).scalar_one()) - count + 1
