"""A client's entities: what each says, where it stands, and who may arrange them."""

import asyncio
from pathlib import Path
from runpy import run_path
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from chassis.outbox import outbox
from contracts.company import EntityChanged
from contracts.roles import ProfileType, Role


@pytest.fixture
def entities(world):
    return Entities(world)


class Entities:
    """Short ways to a client's entities."""

    def __init__(self, world):
        self.world = world

    async def client(self):
        return await self.world.company(ProfileType.CLIENT)

    def path(self, company, entity_id=None):
        return f"/companies/{company.id}/entities" + (f"/{entity_id}" if entity_id else "")

    async def create(self, company, headers=None, **terms):
        body = {"name": "Direction des achats", "kind": "organisational"} | terms
        return await self.world.client.post(self.path(company), json=body, headers=headers or company.headers)

    async def created(self, company, **terms):
        answer = await self.create(company, **terms)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def change(self, company, entity, headers=None, **terms):
        body = {name: value for name, value in entity.items() if name not in {"id", "company_id"}} | terms
        headers = company.headers | (headers or {})
        return await self.world.client.put(self.path(company, entity["id"]), json=body, headers=headers)


class TestCreate:
    async def test_says_all_of_it(self, world, entities) -> None:
        company = await entities.client()
        await world.colleague(company, Role.ACHETEUR)
        members = (await world.client.get(f"/companies/{company.id}/members", headers=company.headers)).json()
        substitute, responsible = [member["member_id"] for member in members["items"]]
        parent = await entities.created(company)
        siret = company.json["siret"][:9] + "00200"
        siret = next(f"356000000{n:05d}" for n in range(200, 300) if sum(map(int, f"356000000{n:05d}")) % 5 == 0)
        terms = {
            "name": "Agence de Lyon",
            "kind": "legal",
            "siret": siret,
            "parent_id": parent["id"],
            "responsible_id": responsible,
            "substitute_id": substitute,
            "presentation": "Nous livrons le courrier.",
            "active": False,
        }
        created = await entities.created(company, **terms)
        assert {name: created[name] for name in terms} == terms
        read = await world.client.get(entities.path(company, created["id"]), headers=company.headers)
        assert (read.json(), read.headers["etag"]) == (created, '"1"')
        active = await world.client.get(entities.path(company) + "?active=true", headers=company.headers)
        assert [line["id"] for line in active.json()["items"]] == [parent["id"]]

    @pytest.mark.parametrize(
        ("terms", "code", "field"),
        [
            ({"kind": "legal"}, "entity_siret_missing", "siret"),
            ({"siret": "35600000000048"}, "entity_siret_not_expected", "siret"),
            ({"kind": "legal", "siret": "73282932000074"}, "entity_siret_of_another_company", "siret"),
            ({"kind": "legal", "siret": "35600000000049"}, "invalid_request", "siret"),
            ({"parent_id": str(uuid4())}, "parent_not_found", "parent_id"),
            ({"responsible_id": str(uuid4())}, "not_responsible", "responsible_id"),
            ({"substitute_id": str(uuid4())}, "not_responsible", "substitute_id"),
            ({"name": ""}, "invalid_request", "name"),
        ],
    )
    async def test_refuses_what_does_not_hold(self, entities, refused, terms, code, field) -> None:
        refused(await entities.create(await entities.client(), **terms), 422, code, field)

    async def test_refuses_one_person_for_both_duties(self, entities, refused) -> None:
        company = await entities.client()
        own = str(company.founder.member_id)
        answer = await entities.create(company, responsible_id=own, substitute_id=own)
        refused(answer, 422, "not_responsible", "substitute_id")

    async def test_takes_each_siret_once(self, entities, refused) -> None:
        company = await entities.client()
        siret = company.json["siret"]
        created = await entities.created(company, kind="legal", siret=siret)
        refused(await entities.create(company, kind="legal", siret=siret), 409, "entity_siret_taken", "siret")
        assert (await entities.change(company, created, name="Siège")).status_code == 200

    async def test_is_for_the_head_and_seen_by_the_client_alone(self, world, entities, refused) -> None:
        company, rival, provider = await entities.client(), await entities.client(), await world.company()
        buyer = await world.colleague(company, Role.ACHETEUR)
        entity = await entities.created(company)
        assert (await world.client.get(entities.path(company), headers=buyer)).status_code == 200
        refused(await entities.create(company, buyer), 403, "forbidden")
        refused(await entities.create(company, rival.headers), 404, "company_not_found")
        refused(await entities.create(provider), 403, "forbidden")
        refused(await world.client.get(entities.path(provider), headers=provider.headers), 403, "forbidden")
        for path in (entities.path(company), entities.path(company, entity["id"])):
            refused(await world.client.get(path, headers=rival.headers), 404, "company_not_found")
        borrowed = entities.path(rival, entity["id"])
        refused(await world.client.get(borrowed, headers=rival.headers), 404, "entity_not_found")
        refused(await entities.create(rival, parent_id=entity["id"]), 422, "parent_not_found", "parent_id")


class TestChange:
    async def test_refuses_a_loop(self, entities, refused) -> None:
        company = await entities.client()
        top = await entities.created(company)
        middle = await entities.created(company, parent_id=top["id"])
        low = await entities.created(company, parent_id=middle["id"])
        for parent in (top, middle, low):
            refused(await entities.change(company, top, parent_id=parent["id"]), 409, "entity_loop", "parent_id")
        assert (await entities.change(company, low, parent_id=top["id"])).status_code == 200
        assert (await entities.change(company, middle, parent_id=low["id"])).status_code == 200

    async def test_of_two_under_each_other_at_once_succeeds_once(self, entities) -> None:
        company = await entities.client()
        one, other = await entities.created(company), await entities.created(company)
        answers = await asyncio.gather(
            entities.change(company, one, parent_id=other["id"]), entities.change(company, other, parent_id=one["id"])
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]

    async def test_does_not_overwrite_what_somebody_else_changed(self, entities, refused) -> None:
        company = await entities.client()
        entity = await entities.created(company)
        assert (await entities.change(company, entity, {"If-Match": '"1"'}, name="Un")).headers["etag"] == '"2"'
        refused(await entities.change(company, entity, {"If-Match": '"1"'}, name="Deux"), 412, "version_conflict")

    async def test_of_an_unknown_entity_finds_nothing(self, entities, refused) -> None:
        company = await entities.client()
        entity = await entities.created(company)
        refused(await entities.change(company, entity | {"id": str(uuid4())}), 404, "entity_not_found")

    async def test_follows_who_leaves(self, world, entities) -> None:
        company = await entities.client()
        headers = await world.colleague(company, Role.ACHETEUR)
        members = (await world.client.get(f"/companies/{company.id}/members", headers=company.headers)).json()
        entity = await entities.created(company, responsible_id=members["items"][0]["member_id"])
        await world.client.delete(f"/companies/{company.id}/members/me", headers=headers)
        read = await world.client.get(entities.path(company, entity["id"]), headers=company.headers)
        assert (read.json()["responsible_id"], read.headers["etag"]) == (None, '"2"')


class TestTelling:
    async def test_each_change_is_told_with_its_version(self, world, entities) -> None:
        company = await entities.client()
        parent = await entities.created(company)
        entity = await entities.created(company, parent_id=parent["id"], presentation="Nous achetons.")
        assert (await entities.change(company, entity, active=False, name="Achats")).status_code == 200
        told = [event for event in await world.h.emitted(EntityChanged) if event.subject == entity["id"]]
        assert [(event.version, event.name, event.active) for event in told] == [
            (1, "Direction des achats", True),
            (2, "Achats", False),
        ]
        assert {str(event.parent_id) for event in told} == {parent["id"]}
        assert {(str(event.company_id), event.legal, event.presentation) for event in told} == {
            (str(company.id), False, "Nous achetons.")
        }

    async def test_a_refused_change_tells_nothing(self, world, entities) -> None:
        company = await entities.client()
        assert (await entities.create(company, parent_id=str(uuid4()))).status_code == 422
        assert [one for one in await world.h.emitted(EntityChanged) if one.company_id == company.id] == []

    async def test_what_was_there_before_is_told_once_by_the_migration(self, world, entities) -> None:
        company = await entities.client()
        entity = await entities.created(company, presentation="Nous achetons.")
        path = Path(__file__).parents[1] / "migrations/versions/0006_entities_told.py"
        async with world.h.tx() as tx:
            await tx.execute(text(run_path(str(path))["TELL"]))
            bodies = (await tx.scalars(select(outbox.c.body).where(outbox.c.subject == entity["id"]))).all()
        told = [EntityChanged.from_body(body.encode()) for body in bodies]
        assert len(told) == 2
        assert told[0] == told[1]
