"""What a worker does beside its consumers."""

import asyncio
import logging

import pytest

from chassis.chores import keep_doing


async def run(batch, *, rest):
    """Run the loop until the batch cancels it; `rest` is far longer than the test may take."""
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await keep_doing(batch, rest=rest, failing="not_done")(None)


async def test_goes_on_at_once_while_there_is_something_to_do():
    left = [3, 2, 1]

    async def batch(_):
        if not left:
            raise asyncio.CancelledError
        return left.pop()

    await run(batch, rest=3600)
    assert left == []


async def test_rests_after_nothing():
    turns = []

    async def batch(_):
        turns.append(1)
        return 0

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await keep_doing(batch, rest=3600, failing="not_done")(None)
    assert turns == [1]


async def test_a_failure_is_logged_by_its_kind_and_ends_nothing(caplog):
    outcomes = [ConnectionError("who@example.com is down"), asyncio.CancelledError()]

    async def batch(_):
        raise outcomes.pop(0)

    with caplog.at_level(logging.WARNING, "chassis.chores"):
        await run(batch, rest=0)
    assert [(record.message, record.reason) for record in caplog.records] == [("not_done", "ConnectionError")]
    assert "example.com" not in caplog.text
