"""The platform is free; some functions need a subscription that two people of the staff agree on (CO-47)."""

import asyncio
import io
import zipfile
from datetime import date, timedelta

import pytest

from company.subscription.plans import Feature, Offer, Plan, features_of
from contracts.roles import ProfileType, Role, StaffScope


def sales(world):
    return world.headers(world.h.staff(StaffScope.CONTRACTS))


async def propose(world, company, plan="business", headers=None):
    path = f"/staff/companies/{company.id}/plan-changes"
    body = {"plan": plan, "reason": "Signed on 2 November"}
    return await world.client.post(path, json=body, headers=headers or sales(world))


async def decide(world, change_id, what="approval", headers=None):
    return await world.client.post(f"/staff/plan-changes/{change_id}/{what}", headers=headers or sales(world))


async def subscribe(world, company, plan="business"):
    change_id = (await propose(world, company, plan)).json()["id"]
    assert (await decide(world, change_id)).status_code == 200


async def features(world, company, headers=None):
    return await world.client.get(f"/companies/{company.id}/features", headers=headers or company.headers)


async def publish(world, kind="liability_insurance", headers=None, **changes):
    said = {"type": kind, "valid_from": str(world.today)} | changes
    files = {"file": ("paper.pdf", world.pdf())}
    return await world.client.post("/staff/platform-documents", data=said, files=files, headers=headers or world.staff)


class TestPlans:
    @pytest.mark.req("CO-47")
    def test_offer_what_their_dates_say(self) -> None:
        offers = [
            Offer(Plan.FREE, frozenset(), date(2026, 1, 1), date(2026, 6, 30)),
            Offer(Plan.FREE, frozenset({Feature.SUPPLIER_EXPORT}), date(2026, 7, 1)),
        ]
        assert features_of(Plan.FREE, date(2026, 6, 30), offers) == frozenset()
        assert features_of(Plan.FREE, date(2026, 7, 1), offers) == {Feature.SUPPLIER_EXPORT}
        assert features_of(Plan.BUSINESS, date(2026, 7, 1), offers) == frozenset()


class TestPlanChange:
    @pytest.mark.req("CO-47")
    async def test_by_two_gives_the_features(self, world) -> None:
        company = await world.company(ProfileType.CLIENT)
        assert (await features(world, company)).json() == {"plan": "free", "features": []}
        first = sales(world)
        change_id = (await propose(world, company, headers=first)).json()["id"]
        assert (await features(world, company)).json()["plan"] == "free"
        assert (await decide(world, change_id, headers=first)).json()["code"] == "own_proposal"
        assert (await decide(world, change_id)).json()["status"] == "made"
        assert (await features(world, company)).json() == {
            "plan": "business",
            "features": ["document_archive", "supplier_export"],
        }
        await subscribe(world, company, "free")
        assert (await features(world, company)).json()["features"] == []

    async def test_to_the_plan_in_force_or_beside_another_is_refused(self, world, refused) -> None:
        company = await world.company()
        refused(await propose(world, company, "free"), 409, "plan_in_force")
        answers = await asyncio.gather(*(propose(world, company) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [201, 409]

    async def test_refused_changes_nothing(self, world) -> None:
        company = await world.company()
        change_id = (await propose(world, company)).json()["id"]
        assert (await decide(world, change_id, "refusal")).json()["status"] == "refused"
        assert (await features(world, company)).json()["plan"] == "free"
        assert (await decide(world, change_id)).json()["code"] == "illegal_move"

    @pytest.mark.parametrize(("waited", "status"), [(timedelta(days=30, seconds=-5), "made"), (timedelta(30), None)])
    async def test_lapses_after_thirty_days(self, world, refused, waited, status) -> None:
        company = await world.company()
        change_id = (await propose(world, company)).json()["id"]
        world.h.clock.offset += waited
        await world.sweep("expire_approvals")
        answer = await decide(world, change_id)
        if status:
            assert answer.json()["status"] == status
        else:
            refused(answer, 409, "approval_expired")
            assert (await propose(world, company)).status_code == 201

    async def test_is_for_contracts_staff(self, world, refused, stranger_id) -> None:
        company, rival = await world.company(), await world.company()
        change_id = (await propose(world, company)).json()["id"]
        for headers in (company.headers, world.staff):
            refused(await propose(world, company, headers=headers), 403, "forbidden")
            for what in ("approval", "refusal"):
                refused(await decide(world, change_id, what, headers), 403, "forbidden")
        refused(await decide(world, stranger_id), 404, "plan_change_not_found")
        refused(await features(world, company, rival.headers), 404, "company_not_found")
        listed = await world.client.get("/staff/plan-changes", params={"limit": 200}, headers=sales(world))
        assert change_id in [change["id"] for change in listed.json()["items"]]


class TestPlatformDocuments:
    @pytest.mark.req("CO-29")
    async def test_are_for_clients_and_nobody_else(self, world, refused) -> None:
        document = (await publish(world)).json()
        client, provider = await world.company(ProfileType.CLIENT), await world.company()
        buyer = await world.colleague(client, Role.ACHETEUR)
        paths = ("/platform-documents", f"/platform-documents/{document['id']}/file")
        for headers in (client.headers, buyer):
            listed, file = [await world.client.get(path, headers=headers) for path in paths]
            assert document["id"] in [one["id"] for one in listed.json()["items"]]
            assert file.content.startswith(b"%PDF-")
        for headers in (provider.headers, world.headers(await world.member(ProfileType.CLIENT))):
            for path in (*paths, "/platform-documents/archive"):
                refused(await world.client.get(path, headers=headers), 403, "forbidden")

    @pytest.mark.req("CO-29")
    @pytest.mark.parametrize(
        ("start", "end", "shown"), [(0, 0, True), (-9, -1, False), (1, 9, False), (-9, None, True)]
    )
    async def test_are_shown_while_they_hold(self, world, start, end, shown) -> None:
        said = {"valid_from": str(world.today + timedelta(start))}
        said |= {"valid_until": str(world.today + timedelta(end))} if end is not None else {}
        document = (await publish(world, "other", **said)).json()
        client = await world.company(ProfileType.CLIENT)
        listed = await world.client.get("/platform-documents", params={"limit": 200}, headers=client.headers)
        assert (document["id"] in [one["id"] for one in listed.json()["items"]]) is shown
        file = await world.client.get(f"/platform-documents/{document['id']}/file", headers=client.headers)
        assert file.status_code == (200 if shown else 404)

    async def test_give_way_to_newer_ones_and_are_withdrawn(self, world, refused) -> None:
        first, second = [(await publish(world, "urssaf_certificate")).json() for _ in range(2)]
        client = await world.company(ProfileType.CLIENT)
        listed = await world.client.get("/platform-documents", params={"limit": 200}, headers=client.headers)
        ids = [one["id"] for one in listed.json()["items"]]
        assert (first["id"] in ids, second["id"] in ids) == (False, True)
        path = f"/staff/platform-documents/{second['id']}"
        assert (await world.client.delete(path, headers=world.staff)).status_code == 204
        refused(await world.client.delete(path, headers=world.staff), 404, "platform_document_not_found")

    async def test_are_published_by_compliance_staff(self, world, refused) -> None:
        client = await world.company(ProfileType.CLIENT)
        refused(await publish(world, headers=client.headers), 403, "forbidden")
        backwards = await publish(world, valid_until=str(world.today - timedelta(1)))
        refused(backwards, 422, "validity_backwards", "valid_until")

    @pytest.mark.req("CO-47")
    async def test_come_in_one_file_with_the_plan_that_has_it(self, world, refused) -> None:
        await publish(world, "registration_extract")
        client = await world.company(ProfileType.CLIENT)
        archive = "/platform-documents/archive"
        refused(await world.client.get(archive, headers=client.headers), 402, "feature_not_in_plan")
        await subscribe(world, client)
        answer = await world.client.get(archive, headers=client.headers)
        assert answer.status_code == 200
        with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
            assert any("registration_extract" in name for name in opened.namelist())
        await subscribe(world, client, "free")
        refused(await world.client.get(archive, headers=client.headers), 402, "feature_not_in_plan")
