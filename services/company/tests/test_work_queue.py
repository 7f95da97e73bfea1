"""What waits for staff: oldest first, with what was checked so far, and who is at it."""

import asyncio
from datetime import timedelta

import pytest
from account_steps import ask_for_identity, declare_capacity, propose_account

from contracts.roles import Role, StaffScope

BANK = {"iban": "FR7630006000011234567890189", "bic": "AGRIFRPPXXX", "holder": "La Poste"}


async def asked(world, company):
    answer = await ask_for_identity(world, company)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def later(world, company):
    answer = await declare_capacity(world, company, await world.colleague(company, Role.COMMERCIAL))
    assert answer.status_code == 201, answer.text


async def queue(world, *kinds, headers=None):
    found, cursor = [], None
    while True:
        params = {"limit": 100, "kind": list(kinds)} | ({"cursor": cursor} if cursor else {})
        page = await world.client.get("/staff/work-queue", params=params, headers=headers or world.staff)
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        cursor = page.json()["next"]
        if cursor is None:
            return found


async def mine(world, company, *kinds):
    return [item for item in await queue(world, *kinds) if item["company_id"] == company.id]


async def claim(world, item_id, method="PUT", headers=None):
    path = f"/staff/work-queue/{item_id}/claim"
    return await world.client.request(method, path, headers=headers or world.staff)


def another(world):
    return world.headers(world.h.staff(StaffScope.COMPLIANCE))


class TestQueue:
    @pytest.mark.req("CO-15", "CO-48")
    async def test_holds_everything_that_waits_oldest_first(self, world) -> None:
        company = await world.company(bank=BANK)
        (waiting,) = await mine(world, company)
        assert (waiting["kind"], waiting["checked"]["account_ending"]) == ("company", "0189")
        assert (waiting["checked"]["signatories_declared"], waiting["checked"]["signatories_verified"]) == (1, 0)
        await world.validate(company)
        assert await mine(world, company) == []
        await world.upload(company, "urssaf_certificate")
        await asked(world, company)
        await propose_account(world, company)
        await later(world, company)
        found = await mine(world, company)
        assert [item["kind"] for item in found] == ["document", "identity_change", "bank_change", "capacity"]
        assert [item["waiting_since"] for item in found] == sorted(item["waiting_since"] for item in found)
        assert {item["checked"]["documents_waiting"] for item in found} == {1}

    async def test_is_filtered_by_kind(self, world) -> None:
        company = await world.validated()
        await asked(world, company)
        await later(world, company)
        (item,) = await mine(world, company, "capacity")
        assert item["kind"] == "capacity"
        assert len(await mine(world, company, "capacity", "identity_change")) == 2

    @pytest.mark.req("CO-45")
    async def test_holds_changes_of_accounts_only_where_no_head_can_decide(self, world) -> None:
        company = await world.validated(bank=BANK)
        await world.second_head(company)
        await propose_account(world, company)
        assert await mine(world, company, "bank_change") == []

    async def test_says_who_looked_first(self, world) -> None:
        company = await world.validated()
        change_id = await asked(world, company)
        await world.client.post(f"/staff/identity-changes/{change_id}/proposal", json={}, headers=world.staff)
        (item,) = await mine(world, company)
        assert item["checked"]["first_look_by"] == str(world.officer.member_id)

    async def test_is_counted(self, world) -> None:
        async def companies():
            answer = await world.client.get("/staff/work-queue/counts", headers=world.staff)
            return {line["kind"]: line["waiting"] for line in answer.json()["items"]}["company"]

        before = await companies()
        await world.company()
        assert await companies() == before + 1

    async def test_is_for_compliance_staff(self, world, refused) -> None:
        company = await world.company()
        for headers in (company.headers, world.headers(world.h.staff(StaffScope.CONTRACTS))):
            for path in ("/staff/work-queue", "/staff/work-queue/counts"):
                refused(await world.client.get(path, headers=headers), 403, "forbidden")
            for method in ("PUT", "DELETE"):
                refused(await claim(world, company.id, method, headers), 403, "forbidden")


class TestClaim:
    async def test_is_one_persons(self, world, refused) -> None:
        company, other = await world.company(), another(world)
        answers = await asyncio.gather(claim(world, company.id), claim(world, company.id, headers=other))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        (item,) = await mine(world, company)
        assert item["claimed_by"] is not None
        holder, stranger = (world.staff, other) if answers[0].status_code == 200 else (other, world.staff)
        refused(await claim(world, company.id, "DELETE", stranger), 409, "claimed_by_another")
        assert (await claim(world, company.id, "DELETE", holder)).status_code == 204
        assert (await claim(world, company.id, headers=stranger)).status_code == 200

    @pytest.mark.parametrize(("waited", "status"), [(timedelta(hours=4, seconds=-5), 409), (timedelta(hours=4), 200)])
    async def test_lapses_after_four_hours(self, world, waited, status) -> None:
        company = await world.company()
        await claim(world, company.id)
        world.h.clock.offset += waited
        assert (await claim(world, company.id, headers=another(world))).status_code == status

    async def test_of_what_does_not_wait_finds_nothing(self, world, refused, stranger_id) -> None:
        company = await world.validated()
        for item_id in (company.id, stranger_id):
            refused(await claim(world, item_id), 404, "work_item_not_found")
            refused(await claim(world, item_id, "DELETE"), 404, "work_item_not_found")

    async def test_lapsed_is_forgotten(self, world, refused) -> None:
        company = await world.company()
        await claim(world, company.id)
        await world.sweep("drop_old_claims", world.h.clock() + timedelta(hours=5))
        refused(await claim(world, company.id, "DELETE"), 404, "work_item_not_found")
