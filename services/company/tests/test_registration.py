import asyncio
from uuid import UUID

import pytest

from company.bank.domain import Account, BankCountriesDiffer
from company.company.identifiers import (
    SiretMissing,
    SiretNotExpected,
    VatNumberMissing,
    VatNumberOfAnotherCompany,
    VatNumberOfAnotherCountry,
    check_identifiers,
)
from contracts.company import AffiliationGranted, CompanyDetailsChanged, CompanyRegistered, TaxStatus
from contracts.identifiers import Bic, Iban, Siret, VatNumber
from contracts.roles import CompanyKind, ProfileType, Role, SignatoryCapacity, StaffScope

LIABLE, EXEMPT = TaxStatus.VAT_LIABLE, TaxStatus.VAT_EXEMPT
PUBLIC_COMPANIES = [
    ("73282932000074", "FR44732829320"),
    ("35600000000048", "FR39356000000"),
    ("55208131766522", "FR03552081317"),
    ("54205118000066", "FR59542051180"),
    ("38012986646850", "FR89380129866"),
    ("44306184100047", "FR64443061841"),
]
FOREIGN = [("DE", "DE136695976"), ("BE", "BE0403170701"), ("GR", "EL094259216"), ("ES", "ESA58818501")]


@pytest.mark.req("CO-09", "CO-11", "CO-46")
class TestIdentifiers:
    @pytest.mark.parametrize(("siret", "vat"), PUBLIC_COMPANIES)
    def test_of_one_french_company_agree(self, siret, vat) -> None:
        check_identifiers("FR", Siret.parse(siret), VatNumber.parse(vat), LIABLE)

    @pytest.mark.parametrize(("country", "vat"), FOREIGN)
    def test_of_a_company_of_the_union_need_no_siret(self, country, vat) -> None:
        check_identifiers(country, None, VatNumber.parse(vat), LIABLE)

    def test_of_a_french_company_include_its_siret(self) -> None:
        with pytest.raises(SiretMissing):
            check_identifiers("FR", None, VatNumber("FR44732829320"), LIABLE)

    def test_of_a_foreign_company_include_no_siret(self) -> None:
        with pytest.raises(SiretNotExpected):
            check_identifiers("DE", Siret("73282932000074"), VatNumber("DE136695976"), LIABLE)

    @pytest.mark.parametrize("country", ["FR", "DE"])
    def test_of_a_company_liable_to_vat_in_the_union_include_its_number(self, country) -> None:
        siret = Siret("73282932000074") if country == "FR" else None
        with pytest.raises(VatNumberMissing):
            check_identifiers(country, siret, None, LIABLE)

    @pytest.mark.parametrize(("country", "status"), [("FR", EXEMPT), ("DE", EXEMPT), ("CH", EXEMPT), ("CH", LIABLE)])
    def test_may_leave_the_vat_number_out_when_exempt_or_outside_the_union(self, country, status) -> None:
        check_identifiers(country, Siret("73282932000074") if country == "FR" else None, None, status)

    @pytest.mark.parametrize(
        ("country", "vat"),
        [("BE", "DE136695976"), ("GR", "DE136695976"), ("CH", "DE136695976"), ("DE", "FR44732829320")],
    )
    def test_of_another_country_are_refused(self, country, vat) -> None:
        with pytest.raises(VatNumberOfAnotherCountry):
            check_identifiers(country, None, VatNumber.parse(vat), LIABLE)

    @pytest.mark.parametrize("status", list(TaxStatus))
    def test_of_another_french_company_are_refused(self, status) -> None:
        with pytest.raises(VatNumberOfAnotherCompany):
            check_identifiers("FR", Siret("73282932000074"), VatNumber("FR39356000000"), status)


class TestAccount:
    @pytest.mark.parametrize(
        ("iban", "bic"),
        [
            ("FR7630006000011234567890189", "AGRIFRPP"),
            ("FR7630006000011234567890189", "BNPAREREXXX"),
            ("DE89370400440532013000", "COBADEFFXXX"),
            ("NL91ABNA0417164300", "ABNANL2AXXX"),
        ],
    )
    def test_of_one_country_is_taken(self, iban, bic) -> None:
        assert Account.checked(Iban.parse(iban), Bic.parse(bic), "Holder").iban == iban

    @pytest.mark.parametrize(
        ("iban", "bic"), [("FR7630006000011234567890189", "COBADEFFXXX"), ("DE89370400440532013000", "AGRIFRPP")]
    )
    def test_of_two_countries_is_refused(self, iban, bic) -> None:
        with pytest.raises(BankCountriesDiffer):
            Account.checked(Iban.parse(iban), Bic.parse(bic), "Holder")


class TestRegister:
    @pytest.mark.req("CO-07", "CO-09", "CO-13", "CO-15", "ID-01")
    @pytest.mark.parametrize(
        ("profile", "kind", "role"),
        [
            (ProfileType.CONSULTANCY, CompanyKind.PROVIDER, Role.GERANT),
            (ProfileType.FREELANCE, CompanyKind.PROVIDER, Role.FREELANCE),
            (ProfileType.CLIENT, CompanyKind.CLIENT, Role.DIRECTEUR_ACHATS),
        ],
    )
    async def test_gives_kind_and_role_by_profile_and_tells_both(self, world, profile, kind, role) -> None:
        company = await world.company(profile)
        assert company.json["kind"] == kind
        assert company.json["role"] == role
        assert company.json["status"] == "to_verify"
        assert company.json["bank_details_on_file"] is False
        (registered,) = await world.events(CompanyRegistered, company.id)
        (signatory,) = registered.signatories
        assert (registered.kind, registered.version) == (kind, 1)
        assert signatory.member_id == company.founder.member_id
        assert signatory.capacity is SignatoryCapacity.LEGAL_REPRESENTATIVE
        (granted,) = await world.events(AffiliationGranted, company.id)
        assert (granted.member_id, granted.role, granted.company_kind) == (company.founder.member_id, role, kind)
        assert granted.display_name == "Ada Martin"

    @pytest.mark.parametrize(("siret", "vat"), PUBLIC_COMPANIES)
    async def test_takes_true_public_numbers(self, world, siret, vat) -> None:
        answer = await world.register(await world.member(), siret=siret, vat_number=vat)
        assert answer.status_code == 201
        assert (answer.json()["siret"], answer.json()["vat_number"]) == (siret, vat)

    @pytest.mark.req("CO-46")
    async def test_takes_a_company_of_another_country_once(self, world, refused) -> None:
        changes = {"country": "DE", "siret": None, "vat_number": "DE136695976"}
        assert (await world.register(await world.member(), **changes)).status_code == 201
        refused(await world.register(await world.member(), **changes), 409, "company_exists")

    @pytest.mark.req("CO-07")
    async def test_needs_the_declaration_of_an_empowered_person(self, world, refused) -> None:
        refused(await world.register(await world.member(), empowered=False), 422, "not_empowered", "empowered")
        refused(await world.register(await world.member(), capacity="friend"), 422, "invalid_request", "capacity")

    @pytest.mark.req("CO-09", "CO-11")
    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"siret": "73282932000079"}, "invalid_request", "siret"),
            ({"siret": None}, "siret_missing", "siret"),
            ({"vat_number": None}, "vat_number_missing", "vat_number"),
            ({"vat_number": "FR45356000000"}, "invalid_request", "vat_number"),
            ({"vat_number": "FR44732829320"}, "vat_number_of_another_company", "vat_number"),
            ({"country": "DE"}, "siret_not_expected", "siret"),
            ({"country": "DE", "siret": None}, "vat_number_of_another_country", "vat_number"),
            ({"country": "France"}, "invalid_request", "country"),
            ({"name": ""}, "invalid_request", "name"),
            ({"name": "La\u0000Poste"}, "invalid_request", "name"),
            ({"address": {"line1": "x"}}, "invalid_request", "address.city"),
            ({"colour": "yellow"}, "invalid_request", "colour"),
        ],
    )
    async def test_refuses_what_is_not_true_and_names_it(self, world, refused, changes, code, field) -> None:
        refused(await world.register(await world.member(), **changes), 422, code, field)

    @pytest.mark.parametrize(
        ("bank", "code", "field"),
        [
            ({"iban": "FR7630006000011234567890188"}, "invalid_request", "bank.iban"),
            ({"bic": "AGRI"}, "invalid_request", "bank.bic"),
            ({"bic": "COBADEFFXXX"}, "bank_countries_differ", "bic"),
        ],
    )
    async def test_refuses_an_account_that_cannot_be(self, world, refused, bank, code, field) -> None:
        whole = {"iban": "FR7630006000011234567890189", "bic": "AGRIFRPPXXX", "holder": "La Poste"} | bank
        refused(await world.register(await world.member(), bank=whole), 422, code, field)

    async def test_takes_bank_details_at_once(self, world) -> None:
        bank = {"iban": "FR76 3000 6000 0112 3456 7890 189", "bic": "AGRIFRPPXXX", "holder": "La Poste"}
        company = await world.company(bank=bank)
        assert company.json["bank"]["iban"] == "FR7630006000011234567890189"
        assert company.json["bank_details_on_file"] is True
        assert await world.events(CompanyDetailsChanged, company.id) == []

    @pytest.mark.req("ID-17")
    async def test_waits_for_the_profile(self, world, refused) -> None:
        refused(await world.register(world.h.member()), 409, "profile_not_known_yet")
        refused(await world.register(world.officer), 409, "profile_not_known_yet")

    async def test_is_for_members_without_a_company(self, world, refused) -> None:
        company = await world.company()
        refused(await world.register(company.founder), 409, "already_affiliated")

    async def test_takes_one_company_per_siret_unless_the_first_was_refused(self, world, refused) -> None:
        first = await world.company()
        siret = first.json["siret"]
        refused(await world.register(await world.member(), siret=siret), 409, "company_exists", "siret")
        await world.refuse(first)
        assert (await world.register(await world.member(), siret=siret)).status_code == 201

    async def test_of_one_siret_by_two_members_at_once_has_one_effect(self, world) -> None:
        body, members = world.body(), [await world.member() for _ in range(3)]
        answers = await asyncio.gather(
            *(world.client.post("/companies", json=body, headers=world.headers(member)) for member in members)
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]

    async def test_of_two_companies_by_one_member_at_once_has_one_effect(self, world) -> None:
        member = await world.member()
        answers = await asyncio.gather(*(world.register(member) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]

    async def test_has_one_effect_when_sent_twice_with_a_key(self, world) -> None:
        founder, body = await world.member(), world.body()
        headers = world.headers(founder) | {"Idempotency-Key": "once"}
        first = await world.client.post("/companies", json=body, headers=headers)
        second = await world.client.post("/companies", json=body, headers=headers)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert len(await world.events(CompanyRegistered, first.json()["id"])) == 1

    async def test_needs_a_token(self, world, refused) -> None:
        refused(await world.client.post("/companies", json=world.body()), 401, "unauthenticated")


class TestRead:
    async def test_shows_the_company_to_its_members_at_once(self, world) -> None:
        company = await world.company()
        answer = await world.client.get(f"/companies/{company.id}", headers=company.headers)
        assert answer.status_code == 200
        assert answer.json() == company.json
        assert answer.headers["etag"] == '"1"'

    async def test_hides_it_from_everybody_else(self, world, refused) -> None:
        company, rival = await world.company(), await world.company()
        refused(await world.client.get(f"/companies/{company.id}", headers=rival.headers), 404, "company_not_found")
        claiming = world.h.member(Role.GERANT, UUID(company.id))
        answer = await world.client.get(f"/companies/{company.id}", headers=world.headers(claiming))
        refused(answer, 404, "company_not_found")

    async def test_of_an_unknown_company_by_staff_finds_nothing(self, world, refused, stranger_id) -> None:
        answer = await world.client.get(f"/companies/{stranger_id}", headers=world.staff)
        refused(answer, 404, "company_not_found")

    async def test_needs_the_compliance_scope_of_staff(self, world, refused) -> None:
        company = await world.company()
        contracts = world.headers(world.h.staff(StaffScope.CONTRACTS))
        refused(await world.client.get(f"/companies/{company.id}", headers=contracts), 404, "company_not_found")
