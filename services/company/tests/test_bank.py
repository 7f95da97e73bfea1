"""Where a company is paid: IBAN-swap fraud is the best-known attack on a platform like this one (CO-45)."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from chassis.audit import audit_log
from company.approvals.queries import approval_of
from company.bank.change import BankChange
from company.bank.domain import BankDetails
from contracts.company import BankDetailsChanged, CompanyDetailsChanged
from contracts.roles import HEADS, ProfileType, Role, StaffScope

BANK = {"iban": "FR7630006000011234567890189", "bic": "AGRIFRPPXXX", "holder": "La Poste"}
OTHER = {"iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPPAR", "holder": "La Poste"}
THIRD = {"iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "holder": "La Poste"}
COOLING = timedelta(hours=48)


async def put(world, company, body=BANK, headers=None, **extra):
    path = f"/companies/{company.id}/bank-details"
    return await world.client.put(path, json=body, headers=(headers or world.proven(company.founder)) | extra)


async def proposed(world, company, body=OTHER, headers=None):
    answer = await put(world, company, body, headers)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


async def post(world, change_id, act, headers):
    return await world.client.post(f"/bank-changes/{change_id}/{act}", headers=headers)


async def call_back(world, company, change_id, headers=None, act="approval", **changes):
    said = {"called_on": str(world.today), "number_source": "register", "spoke_with": str(company.founder.member_id)}
    path = f"/staff/bank-changes/{change_id}/{act}"
    return await world.client.post(path, json=said | changes, headers=headers or world.staff)


async def in_force(world, company):
    seen = await world.client.get(f"/companies/{company.id}", headers=company.headers)
    return seen.json()["bank"] and seen.json()["bank"]["iban"]


async def changes(world, company, headers=None):
    page = await world.client.get(f"/companies/{company.id}/bank-changes", headers=headers or company.headers)
    assert page.status_code == 200
    return page.json()["items"]


async def rows(world, company):
    query = select(BankDetails).where(BankDetails.company_id == company.id).order_by(BankDetails.id)
    async with world.h.tx() as tx:
        return list((await tx.scalars(query)).all())


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


class TestApprove:
    @pytest.mark.req("CO-45")
    async def test_by_another_head_starts_the_cooling_and_tells_all(self, world) -> None:
        company = await world.validated(bank=BANK)
        second = await world.second_head(company)
        change_id = await proposed(world, company)
        answer = await post(world, change_id, "approval", world.proven(second))
        assert answer.status_code == 200, answer.text
        assert (answer.json()["status"], answer.json()["approved_by"]) == ("cooling", str(second.member_id))
        assert await in_force(world, company) == BANK["iban"]
        (message,) = await world.messages("bank_change_approved", company.id)
        assert message.context.keys() == {"company_name", "ending", "effective_at"}

    @pytest.mark.req("CO-45")
    async def test_is_never_the_proposers(self, world, refused) -> None:
        company = await world.validated(bank=BANK)
        await world.second_head(company)
        change_id = await proposed(world, company)
        refused(await post(world, change_id, "approval", world.proven(company.founder)), 409, "own_proposal")

    async def test_needs_a_fresh_proof_of_who_one_is(self, world, refused) -> None:
        company = await world.validated(bank=BANK)
        second = await world.second_head(company)
        change_id = await proposed(world, company)
        refused(await post(world, change_id, "approval", world.headers(second)), 401, "step_up_required")
        path = f"/bank-changes/{change_id}"
        refused(await world.client.get(path, headers=world.headers(second)), 401, "step_up_required")
        shown = await world.client.get(path, headers=world.proven(second))
        assert shown.json()["account"]["iban"] == OTHER["iban"]

    @pytest.mark.req("CO-45")
    async def test_is_not_for_who_became_a_head_after_the_proposal(self, world, refused) -> None:
        company = await world.validated(bank=BANK)
        change_id = await proposed(world, company)
        accomplice = await world.second_head(company)
        refused(await post(world, change_id, "approval", world.proven(accomplice)), 403, "staff_decide")
        assert (await call_back(world, company, change_id)).status_code == 200

    @pytest.mark.req("CO-45")
    @pytest.mark.parametrize(("too_late", "allowed"), [(timedelta(minutes=1), False), (timedelta(), True)])
    async def test_is_not_for_an_accomplice_made_a_head_within_the_cooling_period_before(
        self, world, refused, too_late, allowed
    ) -> None:
        company = await world.validated(bank=BANK)
        accomplice = await world.second_head(company, since=COOLING - too_late)
        change_id = await proposed(world, company)
        answer = await post(world, change_id, "approval", world.proven(accomplice))
        if allowed:
            assert answer.status_code == 200
            return
        refused(answer, 403, "staff_decide")
        by_the_accomplice = await call_back(world, company, change_id, spoke_with=str(accomplice.member_id))
        refused(by_the_accomplice, 422, "not_a_head", "spoke_with")
        assert (await call_back(world, company, change_id)).status_code == 200

    @pytest.mark.req("CO-45")
    async def test_of_what_such_an_accomplice_proposed_is_for_staff(self, world, refused) -> None:
        company = await world.validated(bank=BANK)
        accomplice = await world.second_head(company, since=timedelta(minutes=5))
        change_id = await proposed(world, company, headers=world.proven(accomplice))
        refused(await post(world, change_id, "approval", world.proven(company.founder)), 403, "staff_decide")
        assert (await call_back(world, company, change_id)).status_code == 200

    async def test_by_two_at_once_counts_once(self, world) -> None:
        company = await world.validated(bank=BANK)
        others = [await world.second_head(company) for _ in range(2)]
        change_id = await proposed(world, company)
        answers = await asyncio.gather(*(post(world, change_id, "approval", world.proven(one)) for one in others))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert len(await world.messages("bank_change_approved", company.id)) == 1

    @pytest.mark.req("CO-45")
    @pytest.mark.parametrize("who", ["proposer", "approver"])
    async def test_counts_for_nothing_once_a_head_is_one_no_more(self, world, who) -> None:
        company = await world.validated(bank=BANK)
        second, third = await world.second_head(company), await world.second_head(company)
        change_id = await proposed(world, company, headers=world.proven(second))
        assert (await post(world, change_id, "approval", world.proven(third))).status_code == 200
        await world.give_role(company, {"proposer": second, "approver": third}[who], Role.COMMERCIAL)
        await world.sweep("advance_bank_changes")
        (change,) = await changes(world, company)
        assert (change["status"], change["cancel_reason"]) == ("cancelled", "head_left")
        assert len(await world.messages("bank_change_cancelled", company.id)) == 1
        await world.sweep("advance_bank_changes", world.h.clock() + COOLING)
        assert await in_force(world, company) == BANK["iban"]

    async def test_of_a_former_heads_proposal_cancels_it(self, world) -> None:
        company = await world.validated(bank=BANK)
        second, third = await world.second_head(company), await world.second_head(company)
        change_id = await proposed(world, company, headers=world.proven(second))
        await world.give_role(company, second, Role.COMMERCIAL)
        answer = await post(world, change_id, "approval", world.proven(third))
        assert (answer.json()["status"], answer.json()["cancel_reason"]) == ("cancelled", "head_left")

    async def test_by_a_rival_finds_nothing(self, world, refused, stranger_id) -> None:
        company, rival = await world.validated(bank=BANK), await world.company()
        change_id = await proposed(world, company)
        for headers in (world.proven(rival.founder), world.staff):
            for act in ("approval", "cancellation"):
                refused(await post(world, change_id, act, headers), 404, "bank_change_not_found")
            path = f"/bank-changes/{change_id}"
            refused(await world.client.get(path, headers=headers), 404, "bank_change_not_found")
        unknown = await post(world, stranger_id, "approval", world.proven(rival.founder))
        refused(unknown, 404, "bank_change_not_found")

    @pytest.mark.req("CO-45")
    @pytest.mark.parametrize(("waited", "approved"), [(timedelta(days=30, seconds=-5), True), (timedelta(30), False)])
    async def test_comes_within_thirty_days(self, world, refused, waited, approved) -> None:
        company = await world.validated(bank=BANK)
        second = await world.second_head(company)
        change_id = await proposed(world, company)
        world.h.clock.offset += waited
        answer = await post(world, change_id, "approval", world.proven(second))
        if approved:
            assert answer.status_code == 200
            return
        refused(answer, 409, "approval_expired")
        await world.sweep("advance_bank_changes")
        (change,) = await changes(world, company, world.headers(company.founder))
        assert (change["status"], change["cancel_reason"]) == ("cancelled", "expired")


class TestCallBack:
    @pytest.mark.req("CO-45")
    async def test_replaces_a_second_head_where_there_is_none(self, world) -> None:
        company = await world.validated(bank=BANK)
        change_id = await proposed(world, company)
        answer = await call_back(world, company, change_id)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert (said["status"], said["approved_by_staff"]) == ("cooling", True)
        assert (said["number_source"], said["spoke_with"]) == ("register", str(company.founder.member_id))

    @pytest.mark.req("CO-45")
    async def test_does_not_replace_a_second_head(self, world, refused) -> None:
        company = await world.validated(bank=BANK)
        second = await world.second_head(company)
        change_id = await proposed(world, company)
        refused(await call_back(world, company, change_id), 409, "another_head_decides")
        await world.give_role(company, second, Role.COMMERCIAL)
        assert (await call_back(world, company, change_id)).status_code == 200

    @pytest.mark.parametrize(
        ("days", "code"), [(-1, "called_outside_the_proposal"), (0, None), (1, "called_outside_the_proposal")]
    )
    async def test_took_place_between_proposal_and_today(self, world, refused, days, code) -> None:
        company = await world.validated(bank=BANK)
        change_id = await proposed(world, company)
        answer = await call_back(world, company, change_id, called_on=str(world.today + timedelta(days)))
        if code:
            refused(answer, 422, code, "called_on")
        else:
            assert answer.status_code == 200

    async def test_is_with_a_head_under_a_number_from_elsewhere(self, world, refused, stranger_id) -> None:
        company = await world.validated(bank=BANK)
        change_id = await proposed(world, company)
        unknown = await call_back(world, company, change_id, spoke_with=str(stranger_id))
        refused(unknown, 422, "not_a_head", "spoke_with")
        given = await call_back(world, company, change_id, number_source="the_proposal")
        refused(given, 422, "invalid_request", "number_source")

    async def test_is_for_compliance_staff(self, world, refused) -> None:
        company = await world.validated(bank=BANK)
        change_id = await proposed(world, company)
        for headers in (world.proven(company.founder), world.headers(world.h.staff(StaffScope.SUPPORT))):
            refused(await call_back(world, company, change_id, headers), 403, "forbidden")

    async def test_may_end_in_a_stop(self, world) -> None:
        company = await world.validated(bank=BANK)
        change_id = await proposed(world, company)
        path, body = f"/staff/bank-changes/{change_id}/refusal", {"reason": "Nobody there knows of it"}
        answer = await world.client.post(path, json=body, headers=world.staff)
        assert (answer.json()["status"], answer.json()["cancel_reason"]) == ("cancelled", "by_staff")
        async with world.h.tx() as tx:
            assert (await approval_of(tx, change_id)).remark == body["reason"]
            stopped = select(audit_log.c.details).where(
                audit_log.c.subject == change_id, audit_log.c.action == "bank_change.stopped"
            )
            assert await tx.scalar(stopped) == {"company": company.id}  # the trail forgets nothing: no prose in it


class TestTakeEffect:
    @pytest.mark.req("CO-45")
    async def test_comes_exactly_after_the_cooling_and_tells_all(self, world) -> None:
        company = await world.validated(bank=BANK)
        second = await world.second_head(company)
        change_id = await proposed(world, company)
        cooling = (await post(world, change_id, "approval", world.proven(second))).json()
        async with world.h.tx() as tx:
            due = await tx.scalar(select(BankChange.effective_at).where(BankChange.id == change_id))
        assert str(due.date()) in cooling["effective_at"]
        await world.sweep("advance_bank_changes", due - timedelta(microseconds=1))
        assert await in_force(world, company) == BANK["iban"]
        await world.sweep("advance_bank_changes", due)
        await world.sweep("advance_bank_changes", due + timedelta(hours=1))
        assert await in_force(world, company) == OTHER["iban"]
        _, told = await world.events(BankDetailsChanged, company.id)
        assert (told.iban, told.effective_at) == (OTHER["iban"], due)
        assert await world.events(CompanyDetailsChanged, company.id) == []
        assert len(await world.messages("bank_change_effective", company.id)) == 1
        former, current = await rows(world, company)
        assert (former.iban, former.current, former.until) == (BANK["iban"], False, due)
        assert (current.since, current.recorded_by) == (due, company.founder.member_id)

    async def test_lasts_forty_eight_hours_unless_set(self, world) -> None:
        company = await world.validated(bank=BANK)
        change_id = await proposed(world, company)
        before = world.h.clock()
        await call_back(world, company, change_id)
        async with world.h.tx() as tx:
            due = await tx.scalar(select(BankChange.effective_at).where(BankChange.id == change_id))
        assert timedelta() <= due - before - COOLING < timedelta(seconds=30)

    async def test_makes_a_company_payable(self, world) -> None:
        company = await world.validated()
        change_id = await proposed(world, company)
        await call_back(world, company, change_id)
        await world.sweep("advance_bank_changes", world.h.clock() + COOLING)
        (changed,) = await world.events(CompanyDetailsChanged, company.id)
        assert changed.bank_details_on_file is True

    @pytest.mark.req("CO-45")
    async def test_is_stopped_by_any_head_until_then(self, world, refused) -> None:
        company = await world.validated(bank=BANK)
        second = await world.second_head(company)
        change_id = await proposed(world, company)
        await post(world, change_id, "approval", world.proven(second))
        answer = await post(world, change_id, "cancellation", world.headers(second))
        assert (answer.json()["status"], answer.json()["cancel_reason"]) == ("cancelled", "by_head")
        (message,) = await world.messages("bank_change_cancelled", company.id)
        assert message.context == {"company_name": "La Poste", "ending": "2606", "reason": "by_head"}
        await world.sweep("advance_bank_changes", world.h.clock() + COOLING)
        assert await in_force(world, company) == BANK["iban"]
        refused(await post(world, change_id, "cancellation", company.headers), 409, "illegal_move")

    async def test_and_a_stop_at_once_exclude_each_other(self, world) -> None:
        company = await world.validated(bank=BANK)
        change_id = await proposed(world, company)
        await call_back(world, company, change_id)
        due = world.h.clock() + COOLING
        stopped, _ = await asyncio.gather(
            post(world, change_id, "cancellation", company.headers), world.sweep("advance_bank_changes", due)
        )
        (change,) = await changes(world, company)
        expected = (OTHER, 409, "effective") if stopped.status_code == 409 else (BANK, 200, "cancelled")
        assert (await in_force(world, company), stopped.status_code, change["status"]) == (
            expected[0]["iban"],
            *expected[1:],
        )


class TestHistory:
    @pytest.mark.req("CO-45")
    async def test_shows_every_account_by_its_end(self, world) -> None:
        company = await world.validated(bank=BANK)
        change_id = await proposed(world, company)
        await call_back(world, company, change_id)
        await world.sweep("advance_bank_changes", world.h.clock() + COOLING)
        answer = await world.client.get(f"/companies/{company.id}/bank-details/history", headers=company.headers)
        newest, oldest = answer.json()["items"]
        assert (newest["ending"], newest["current"], newest["until"]) == ("2606", True, None)
        assert (oldest["ending"], oldest["current"], oldest["until"]) == ("0189", False, newest["since"])
        assert not any(account["iban"] in answer.text for account in (BANK, OTHER))

    async def test_is_audited_without_the_account(self, world) -> None:
        company = await world.validated(bank=BANK)
        change_id = await proposed(world, company)
        await call_back(world, company, change_id)
        await world.sweep("advance_bank_changes", world.h.clock() + COOLING)
        trail = [row for row in await world.audited(company.id) if row.action.startswith("bank_")]
        assert [row.action for row in trail] == [
            "bank_details.changed",
            "bank_change.proposed",
            "bank_change.approved",
            "bank_change.effective",
            "bank_details.changed",
        ]
        assert [row.actor for row in trail[1:4]] == [
            str(company.founder.member_id),
            str(world.officer.member_id),
            "sweep.advance_bank_changes",
        ]
        assert trail[-1].details == {"ending": "2606", "former": "0189"}
        assert OTHER["iban"][:-4] not in str([row.details for row in trail])
