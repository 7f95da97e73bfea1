"""Sanctions of every type, the two ways to a termination, their ends, and who may not come back."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from chassis.audit import audit_log
from chassis.clock import PARIS, business_date
from contracts.identity import MemberAccessRevoked
from contracts.roles import Role, StaffScope
from identity.profile.domain import Section
from identity.sanction.domain import GROUNDS, Ground, SanctionReason, SanctionType
from identity.sanction.queries import hidden_sections

MESSAGES = [str(uuid4())]
DETAILS = {
    "suspend": {"demand": "Take the advertisement down."},
    "hide_profile": {"sections": ["missions", "skills"]},
    "block_service": {"services": ["marketplace"]},
    "delete_messages": {"messages": MESSAGES},
}
BREACH = {"reason": "breach", "ground": "terms_breached"}
MANIFEST = {"reason": "manifest_violation", "ground": "law_violated"}


@pytest.fixture
def legal(world):
    return world.h.headers(world.h.staff(StaffScope.LEGAL))


def body(type_, **said):
    return {"type": type_, "explanation": "Advertising for a rival."} | DETAILS.get(type_, {}) | BREACH | said


async def impose(world, account, type_, **said):
    headers = world.h.headers(world.h.staff(StaffScope.LEGAL))
    return await world.client.post(f"/staff/members/{account.id}/sanctions", json=body(type_, **said), headers=headers)


async def lift(world, account, sanction):
    headers = world.h.headers(world.h.staff(StaffScope.LEGAL))
    return await world.client.post(f"/staff/members/{account.id}/sanctions/{sanction['id']}/lifting", headers=headers)


async def give_notice(world, account):
    said = {"breach": "Advertising.", "demand": "Take it down."}
    headers = world.h.headers(world.h.staff(StaffScope.LEGAL))
    answer = await world.client.post(f"/staff/members/{account.id}/notices", json=said, headers=headers)
    assert answer.status_code == 201
    return answer.json()


async def sweep(world, name="end_sanctions"):
    found = next(sweep for sweep in world.h.service.sweeps if sweep.name == name)
    async with world.h.tx() as tx:
        tx.actor = f"sweep.{name}"
        await found.run(tx, tx.now)


async def refresh(world, account):
    return await world.client.post("/sessions/refresh", json={"refresh_token": account.tokens["refresh_token"]})


def code(answer):
    return answer.json()["code"]


class TestSuspend:
    @pytest.mark.req("ID-44")
    async def test_takes_effect_on_live_sessions_at_once(self, world):
        account = await world.activated()
        assert (await world.client.get("/members/me", headers=account.headers)).status_code == 200
        answer = await impose(world, account, "suspend")
        assert answer.status_code == 201
        await world.h.platform.revocations.refresh()
        for revoked in await world.h.emitted(MemberAccessRevoked):
            if revoked.member_id == account.id:
                await world.h.deliver(revoked)
        await world.h.platform.revocations.refresh()
        assert (await world.client.get("/members/me", headers=account.headers)).status_code == 401
        assert (await refresh(world, account)).status_code == 401
        refused = await world.log_in(account.email)
        assert (refused.status_code, code(refused)) == (403, "account_suspended")

    async def test_a_wrong_password_is_told_nothing_of_it(self, world):
        account = await world.activated()
        await impose(world, account, "suspend")
        assert code(await world.log_in(account.email, "not the password")) == "wrong_credentials"

    @pytest.mark.req("ID-45")
    @pytest.mark.parametrize(("language", "word"), [("fr", "mettons en demeure"), ("en", "formally ask you")])
    async def test_mails_the_reason_and_the_demand_to_stop(self, world, language, word):
        account = await world.activated(language=language)
        await impose(world, account, "suspend")
        text = world.text_of((await world.mails(account.email))[-1])
        assert "Advertising for a rival." in text
        assert DETAILS["suspend"]["demand"] in text
        assert word in text

    async def test_gives_the_notice_that_a_termination_may_follow(self, world):
        account = await world.activated()
        sanction = (await impose(world, account, "suspend")).json()
        world.h.clock.offset += timedelta(days=9)
        answer = await impose(world, account, "terminate", notice_id=sanction["notice_id"])
        assert answer.status_code == 201

    async def test_a_log_in_at_the_same_time_leaves_no_session(self, world):
        account = await world.activated()
        await asyncio.gather(impose(world, account, "suspend"), *(world.log_in(account.email) for _ in range(5)))
        assert code(await world.log_in(account.email)) == "account_suspended"
        async with world.h.tx() as tx:
            from identity.session.domain import Session

            open_ = select(func.count()).where(Session.member_id == account.id, Session.ended_at.is_(None))
            assert await tx.scalar(open_) == 0

    async def test_two_suspensions_hold_until_both_are_lifted(self, world):
        account = await world.activated()
        first = (await impose(world, account, "suspend")).json()
        second = (await impose(world, account, "block_accounts")).json()
        assert (await lift(world, account, first)).status_code == 201
        assert code(await world.log_in(account.email)) == "account_suspended"
        await lift(world, account, second)
        assert (await world.log_in(account.email)).status_code == 201

    async def test_lifting_twice_is_refused(self, world):
        account = await world.activated()
        sanction = (await impose(world, account, "suspend")).json()
        answers = await asyncio.gather(lift(world, account, sanction), lift(world, account, sanction))
        assert sorted(answer.status_code for answer in answers) == [201, 409]


class TestEveryType:
    @pytest.mark.req("ID-49")
    @pytest.mark.parametrize("ends_on", [None, 12])
    @pytest.mark.parametrize("type_", list(SanctionType))
    async def test_is_recorded_mailed_audited_and_may_have_an_end(self, world, legal, type_, ends_on):
        account = await world.activated()
        last_day = str(business_date(world.h.clock()) + timedelta(days=ends_on)) if ends_on else None
        answer = await impose(world, account, type_, ends_on=last_day, **MANIFEST)
        assert answer.status_code == 201, answer.text
        listed = await world.client.get(f"/staff/members/{account.id}/sanctions", headers=legal)
        assert listed.json()["items"] == [answer.json()]
        assert answer.json() | {"ends_on": last_day, "status": "in_force", "type": type_} == answer.json()
        assert "Advertising for a rival." in world.text_of((await world.mails(account.email))[-1])
        async with world.h.tx() as tx:
            said = select(audit_log.c.details).where(audit_log.c.subject == answer.json()["id"])
            details = (await tx.scalars(said)).one()
        assert details == {"member": str(account.id), "type": type_, "ground": "law_violated"}

    @pytest.mark.req("ID-49")
    @pytest.mark.parametrize("type_", list(SanctionType))
    async def test_with_an_end_holds_through_its_last_day_in_paris(self, world, legal, type_):
        account = await world.activated()
        last_day = business_date(world.h.clock()) + timedelta(days=5)
        midnight = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), PARIS).astimezone(UTC)
        await impose(world, account, type_, ends_on=str(last_day), **MANIFEST)
        for instant, status in ((midnight - timedelta(seconds=2), "in_force"), (midnight, "ended")):
            world.h.clock.set(instant)
            await sweep(world)
            headers = world.h.headers(world.h.staff(StaffScope.LEGAL))
            listed = await world.client.get(f"/staff/members/{account.id}/sanctions", headers=headers)
            assert listed.json()["items"][0]["status"] == status
        assert (await world.log_in(account.email)).status_code == 201

    @pytest.mark.parametrize("type_", [*list(SanctionType)])
    async def test_needs_its_own_details_and_takes_no_others(self, world, type_):
        account = await world.activated()
        for name, value in (("demand", "x"), ("sections", ["skills"]), ("services", "all"), ("messages", MESSAGES)):
            needed = name in DETAILS.get(type_, {})
            changed = {name: None if name == "demand" else []} if needed else {name: value}
            answer = await impose(world, account, type_, **MANIFEST, **changed)
            assert (answer.status_code, code(answer)) == (422, "sanction_incomplete")
            assert answer.json()["errors"][0]["field"] == name

    async def test_cannot_end_before_today(self, world):
        account = await world.activated()
        today = business_date(world.h.clock())
        refused = await impose(world, account, "suspend", ends_on=str(today - timedelta(days=1)))
        assert (code(refused), refused.json()["errors"][0]["field"]) == ("end_not_possible", "ends_on")
        assert (await impose(world, account, "suspend", ends_on=str(today))).status_code == 201

    @pytest.mark.parametrize(("days", "status"), [(29, 201), (30, 422)])
    async def test_a_termination_ends_while_its_account_can_come_back(self, world, days, status):
        account = await world.activated()
        ends_on = str(business_date(world.h.clock()) + timedelta(days=days))
        assert (await impose(world, account, "terminate", ends_on=ends_on, **MANIFEST)).status_code == status

    @pytest.mark.parametrize("reason", list(SanctionReason))
    @pytest.mark.parametrize("ground", list(Ground))
    async def test_takes_only_a_ground_of_its_reason(self, world, reason, ground):
        account = await world.activated()
        answer = await impose(world, account, "suspend", reason=reason, ground=ground)
        assert answer.status_code == (201 if ground in GROUNDS[reason] else 422)

    async def test_is_for_legal_staff_alone(self, world):
        account, other = await world.activated(), await world.activated()
        callers = [other.headers, world.h.headers(world.h.member(Role.GERANT))]
        callers += [world.h.headers(world.h.staff(scope)) for scope in StaffScope if scope != StaffScope.LEGAL]
        for headers in callers:
            for path in ("sanctions", "notices"):
                url = f"/staff/members/{account.id}/{path}"
                assert (await world.client.post(url, json={}, headers=headers)).status_code == 403
                assert (await world.client.get(url, headers=headers)).status_code == 403

    async def test_of_nobody_is_not_found(self, world, legal):
        answer = await world.client.post(f"/staff/members/{uuid4()}/sanctions", json=body("suspend"), headers=legal)
        assert (answer.status_code, code(answer)) == (404, "member_not_found")
        one, other = await world.activated(), await world.activated()
        sanction = (await impose(world, one, "suspend")).json()
        assert code(await lift(world, other, sanction)) == "sanction_not_found"


class TestBlockService:
    @pytest.mark.req("ID-49")
    @pytest.mark.parametrize(
        ("services", "blocked"),
        [
            (["marketplace", "billing"], {"marketplace", "billing"}),
            ("all", {"company", "marketplace", "contracting", "timesheet", "billing"}),
        ],
    )
    async def test_names_the_services_in_the_next_token_and_voids_those_before(self, world, services, blocked):
        account = await world.activated()
        sanction = (await impose(world, account, "block_service", services=services)).json()
        revoked = [e for e in await world.h.emitted(MemberAccessRevoked) if e.member_id == account.id]
        assert [event.session_id for event in revoked] == [None]
        account.tokens = (await refresh(world, account)).json()
        assert world.caller(account.tokens).blocked == blocked
        await lift(world, account, sanction)
        account.tokens = (await refresh(world, account)).json()
        assert world.caller(account.tokens).blocked == frozenset()

    @pytest.mark.parametrize("services", [["identity"], ["nothing"], "some"])
    async def test_takes_no_other_names(self, world, services):
        account = await world.activated()
        assert (await impose(world, account, "block_service", services=services)).status_code == 422


class TestHideProfile:
    @pytest.mark.req("ID-49")
    async def test_names_the_sections_until_it_is_lifted(self, world):
        account = await world.activated()
        sanction = (await impose(world, account, "hide_profile", sections=["skills", "publications"])).json()
        async with world.h.tx() as tx:
            assert await hidden_sections(tx, account.id) == {"skills", "publications"}
        await lift(world, account, sanction)
        async with world.h.tx() as tx:
            assert await hidden_sections(tx, account.id) == frozenset()

    async def test_may_hide_all_of_it(self, world):
        account = await world.activated()
        await impose(world, account, "hide_profile", sections=list(Section))
        async with world.h.tx() as tx:
            assert await hidden_sections(tx, account.id) == {section.value for section in Section}


class TestTerminateForBreach:
    @pytest.mark.req("ID-46")
    async def test_needs_a_notice_of_this_member(self, world):
        account, other = await world.activated(), await world.activated()
        assert code(await impose(world, account, "terminate")) == "notice_needed"
        foreign = await give_notice(world, other)
        world.h.clock.offset += timedelta(days=20)
        assert code(await impose(world, account, "terminate", notice_id=foreign["id"])) == "notice_not_found"

    @pytest.mark.req("ID-46")
    async def test_is_possible_from_the_eighth_day_and_not_a_second_before(self, world):
        account = await world.activated()
        notice = await give_notice(world, account)
        runs_until = datetime.fromisoformat(notice["runs_until"])
        world.h.clock.set(runs_until - timedelta(seconds=5))
        refused = await impose(world, account, "terminate", notice_id=notice["id"])
        assert (refused.status_code, code(refused)) == (409, "notice_still_runs")
        assert (await world.log_in(account.email)).status_code == 201
        world.h.clock.set(runs_until)
        assert (await impose(world, account, "terminate", notice_id=notice["id"])).status_code == 201
        assert code(await world.log_in(account.email)) == "account_deactivated"

    @pytest.mark.req("ID-46")
    @pytest.mark.parametrize(
        ("sent", "ends"),
        [
            ("2027-01-04T09:00:00+01:00", "2027-01-12T09:00:00+01:00"),  # over a week-end: calendar days
            ("2027-03-25T09:00:00+01:00", "2027-04-02T09:00:00+02:00"),  # over the change to summer time
        ],
    )
    async def test_counts_calendar_days_at_the_hour_of_paris(self, sent, ends):
        from identity.notice.domain import Notice

        at = datetime.fromisoformat(sent).astimezone(UTC)
        notice = Notice.give(uuid4(), breach="x", demand="y", by=uuid4(), at=at)
        assert notice.runs_until == datetime.fromisoformat(ends)

    @pytest.mark.req("ID-46")
    async def test_is_refused_once_the_member_answered(self, world):
        account = await world.activated()
        notice = await give_notice(world, account)
        world.h.clock.offset += timedelta(days=9)
        account.tokens = (await refresh(world, account)).json()
        url = f"/members/me/notices/{notice['id']}/answer"
        answered = await world.client.post(url, json={"answer": "It is gone."}, headers=account.headers)
        assert (answered.status_code, answered.json()["answer"]) == (201, "It is gone.")
        refused = await impose(world, account, "terminate", notice_id=notice["id"])
        assert (refused.status_code, code(refused)) == (409, "notice_answered")
        again = await world.client.post(url, json={"answer": "Really."}, headers=account.headers)
        assert code(again) == "notice_answered"

    async def test_is_refused_once_staff_recorded_an_answer(self, world, legal):
        account = await world.activated()
        notice = await give_notice(world, account)
        url = f"/staff/members/{account.id}/notices/{notice['id']}/answer"
        assert (await world.client.post(url, json={"answer": "Sorry."}, headers=legal)).status_code == 201
        world.h.clock.offset += timedelta(days=9)
        assert code(await impose(world, account, "terminate", notice_id=notice["id"])) == "notice_answered"

    async def test_an_answer_and_a_termination_at_once_do_not_both_win(self, world):
        account = await world.activated()
        notice = await give_notice(world, account)
        world.h.clock.offset += timedelta(days=9)
        account.tokens = (await refresh(world, account)).json()
        url = f"/members/me/notices/{notice['id']}/answer"
        ended, answered = await asyncio.gather(
            impose(world, account, "terminate", notice_id=notice["id"]),
            world.client.post(url, json={"answer": "Wait!"}, headers=account.headers),
        )
        if answered.json()["answered_at"] < ended.json().get("imposed_at", ""):
            pytest.fail("terminated after the answer")

    async def test_a_notice_is_mailed_dated_and_read_by_its_member_alone(self, world):
        account, other = await world.activated(language="en"), await world.activated()
        notice = await give_notice(world, account)
        text = world.text_of((await world.mails(account.email))[-1])
        assert "Advertising." in text
        assert "Take it down." in text
        mine = await world.client.get("/members/me/notices", headers=account.headers)
        assert [item["id"] for item in mine.json()["items"]] == [notice["id"]]
        assert (await world.client.get("/members/me/notices", headers=other.headers)).json()["items"] == []
        url = f"/members/me/notices/{notice['id']}/answer"
        assert (await world.client.post(url, json={"answer": "x"}, headers=other.headers)).status_code == 404


class TestTerminateWithoutNotice:
    @pytest.mark.req("ID-47")
    @pytest.mark.parametrize("reason", ["false_data", "manifest_violation"])
    async def test_is_immediate_and_records_the_ground(self, world, reason):
        account = await world.activated()
        for ground in GROUNDS[SanctionReason(reason)]:
            account = await world.activated()
            answer = await impose(world, account, "terminate", reason=reason, ground=ground)
            assert (answer.status_code, answer.json()["ground"]) == (201, ground)
            assert code(await world.log_in(account.email)) == "account_deactivated"

    @pytest.mark.req("ID-47")
    async def test_takes_no_ground_outside_the_closed_list(self, world):
        account = await world.activated()
        said = {"reason": "manifest_violation", "ground": "we_do_not_like_them"}
        answer = await impose(world, account, "terminate", **said)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "ground")

    async def test_support_cannot_bring_the_account_back_but_lifting_does(self, world):
        account = await world.activated()
        sanction = (await impose(world, account, "terminate", **MANIFEST)).json()
        support = world.h.headers(world.h.staff(StaffScope.SUPPORT))
        url = f"/staff/members/{account.id}/reactivation"
        assert code(await world.client.post(url, headers=support)) == "return_not_open"
        assert (await lift(world, account, sanction)).status_code == 201
        assert (await world.log_in(account.email)).status_code == 201

    async def test_twice_is_refused(self, world):
        account = await world.activated()
        answers = await asyncio.gather(*(impose(world, account, "terminate", **MANIFEST) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [201, 409]


class TestRefuseFutureAccess:
    @pytest.mark.req("ID-48")
    async def test_the_address_registers_no_more_and_its_mailbox_alone_is_told(self, world):
        account = await world.activated()
        said = {"reason": "false_data", "ground": "data_false", "refuse_future_access": True}
        assert (await impose(world, account, "terminate", **said)).status_code == 201
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        unknown = await world.sign_up(world.new_address())
        refused = await world.sign_up(account.email.upper(), language="en")
        assert (refused.status_code, refused.json()) == (unknown.status_code, unknown.json())
        local, _, domain = account.email.partition("@")
        told = await world.mails(f"{local.upper()}@{domain}")
        assert [mail["Subject"] for mail in told] == ["Your registration is refused"]
        assert code(await world.log_in(account.email)) == "wrong_credentials"

    @pytest.mark.req("ID-48")
    async def test_holds_while_the_account_still_stands_deactivated(self, world):
        account = await world.activated()
        said = {"reason": "false_data", "ground": "data_false", "refuse_future_access": True}
        await impose(world, account, "terminate", **said)
        before = len(await world.mails(account.email))
        for _ in range(8):
            await world.sign_up(account.email)
        mails = await world.mails(account.email)
        assert len(mails) - before == 5
        assert {mail["Subject"] for mail in mails[before:]} == {"Votre inscription est refusée"}

    async def test_without_it_the_address_is_free_after_the_erasure(self, world):
        account = await world.activated()
        await impose(world, account, "terminate", reason="false_data", ground="data_false")
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        await world.sign_up(account.email)
        token = await world.mailed_token(account.email)
        assert (await world.client.post("/activations", json={"token": token})).status_code == 200

    async def test_ends_when_the_sanction_is_lifted(self, world):
        account = await world.activated()
        said = {"reason": "false_data", "ground": "data_false", "refuse_future_access": True}
        sanction = (await impose(world, account, "terminate", **said)).json()
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        assert (await lift(world, account, sanction)).status_code == 201
        await world.sign_up(account.email)
        assert await world.mailed_token(account.email)

    async def test_is_no_answer_to_a_mere_breach(self, world):
        account = await world.activated()
        answer = await impose(world, account, "suspend", refuse_future_access=True)
        assert answer.json()["errors"][0]["field"] == "refuse_future_access"

    async def test_recognises_the_social_account_under_another_address(self, world):
        from identity.member.address import Address
        from identity.own import own_of
        from identity.sanction.refusals import social_digest, turned_away
        from identity.social.domain import LinkedIdentity

        account, subject = await world.activated(), uuid4().hex
        async with world.h.tx() as tx:
            tx.add(
                LinkedIdentity(
                    id=uuid4(),
                    member_id=account.id,
                    provider="linkedin",
                    subject=subject,
                    linked_at=tx.now,
                    import_allowed_at=None,
                )
            )
        said = {"reason": "false_data", "ground": "data_false", "refuse_future_access": True}
        await impose(world, account, "terminate", **said)
        secret, other = own_of(world.h.platform).links, world.new_address()
        async with world.h.tx() as tx:
            for known, refused in ((subject, True), (uuid4().hex, False)):
                digest = social_digest(secret, "linkedin", known)
                told = {"name": "Ada", "language": "en"}
                assert await turned_away(tx, secret, Address.parse(other), digest, **told) is refused
        assert [mail["Subject"] for mail in await world.mails(other)] == ["Your registration is refused"]

    async def test_keeps_a_digest_and_no_address(self, world):
        from identity.sanction.refusals import RefusedIdentity

        account = await world.activated()
        said = {"reason": "false_data", "ground": "data_false", "refuse_future_access": True}
        sanction = (await impose(world, account, "suspend", **said)).json()
        async with world.h.tx() as tx:
            kept = (
                await tx.scalars(select(RefusedIdentity).where(RefusedIdentity.sanction_id == sanction["id"]))
            ).one()
        assert len(kept.digest) == 32
        assert account.email.encode() not in kept.digest


class TestRetention:
    @pytest.mark.req("PL-08")
    async def test_a_sanction_is_forgotten_five_years_after_its_end(self, world):
        from identity.sanction.domain import Sanction
        from identity.sanction.personal import DATA

        account = await world.activated()
        sanction = (await impose(world, account, "hide_profile")).json()
        world.h.clock.set(datetime(2027, 3, 10, 12, tzinfo=UTC))
        await lift(world, account, sanction)

        async def kept(day):
            async with world.h.tx() as tx:
                await DATA[0].forget(tx, datetime.combine(day, datetime.min.time(), PARIS) + timedelta(hours=1))
                return await tx.get(Sanction, sanction["id"]) is not None

        assert await kept(date(2032, 3, 10))
        assert not await kept(date(2032, 3, 11))
