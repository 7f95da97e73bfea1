"""Accounts in danger: reports, security suspension, forced change of the password."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from chassis.audit import audit_log
from contracts.identity import MemberAccessRevoked
from contracts.roles import StaffScope
from identity.incident.domain import IncidentKind, SecurityIncident
from identity.incident.personal import KEPT, _forget

REPORT = {"kind": "phishing", "description": "I gave my password to a page\nthat looked like yours."}


def support(world):
    return world.h.headers(world.h.staff(StaffScope.SUPPORT))


async def reset(world, account, reason="seen on another continent"):
    path = f"/staff/members/{account.id}/credential-reset"
    return await world.client.post(path, json={"reason": reason}, headers=support(world))


async def choose(world, token, password="a brand new password"):
    return await world.client.post("/password-resets/completion", json={"token": token, "password": password})


async def refreshed(world, tokens):
    return await world.client.post("/sessions/refresh", json={"refresh_token": tokens["refresh_token"]})


class TestForcedChange:
    @pytest.mark.req("ID-32")
    async def test_ends_every_session_and_lets_nobody_in_before_another_password_is_set(self, world):
        account = await world.activated()
        other = (await world.log_in(account.email)).json()
        assert (await reset(world, account)).json() == {"status": "credential_change_required"}
        assert [(await refreshed(world, t)).status_code for t in (account.tokens, other)] == [401, 401]
        refused = await world.log_in(account.email)
        assert (refused.status_code, refused.json()["code"]) == (403, "credential_change_required")
        token = await world.mailed_token(account.email)
        assert (await choose(world, token)).status_code == 200
        assert (await world.log_in(account.email)).status_code == 401
        assert (await world.log_in(account.email, "a brand new password")).status_code == 201

    async def test_voids_every_access_token_with_one_event(self, world):
        account = await world.activated()
        await reset(world, account)
        said = [e for e in await world.h.emitted(MemberAccessRevoked) if e.member_id == account.id]
        assert [e.session_id for e in said] == [None]
        await world.h.deliver(said[0])
        await world.h.platform.revocations.refresh()
        assert (await world.client.get("/members/me", headers=account.headers)).status_code == 401

    async def test_a_log_in_with_the_right_password_mails_the_link_again(self, world):
        account = await world.activated()
        await reset(world, account)
        first = await world.mailed_token(account.email)
        await world.log_in(account.email)
        second = await world.mailed_token(account.email)
        assert first != second
        assert (await choose(world, first)).json()["code"] == "link_replaced"

    async def test_a_wrong_password_learns_nothing_of_it(self, world):
        account = await world.activated()
        await reset(world, account)
        refused = await world.log_in(account.email, "not the password")
        assert (refused.status_code, refused.json()["code"]) == (401, "wrong_credentials")

    async def test_never_leaves_a_session_behind_when_it_meets_log_ins(self, world):
        account = await world.activated()
        answers = await asyncio.gather(reset(world, account), *(world.log_in(account.email) for _ in range(6)))
        assert answers[0].status_code == 200
        opened = [a.json() for a in answers[1:] if a.status_code == 201]
        assert {(await refreshed(world, tokens)).status_code for tokens in opened} <= {401}

    async def test_is_in_the_audit_trail(self, world):
        account = await world.activated()
        await reset(world, account)
        async with world.h.tx() as tx:
            query = select(audit_log.c.action).where(audit_log.c.subject == str(account.id))
            acts = (await tx.scalars(query)).all()
        assert {"member.credential_change_required", "member.access_revoked"} <= set(acts)

    @pytest.mark.parametrize("scope", [None, StaffScope.COMPLIANCE, StaffScope.LEGAL, StaffScope.CONTRACTS])
    async def test_is_for_support(self, world, scope):
        account = await world.activated()
        caller = world.h.staff(scope) if scope else world.h.member()
        path = f"/staff/members/{account.id}/credential-reset"
        refused = await world.client.post(path, json={"reason": "why"}, headers=world.h.headers(caller))
        assert refused.status_code == 403

    async def test_of_nobody_is_refused(self, world):
        path = f"/staff/members/{uuid4()}/credential-reset"
        refused = await world.client.post(path, json={"reason": "why"}, headers=support(world))
        assert (refused.status_code, refused.json()["code"]) == (404, "member_not_found")


async def report(world, account, **changes):
    return await world.client.post("/security-incidents", json=REPORT | changes, headers=account.headers)


async def tickets(world, status="open"):
    answer = await world.client.get(f"/staff/security-incidents?status={status}&limit=100", headers=support(world))
    return answer.json()["items"]


class TestReport:
    @pytest.mark.req("PL-13")
    @pytest.mark.parametrize("kind", list(IncidentKind))
    async def test_opens_a_ticket_whose_reference_is_mailed(self, world, kind):
        account = await world.activated()
        answer = await report(world, account, kind=kind)
        assert answer.status_code == 201
        seen = answer.json()
        assert set(seen) == {
            "id", "reference", "kind", "description", "status", "opened_at", "closed_at", "outcome"
        }  # fmt: skip
        assert (seen["kind"], seen["status"]) == (kind, "open")
        assert seen["reference"] in (await world.mails(account.email))[-1]["Subject"]
        own = await world.client.get("/security-incidents", headers=account.headers)
        assert own.json()["items"] == [seen]
        (ticket,) = [t for t in await tickets(world) if t["id"] == seen["id"]]
        assert (ticket["member_id"], ticket["contact"]) == (str(account.id), None)

    @pytest.mark.req("PL-13", "ID-32")
    async def test_secures_the_account_at_once_when_asked(self, world):
        account = await world.activated()
        assert (await report(world, account, secure_my_account=True)).status_code == 201
        assert (await refreshed(world, account.tokens)).status_code == 401
        assert (await world.log_in(account.email)).json()["code"] == "credential_change_required"

    async def test_secures_nothing_unless_asked(self, world):
        account = await world.activated()
        await report(world, account)
        assert (await refreshed(world, account.tokens)).status_code == 200

    @pytest.mark.parametrize(
        "changes", [{"kind": "theft"}, {"description": ""}, {"description": "a" * 4001}, {"description": "a\u202eb"}]
    )
    async def test_that_says_nothing_readable_is_refused(self, world, changes):
        account = await world.activated()
        refused = await report(world, account, **changes)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"].endswith(next(iter(changes)))

    async def test_of_somebody_else_is_seen_by_nobody(self, world):
        account, other = await world.activated(), await world.activated()
        await report(world, account)
        assert (await world.client.get("/security-incidents", headers=other.headers)).json()["items"] == []
        assert (await world.client.get("/staff/security-incidents", headers=other.headers)).status_code == 403


async def report_without_session(client, email, **changes):
    body = REPORT | {"email": email} | changes
    return await client.post("/security-incidents/without-session", json=body)


class TestReportWithoutSession:
    @pytest.mark.req("PL-13")
    async def test_is_answered_alike_and_only_the_mailbox_of_an_account_is_told(self, world):
        account, unknown = await world.activated(), world.new_address()
        async with world.calling_from("203.0.113.40") as client:
            answers = [await report_without_session(client, email) for email in (account.email, unknown)]
        assert [(a.status_code, a.json()) for a in answers] == [(202, {"status": "received"})] * 2
        assert "Signalement" in (await world.mails(account.email))[-1]["Subject"]
        assert await world.mails(unknown) == []
        found = {t["contact"]: t["member_id"] for t in await tickets(world)}
        assert (found[account.email], found[unknown]) == (str(account.id), None)
        assert (await refreshed(world, account.tokens)).status_code == 200

    async def test_cannot_secure_an_account(self, world):
        account = await world.activated()
        async with world.calling_from("203.0.113.41") as client:
            refused = await report_without_session(client, account.email, secure_my_account=True)
        assert refused.status_code == 422

    @pytest.mark.parametrize("known", [True, False])
    async def test_about_one_address_is_taken_three_times_in_a_quarter_of_an_hour(self, world, known):
        email = (await world.activated()).email if known else world.new_address()
        async with world.calling_from(f"203.0.113.{42 + known}") as client:
            answers = await asyncio.gather(*(report_without_session(client, email) for _ in range(5)))
            assert sorted(a.status_code for a in answers) == [202] * 3 + [429] * 2
            world.h.clock.offset = timedelta(minutes=15, seconds=2)
            assert (await report_without_session(client, email)).status_code == 202

    async def test_from_one_network_is_taken_ten_times(self, world):
        async with world.calling_from("203.0.113.44") as client:
            answers = [(await report_without_session(client, world.new_address())).status_code for _ in range(11)]
        assert answers == [202] * 10 + [429]


class TestSupport:
    async def act(self, world, incident_id, act, body=None, headers=None):
        path = f"/staff/security-incidents/{incident_id}/{act}"
        return await world.client.post(path, json=body, headers=headers or support(world))

    @pytest.mark.req("PL-13", "ID-32")
    async def test_secures_the_account_that_a_report_is_about(self, world):
        account = await world.activated()
        incident = (await report(world, account)).json()
        assert (await self.act(world, incident["id"], "credential-reset")).status_code == 200
        assert (await world.log_in(account.email)).json()["code"] == "credential_change_required"

    async def test_has_nobody_to_secure_for_an_unknown_address(self, world):
        unknown = world.new_address()
        async with world.calling_from("203.0.113.45") as client:
            await report_without_session(client, unknown)
        (ticket,) = [t for t in await tickets(world) if t["contact"] == unknown]
        refused = await self.act(world, ticket["id"], "credential-reset")
        assert (refused.status_code, refused.json()["code"]) == (422, "nobody_to_secure")

    async def test_closes_a_report_once_with_its_outcome(self, world):
        account = await world.activated()
        incident = (await report(world, account)).json()
        body = {"outcome": "The password was changed."}
        answers = await asyncio.gather(*(self.act(world, incident["id"], "closure", body) for _ in range(5)))
        assert sorted(a.status_code for a in answers) == [200] + [409] * 4
        own = (await world.client.get("/security-incidents", headers=account.headers)).json()["items"]
        assert (own[0]["status"], own[0]["outcome"]) == ("closed", body["outcome"])
        assert incident["id"] not in {t["id"] for t in await tickets(world)}
        assert incident["id"] in {t["id"] for t in await tickets(world, "closed")}

    @pytest.mark.parametrize("act", ["closure", "credential-reset"])
    async def test_alone_may_and_only_on_what_there_is(self, world, act):
        account = await world.activated()
        incident = (await report(world, account)).json()
        body = {"outcome": "x"} if act == "closure" else None
        for headers, target, status in (
            (account.headers, incident["id"], 403),
            (world.h.headers(world.h.staff(StaffScope.LEGAL)), incident["id"], 403),
            (support(world), uuid4(), 404),
        ):
            assert (await self.act(world, target, act, body, headers)).status_code == status

    async def test_reports_are_kept_for_three_years(self, world):
        account = await world.activated()
        incident = (await report(world, account)).json()

        async def is_there_after(age):
            async with world.h.tx() as tx:
                await _forget(tx, tx.now + age)
                return await tx.get(SecurityIncident, UUID(incident["id"])) is not None

        assert await is_there_after(KEPT - timedelta(minutes=1))
        assert not await is_there_after(KEPT + timedelta(minutes=1))
