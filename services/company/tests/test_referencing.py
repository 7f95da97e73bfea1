"""A client's lists of providers."""

import asyncio

import pytest

from contracts.company import SupplierDereferenced, SupplierReferenced
from contracts.roles import ProfileType, Role


@pytest.fixture
def lists(world):
    return Lists(world)


class Lists:
    """Short ways to a client's lists."""

    def __init__(self, world):
        self.world = world

    def path(self, company, *more):
        return "/".join([f"/companies/{company.id}/referencing-lists", *more])

    async def open(self, company, name="Data", headers=None, **terms):
        body = {"name": name} | terms
        return await self.world.client.post(self.path(company), json=body, headers=headers or company.headers)

    async def opened(self, name="Data", **terms):
        company = await self.world.company(ProfileType.CLIENT)
        answer = await self.open(company, name, **terms)
        assert answer.status_code == 201, answer.text
        return company, answer.json()["id"]

    async def put(self, company, list_id, provider, headers=None):
        path = self.path(company, list_id, "suppliers", provider.id)
        return await self.world.client.put(path, headers=headers or company.headers)

    async def take_off(self, company, list_id, provider, headers=None):
        path = self.path(company, list_id, "suppliers", provider.id)
        return await self.world.client.delete(path, headers=headers or company.headers)

    async def change(self, company, list_id, headers=None, **body):
        headers = company.headers | (headers or {})
        return await self.world.client.put(self.path(company, list_id), json=body, headers=headers)

    async def told(self, event, company):
        return [one for one in await self.world.h.emitted(event) if str(one.client_company_id) == company.id]

    async def names(self, company, list_id, headers=None):
        path = self.path(company, list_id, "suppliers")
        answer = await self.world.client.get(path, headers=headers or company.headers)
        return [line["name"] for line in answer.json()["items"]]


@pytest.mark.req("CO-26")
class TestReference:
    async def test_puts_a_provider_on_a_list_once(self, world, lists) -> None:
        company, list_id = await lists.opened(preferred=True)
        provider = await world.company()
        for _ in range(2):
            answer = await lists.put(company, list_id, provider)
            assert (answer.status_code, answer.json()["provider_company_id"]) == (200, provider.id)
        assert await lists.names(company, list_id) == ["La Poste"]
        (event,) = await lists.told(SupplierReferenced, company)
        assert (str(event.provider_company_id), event.list_name, event.preferred) == (provider.id, "Data", True)

    async def test_at_the_same_moment_is_told_once(self, world, lists) -> None:
        company, list_id = await lists.opened()
        provider = await world.company()
        answers = await asyncio.gather(*(lists.put(company, list_id, provider) for _ in range(3)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(await lists.told(SupplierReferenced, company)) == 1

    async def test_is_of_providers_on_the_platform(self, world, lists, refused) -> None:
        company, list_id = await lists.opened()
        client, gone = await world.company(ProfileType.CLIENT), await world.company()
        await world.refuse(gone)
        for other in (client, gone):
            refused(await lists.put(company, list_id, other), 404, "supplier_not_found")

    async def test_ends(self, world, lists, refused) -> None:
        company, list_id = await lists.opened()
        provider = await world.company()
        await lists.put(company, list_id, provider)
        assert (await lists.take_off(company, list_id, provider)).status_code == 204
        assert await lists.names(company, list_id) == []
        (on,), (off,) = await lists.told(SupplierReferenced, company), await lists.told(SupplierDereferenced, company)
        assert (off.reference_id, off.version > on.version) == (on.reference_id, True)
        refused(await lists.take_off(company, list_id, provider), 404, "supplier_not_found")
        assert (await lists.put(company, list_id, provider)).status_code == 200

    async def test_is_written_by_the_head_and_read_by_the_client_alone(self, world, lists, refused) -> None:
        company, list_id = await lists.opened()
        provider, rival = await world.company(), await world.company(ProfileType.CLIENT)
        await lists.put(company, list_id, provider)
        buyer = await world.colleague(company, Role.ACHETEUR)
        assert await lists.names(company, list_id, buyer) == ["La Poste"]
        assert (await world.client.get(lists.path(company, list_id), headers=buyer)).status_code == 200
        refused(await lists.put(company, list_id, provider, buyer), 403, "forbidden")
        refused(await lists.take_off(company, list_id, provider, buyer), 403, "forbidden")
        refused(await lists.open(company, "Other", buyer), 403, "forbidden")
        for path in (lists.path(company), lists.path(company, list_id), lists.path(company, list_id, "suppliers")):
            refused(await world.client.get(path, headers=rival.headers), 404, "company_not_found")
        refused(await lists.put(rival, list_id, provider), 404, "referencing_list_not_found")
        refused(await world.client.get(lists.path(provider), headers=provider.headers), 403, "forbidden")


@pytest.mark.req("CO-26")
class TestList:
    async def test_is_known_by_its_name(self, lists, refused) -> None:
        company, list_id = await lists.opened("Data")
        refused(await lists.open(company, "Data"), 409, "referencing_list_exists", "name")
        assert (await lists.open(company, "Cloud")).status_code == 201
        refused(await lists.change(company, list_id, name="Cloud"), 409, "referencing_list_exists", "name")
        assert (await lists.open(await lists.world.company(ProfileType.CLIENT), "Data")).status_code == 201

    async def test_tells_of_its_providers_when_it_becomes_preferred(self, world, lists, refused) -> None:
        company, list_id = await lists.opened()
        await lists.put(company, list_id, await world.company())
        answer = await lists.change(company, list_id, {"If-Match": '"1"'}, name="Best", preferred=True)
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
        first, second = await lists.told(SupplierReferenced, company)
        assert (first.preferred, second.preferred, second.list_name) == (False, True, "Best")
        assert second.version > first.version
        answer = await lists.change(company, list_id, {"If-Match": '"1"'}, name="Late")
        refused(answer, 412, "version_conflict")

    async def test_takes_everyone_off_when_it_is_closed(self, world, lists, refused) -> None:
        company, list_id = await lists.opened()
        for _ in range(2):
            await lists.put(company, list_id, await world.company())
        assert (await world.client.delete(lists.path(company, list_id), headers=company.headers)).status_code == 204
        assert len(await lists.told(SupplierDereferenced, company)) == 2
        answer = await world.client.get(lists.path(company, list_id), headers=company.headers)
        refused(answer, 404, "referencing_list_not_found")
        assert (await world.client.get(lists.path(company), headers=company.headers)).json()["items"] == []
