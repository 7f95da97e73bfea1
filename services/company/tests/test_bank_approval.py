"""Another account is approved by a second person, and takes effect after its time."""

import asyncio
from datetime import timedelta

import pytest
from bank_steps import BANK, COOLING, OTHER, call_back, changes, in_force, post, proposed, rows
from sqlalchemy import select

from chassis.audit import audit_log
from company.approvals.queries import approval_of
from company.bank.change import BankChange
from contracts.company import BankDetailsChanged, CompanyDetailsChanged
from contracts.roles import Role, StaffScope


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
