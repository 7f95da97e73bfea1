"""After the validation a company's name and registration change through two people of the staff."""

import asyncio
from datetime import timedelta

import pytest
from account_steps import ask_for_identity as ask

from contracts.company import CompanyDetailsChanged
from contracts.roles import ProfileType, Role, StaffScope


async def asked(world, company, **changes):
    answer = await ask(world, company, **changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def act(world, change_id, what, headers=None, **body):
    path = f"/staff/identity-changes/{change_id}/{what}"
    json = None if what == "approval" else body
    return await world.client.post(path, json=json, headers=headers or world.staff)


def another(world):
    return world.headers(world.h.staff(StaffScope.COMPLIANCE))


async def name_of(world, company):
    return (await world.client.get(f"/companies/{company.id}", headers=company.headers)).json()["name"]


class TestRequest:
    async def test_keeps_the_former_beside_the_new(self, world) -> None:
        company = await world.validated()
        said = (await ask(world, company)).json()
        assert (said["status"], said["name"], said["former_name"]) == ("requested", "Poste Nouvelle", "La Poste")
        assert await name_of(world, company) == "La Poste"
        proof = await world.client.get(f"/identity-changes/{said['id']}/proof", headers=world.staff)
        assert proof.content.startswith(b"%PDF-")

    async def test_is_for_what_was_verified(self, world, refused) -> None:
        refused(await ask(world, await world.company()), 409, "identity_not_verified")

    async def test_comes_one_at_a_time(self, world) -> None:
        company = await world.validated()
        answers = await asyncio.gather(*(ask(world, company) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [201, 409]

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"name": "La Poste"}, "nothing_changes", "name"),
            ({"siret": "73282932000074"}, "vat_number_of_another_company", "vat_number"),
            ({"siret": "73282932000075"}, "invalid_request", "siret"),
            ({"registration_number": "911144442"}, "registration_number_not_expected", "registration_number"),
            ({"reason": ""}, "invalid_request", "reason"),
        ],
    )
    async def test_says_what_can_be(self, world, refused, changes, code, field) -> None:
        refused(await ask(world, await world.validated(), **changes), 422, code, field)

    async def test_needs_a_proof(self, world) -> None:
        company = await world.validated()
        path = f"/companies/{company.id}/identity-changes"
        answer = await world.client.post(path, data={"name": "X1", "reason": "Y"}, headers=company.headers)
        assert answer.status_code == 422

    @pytest.mark.req("CO-49", "CO-22")
    async def test_is_for_those_who_run_the_company(self, world, refused) -> None:
        company, rival = await world.validated(), await world.validated()
        change_id = await asked(world, company)
        other = await world.colleague(company, Role.COMMERCIAL)
        refused(await ask(world, company, other), 403, "forbidden")
        refused(await ask(world, company, rival.headers), 404, "company_not_found")
        listed, proof = f"/companies/{company.id}/identity-changes", f"/identity-changes/{change_id}/proof"
        refused(await world.client.get(listed, headers=other), 403, "forbidden")
        refused(await world.client.get(listed, headers=rival.headers), 404, "company_not_found")
        refused(await world.client.get(proof, headers=rival.headers), 404, "identity_change_not_found")
        for headers in (company.headers, world.staff):
            page = (await world.client.get(listed, headers=headers)).json()
            assert [change["id"] for change in page["items"]] == [change_id]


class TestApprove:
    @pytest.mark.req("CO-09", "CO-49")
    async def test_by_a_second_person_renames_and_tells_everybody(self, world) -> None:
        company = await world.validated()
        siret = world.siret()
        change_id = await asked(world, company, siret=siret)
        assert (await act(world, change_id, "proposal", remark="Read in the register")).status_code == 200
        assert await name_of(world, company) == "La Poste"
        answer = await act(world, change_id, "approval", another(world))
        assert (answer.status_code, answer.json()["status"]) == (200, "made")
        assert await name_of(world, company) == "Poste Nouvelle"
        (told,) = await world.events(CompanyDetailsChanged, company.id)
        assert (told.legal.name, told.legal.siret) == ("Poste Nouvelle", siret)
        (message,) = await world.messages("identity_change_decided", company.id)
        assert message.context["decision"] == "approved"
        (entry,) = [row for row in await world.audited(company.id) if row.action == "company.identity_changed"]
        assert (entry.details["name"], entry.details["former_name"]) == ("Poste Nouvelle", "La Poste")
        assert (entry.details["number"], entry.details["former_number"]) == (siret, company.json["siret"])

    async def test_leaves_a_persons_name_out_of_the_trail(self, world) -> None:
        company = await world.validated(ProfileType.FREELANCE)
        change_id = await asked(world, company)
        await act(world, change_id, "proposal")
        await act(world, change_id, "approval", another(world))
        (entry,) = [row for row in await world.audited(company.id) if row.action == "company.identity_changed"]
        assert "name" not in entry.details

    async def test_is_never_the_first_persons(self, world, refused) -> None:
        change_id = await asked(world, await world.validated())
        refused(await act(world, change_id, "approval"), 409, "illegal_move")
        await act(world, change_id, "proposal")
        refused(await act(world, change_id, "approval"), 409, "own_proposal")
        refused(await act(world, change_id, "refusal", remark="x1"), 409, "own_proposal")

    async def test_by_two_at_once_counts_once(self, world) -> None:
        company = await world.validated()
        change_id = await asked(world, company)
        await act(world, change_id, "proposal")
        answers = await asyncio.gather(*(act(world, change_id, "approval", another(world)) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert len(await world.events(CompanyDetailsChanged, company.id)) == 1

    async def test_of_a_number_that_another_company_got_is_refused(self, world, refused) -> None:
        company, siret = await world.validated(), world.siret()
        change_id = await asked(world, company, siret=siret)
        await act(world, change_id, "proposal")
        await world.company(siret=siret)
        refused(await act(world, change_id, "approval", another(world)), 409, "company_exists")

    @pytest.mark.parametrize(("waited", "status"), [(timedelta(days=30, seconds=-5), 200), (timedelta(30), 409)])
    async def test_comes_within_thirty_days_of_the_first_look(self, world, waited, status) -> None:
        company = await world.validated()
        change_id = await asked(world, company)
        await act(world, change_id, "proposal")
        world.h.clock.offset += waited
        await world.sweep("expire_approvals")
        answer = await act(world, change_id, "approval", another(world))
        assert answer.status_code == status
        if status == 409:
            assert (await act(world, change_id, "proposal", another(world))).status_code == 200

    async def test_is_for_compliance_staff(self, world, refused, stranger_id) -> None:
        company = await world.validated()
        change_id = await asked(world, company)
        for what in ("proposal", "approval", "refusal"):
            for headers in (company.headers, world.headers(world.h.staff(StaffScope.SUPPORT))):
                refused(await act(world, change_id, what, headers, remark="x1"), 403, "forbidden")
            unknown = await act(world, stranger_id, what, remark="x1")
            refused(unknown, 404, "identity_change_not_found")


class TestRefuse:
    @pytest.mark.parametrize("after_a_first_look", [False, True])
    async def test_tells_the_heads_why_and_lets_them_ask_again(self, world, after_a_first_look) -> None:
        company = await world.validated()
        change_id = await asked(world, company)
        if after_a_first_look:
            await act(world, change_id, "proposal", another(world))
        answer = await act(world, change_id, "refusal", remark="Not in the register")
        assert (answer.json()["status"], answer.json()["remark"]) == ("refused", "Not in the register")
        (message,) = await world.messages("identity_change_decided", company.id)
        assert (message.context["decision"], message.context["remark"]) == ("refused", "Not in the register")
        assert (await ask(world, company)).status_code == 201
        assert await name_of(world, company) == "La Poste"
