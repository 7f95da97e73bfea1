"""A hot transaction: one read, one write, nobody's change lost."""

import asyncio
from enum import StrEnum
from uuid import UUID

import chassis_probe as probe
import pytest
from sqlalchemy import JSON, Enum, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from chassis import audit, emit
from chassis.audit import audit_log
from chassis.auth import MEMBER
from chassis.errors import Conflict, require
from chassis.hot import HotTx, OutpacedError, read_row
from chassis.http import HotTxDep, Router
from chassis.outbox import outbox
from chassis.rows import Base, new_id


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"


class House(Base):
    __tablename__ = "houses"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    door: Mapped[Door] = mapped_column(
        Enum(Door, native_enum=False, values_callable=lambda kind: [e.value for e in kind])
    )
    rooms: Mapped[dict[str, int]] = mapped_column(JSON)
    note: Mapped[str | None]
    version: Mapped[int]


class AlreadyShut(Conflict):
    code, title = "test_already_shut", "The door is shut"


ONE = select(*House.__table__.columns).where(House.id == bindparam("id"))


async def load(tx: HotTx, house_id: UUID) -> House:
    found = await tx.fetch(ONE, {"id": house_id})
    assert found is not None
    house = read_row(House, found)
    tx.save(house)
    return house


def shut(house: House) -> None:
    require(house.door is Door.OPEN, AlreadyShut())
    house.door, house.version = Door.SHUT, house.version + 1


@pytest.fixture
async def house(database):
    made = House(id=new_id(), door=Door.OPEN, rooms={"kitchen": 1}, note=None, version=1)
    async with database.transaction() as tx:
        tx.add(made)
    return made


async def stored(database, house):
    async with database.transaction() as tx:
        found = await tx.get_one(House, house.id)
        events = (await tx.execute(select(func.count()).select_from(outbox))).scalar()
        entries = (await tx.execute(select(func.count()).select_from(audit_log))).scalar()
        return found.door, found.version, events, entries


class TestCommit:
    async def test_row_event_and_audit_entry_are_one_statement_after_one_read(self, database, house):
        sent = []
        async with database.hot("me") as tx:
            tx._driver.add_query_logger(lambda query: sent.append(query.query))
            shut(await load(tx, house.id))
            emit(tx, probe.cra_validated())
            emit(tx, probe.cra_validated())
            audit(tx, "door.shut", house.id)
        assert [query.split()[0] for query in sent] == ["SELECT", "WITH"]
        assert await stored(database, house) == (Door.SHUT, 2, 2, 1)

    async def test_only_what_changed_is_written(self, database, house):
        async with database.hot("me") as tx:
            mine = await load(tx, house.id)
            assert (mine.door, mine.rooms, mine.note) == (Door.OPEN, {"kitchen": 1}, None)
            async with database.transaction() as other:
                (await other.get_one(House, house.id)).note = "painted"  # without a new version: not a decision
            mine.rooms, mine.version = {"kitchen": 2}, 2
        async with database.transaction() as tx:
            found = await tx.get_one(House, house.id)
            assert (found.rooms, found.note, found.door) == ({"kitchen": 2}, "painted", Door.OPEN)

    async def test_nothing_is_written_when_somebody_was_faster(self, database, house):
        async def outpaced():
            async with database.hot("me") as tx:
                mine = await load(tx, house.id)
                async with database.hot("other") as other:
                    shut(await load(other, house.id))
                shut(mine)
                emit(tx, probe.cra_validated())
                audit(tx, "door.shut", house.id)

        with pytest.raises(OutpacedError):
            await outpaced()
        assert await stored(database, house) == (Door.SHUT, 2, 0, 0)

    async def test_nothing_is_written_when_the_decision_refuses(self, database, house):
        async def refused():
            async with database.hot("me") as tx:
                emit(tx, probe.cra_validated())
                raise AlreadyShut

        with pytest.raises(AlreadyShut):
            await refused()
        assert await stored(database, house) == (Door.OPEN, 1, 0, 0)

    async def test_events_alone_are_published_too(self, database, house):
        async with database.hot("me") as tx:
            emit(tx, probe.cra_validated())
        assert await stored(database, house) == (Door.OPEN, 1, 1, 0)

    async def test_a_new_row_is_written_with_its_event(self, database, house):
        async with database.hot("me") as tx:
            tx.add(House(id=new_id(), door=Door.SHUT, rooms={"attic": 1}, version=1))
            emit(tx, probe.cra_validated())
        async with database.transaction() as tx:
            found = (await tx.scalars(select(House).where(House.id != house.id))).one()
        assert (found.door, found.rooms, found.note, found.version) == (Door.SHUT, {"attic": 1}, None, 1)
        assert (await stored(database, house))[2] == 1

    async def test_a_change_must_grow_the_version(self, database, house):
        with pytest.raises(ValueError, match="version"):
            async with database.hot("me") as tx:
                (await load(tx, house.id)).note = "x"

    async def test_a_second_aggregate_is_refused(self, database, house):
        async with database.hot("me") as tx:
            shut(await load(tx, house.id))
            with pytest.raises(ValueError, match="one aggregate"):
                await load(tx, house.id)


@pytest.fixture
async def api(api_for):
    router = Router("houses")

    @router.post("/houses/{house_id}/shutting", access=MEMBER, hot=True)
    async def shut_door(house_id: UUID, tx: HotTxDep) -> dict[str, int]:
        house = await load(tx, house_id)
        shut(house)
        emit(tx, probe.cra_validated())
        audit(tx, "door.shut", house.id)
        return {"version": house.version}

    async with api_for([router]) as built:
        yield built


class TestRequests:
    @pytest.fixture
    async def mine(self, api):
        made = House(id=new_id(), door=Door.OPEN, rooms={}, note=None, version=1)
        async with api.tx() as tx:
            tx.add(made)
        return made

    async def ask(self, api, house, caller, **headers):
        return await api.client.post(f"/houses/{house.id}/shutting", headers=api.headers(caller) | headers)

    async def test_ten_at_the_same_moment_are_one_success_and_nine_refusals(self, api, mine):
        answers = await asyncio.gather(*(self.ask(api, mine, api.member()) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
        assert {answer.json().get("code") for answer in answers} == {None, "test_already_shut"}
        assert await stored(api.platform.database, mine) == (Door.SHUT, 2, 1, 1)

    async def test_the_same_key_at_the_same_moment_is_one_effect_and_one_answer(self, api, mine):
        caller = api.member()
        key = {"Idempotency-Key": "k"}
        answers = await asyncio.gather(*(self.ask(api, mine, caller, **key) for _ in range(6)))
        assert {(answer.status_code, answer.text) for answer in answers} == {(200, '{"version":2}')}
        assert await stored(api.platform.database, mine) == (Door.SHUT, 2, 1, 1)

    async def test_a_database_that_is_down_is_a_503(self, api, mine, cluster):
        await asyncio.to_thread(cluster.stop, "immediate")
        try:
            answer = await self.ask(api, mine, api.member())
        finally:
            await asyncio.to_thread(cluster.start)
        assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable")
        assert (await self.ask(api, mine, api.member())).status_code == 200
