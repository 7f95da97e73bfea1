"""A series has neither gap nor double, whoever comes at once and whatever fails."""

import asyncio

import pytest

from chassis.numbering import next_number, numbers, take_turns


@pytest.fixture
async def numbered(database):
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda made: numbers.create(made, checkfirst=True))
    return database


async def take(database, series="A", *, fail=False):
    async with database.transaction() as tx:
        taken = await next_number(tx, series)
        if fail:
            await tx.rollback()
        return taken


async def test_starts_at_one_and_each_series_counts_for_itself(numbered):
    assert [await take(numbered), await take(numbered), await take(numbered, "B")] == [1, 2, 1]


async def test_what_fails_gives_its_number_back(numbered):
    assert await take(numbered, fail=True) == 1
    assert await take(numbered) == 1


async def test_many_at_once_take_each_its_own(numbered):
    taken = await asyncio.gather(*(take(numbered, fail=n % 3 == 0) for n in range(12)))
    kept = [number for n, number in enumerate(taken) if n % 3]
    assert sorted(kept) == list(range(1, 9))


async def test_taking_turns_takes_no_number(numbered):
    async def once(found):
        async with numbered.transaction() as tx:
            await take_turns(tx, "A")
            if not found:
                found.append(await next_number(tx, "A"))

    found = []
    await asyncio.gather(*(once(found) for _ in range(5)))
    assert found == [1]
    assert await take(numbered) == 2
