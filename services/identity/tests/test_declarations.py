"""Declarations on one's honour: recorded with their words, time and address, and shown to who made them."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import select

from chassis.audit import audit_log
from identity.declaration.domain import WORDINGS, Capacity, Declaration, DeclarationKind, wording_of
from identity.declaration.personal import DATA


async def listed(world, account):
    return (await world.client.get("/members/me/declarations", headers=account.headers)).json()["items"]


async def declare(world, account, **changes):
    body = {"third_party": "Analytical Engines Ltd", "capacity": "mandate"} | changes
    return await world.client.post("/members/me/declarations", json=body, headers=account.headers)


class TestSignUp:
    @pytest.mark.req("ID-26", "ID-27")
    async def test_records_both_declarations_for_the_member_to_read(self, world):
        account, rival = await world.activated(), await world.activated()
        made = await listed(world, account)
        assert {(item["kind"], item["text_version"]) for item in made} == {
            ("adulthood", "2026-11-01"),
            ("professional_use", "2026-11-01"),
        }
        assert not {item["id"] for item in made} & {item["id"] for item in await listed(world, rival)}

    @pytest.mark.req("ID-26", "ID-27")
    @pytest.mark.parametrize("missing", ["is_adult", "is_professional"])
    @pytest.mark.parametrize("said", [False, ...])
    async def test_without_one_there_is_no_account(self, world, missing, said):
        answer = await world.sign_up(world.new_address(), **{missing: said})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, missing)

    @pytest.mark.req("ID-26", "ID-27")
    async def test_keeps_the_address_it_came_from(self, world):
        email = world.new_address()
        async with world.calling_from("203.0.113.7") as client:
            body = {"first_name": "Ada", "last_name": "Lovelace", "email": email, "password": world.password}
            ticks = dict.fromkeys(("accept_terms", "accept_privacy", "is_adult", "is_professional"), True)
            assert (await client.post("/members", json=body | ticks)).status_code == 202
        async with world.h.tx() as tx:
            ips = await tx.scalars(select(Declaration.ip).order_by(Declaration.id.desc()).limit(2))
            assert {str(ip) for ip in ips} == {"203.0.113.7"}


class TestThirdParty:
    @pytest.mark.req("ID-55")
    @pytest.mark.parametrize("capacity", list(Capacity))
    async def test_is_recorded_and_listed_first(self, world, capacity):
        account = await world.activated()
        answer = await declare(world, account, capacity=capacity)
        assert answer.status_code == 201
        (newest, *_) = await listed(world, account)
        assert newest == answer.json()
        assert (newest["kind"], newest["third_party"], newest["capacity"]) == (
            "third_party",
            "Analytical Engines Ltd",
            capacity,
        )
        async with world.h.tx() as tx:
            query = select(audit_log.c.details).where(
                audit_log.c.subject == str(account.id), audit_log.c.action == "declaration.made"
            )
            acts = (await tx.scalars(query)).all()
        assert {"kind": "third_party", "version": newest["text_version"]} in acts
        assert "Analytical" not in str(acts)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"third_party": ""}, "third_party"),
            ({"third_party": "a\nb"}, "third_party"),
            ({"capacity": "x"}, "capacity"),
        ],
    )
    async def test_a_wrong_one_is_refused_by_field(self, world, changes, field):
        answer = await declare(world, await world.activated(), **changes)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


class TestWordings:
    @pytest.mark.req("ID-26", "ID-27", "ID-55")
    async def test_are_shown_to_anybody_in_both_languages(self, world):
        shown = (await world.client.get("/declaration-texts")).json()
        assert [item["kind"] for item in shown] == list(DeclarationKind)
        assert all(item["fr"] and item["en"] and item["version"] for item in shown)

    @pytest.mark.parametrize("kind", list(DeclarationKind))
    def test_the_latest_in_force_holds(self, kind):
        first = min((w for w in WORDINGS if w.kind == kind), key=lambda w: w.in_force_from)
        assert wording_of(kind, first.in_force_from) == first
        assert wording_of(kind, date(2000, 1, 1)) == first


class TestPersonalData:
    async def test_keeps_that_it_was_declared_without_address_or_third_party(self, world):
        account, other = await world.activated(), await world.activated()
        await declare(world, account)
        (kind,) = DATA
        async with world.h.tx() as tx:
            gathered = await kind.gather(tx, account.id)
            assert "Analytical Engines Ltd" in str(gathered)
            await kind.erase(tx, account.id)
        async with world.h.tx() as tx:
            left = await kind.gather(tx, account.id)
            assert [row["kind"] for row in left] == [row["kind"] for row in gathered]
            assert all(row["network_address"] is None and row["third_party"] is None for row in left)
            assert all(row["network_address"] for row in await kind.gather(tx, other.id))
            assert await kind.gather(tx, uuid4()) == []
