from datetime import timedelta

import pytest

from contracts.company import CompanyValidated, ComplianceChanged
from contracts.roles import HEADS, StaffScope


class TestStaffList:
    @pytest.mark.req("CO-15")
    async def test_shows_who_waits_longest_first_in_pages(self, world) -> None:
        companies = [await world.company() for _ in range(3)]
        found, cursor = [], None
        while cursor is not None or not found:
            params = {"status": "to_verify", "limit": 2} | ({"cursor": cursor} if cursor else {})
            page = await world.client.get("/staff/companies", params=params, headers=world.staff)
            assert page.status_code == 200
            found += [line["id"] for line in page.json()["items"]]
            cursor = page.json()["next"]
            if cursor is None:
                break
        assert [line for line in found if line in {c.id for c in companies}] == [c.id for c in companies]

    async def test_shows_one_status(self, world) -> None:
        company = await world.validated()
        for status, expected in (("to_verify", False), ("validated", True), ("refused", False)):
            params = {"status": status, "limit": 200}
            page = (await world.client.get("/staff/companies", params=params, headers=world.staff)).json()
            assert (company.id in [line["id"] for line in page["items"]]) is expected

    async def test_is_for_compliance_staff(self, world, refused) -> None:
        company = await world.company()
        for headers in (company.headers, world.headers(world.h.staff(StaffScope.CONTRACTS))):
            refused(await world.client.get("/staff/companies", headers=headers), 403, "forbidden")


class TestValidate:
    @pytest.mark.req("CO-15", "CO-16", "CO-48")
    async def test_tells_the_world_once_and_records_the_evidence(self, world) -> None:
        company = await world.company()
        answer = await world.validate(company)
        assert answer.status_code == 200
        assert answer.json()["status"] == "validated"
        evidence = answer.json()["verification"]
        assert (evidence["register"], evidence["reference"]) == ("sirene", "annuaire-entreprises.data.gouv.fr")
        assert evidence["checked_on"] == str(world.today)
        assert answer.json()["verification"]["decided_by"] == str(world.officer.member_id)
        (validated,) = await world.events(CompanyValidated, company.id)
        assert validated.legal.siret == company.json["siret"]
        assert validated.legal.address.city == "Paris"
        assert [s.member_id for s in validated.verified_signatories] == [company.founder.member_id]
        assert validated.bank_details_on_file is False
        (first,) = await world.events(ComplianceChanged, company.id)
        assert first.compliant is False
        assert first.version > validated.version > 1
        (message,) = await world.messages("company_validated", company.id)
        assert message.context == {"company_name": "La Poste"}
        assert set(message.roles[0].roles) == HEADS

    async def test_knows_whether_the_company_can_be_paid(self, world) -> None:
        bank = {"iban": "FR7630006000011234567890189", "bic": "AGRIFRPPXXX", "holder": "La Poste"}
        company = await world.validated(bank=bank)
        (validated,) = await world.events(CompanyValidated, company.id)
        assert validated.bank_details_on_file is True

    async def test_shows_the_company_no_evidence_but_its_signatories(self, world) -> None:
        company = await world.validated()
        seen = (await world.client.get(f"/companies/{company.id}", headers=company.headers)).json()
        assert seen["verification"] is None
        assert seen["signatories"][0]["verified"] is True

    @pytest.mark.req("CO-16")
    @pytest.mark.parametrize(("days", "status"), [(-1, 200), (0, 200), (1, 422)])
    async def test_takes_a_check_up_to_today(self, world, days, status) -> None:
        company = await world.company()
        answer = await world.validate(company, checked_on=str(world.today + timedelta(days)))
        assert answer.status_code == status
        if status == 422:
            assert answer.json()["code"] == "checked_in_the_future"
            assert await world.events(CompanyValidated, company.id) == []

    @pytest.mark.req("CO-48")
    async def test_verifies_declared_signatories_only(self, world, refused, stranger_id) -> None:
        company = await world.company()
        unknown = await world.validate(company, verified_signatories=[str(stranger_id)])
        refused(unknown, 422, "not_a_declared_signatory", "verified_signatories")
        refused(await world.validate(company, verified_signatories=[]), 422, "invalid_request", "verified_signatories")
        refused(await world.validate(company, reference=" "), 422, "invalid_request", "reference")
        refused(await world.validate(company, register="hearsay"), 422, "invalid_request", "register")

    async def test_happens_once(self, world, refused) -> None:
        company = await world.validated()
        refused(await world.validate(company), 409, "illegal_move")
        refused(await world.refuse(company), 409, "illegal_move")
        assert len(await world.events(CompanyValidated, company.id)) == 1

    async def test_is_for_compliance_staff(self, world, refused) -> None:
        company = await world.company()
        body = {
            "register": "sirene",
            "reference": "x",
            "checked_on": "2026-01-01",
            "verified_signatories": [str(company.founder.member_id)],
        }
        for headers in (company.headers, world.headers(world.h.staff(StaffScope.CONTRACTS, StaffScope.SUPPORT))):
            answer = await world.client.post(f"/companies/{company.id}/validation", json=body, headers=headers)
            refused(answer, 403, "forbidden")

    async def test_of_an_unknown_company_finds_nothing(self, world, refused, stranger_id) -> None:
        path, body = f"/companies/{stranger_id}/refusal", {"reason": "x"}
        refused(await world.client.post(path, json=body, headers=world.staff), 404, "company_not_found")


class TestRefuse:
    @pytest.mark.req("CO-15")
    async def test_tells_the_head_why(self, world) -> None:
        company = await world.company()
        assert (await world.refuse(company, "Struck off")).json()["status"] == "refused"
        (message,) = await world.messages("company_refused", company.id)
        assert message.context == {"company_name": "La Poste", "reason": "Struck off"}
        seen = (await world.client.get(f"/companies/{company.id}", headers=company.headers)).json()
        assert seen["refusal_reason"] == "Struck off"
        assert await world.events(CompanyValidated, company.id) == []

    async def test_is_final(self, world, refused) -> None:
        company = await world.company()
        await world.refuse(company)
        refused(await world.validate(company), 409, "illegal_move")
        refused(await world.refuse(company), 409, "illegal_move")

    async def test_needs_a_reason(self, world, refused) -> None:
        refused(await world.refuse(await world.company(), ""), 422, "invalid_request", "reason")

    async def test_is_for_compliance_staff(self, world, refused) -> None:
        company = await world.company()
        body = {"reason": "x"}
        answer = await world.client.post(f"/companies/{company.id}/refusal", json=body, headers=company.headers)
        refused(answer, 403, "forbidden")
