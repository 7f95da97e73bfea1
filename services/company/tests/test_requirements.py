"""What is asked of a company, by what it is and where, and what exactly is missing."""

from datetime import date
from itertools import count

import pytest

from company.compliance.rules import Situation, rules_for, threshold_on
from contracts.company import ComplianceChanged
from contracts.roles import ProfileType, Role

REGISTRATION = ["rne_certificate", "headed_paper", "filing_receipt"]
NUMBERS = count(4_031_707)
ADDRESS_BE = {"line1": "1 rue de la Loi", "postcode": "1000", "city": "Bruxelles", "country": "BE"}


async def compliance(world, company, headers=None):
    headers = headers or world.headers(company.founder)
    answer = await world.client.get(f"/companies/{company.id}/compliance", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def requirement(world, company, kind):
    (found,) = [one for one in (await compliance(world, company))["requirements"] if one["type"] == kind]
    return found


async def declare(world, company, employs_staff, headers=None):
    body = {"employs_staff": employs_staff}
    headers = headers or world.headers(company.founder)
    return await world.client.put(f"/companies/{company.id}/staffing", json=body, headers=headers)


class TestState:
    @pytest.mark.req("CO-41")
    async def test_is_told_of_each_requirement(self, world) -> None:
        world.move_to(date(2027, 1, 15))
        company = await world.validated()

        async def state() -> tuple:
            found = await requirement(world, company, "urssaf_certificate")
            return found["state"], found["comment"], found["expires_on"]

        assert await state() == ("absent", None, None)
        document = (await world.upload(company, "urssaf_certificate")).json()
        assert await state() == ("awaiting_review", None, "2027-07-15")
        await world.review(document["id"], authentic=False, comment="Unknown to urssaf.fr")
        assert await state() == ("refused", "Unknown to urssaf.fr", "2027-07-15")
        await world.accepted(company, "urssaf_certificate")
        assert (await state())[0] == "valid"
        for day, expected in (
            (date(2027, 6, 14), "valid"),
            (date(2027, 6, 15), "about_to_expire"),
            (date(2027, 7, 14), "about_to_expire"),
            (date(2027, 7, 15), "expired"),
        ):
            world.move_to(day)
            assert (await state())[0] == expected
        changes = await world.events(ComplianceChanged, company.id)
        told = [{s.requirement: s.reason.value for s in c.shortcomings}.get("urssaf_certificate") for c in changes]
        assert told == ["absent", "awaiting_review", "refused", "awaiting_review", None]

    async def test_comes_with_the_legal_threshold_of_the_day(self, world) -> None:
        found = await compliance(world, await world.company())
        assert found["legal_threshold"]["amount"] == "5000.00"
        assert threshold_on(date(2015, 3, 31)).amount == 3000
        assert threshold_on(date(2015, 4, 1)).amount == 5000

    def test_names_a_source_for_each_rule(self) -> None:
        for profile in ProfileType:
            for country in ("FR", "DE", "US"):
                rules = rules_for(Situation(profile, country), date(2026, 11, 20))
                assert rules
                assert all(rule.source for rule in rules)


class TestRegistration:
    @pytest.mark.req("CO-32")
    @pytest.mark.parametrize("kind", ["registration_extract", *REGISTRATION])
    async def test_is_proved_by_any_one_of_the_documents_of_the_article(self, world, kind) -> None:
        company = await world.company()
        assert "registration_extract" in (await compliance(world, company))["missing"]
        document = await world.accepted(company, kind)
        found = await requirement(world, company, "registration_extract")
        assert (found["state"], found["document_id"]) == ("valid", document["id"])
        assert found["accepts"] == ["registration_extract", *REGISTRATION]
        assert "registration_extract" not in (await compliance(world, company))["missing"]

    @pytest.mark.req("CO-43", "CO-32")
    async def test_of_an_auto_entrepreneur_is_proved_by_a_sirene_notice(self, world, refused) -> None:
        micro = await world.company(
            ProfileType.FREELANCE, special_tax_status="auto_entrepreneur", tax_status="vat_exempt"
        )
        await world.accepted(micro, "sirene_notice")
        assert (await requirement(world, micro, "registration_extract"))["state"] == "valid"
        other = await world.company(ProfileType.FREELANCE)
        refused(await world.upload(other, "sirene_notice"), 422, "document_type_not_expected", "type")
        assert "sirene_notice" not in (await requirement(world, other, "registration_extract"))["accepts"]

    @pytest.mark.req("CO-50")
    async def test_is_asked_of_clients_too(self, world) -> None:
        client = await world.validated(ProfileType.CLIENT)
        assert (await compliance(world, client))["missing"] == ["registration_extract"]
        await world.accepted(client, "sirene_notice")
        assert (await compliance(world, client))["compliant"] is True


class TestStaffing:
    @pytest.mark.req("CO-33")
    async def test_decides_whether_the_employment_statement_is_asked(self, world) -> None:
        company = await world.validated()
        kind = "sworn_employment_statement"
        assert (await compliance(world, company))["employs_staff"] is None
        assert kind in (await compliance(world, company))["missing"]
        answer = await declare(world, company, False)
        assert (answer.status_code, answer.json()["employs_staff"]) == (200, False)
        assert kind not in answer.json()["missing"]
        assert (await requirement(world, company, kind))["required"] is False
        assert kind not in (await world.events(ComplianceChanged, company.id))[-1].missing
        assert kind in (await declare(world, company, True)).json()["missing"]
        acts = [act.details["employs_staff"] for act in await world.audited(company.id) if "staffing" in act.action]
        assert acts == [False, True]

    @pytest.mark.req("CO-33")
    async def test_of_a_freelance_is_none_until_declared(self, world) -> None:
        company = await world.company(ProfileType.FREELANCE)
        assert "sworn_employment_statement" not in (await compliance(world, company))["missing"]
        assert "sworn_employment_statement" in (await declare(world, company, True)).json()["missing"]

    async def test_is_declared_by_heads(self, world, refused) -> None:
        company, rival = await world.company(), await world.company()
        colleague = await world.colleague(company, Role.COMMERCIAL)
        refused(await declare(world, company, False, colleague), 403, "forbidden")
        refused(await declare(world, company, False, rival.headers), 404, "company_not_found")


class TestAbroad:
    @pytest.fixture
    async def belgian(self, world):
        stem = next(NUMBERS)
        number = f"{stem:08d}{97 - stem % 97:02d}"
        identity = {"country": "BE", "siret": None, "vat_number": f"BE{number}", "registration_number": number}
        return await world.validated(**identity, address=ADDRESS_BE)

    @pytest.mark.req("CO-35", "CO-36")
    async def test_asks_for_vat_social_regularity_and_the_home_body(self, world, belgian) -> None:
        missing = ["home_body_certificate", "social_regularity", "vat_document"]
        assert (await compliance(world, belgian))["missing"] == missing
        for kind in ("fiscal_representative", "social_regularity", "home_body_certificate"):
            uploaded = await world.upload(belgian, kind, in_french="true")
            assert uploaded.status_code == 201, uploaded.text
            await world.review(uploaded.json()["id"])
        found = await compliance(world, belgian)
        assert (found["compliant"], found["missing"]) == (True, [])
        assert {one["basis"] for one in found["requirements"]} == {"legal_minimum"}

    @pytest.mark.req("CO-35")
    @pytest.mark.parametrize("kind", ["vat_document", "identity_and_address", "fiscal_representative"])
    async def test_takes_any_proof_of_identity_towards_the_taxman(self, world, belgian, kind) -> None:
        await world.review((await world.upload(belgian, kind, in_french="true")).json()["id"])
        assert "vat_document" not in (await compliance(world, belgian))["missing"]

    @pytest.mark.req("CO-36")
    async def test_asks_for_a_home_body_only_where_there_is_one(self) -> None:
        for country, asked in (("BE", True), ("DE", True), ("GB", False), ("US", False), ("FR", False)):
            rules = rules_for(Situation(ProfileType.CONSULTANCY, country), date(2026, 11, 20))
            assert ("home_body_certificate" in [rule.type for rule in rules]) is asked

    async def test_wants_documents_in_french_or_translated(self, world, belgian, refused) -> None:
        refused(await world.upload(belgian, "vat_document"), 422, "translation_missing", "in_french")
        assert (await world.upload(belgian, "vat_document", in_french="true")).status_code == 201
        assert (await requirement(world, belgian, "vat_document"))["in_french"] is True

    @pytest.mark.req("CO-36")
    async def test_social_regularity_older_than_six_months_no_longer_counts(self, world, belgian, refused) -> None:
        world.move_to(date(2027, 7, 14))
        for issued_on, status in ((date(2027, 1, 15), 201), (date(2027, 1, 14), 422)):
            answer = await world.upload(belgian, "social_regularity", issued_on, in_french="true")
            assert answer.status_code == status
