"""A company's account: the first, and the proposal of another."""

from datetime import timedelta

import pytest
from bank_steps import BANK, COOLING, OTHER, THIRD, changes, in_force, post, proposed, put, rows

from contracts.company import BankDetailsChanged, CompanyDetailsChanged
from contracts.roles import HEADS, ProfileType, Role


class TestFirstAccount:
    @pytest.mark.req("CO-13")
    async def test_before_the_validation_is_in_force_at_once_and_told_with_it(self, world) -> None:
        company = await world.company()
        answer = await put(world, company)
        assert (answer.status_code, answer.json()["status"]) == (200, "effective")
        assert await in_force(world, company) == BANK["iban"]
        assert await world.events(CompanyDetailsChanged, company.id) == []
        assert await world.events(BankDetailsChanged, company.id) == []
        await world.validate(company)
        (told,) = await world.events(BankDetailsChanged, company.id)
        (row,) = await rows(world, company)
        assert (told.iban, told.bank_details_id, told.effective_at) == (BANK["iban"], row.id, row.since)

    async def test_given_at_registration_reaches_those_who_pay_once_validated(self, world) -> None:
        company = await world.validated(bank=BANK)
        (told,) = await world.events(BankDetailsChanged, company.id)
        assert (told.iban, told.bic, told.holder) == (BANK["iban"], BANK["bic"], BANK["holder"])

    async def test_is_shown_to_staff_by_its_end_and_holder(self, world) -> None:
        company = await world.company(bank=BANK)
        seen = await world.client.get(f"/companies/{company.id}", headers=world.staff)
        assert seen.json()["account_on_file"]["ending"] == "0189"
        assert seen.json()["account_on_file"]["holder"] == "La Poste"
        assert BANK["iban"] not in seen.text

    async def test_after_the_validation_needs_a_second_person_too(self, world) -> None:
        company = await world.validated()
        assert (await put(world, company)).status_code == 202
        assert await in_force(world, company) is None

    async def test_cannot_be_followed_by_another_without_a_second_person(self, world) -> None:
        company = await world.company(bank=BANK)
        assert (await put(world, company, OTHER)).status_code == 202
        assert await in_force(world, company) == BANK["iban"]

    @pytest.mark.req("CO-20", "CO-22")
    @pytest.mark.parametrize("profile", list(ProfileType))
    async def test_is_given_by_any_kind_of_head(self, world, profile) -> None:
        assert (await put(world, await world.company(profile))).status_code == 200

    @pytest.mark.req("CO-12", "CO-46")
    @pytest.mark.parametrize(
        ("country", "bank", "account", "kept"),
        [
            ("US", "021000021", "12345678", ("021000021", "12345678")),
            ("IN", "HDFC0001234", "50100123456789", ("HDFC0001234", "50100123456789")),
            ("MA", "007", "007 810 0001123000000456 13", ("007", "007810000112300000045613")),
            ("AU", "062-000", "12345678", ("062000", "12345678")),
            ("CA", "00012-003", "1234567", ("00012003", "1234567")),
            ("MX", "032", "032180000118359719", ("032", "032180000118359719")),
        ],
    )
    async def test_is_a_bank_and_an_account_where_there_are_no_ibans(self, world, country, bank, account, kept) -> None:
        company = await world.company()
        body = {"holder": "Acme", "country": country, "bank_code": bank, "account_number": account}
        answer = await put(world, company, body)
        assert answer.status_code == 200, answer.text
        seen = (await world.client.get(f"/companies/{company.id}", headers=company.headers)).json()["bank"]
        assert (seen["bank_code"], seen["account_number"], seen["iban"]) == (*kept, None)
        await world.validate(company)
        (told,) = await world.events(BankDetailsChanged, company.id)
        assert (told.bank_code, told.account_number, told.iban) == (*kept, None)


class TestPropose:
    @pytest.mark.req("CO-45")
    async def test_tells_every_head_and_changes_nothing_yet(self, world) -> None:
        company = await world.validated(bank=BANK)
        answer = await put(world, company, OTHER)
        assert answer.status_code == 202
        assert (answer.json()["status"], answer.json()["ending"]) == ("proposed", "2606")
        assert answer.json()["account"] is None
        assert OTHER["iban"] not in answer.text
        assert await in_force(world, company) == BANK["iban"]
        (message,) = await world.messages("bank_change_proposed", company.id)
        assert message.context == {"company_name": "La Poste", "ending": "2606", "holder": "La Poste"}
        assert set(message.roles[0].roles) == HEADS
        assert len(await world.events(BankDetailsChanged, company.id)) == 1

    @pytest.mark.req("CO-45")
    async def test_needs_a_fresh_proof_of_who_one_is(self, world, refused) -> None:
        company = await world.validated(bank=BANK)
        refused(await put(world, company, OTHER, company.headers), 401, "step_up_required")
        old = world.proven(company.founder)
        world.h.clock.offset += timedelta(minutes=9)
        assert (await put(world, company, OTHER, old)).status_code == 202
        assert len(await changes(world, company)) == 1

    async def test_of_the_account_in_force_is_refused(self, world, refused) -> None:
        company = await world.validated(bank=BANK)
        refused(await put(world, company), 409, "account_in_force")

    @pytest.mark.req("CO-45")
    async def test_again_replaces_the_waiting_one_and_begins_anew(self, world, refused) -> None:
        company = await world.validated(bank=BANK)
        second = await world.second_head(company)
        first = await proposed(world, company, OTHER)
        await post(world, first, "approval", world.proven(second))
        replacing = await proposed(world, company, THIRD)
        newest, oldest = await changes(world, company)
        assert (newest["id"], newest["status"]) == (replacing, "proposed")
        assert (oldest["status"], oldest["cancel_reason"]) == ("cancelled", "replaced")
        refused(await post(world, first, "approval", world.proven(second)), 409, "illegal_move")
        await world.sweep("advance_bank_changes", world.h.clock() + COOLING * 2)
        assert await in_force(world, company) == BANK["iban"]

    @pytest.mark.req("CO-22", "CO-20", "CO-49")
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
        for path in ("bank-details/history", "bank-changes"):
            refused(await world.client.get(f"/companies/{company.id}/{path}", headers=other), 403, "forbidden")
        seen = await world.client.get(f"/companies/{company.id}", headers=other)
        assert seen.json()["bank"] is None
        assert seen.json()["bank_details_on_file"] is True
        assert BANK["iban"] not in seen.text

    async def test_by_a_rival_finds_nothing(self, world, refused) -> None:
        company, rival = await world.company(), await world.company()
        headers = world.proven(rival.founder)
        refused(await put(world, company, headers=headers), 404, "company_not_found")
        refused(await put(world, company, headers=world.staff), 404, "company_not_found")
        for path in ("bank-details/history", "bank-changes"):
            refused(
                await world.client.get(f"/companies/{company.id}/{path}", headers=headers), 404, "company_not_found"
            )

    async def test_based_on_an_older_state_is_refused(self, world, refused) -> None:
        company = await world.company()
        first = await put(world, company, BANK, **{"If-Match": '"1"'})
        assert first.status_code == 200
        assert first.headers["etag"] != '"1"'
        refused(await put(world, company, OTHER, **{"If-Match": '"1"'}), 412, "version_conflict")

    @pytest.mark.req("CO-12", "CO-46")
    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"iban": "FR00"}, "invalid_request", "iban"),
            ({"bic": "COBADEFFXXX"}, "bank_countries_differ", "bic"),
            ({"holder": ""}, "invalid_request", "holder"),
            ({"since": "2026-01-01"}, "invalid_request", "since"),
            ({"bic": None}, "account_incomplete", "bic"),
            ({"iban": None}, "account_incomplete", "iban"),
            ({"iban": None, "bic": None}, "account_incomplete", "bank_code"),
            ({"country": "US"}, "account_incomplete", "iban"),
        ],
    )
    async def test_of_what_cannot_be_is_refused(self, world, refused, change, code, field) -> None:
        refused(await put(world, await world.company(), BANK | change), 422, code, field)

    @pytest.mark.req("CO-12", "CO-46")
    @pytest.mark.parametrize(
        ("country", "bank", "account", "wrong"),
        [
            ("US", "021000022", "12345678", ("bank_code_invalid", "bank_code")),
            ("US", "021000021", "12", ("account_number_invalid", "account_number")),
            ("FR", "30006", "12345678901", ("iban_expected", "iban")),
            ("TN", "01", "00610000123456789012", ("iban_expected", "iban")),
            ("MX", "014", "032180000118359719", ("account_number_invalid", "account_number")),
            ("MA", "007", "007810000112300000045614", ("account_number_invalid", "account_number")),
            ("MA", "011", "007810000112300000045613", ("account_number_invalid", "account_number")),
            ("IN", "HDFC1001234", "50100123456789", ("bank_code_invalid", "bank_code")),
        ],
    )
    async def test_names_what_is_wrong_abroad(self, world, refused, *, country, bank, account, wrong) -> None:
        body = {"holder": "Acme", "country": country, "bank_code": bank, "account_number": account}
        refused(await put(world, await world.company(), body), 422, *wrong)
