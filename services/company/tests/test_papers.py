"""Sworn-statement templates (CO-44), the list of foreign workers (CO-34), and what is kept of it."""

import re
from datetime import date, datetime
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from company.compliance import personal
from company.compliance.discarded import DiscardedFile, remove_discarded
from company.compliance.foreign_workers import ListedWorker
from contracts.roles import ProfileType, Role

STATEMENTS = ["sworn_tax_statement", "sworn_employment_statement"]
WORKER = {
    "hired_on": "2026-03-02",
    "nationality": "MA",
    "permit_type": "Carte de séjour salarié",
    "permit_number": "75-1",
}


def text_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages)).replace("\u2019", "'")


async def template(world, company, kind, headers=None):
    path = f"/companies/{company.id}/statement-templates/{kind}"
    return await world.client.get(path, headers=headers or world.headers(company.founder))


async def declare(world, company, *workers, headers=None):
    path = f"/companies/{company.id}/foreign-worker-lists"
    return await world.client.post(
        path, json={"workers": list(workers)}, headers=headers or world.headers(company.founder)
    )


class TestTemplate:
    @pytest.mark.req("CO-44")
    @pytest.mark.parametrize("kind", STATEMENTS)
    async def test_names_the_company_and_the_offences(self, world, kind) -> None:
        company = await world.company(name="Émile & Fils #[x]")
        answer = await template(world, company, kind)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        text = text_of(answer.content)
        assert f"Émile & Fils #[x], SIRET {company.json['siret']}, établie 9 rue du Colonel Pierre Avia" in text
        for article in ("L. 8221-1", "L. 8231-1", "L. 8241-1", "L. 8251-1"):
            assert article in text
        for offence in ("travail dissimulé", "marchandage", "prêt illicite de main-d'œuvre", "emploi d'étrangers"):
            assert offence in text

    @pytest.mark.req("CO-31", "CO-33", "CO-44")
    async def test_says_what_is_sworn(self, world) -> None:
        company = await world.company()
        tax, employment = [text_of((await template(world, company, kind)).content) for kind in STATEMENTS]
        assert "administration fiscale" in tax
        assert "L. 1221-10, L. 3243-2 et R. 3243-1" in employment

    @pytest.mark.parametrize("name", ["株式会社", "שלום 😀", "\U000f0000x", "#panic()"])
    async def test_is_made_whatever_the_company_is_called(self, world, name) -> None:
        company = await world.company(name=name)
        assert (await template(world, company, STATEMENTS[0])).status_code == 200
        assert (await declare(world, company)).status_code == 201

    async def test_is_the_same_every_time(self, world) -> None:
        company = await world.company()
        first, second = [text_of((await template(world, company, STATEMENTS[0])).content) for _ in range(2)]
        assert first == second

    async def test_is_for_the_own_company_and_for_statements(self, world, refused) -> None:
        company, rival = await world.company(), await world.company()
        for headers in (await world.colleague(company), world.staff):
            assert (await template(world, company, STATEMENTS[0], headers)).status_code == 200
        refused(await template(world, company, STATEMENTS[0], rival.headers), 404, "company_not_found")
        refused(await template(world, company, "urssaf_certificate"), 404, "no_statement_template")

    @pytest.mark.req("CO-44")
    async def test_may_be_signed_and_handed_in(self, world) -> None:
        company = await world.company()
        pdf = (await template(world, company, STATEMENTS[0])).content
        assert (await world.upload(company, STATEMENTS[0], content=pdf)).status_code == 201


class TestForeignWorkers:
    @pytest.mark.req("CO-34")
    async def test_are_listed_without_names_and_made_into_a_document(self, world) -> None:
        company = await world.company()
        answer = await declare(world, company, WORKER)
        assert answer.status_code == 201, answer.text
        document = answer.json()
        assert (document["type"], document["status"]) == ("foreign_worker_list", "uploaded")
        file = await world.client.get(f"/documents/{document['id']}/file", headers=company.headers)
        text = text_of(file.content)
        for shown in ("02/03/2026", "MA", "Carte de séjour salarié", "75-1", "D. 8254-2", company.json["siret"]):
            assert shown in text
        for headers in (company.headers, world.staff):
            lines = await world.client.get(f"/documents/{document['id']}/workers", headers=headers)
            assert lines.json() == [WORKER]
        await world.review(document["id"])
        found = (await world.client.get(f"/companies/{company.id}/compliance", headers=company.headers)).json()
        assert "foreign_worker_list" not in found["missing"]

    @pytest.mark.req("CO-34")
    async def test_none_is_a_declaration_too(self, world) -> None:
        company = await world.company()
        document = (await declare(world, company)).json()
        file = await world.client.get(f"/documents/{document['id']}/file", headers=company.headers)
        assert "n'employer aucun salarié étranger" in text_of(file.content)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"nationality": "DE"}, "no_permit_needed"),
            ({"nationality": "FR"}, "no_permit_needed"),
            ({"nationality": "CH"}, "no_permit_needed"),
            ({"hired_on": "2199-01-01"}, "hired_in_the_future"),
            ({"permit_number": ""}, "invalid_request"),
            ({"nationality": "Maroc"}, "invalid_request"),
            ({"name": "X"}, "invalid_request"),
        ],
    )
    async def test_are_checked(self, world, refused, changes, code) -> None:
        refused(await declare(world, await world.company(), WORKER | changes), 422, code)

    async def test_are_for_heads_and_staff(self, world, refused) -> None:
        company, rival = await world.company(), await world.company()
        colleague = await world.colleague(company, Role.COMMERCIAL)
        refused(await declare(world, company, headers=colleague), 403, "forbidden")
        refused(await declare(world, company, headers=rival.headers), 404, "company_not_found")
        client = await world.company(ProfileType.CLIENT)
        refused(await declare(world, client), 422, "document_type_not_expected")
        path = f"/documents/{(await declare(world, company, WORKER)).json()['id']}/workers"
        refused(await world.client.get(path, headers=colleague), 403, "forbidden")
        refused(await world.client.get(path, headers=rival.headers), 404, "document_not_found")


class TestRetention:
    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize(("day", "kept"), [(date(2028, 12, 31), True), (date(2029, 1, 1), False)])
    async def test_of_worker_lists_ends_a_year_after_the_last_mission(self, world, refused, day, kept) -> None:
        world.move_to(date(2027, 1, 15))
        client, provider = await world.validated(ProfileType.CLIENT), await world.validated()
        await world.h.deliver(world.order(client, provider, ends_on=date(2027, 12, 31)))
        document = (await declare(world, provider, WORKER)).json()
        for _ in range(2):
            async with world.h.tx() as tx:
                await personal.forget_worker_lists(tx, datetime.fromisoformat(f"{day}T03:00:00+01:00"))
        async with world.h.tx() as tx:
            lines = await tx.scalars(select(ListedWorker).where(ListedWorker.document_id == UUID(document["id"])))
            assert bool(lines.all()) is kept
        while await remove_discarded(world.h.platform):
            pass
        answer = await world.client.get(f"/documents/{document['id']}/file", headers=provider.headers)
        if kept:
            assert answer.status_code == 200
        else:
            refused(answer, 404, "file_missing")

    @pytest.mark.req("CO-28")
    async def test_of_a_withdrawn_document_s_file_ends_at_once(self, world, refused) -> None:
        company = await world.company()
        document = (await world.upload(company, "urssaf_certificate")).json()
        answer = await world.client.post(f"/documents/{document['id']}/withdrawal", headers=company.headers)
        assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
        await remove_discarded(world.h.platform)
        async with world.h.tx() as tx:
            assert (await tx.scalars(select(DiscardedFile))).all() == []
        refused(
            await world.client.get(f"/documents/{document['id']}/file", headers=company.headers), 404, "file_missing"
        )

    @pytest.mark.req("PL-06")
    async def test_gathers_what_a_member_did(self, world) -> None:
        company = await world.company()
        document = (await world.upload(company, "urssaf_certificate")).json()
        await world.review(document["id"])
        gather = {kind.name: kind.gather for kind in personal.DATA}
        async with world.h.tx() as tx:
            (uploaded,) = await gather["compliance documents"](tx, company.founder.member_id)
            (reviewed,) = await gather["compliance documents"](tx, world.officer.member_id)
            assert await gather["foreign workers"](tx, company.founder.member_id) == []
        assert (uploaded["part"], uploaded["file_name"]) == ("uploaded", "certificate.pdf")
        assert (reviewed["part"], reviewed["file_name"]) == ("reviewed", None)
