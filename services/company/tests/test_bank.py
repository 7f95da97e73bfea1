import pytest
from sqlalchemy import select

from company.bank.domain import BankDetails
from contracts.company import CompanyDetailsChanged
from contracts.roles import ProfileType, Role

BANK = {"iban": "FR7630006000011234567890189", "bic": "AGRIFRPPXXX", "holder": "La Poste"}
OTHER = {"iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPPAR", "holder": "La Poste"}


async def put(world, company, body=BANK, headers=None, **extra):
    path = f"/companies/{company.id}/bank-details"
    return await world.client.put(path, json=body, headers=(headers or company.headers) | extra)


async def rows(world, company):
    query = select(BankDetails).where(BankDetails.company_id == company.id).order_by(BankDetails.id)
    async with world.h.tx() as tx:
        return list((await tx.scalars(query)).all())


class TestChange:
    @pytest.mark.req("CO-13")
    async def test_before_the_validation_is_only_stored(self, world) -> None:
        company = await world.company()
        answer = await put(world, company)
        assert answer.status_code == 200
        assert answer.json()["iban"] == BANK["iban"]
        assert await world.events(CompanyDetailsChanged, company.id) == []
        seen = (await world.client.get(f"/companies/{company.id}", headers=company.headers)).json()
        assert seen["bank"]["iban"] == BANK["iban"]

    async def test_after_the_validation_tells_the_world_and_keeps_the_former(self, world) -> None:
        company = await world.validated(bank=BANK)
        assert (await put(world, company, OTHER)).status_code == 200
        (changed,) = await world.events(CompanyDetailsChanged, company.id)
        assert changed.bank_details_on_file is True
        assert changed.version > 2
        former, current = await rows(world, company)
        assert (former.iban, former.current) == (BANK["iban"], False)
        assert (current.iban, current.current, current.recorded_by) == (OTHER["iban"], True, company.founder.member_id)

    async def test_to_the_same_account_changes_nothing(self, world) -> None:
        company = await world.validated(bank=BANK)
        assert (await put(world, company)).status_code == 200
        assert await world.events(CompanyDetailsChanged, company.id) == []
        assert len(await rows(world, company)) == 1

    async def test_is_audited_without_the_account(self, world) -> None:
        company = await world.company(bank=BANK)
        await put(world, company, OTHER)
        trail = [row for row in await world.audited(company.id) if row.action == "bank_details.changed"]
        assert [row.details for row in trail] == [
            {"ending": "0189", "former": "none"},
            {"ending": "2606", "former": "0189"},
        ]
        assert {row.actor for row in trail} == {str(company.founder.member_id)}

    @pytest.mark.req("CO-20", "CO-22")
    @pytest.mark.parametrize("profile", list(ProfileType))
    async def test_is_made_by_any_kind_of_head(self, world, profile) -> None:
        company = await world.company(profile)
        assert (await put(world, company)).status_code == 200

    @pytest.mark.req("CO-22", "CO-20")
    @pytest.mark.parametrize(
        ("profile", "role"),
        [
            (ProfileType.CONSULTANCY, Role.CONSULTANT),
            (ProfileType.CONSULTANCY, Role.COMMERCIAL),
            (ProfileType.CLIENT, Role.RESPONSABLE_PROJET),
            (ProfileType.CLIENT, Role.ACHETEUR),
        ],
    )
    async def test_is_not_for_other_roles_who_see_no_account_either(self, world, refused, profile, role) -> None:
        company = await world.company(profile, bank=BANK)
        other = await world.colleague(company, role)
        refused(await put(world, company, OTHER, other), 403, "forbidden")
        seen = await world.client.get(f"/companies/{company.id}", headers=other)
        assert seen.json()["bank"] is None
        assert seen.json()["bank_details_on_file"] is True
        assert BANK["iban"] not in seen.text

    async def test_is_hidden_from_staff(self, world) -> None:
        company = await world.company(bank=BANK)
        seen = await world.client.get(f"/companies/{company.id}", headers=world.staff)
        assert seen.json()["bank_details_on_file"] is True
        assert BANK["iban"] not in seen.text

    async def test_by_a_rival_finds_nothing(self, world, refused) -> None:
        company, rival = await world.company(), await world.company()
        refused(await put(world, company, headers=rival.headers), 404, "company_not_found")
        refused(await put(world, company, headers=world.staff), 404, "company_not_found")

    async def test_based_on_an_older_state_is_refused(self, world, refused) -> None:
        company = await world.company()
        first = await put(world, company, BANK, **{"If-Match": '"1"'})
        assert first.status_code == 200
        assert first.headers["etag"] == '"2"'
        refused(await put(world, company, OTHER, **{"If-Match": '"1"'}), 412, "version_conflict")

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"iban": "FR00"}, "invalid_request", "iban"),
            ({"bic": "COBADEFFXXX"}, "bank_countries_differ", "bic"),
            ({"holder": ""}, "invalid_request", "holder"),
            ({"since": "2026-01-01"}, "invalid_request", "since"),
        ],
    )
    async def test_to_what_cannot_be_is_refused(self, world, refused, change, code, field) -> None:
        refused(await put(world, await world.company(), BANK | change), 422, code, field)
