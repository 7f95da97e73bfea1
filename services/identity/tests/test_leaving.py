"""Leaving: the member's own deletion, inactivity, the way back, and what is left in the end."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from chassis.audit import audit_log
from chassis.auth import Caller
from chassis.clock import PARIS, business_date
from contracts.company import AffiliationGranted
from contracts.contracting import BdcIssued, MissionRescheduled, PaymentOption, PaymentRegime
from contracts.identity import MemberErased
from contracts.roles import CompanyKind, Role, StaffScope
from contracts.values import Money, Period
from identity.member.domain import Member

ME = "/members/me/deletion"


async def sweep(world, name):
    found = next(sweep for sweep in world.h.service.sweeps if sweep.name == name)
    async with world.h.tx() as tx:
        tx.actor = f"sweep.{name}"
        await found.run(tx, tx.now)


def code(answer):
    return answer.json()["code"]


def order(world, *, consultant=None, manager=None, ends=10, reference="BDC-2026-000042", **said):
    today = business_date(world.h.clock())
    whole = {
        "bdc_id": uuid4(),
        "reference": reference,
        "mission_id": uuid4(),
        "title": "Migration",
        "client_company_id": uuid4(),
        "provider_company_id": uuid4(),
        "operational_manager_id": manager or uuid4(),
        "consultant_id": consultant or uuid4(),
        "consultant_name": "Ada Lovelace",
        "daily_rate": Money.of(500),
        "days": "10.0",
        "period": Period(start=today - timedelta(days=30), end=today + timedelta(days=ends)),
        "payment_option": PaymentOption.BASIC,
        "payment_regime": PaymentRegime.GUARANTEED_DATE,
        "client_order_reference": "PO-1",
        "issued_at": world.h.clock(),
    }
    return BdcIssued(**(whole | said))


async def affiliate(world, member_id, role, company_id):
    event = AffiliationGranted(
        affiliation_id=uuid4(),
        member_id=member_id,
        display_name="Ada Lovelace",
        company_id=company_id,
        company_kind=CompanyKind.PROVIDER,
        role=role,
        granted_at=world.h.clock(),
    )
    await world.h.deliver(event)
    return event


async def log_in_again(world, account):
    account.tokens = (await world.log_in(account.email)).json()


async def ask(world, account, *, confirm=True):
    asked = await world.client.post(ME, headers=account.headers)
    if asked.status_code != 201 or not confirm:
        return asked
    return await world.client.post(f"{ME}/confirmation", headers=account.headers)


async def leave(world, account):
    """Ask, confirm, and let the time pass until the account is deactivated."""
    due = datetime.fromisoformat((await ask(world, account)).json()["due_at"])
    world.h.clock.set(due)
    await sweep(world, "execute_deletions")
    return due


class TestRequest:
    @pytest.mark.req("ID-39")
    async def test_does_nothing_until_it_is_confirmed(self, world):
        account = await world.activated()
        asked = await ask(world, account, confirm=False)
        assert asked.json() | {"status": "requested", "due_at": None} == asked.json()
        world.h.clock.offset += timedelta(days=4)
        await sweep(world, "execute_deletions")
        assert (await world.log_in(account.email)).status_code == 201

    @pytest.mark.req("ID-39")
    async def test_confirmed_is_told_by_mail(self, world):
        account = await world.activated(language="en")
        confirmed = await ask(world, account)
        assert (confirmed.status_code, confirmed.json()["status"]) == (201, "confirmed")
        assert (await world.mails(account.email))[-1]["Subject"] == "Your account will be deleted"

    async def test_is_a_sensitive_act(self, world):
        account = await world.activated()
        late = world.h.headers(Caller(account.id, uuid4(), proven_at=world.h.clock() - timedelta(minutes=11)))
        for path in (ME, f"{ME}/confirmation"):
            refused = await world.client.post(path, headers=late)
            assert (refused.status_code, code(refused)) == (401, "step_up_required")

    async def test_twice_is_one_request(self, world):
        account = await world.activated()
        answers = await asyncio.gather(*(ask(world, account, confirm=False) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        assert code(await ask(world, account)) == "deletion_under_way"

    async def test_is_confirmed_once_and_never_without_a_request(self, world):
        account = await world.activated()
        confirmation = f"{ME}/confirmation"
        assert code(await world.client.post(confirmation, headers=account.headers)) == "closure_not_found"
        await ask(world, account)
        assert code(await world.client.post(confirmation, headers=account.headers)) == "illegal_move"

    async def test_is_seen_by_its_member_alone(self, world):
        account, other = await world.activated(), await world.activated()
        asked = await ask(world, account, confirm=False)
        assert (await world.client.get(ME, headers=account.headers)).json() == asked.json()
        assert (await world.client.get(ME, headers=other.headers)).status_code == 404


class TestExecution:
    @pytest.mark.req("ID-40")
    async def test_comes_when_it_is_due_and_not_before(self, world):
        account = await world.activated()
        due = datetime.fromisoformat((await ask(world, account)).json()["due_at"])
        assert due - world.h.clock() < timedelta(hours=47)
        world.h.clock.set(due - timedelta(seconds=5))
        await sweep(world, "execute_deletions")
        assert (await world.log_in(account.email)).status_code == 201
        world.h.clock.set(due)
        await sweep(world, "execute_deletions")
        assert code(await world.log_in(account.email)) == "account_deactivated"

    @pytest.mark.req("ID-40")
    async def test_ends_every_session_and_says_until_when_one_may_return(self, world):
        account = await world.activated(language="en")
        due = await leave(world, account)
        answer = await world.client.post("/sessions/refresh", json={"refresh_token": account.tokens["refresh_token"]})
        assert answer.status_code == 401
        until = business_date(due) + timedelta(days=30)
        text = world.text_of((await world.mails(account.email))[-1])
        assert f"{until.day} " in text
        assert str(until.year) in text

    @pytest.mark.parametrize("hours", [48, 0])
    async def test_may_wait_less_than_48_hours_alone(self, hours, monkeypatch):
        from pydantic import ValidationError

        from identity.settings import IdentitySettings

        monkeypatch.setenv("MAILLON_DELETION_HOURS", str(hours))
        with pytest.raises(ValidationError, match="deletion_hours"):
            IdentitySettings()

    async def test_is_withdrawn_before_and_not_after(self, world):
        account = await world.activated()
        await ask(world, account)
        assert (await world.client.delete(ME, headers=account.headers)).status_code == 204
        world.h.clock.offset += timedelta(days=2)
        await sweep(world, "execute_deletions")
        assert (await world.log_in(account.email)).status_code == 201
        await log_in_again(world, account)
        await leave(world, account)
        assert (await world.client.delete(ME, headers=account.headers)).status_code == 401
        assert code(await world.log_in(account.email)) == "account_deactivated"

    async def test_by_two_sweeps_at_once_happens_once(self, world):
        account = await world.activated()
        world.h.clock.set(datetime.fromisoformat((await ask(world, account)).json()["due_at"]))
        await asyncio.gather(*(sweep(world, "execute_deletions") for _ in range(3)))
        async with world.h.tx() as tx:
            acts = select(audit_log.c.id).where(
                audit_log.c.action == "member.deactivated", audit_log.c.subject == str(account.id)
            )
            assert len((await tx.scalars(acts)).all()) == 1


class TestObstacles:
    @pytest.mark.req("ID-42")
    @pytest.mark.parametrize("place", ["consultant", "manager"])
    async def test_a_running_order_blocks_the_deletion_and_is_named(self, world, place):
        account = await world.activated()
        await world.h.deliver(order(world, **{place: account.id}))
        refused = await ask(world, account)
        assert (refused.status_code, code(refused)) == (409, "orders_running")
        assert refused.json()["errors"] == [{"field": "orders", "code": "order_running", "detail": "BDC-2026-000042"}]

    @pytest.mark.req("ID-42")
    @pytest.mark.parametrize(("ends", "status"), [(0, 409), (-1, 201)])
    async def test_an_order_blocks_through_its_last_day(self, world, ends, status):
        account = await world.activated()
        await world.h.deliver(order(world, consultant=account.id, ends=ends))
        assert (await ask(world, account)).status_code == status

    @pytest.mark.req("ID-42", "CT-28")
    async def test_an_order_that_ended_early_blocks_no_longer_whatever_arrives_late(self, world):
        account = await world.activated()
        event = order(world, consultant=account.id)
        await world.h.deliver(event)
        today, facts = business_date(world.h.clock()), {"mission_id": event.mission_id, "bdc_id": event.bdc_id}
        for version, left in ((3, -1), (2, 5)):
            facts |= {"ends_on": today + timedelta(days=left), "rescheduled_at": event.issued_at, "version": version}
            await world.h.deliver(MissionRescheduled(**facts, reason="early_end"))
        assert (await ask(world, account)).status_code == 201

    @pytest.mark.req("ID-42")
    async def test_an_order_issued_after_the_request_defers_it(self, world):
        account = await world.activated()
        due = datetime.fromisoformat((await ask(world, account)).json()["due_at"])
        await world.h.deliver(order(world, consultant=account.id, ends=10))
        world.h.clock.set(due)
        await sweep(world, "execute_deletions")
        assert (await world.log_in(account.email)).status_code == 201
        world.h.clock.offset += timedelta(days=11)
        await sweep(world, "execute_deletions")
        assert code(await world.log_in(account.email)) == "account_deactivated"

    async def test_the_same_order_twice_and_an_older_version_have_one_effect(self, world):
        account = await world.activated()
        event = order(world, consultant=account.id, ends=-1, version=2)
        event_id = await world.h.deliver(event)
        await world.h.deliver(event, event_id=event_id)
        later = Period(start=event.period.start, end=event.period.end + timedelta(days=50))
        await world.h.deliver(event.model_copy(update={"period": later, "version": 1}))
        assert (await ask(world, account)).status_code == 201

    @pytest.mark.req("ID-42")
    @pytest.mark.parametrize("role", [Role.GERANT, Role.FREELANCE, Role.DIRECTEUR_ACHATS])
    async def test_the_only_head_of_a_company_with_people_stays(self, world, role):
        account, company = await world.activated(), uuid4()
        await affiliate(world, account.id, role, company)
        await affiliate(world, uuid4(), Role.CONSULTANT, company)
        assert code(await ask(world, account)) == "sole_head"
        await affiliate(world, (await world.activated()).id, role, company)
        assert (await ask(world, account)).status_code == 201

    @pytest.mark.req("ID-42")
    async def test_a_head_whose_account_is_closed_runs_nothing(self, world):
        first, second, company = await world.activated(), await world.activated(), uuid4()
        for head in (first, second):
            await affiliate(world, head.id, Role.GERANT, company)
        await affiliate(world, uuid4(), Role.CONSULTANT, company)
        await leave(world, first)
        await log_in_again(world, second)
        assert code(await ask(world, second)) == "sole_head"

    @pytest.mark.req("ID-42")
    async def test_of_two_heads_whose_deletions_are_due_at_once_one_stays(self, world):
        heads, company = [await world.activated(), await world.activated()], uuid4()
        for head in heads:
            await affiliate(world, head.id, Role.GERANT, company)
        await affiliate(world, uuid4(), Role.CONSULTANT, company)
        for head in heads:
            due = datetime.fromisoformat((await ask(world, head)).json()["due_at"])
        world.h.clock.set(due)
        await asyncio.gather(*(sweep(world, "execute_deletions") for _ in range(2)))
        answers = [await world.log_in(head.email) for head in heads]
        assert sorted(answer.status_code for answer in answers) == [201, 403]

    async def test_the_only_head_of_a_company_with_orders_stays(self, world):
        account, company = await world.activated(), uuid4()
        await affiliate(world, account.id, Role.GERANT, company)
        await world.h.deliver(order(world, provider_company_id=company))
        assert code(await ask(world, account)) == "sole_head"

    async def test_the_only_head_of_a_company_with_neither_goes(self, world):
        account = await world.activated()
        await affiliate(world, account.id, Role.GERANT, uuid4())
        assert (await ask(world, account)).status_code == 201

    async def test_others_of_a_company_go(self, world):
        account, company = await world.activated(), uuid4()
        await affiliate(world, account.id, Role.COMMERCIAL, company)
        await affiliate(world, uuid4(), Role.CONSULTANT, company)
        assert (await ask(world, account)).status_code == 201


class TestAnOrderThatComesAfterTheDeactivation:
    @pytest.mark.req("ID-42")
    async def test_keeps_the_member_from_being_erased_until_it_ends(self, world):
        account = await world.activated()
        due = await leave(world, account)
        await world.h.deliver(order(world, consultant=account.id, ends=40))
        world.h.clock.set(due + timedelta(days=32))
        await sweep(world, "erase_closed")
        assert code(await world.log_in(account.email)) == "account_deactivated"
        world.h.clock.set(due + timedelta(days=42))
        await sweep(world, "erase_closed")
        assert code(await world.log_in(account.email)) == "wrong_credentials"


class TestReturnThroughSupport:
    async def reactivate(self, world, account):
        support = world.h.headers(world.h.staff(StaffScope.SUPPORT))
        return await world.client.post(f"/staff/members/{account.id}/reactivation", headers=support)

    @pytest.mark.req("ID-41")
    @pytest.mark.parametrize(("days", "status"), [(0, 201), (30, 201), (31, 410)])
    async def test_works_until_day_30_included(self, world, days, status):
        account = await world.activated(language="en")
        closed_on = business_date(await leave(world, account))
        at = datetime.combine(closed_on + timedelta(days=days), datetime.max.time(), PARIS)
        world.h.clock.set(at.astimezone(UTC) - timedelta(minutes=1))
        await sweep(world, "erase_closed") if days <= 30 else None
        answer = await self.reactivate(world, account)
        assert answer.status_code == status
        logged_in = await world.log_in(account.email)
        assert logged_in.status_code == (201 if status == 201 else 403)
        if status == 201:
            assert (await world.mails(account.email))[-1]["Subject"] == "Your account is active again"

    @pytest.mark.req("ID-41")
    async def test_is_final_afterwards(self, world):
        account = await world.activated()
        await leave(world, account)
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        assert [event.member_id for event in await world.h.emitted(MemberErased)].count(account.id) == 1
        assert (await self.reactivate(world, account)).status_code == 404
        assert code(await world.log_in(account.email)) == "wrong_credentials"

    async def test_needs_an_account_that_is_closed(self, world):
        account = await world.activated()
        assert code(await self.reactivate(world, account)) == "closure_not_found"
        await ask(world, account)
        assert code(await self.reactivate(world, account)) == "return_not_open"

    async def test_is_supports_act(self, world):
        account = await world.activated()
        url = f"/staff/members/{account.id}/reactivation"
        assert (await world.client.post(url, headers=account.headers)).status_code == 403
        legal = world.h.headers(world.h.staff(StaffScope.LEGAL))
        assert (await world.client.post(url, headers=legal)).status_code == 403

    async def test_finds_a_suspension_still_in_force(self, world):
        account = await world.activated()
        legal = world.h.headers(world.h.staff(StaffScope.LEGAL))
        said = {
            "type": "suspend",
            "reason": "breach",
            "ground": "terms_breached",
            "explanation": "x",
            "demand": "y",
        }
        await ask(world, account)
        await world.client.post(f"/staff/members/{account.id}/sanctions", json=said, headers=legal)
        world.h.clock.offset += timedelta(days=2)
        await sweep(world, "execute_deletions")
        assert (await self.reactivate(world, account)).json()["standing"] == "suspended"
        assert code(await world.log_in(account.email)) == "account_suspended"


class TestInactivity:
    async def last_used(self, world, account, instant):
        async with world.h.tx() as tx:
            await tx.execute(update(Member).where(Member.id == account.id).values(last_active_at=instant))

    @pytest.mark.req("ID-33")
    @pytest.mark.parametrize(
        ("last", "still", "over"),
        [
            ("2023-03-10T23:30+01:00", "2026-03-09T23:59+01:00", "2026-03-10T00:01+01:00"),
            ("2023-06-30T00:10+02:00", "2026-06-29T23:59+02:00", "2026-06-30T00:01+02:00"),
            ("2020-02-29T12:00+01:00", "2023-02-27T23:59+01:00", "2023-02-28T00:01+01:00"),
        ],
    )
    async def test_of_36_months_deactivates_to_the_day_in_paris(self, world, last, still, over):
        account = await world.activated()
        await self.last_used(world, account, datetime.fromisoformat(last))
        for instant, standing in ((still, "active"), (over, "deactivated")):
            world.h.clock.set(datetime.fromisoformat(instant).astimezone(UTC))
            await sweep(world, "deactivate_inactive")
            async with world.h.tx() as tx:
                assert (await tx.get_one(Member, account.id)).standing == standing

    @pytest.mark.req("ID-34")
    async def test_is_told_by_mail(self, world):
        account = await world.activated(language="en")
        await self.last_used(world, account, world.h.clock() - timedelta(days=1200))
        await sweep(world, "deactivate_inactive")
        assert (await world.mails(account.email))[-1]["Subject"] == "Your account is deactivated for inactivity"

    @pytest.mark.req("ID-33")
    async def test_is_ended_by_a_log_in_and_by_a_refresh(self, world):
        for act in ("log_in", "refresh"):
            account = await world.activated()
            long_ago = world.h.clock() - timedelta(days=1200)
            await self.last_used(world, account, long_ago)
            if act == "log_in":
                await world.log_in(account.email)
            else:
                told = {"refresh_token": account.tokens["refresh_token"]}
                assert (await world.client.post("/sessions/refresh", json=told)).status_code == 200
            await sweep(world, "deactivate_inactive")
            assert (await world.log_in(account.email)).status_code == 201

    async def test_is_written_down_once_a_day_at_most(self, world):
        account = await world.activated()
        almost = world.h.clock() - timedelta(hours=23)
        await self.last_used(world, account, almost)
        await world.log_in(account.email)
        async with world.h.tx() as tx:
            assert (await tx.get_one(Member, account.id)).last_active_at == almost

    async def test_of_somebody_who_carries_an_order_waits(self, world):
        account = await world.activated()
        await world.h.deliver(order(world, consultant=account.id))
        await self.last_used(world, account, world.h.clock() - timedelta(days=1200))
        await sweep(world, "deactivate_inactive")
        assert (await world.log_in(account.email)).status_code == 201

    async def test_replaces_a_request_that_was_never_confirmed(self, world):
        account = await world.activated()
        await ask(world, account, confirm=False)
        await self.last_used(world, account, world.h.clock() - timedelta(days=1200))
        await sweep(world, "deactivate_inactive")
        assert code(await world.log_in(account.email)) == "account_deactivated"


class TestReturnFromInactivity:
    async def inactive(self, world):
        account = await world.activated()
        async with world.h.tx() as tx:
            old = {"last_active_at": world.h.clock() - timedelta(days=1200)}
            await tx.execute(update(Member).where(Member.id == account.id).values(old))
        await sweep(world, "deactivate_inactive")
        return account

    async def come_back(self, world, account, password=None):
        body = {"email": account.email, "password": password or world.password}
        return await world.client.post("/reactivations", json=body)

    @pytest.mark.req("ID-35")
    async def test_works_on_day_30(self, world):
        account = await self.inactive(world)
        day = business_date(world.h.clock()) + timedelta(days=30)
        last = datetime.combine(day, datetime.max.time(), PARIS).astimezone(UTC)
        world.h.clock.set(last - timedelta(minutes=1))
        await sweep(world, "erase_closed")
        answer = await self.come_back(world, account)
        assert (answer.status_code, answer.json()) == (201, {"status": "reactivated"})
        assert (await world.log_in(account.email)).status_code == 201
        await sweep(world, "deactivate_inactive")
        assert (await world.log_in(account.email)).status_code == 201

    @pytest.mark.req("ID-35")
    async def test_is_refused_on_day_31(self, world):
        account = await self.inactive(world)
        day = business_date(world.h.clock()) + timedelta(days=31)
        world.h.clock.set(datetime.combine(day, datetime.min.time(), PARIS).astimezone(UTC) + timedelta(seconds=1))
        answer = await self.come_back(world, account)
        assert (answer.status_code, code(answer)) == (410, "return_period_over")
        await sweep(world, "erase_closed")
        assert code(await self.come_back(world, account)) == "wrong_credentials"

    async def test_takes_the_password_and_counts_wrong_ones(self, world):
        account = await self.inactive(world)
        assert code(await self.come_back(world, account, "not it")) == "wrong_credentials"
        async with world.calling_from("203.0.113.77") as client:
            body = {"email": account.email, "password": "not it"}
            answers = [await client.post("/reactivations", json=body) for _ in range(12)]
        assert answers[-1].status_code == 429

    async def test_is_not_for_other_closures_nor_open_accounts(self, world):
        account = await world.activated()
        assert code(await self.come_back(world, account)) == "return_not_open"
        await leave(world, account)
        assert code(await self.come_back(world, account)) == "return_not_open"
        nobody = await world.client.post(
            "/reactivations", json={"email": world.new_address(), "password": world.password}
        )
        assert code(nobody) == "wrong_credentials"


class TestErasure:
    @pytest.mark.req("ID-41", "ID-20")
    async def test_leaves_a_row_that_names_nobody_and_frees_the_address(self, world):
        account = await world.activated(first_name="Zebulon", last_name="Quaggaworth")
        await leave(world, account)
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        async with world.h.tx() as tx:
            row = (await tx.execute(select(Member.__table__).where(Member.id == account.id))).mappings().one()
        assert (row["standing"], row["email_key"]) == ("erased", f"erased:{account.id}")
        assert row["erased_at"] is not None
        for value in row.values():
            assert not any(word in str(value) for word in ("Zebulon", "Quaggaworth", account.email, "argon2"))
        assert (await world.mails(account.email))[-1]["Subject"] == "Votre compte est effacé"
        await world.sign_up(account.email)
        token = await world.mailed_token(account.email)
        assert (await world.client.post("/activations", json={"token": token})).status_code == 200
        tokens = (await world.log_in(account.email)).json()
        assert world.caller(tokens).member_id != account.id

    async def test_reaches_every_table_of_identity(self, world):
        account = await world.activated()
        await leave(world, account)
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        erased = next(e for e in await world.h.emitted(MemberErased) if e.member_id == account.id)
        event_id = await world.h.deliver(erased)
        await world.h.deliver(erased, event_id=event_id)
        left = {}
        async with world.h.tx() as tx:
            for table in Member.metadata.sorted_tables:
                if "member_id" in table.c:
                    rows = await tx.execute(select(table).where(table.c.member_id == account.id))
                    left[table.name] = [dict(row) for row in rows.mappings()]
        kept = {name for name, rows in left.items() if rows}
        assert not kept & {"sessions", "links", "notifications", "affiliations", "identities", "totp_factors"}
        assert "Lovelace" not in str(left)
        assert account.email not in str(left)

    async def test_by_two_sweeps_at_once_tells_once(self, world):
        account = await world.activated()
        await leave(world, account)
        world.h.clock.offset += timedelta(days=31)
        await asyncio.gather(*(sweep(world, "erase_closed") for _ in range(3)))
        assert [e.member_id for e in await world.h.emitted(MemberErased)].count(account.id) == 1

    async def test_leaves_no_contact_data_in_the_trail(self, world):
        account = await world.activated()
        await leave(world, account)
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        async with world.h.tx() as tx:
            said = (await tx.execute(select(audit_log).where(audit_log.c.subject == str(account.id)))).all()
        assert {"deletion.requested", "deletion.confirmed", "member.deactivated", "member.erased"} <= {
            entry.action for entry in said
        }
        assert account.email not in str(said)
        assert "Lovelace" not in str(said)


class TestWithoutCompany:
    @pytest.mark.req("ID-37")
    async def test_the_network_is_open(self, world):
        account = await world.activated()
        choice = {"profile_type": "freelance"}
        assert (await world.client.put("/members/me/profile-type", json=choice, headers=account.headers)).is_success
        assert world.caller(account.tokens).company_id is None
        for path in ("/members/me", "/members/me/profile", "/notifications"):
            assert (await world.client.get(path, headers=account.headers)).status_code == 200
