"""Ending an account for a breach, with notice and without, and keeping its owner out."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sanction_steps import MANIFEST, code, give_notice, impose, lift, refresh, sweep
from sqlalchemy import select

from chassis.clock import PARIS
from contracts.roles import StaffScope
from identity.sanction.domain import GROUNDS, SanctionReason


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
