"""The blocks of a company's account: identity, address, tax, billing, per country (CO-09 to CO-11, CO-46, CO-49)."""

import asyncio
from datetime import date

import pytest

from company.company.countries import RULES, CountryRules, current_rules, rules_of
from company.company.fields import NumberField
from contracts.company import CompanyDetailsChanged
from contracts.roles import ProfileType, Role

TODAY = date(2026, 11, 22)
ADDRESS = {"line1": "1 rue Neuve", "postcode": "69001", "city": "Lyon", "country": "FR"}
BILLING = {"name": "Comptabilité", "address": ADDRESS, "email": "factures@example.com", "phone": "+33478000000"}
VALID = {
    "AT": "FN 122119m",
    "AU": "004 085 616",
    "BE": "0428.759.497",
    "BR": "16.727.230/0001-97",
    "CA": "12302 6635",
    "CH": "CHE-100.155.212",
    "CL": "76086428-5",
    "CN": "91110000600037341L",
    "DE": "Aachen HRA 11223",
    "DK": "13585628",
    "ES": "A13585625",
    "FI": "2077474-0",
    "GB": "SC123456",
    "IE": "123456",
    "IN": "L17110MH1973PLC019786",
    "IT": "00743110157",
    "JP": "5-8356-7825-6246",
    "LU": "B123456",
    "MA": "001561191000066",
    "NL": "12345678",
    "NO": "988 077 917",
    "PT": "501964843",
    "SE": "123456-7897",
    "SG": "00192200M",
    "SN": "30672212G2",
    "TN": "1182431M/A/M/000",
    "US": "91-1144442",
}
INVALID = {
    "AT": "FN 1221190",
    "BE": "0428.759.498",
    "CH": "CHE-100.155.213",
    "DE": "Nirgendwo HRA 11223",
    "ES": "A13585626",
    "GB": "1234",
    "IT": "00743110158",
    "LU": "123456",
    "NL": "1234567",
    "PT": "501964844",
    "US": "07-1144442",
}


async def put(world, company, block, body, headers=None, **extra):
    path = f"/companies/{company.id}/{block}"
    return await world.client.put(path, json=body, headers=(headers or company.headers) | extra)


def identity(company, **changes):
    names = ("name", "country", "siret", "vat_number", "tax_status", "address")
    return {name: company.json[name] for name in names} | changes


class TestCountries:
    @pytest.mark.req("CO-46")
    def test_are_more_than_forty_with_the_whole_union(self) -> None:
        rules = current_rules(TODAY)
        assert len(rules) > 40
        assert sum(line.in_eu for line in rules.values()) == 27

    @pytest.mark.req("CO-46")
    @pytest.mark.parametrize(("country", "number"), VALID.items())
    def test_know_their_numbers(self, country, number) -> None:
        field = rules_of(country, TODAY).registration
        assert field.parse(field.parse(number)) == field.parse(number)

    @pytest.mark.req("CO-46")
    @pytest.mark.parametrize(("country", "number"), INVALID.items())
    def test_refuse_others(self, country, number) -> None:
        with pytest.raises(ValueError, match=r"."):
            rules_of(country, TODAY).registration.parse(number)

    def test_follow_the_date(self) -> None:
        later = CountryRules("FR", NumberField("New number", "[0-9]{3}"), valid_from=date(2030, 1, 1))
        rules = [*RULES, later]
        assert rules_of("FR", date(2029, 12, 31), rules).registration.label == "SIRET"
        assert rules_of("FR", date(2030, 1, 1), rules) is later

    @pytest.mark.req("CO-46")
    async def test_are_told_to_anyone_with_fields_and_patterns(self, world) -> None:
        answer = await world.client.get("/countries")
        assert answer.status_code == 200
        found = {line["country"]: line for line in answer.json()["countries"]}
        assert (found["FR"]["registration_field"], found["FR"]["bank"]["iban"]) == ("siret", True)
        assert set(found["FR"]["special_tax_statuses"]) == {"franchise_en_base", "auto_entrepreneur"}
        assert found["DE"]["vat_number"]["pattern"].startswith("DE")
        assert found["US"]["bank"]["bank_code"]["label"] == "ABA routing number"
        assert found["US"]["vat_number"] is None
        assert answer.json()["otherwise"]["country"] is None


class TestRegister:
    @pytest.mark.req("CO-09", "CO-46")
    async def test_abroad_by_the_countrys_own_number(self, world) -> None:
        abroad = {"siret": None, "vat_number": None, "address": ADDRESS | {"country": "US"}}
        company = await world.company(country="US", registration_number="91-1144442", **abroad)
        assert company.json["registration_number"] == "911144442"
        other = await world.member()
        answer = await world.register(other, country="US", registration_number="911144442", **abroad)
        assert (answer.status_code, answer.json()["code"]) == (409, "company_exists")

    @pytest.mark.req("CO-09", "CO-11", "CO-46")
    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"country": "US"}, "registration_number_missing", "registration_number"),
            (
                {"country": "US", "registration_number": "07-1144442"},
                "registration_number_invalid",
                "registration_number",
            ),
            ({"country": "FR", "registration_number": "911144442"}, "siret_missing", "siret"),
            ({"country": "DE", "registration_number": "HRB"}, "vat_number_missing", "vat_number"),
            (
                {"country": "CH", "registration_number": "CHE-100.155.212", "tax_number": "CHE-107.787.578 IVA"},
                "tax_number_invalid",
                "tax_number",
            ),
            (
                {"country": "US", "registration_number": "91-1144442", "tax_number": "12"},
                "tax_number_not_expected",
                "tax_number",
            ),
        ],
    )
    async def test_names_the_number_at_fault(self, world, refused, changes, code, field) -> None:
        answer = await world.register(await world.member(), **{"siret": None, "vat_number": None} | changes)
        refused(answer, 422, code, field)

    async def test_takes_no_second_number_of_a_french_company(self, world, refused) -> None:
        answer = await world.register(await world.member(), registration_number="911144442")
        refused(answer, 422, "registration_number_not_expected", "registration_number")


class TestTax:
    @pytest.mark.req("CO-11")
    @pytest.mark.parametrize(
        ("status", "special", "code"),
        [
            ("vat_exempt", "franchise_en_base", None),
            ("vat_liable", "auto_entrepreneur", None),
            ("vat_exempt", "auto_entrepreneur", None),
            ("vat_liable", "franchise_en_base", "special_tax_status_contradicts"),
            ("vat_liable", "reverse_charge", "special_tax_status_not_offered"),
            ("vat_exempt", "small_business_scheme", "special_tax_status_not_offered"),
        ],
    )
    async def test_of_a_french_company(self, world, refused, status, special, code) -> None:
        company = await world.company()
        body = {"tax_status": status, "special_tax_status": special, "vat_number": company.json["vat_number"]}
        answer = await put(world, company, "tax", body)
        if code:
            refused(answer, 422, code, "special_tax_status")
        else:
            assert (answer.json()["tax_status"], answer.json()["special_tax_status"]) == (status, special)

    @pytest.mark.req("CO-11")
    async def test_abroad_leaves_the_vat_to_the_customer(self, world, refused) -> None:
        changes = {"country": "US", "registration_number": "91-1144443", "siret": None, "vat_number": None}
        company = await world.company(**changes, special_tax_status="reverse_charge")
        refused(
            await put(world, company, "tax", {"tax_status": "vat_exempt", "special_tax_status": "reverse_charge"}),
            422,
            "special_tax_status_contradicts",
            "special_tax_status",
        )

    @pytest.mark.req("CO-11", "CO-49")
    async def test_changes_after_the_validation_too_and_the_world_is_told(self, world) -> None:
        company = await world.validated()
        body = {"tax_status": "vat_exempt", "special_tax_status": "franchise_en_base"}
        assert (await put(world, company, "tax", body)).status_code == 200
        (told,) = await world.events(CompanyDetailsChanged, company.id)
        assert (told.legal.special_tax_status, told.legal.vat_number) == ("franchise_en_base", None)

    @pytest.mark.req("CO-09", "CO-11")
    @pytest.mark.parametrize(
        ("number", "body"),
        [
            ("DE115235681", {"tax_status": "vat_liable", "vat_number": "DE129273398"}),
            ("DE811569869", {"tax_status": "vat_exempt"}),
        ],
    )
    async def test_abroad_leaves_the_verified_vat_number_to_two_of_the_staff(
        self, world, refused, number, body
    ) -> None:
        abroad = {"country": "DE", "siret": None, "vat_number": number, "address": ADDRESS | {"country": "DE"}}
        company = await world.validated(**abroad)
        refused(await put(world, company, "tax", body), 409, "identity_verified")
        assert (await put(world, company, "tax", {"tax_status": "vat_liable", "vat_number": number})).status_code == 200

    @pytest.mark.req("CO-11")
    async def test_names_a_vat_number_of_another(self, world, refused) -> None:
        company = await world.validated()
        body = {"tax_status": "vat_liable", "vat_number": "FR44732829320"}
        refused(await put(world, company, "tax", body), 422, "vat_number_of_another_company", "vat_number")


class TestBilling:
    @pytest.mark.req("CO-10", "CO-49")
    async def test_is_a_block_of_its_own_for_heads(self, world) -> None:
        company = await world.company()
        answer = await put(world, company, "billing", BILLING)
        assert answer.status_code == 200, answer.text
        assert answer.json()["billing"] == BILLING | {"address": ADDRESS | {"line2": None}}
        assert answer.json()["address"]["city"] == "Paris"
        other = await world.colleague(company)
        seen = await world.client.get(f"/companies/{company.id}", headers=other)
        assert seen.json()["billing"] is None

    @pytest.mark.req("CO-10")
    @pytest.mark.parametrize(
        ("change", "field"),
        [({"email": "nobody"}, "email"), ({"phone": "0478000000"}, "phone"), ({"name": " "}, "name")],
    )
    async def test_takes_only_what_can_be(self, world, refused, change, field) -> None:
        refused(await put(world, await world.company(), "billing", BILLING | change), 422, "invalid_request", field)

    async def test_leaves_no_contact_in_the_trail(self, world) -> None:
        company = await world.company()
        await put(world, company, "billing", BILLING)
        trail = [row for row in await world.audited(company.id) if row.action == "company.changed"]
        assert [row.details["block"] for row in trail] == ["billing"]
        assert "example.com" not in str(trail)


class TestIdentity:
    @pytest.mark.req("CO-09", "CO-49")
    async def test_is_all_the_heads_to_correct_before_the_validation(self, world, refused) -> None:
        company = await world.company()
        answer = await put(world, company, "identity", identity(company, name="Poste SA"))
        assert answer.json()["name"] == "Poste SA"
        await world.validate(company)
        again = await put(world, company, "identity", identity(company, name="Other SA"))
        refused(again, 409, "identity_verified")
        assert (await put(world, company, "address", ADDRESS)).json()["address"]["city"] == "Lyon"
        (told,) = await world.events(CompanyDetailsChanged, company.id)
        assert (told.legal.name, told.legal.address.city) == ("Poste SA", "Lyon")

    async def test_of_another_company_is_refused(self, world, refused) -> None:
        first, second = await world.company(), await world.company()
        body = identity(second, siret=first.json["siret"])
        refused(await put(world, second, "identity", body), 409, "company_exists", "siret")

    async def test_is_shown_by_its_new_name_in_the_search(self, world) -> None:
        company = await world.company()
        await put(world, company, "identity", identity(company, name="Zanzibar Conseil"))
        found = await world.client.get("/companies", params={"search": "zanzibar"}, headers=company.headers)
        assert company.id in found.text

    @pytest.mark.req("CO-15")
    async def test_refused_is_corrected_and_submitted_again(self, world, refused) -> None:
        company = await world.company()
        path = f"/companies/{company.id}/resubmission"
        refused(await world.client.post(path, headers=company.headers), 409, "illegal_move")
        await world.refuse(company, "The name is not the register's")
        await put(world, company, "identity", identity(company, name="Poste SA"))
        answer = await world.client.post(path, headers=company.headers)
        assert (answer.json()["status"], answer.json()["refusal_reason"]) == ("to_verify", None)
        assert (await world.validate(company)).status_code == 200

    async def test_that_somebody_else_registered_meanwhile_is_not_submitted_again(self, world, refused) -> None:
        company = await world.company()
        await world.refuse(company)
        await world.company(siret=company.json["siret"])
        answer = await world.client.post(f"/companies/{company.id}/resubmission", headers=company.headers)
        refused(answer, 409, "company_exists")


class TestAnyBlock:
    BODIES = (
        ("address", ADDRESS),
        ("tax", {"tax_status": "vat_exempt"}),
        ("billing", BILLING),
        ("identity", None),
    )

    @pytest.mark.req("CO-49", "CO-22")
    @pytest.mark.parametrize(("block", "body"), BODIES)
    async def test_is_for_those_who_run_the_company(self, world, refused, block, body) -> None:
        company, rival = await world.company(), await world.company()
        body = body or identity(company)
        for role in (Role.CONSULTANT, Role.COMMERCIAL):
            refused(await put(world, company, block, body, await world.colleague(company, role)), 403, "forbidden")
        refused(await put(world, company, block, body, rival.headers), 404, "company_not_found")
        refused(await put(world, company, block, body, world.staff), 404, "company_not_found")

    @pytest.mark.req("CO-49")
    @pytest.mark.parametrize("profile", list(ProfileType))
    async def test_is_changed_by_any_kind_of_head(self, world, profile) -> None:
        company = await world.company(profile)
        assert (await put(world, company, "billing", BILLING)).status_code == 200

    @pytest.mark.parametrize(("block", "body"), BODIES)
    async def test_is_not_overwritten_by_who_read_it_earlier(self, world, block, body) -> None:
        company = await world.company()
        body, match = body or identity(company, name="New"), {"If-Match": '"1"'}
        answers = await asyncio.gather(*(put(world, company, block, body, **match) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 412]
