"""A client reads the documents of the providers of its missions, and checks them itself (CO-39, CO-40)."""

import zipfile
from datetime import date, timedelta
from io import BytesIO

import pytest
from sqlalchemy import delete

from chassis.testing import small_pdf
from company.compliance.discarded import DiscardedFile, remove_discarded
from contracts.roles import ProfileType, Role, StaffScope

ORDERED, ENDS = date(2027, 1, 15), date(2027, 12, 31)
READS = ["compliance", "archive"]


@pytest.fixture
async def deal(world):
    """A client and the provider of its mission, on the day of the order."""
    world.move_to(ORDERED)
    client, provider = await world.validated(ProfileType.CLIENT), await world.validated()
    await world.h.deliver(world.order(client, provider))
    return client, provider


async def read(world, provider, headers, part="compliance"):
    return await world.client.get(f"/suppliers/{provider.id}/{part}", headers=headers)


async def check(world, provider, document, headers, result="authentic", *, checked_on=ORDERED):
    body = {"result": result, "checked_on": str(checked_on)}
    return await world.client.post(
        f"/suppliers/{provider.id}/documents/{document['id']}/checks", json=body, headers=headers
    )


class TestRead:
    @pytest.mark.req("CO-39", "CO-40")
    async def test_shows_requirements_documents_and_where_to_check_them(self, world, deal) -> None:
        client, provider = deal
        uploaded = await world.upload(provider, "urssaf_certificate", security_code="ABCD1234EFGH567")
        await world.review(uploaded.json()["id"], method="urssaf_code", reference="ABCD1234EFGH567")
        await world.upload(provider, "registration_extract")
        found = (await read(world, provider, client.headers)).json()
        states = {one["type"]: one["state"] for one in found["requirements"]}
        assert (states["urssaf_certificate"], states["registration_extract"]) == ("valid", "awaiting_review")
        certificate = next(one for one in found["documents"] if one["type"] == "urssaf_certificate")
        assert certificate["security_code"] == "ABCD1234EFGH567"
        assert certificate["urssaf_check_url"].startswith("https://www.urssaf.fr/")
        assert (certificate["check_method"], certificate["exists"], certificate["authentic"]) == (
            "urssaf_code",
            True,
            True,
        )
        assert not {"uploaded_by", "reviewed_by", "comment"} & set(certificate)
        assert next(one for one in found["documents"] if one != certificate)["urssaf_check_url"] is None

    @pytest.mark.req("CO-39")
    async def test_downloads_each_file_and_all_in_one_archive(self, world, deal) -> None:
        client, provider = deal
        contents = {kind: small_pdf(kind) for kind in ("urssaf_certificate", "registration_extract")}
        uploads = {kind: (await world.upload(provider, kind, content=contents[kind])).json() for kind in contents}
        path = f"/suppliers/{provider.id}/documents/{uploads['urssaf_certificate']['id']}/file"
        file = await world.client.get(path, headers=client.headers)
        assert (file.status_code, file.content) == (200, contents["urssaf_certificate"])
        archive = await read(world, provider, client.headers, "archive")
        assert (archive.status_code, archive.headers["content-type"]) == (200, "application/zip")
        with zipfile.ZipFile(BytesIO(archive.content)) as zipped:
            assert sorted(zipped.read(name) for name in zipped.namelist()) == sorted(contents.values())
            assert all(name.endswith(".pdf") and "/" not in name for name in zipped.namelist())

    @pytest.mark.req("CO-39")
    async def test_is_audited(self, world, deal) -> None:
        client, provider = deal
        document = (await world.upload(provider, "urssaf_certificate")).json()
        for part in READS:
            await read(world, provider, client.headers, part)
        path = f"/suppliers/{provider.id}/documents/{document['id']}/file"
        await world.client.get(path, headers=client.headers)
        acts = [*await world.audited(provider.id), *await world.audited(document["id"])]
        readers = {act.action: act.actor for act in acts if act.details.get("client") == client.id}
        assert readers == dict.fromkeys(
            ("supplier_documents.read", "supplier_documents.archived", "supplier_document.downloaded"),
            str(client.founder.member_id),
        )

    @pytest.mark.req("CO-39")
    @pytest.mark.parametrize("part", READS)
    async def test_is_for_the_client_of_a_mission_and_nobody_else(self, world, deal, refused, part):
        client, provider = deal
        rival, other_provider = await world.validated(ProfileType.CLIENT), await world.validated()
        for role in (Role.RESPONSABLE_PROJET, Role.ACHETEUR):
            assert (await read(world, provider, await world.colleague(client, role), part)).status_code == 200
        refused(await read(world, provider, rival.headers, part), 404, "company_not_found")
        refused(await read(world, other_provider, client.headers, part), 404, "company_not_found")
        loner, staff = world.headers(await world.member(ProfileType.CLIENT)), world.staff
        for headers in (loner, staff):
            refused(await read(world, provider, headers, part), 404, "company_not_found")
        for headers in (provider.headers, other_provider.headers):
            refused(await read(world, provider, headers, part), 403, "forbidden")

    @pytest.mark.req("CO-39")
    async def test_begins_with_the_order(self, world, refused) -> None:
        client, provider = await world.validated(ProfileType.CLIENT), await world.validated()
        refused(await read(world, provider, client.headers), 404, "company_not_found")
        await world.h.deliver(world.order(client, provider, world.today, world.today + timedelta(30)))
        assert (await read(world, provider, client.headers)).status_code == 200

    @pytest.mark.req("CO-39")
    @pytest.mark.parametrize(("day", "status"), [(date(2028, 12, 31), 200), (date(2029, 1, 1), 404)])
    async def test_ends_a_year_after_the_last_mission(self, world, deal, day, status) -> None:
        client, provider = deal
        world.move_to(day)
        assert (await read(world, provider, world.headers(client.founder))).status_code == status

    async def test_shows_no_file_of_another_provider_nor_a_replaced_or_withdrawn_one(self, world, deal, refused):
        client, provider = deal
        other = await world.validated()
        foreign = (await world.upload(other, "urssaf_certificate")).json()
        former = (await world.upload(provider, "urssaf_certificate")).json()
        await world.upload(provider, "urssaf_certificate")
        taken_back = (await world.upload(provider, "registration_extract")).json()
        await world.client.post(f"/documents/{taken_back['id']}/withdrawal", headers=provider.headers)
        for document in (foreign, former, taken_back):
            path = f"/suppliers/{provider.id}/documents/{document['id']}/file"
            refused(await world.client.get(path, headers=client.headers), 404, "document_not_found")
            refused(await check(world, provider, document, client.headers), 404, "document_not_found")

    async def test_goes_on_without_a_file_that_is_gone(self, world, deal) -> None:
        client, provider = deal
        document = (await world.upload(provider, "urssaf_certificate")).json()
        async with world.h.tx() as tx:
            await tx.execute(delete(DiscardedFile))
            from company.compliance.domain import Document

            row = await tx.get(Document, document["id"])
            tx.add(DiscardedFile(key=row.file_key, discarded_at=tx.now))
        assert await remove_discarded(world.h.platform) == 1
        archive = await read(world, provider, client.headers, "archive")
        assert zipfile.ZipFile(BytesIO(archive.content)).namelist() == []


class TestCheck:
    @pytest.mark.req("CO-40")
    @pytest.mark.parametrize("result", ["authentic", "not_authentic", "undecided"])
    async def test_is_recorded_by_each_client_for_itself(self, world, deal, result) -> None:
        client, provider = deal
        other = await world.validated(ProfileType.CLIENT)
        await world.h.deliver(world.order(other, provider))
        document = (await world.upload(provider, "urssaf_certificate")).json()
        answer = await check(world, provider, document, client.headers, result)
        assert answer.status_code == 201
        (own,) = (await read(world, provider, client.headers)).json()["own_checks"]
        assert own == answer.json()
        assert (own["result"], own["checked_on"]) == (result, str(ORDERED))
        assert own["checked_by"] == str(client.founder.member_id)
        assert (await read(world, provider, other.headers)).json()["own_checks"] == []
        assert (await world.audited(document["id"]))[-1].details["result"] == result

    @pytest.mark.req("CO-40")
    async def test_is_dated_today_at_the_latest(self, world, deal, refused) -> None:
        client, provider = deal
        document = (await world.upload(provider, "urssaf_certificate")).json()
        late = await check(world, provider, document, client.headers, checked_on=ORDERED + timedelta(1))
        refused(late, 422, "client_check_in_the_future", "checked_on")
        refused(await check(world, provider, document, client.headers, "perhaps"), 422, "invalid_request", "result")

    async def test_is_for_the_client_of_a_mission(self, world, deal, refused) -> None:
        _, provider = deal
        document = (await world.upload(provider, "urssaf_certificate")).json()
        rival = await world.validated(ProfileType.CLIENT)
        refused(await check(world, provider, document, rival.headers), 404, "company_not_found")
        refused(await check(world, provider, document, provider.headers), 403, "forbidden")
        contracts = world.headers(world.h.staff(StaffScope.CONTRACTS))
        refused(await check(world, provider, document, contracts), 404, "company_not_found")
