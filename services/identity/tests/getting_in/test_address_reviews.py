"""A provider's member with a client's address waits for staff."""

from itertools import product
from uuid import uuid4

import pytest

from chassis.errors import Forbidden, IllegalMove
from chassis.transitions import check_move
from contracts.identity import InvitationAccepted
from contracts.roles import Role, StaffScope
from identity.review.domain import MOVES, ReviewActor, ReviewStatus, domain_and_parents

ALLOWED = {
    (ReviewStatus.OPEN, ReviewStatus.CLEARED, ReviewActor.STAFF),
    (ReviewStatus.OPEN, ReviewStatus.REFUSED, ReviewActor.STAFF),
}
EVERY = set(product(ReviewStatus, ReviewStatus, ReviewActor))


class TestMoves:
    @pytest.mark.parametrize(("present", "target", "by"), sorted(ALLOWED))
    def test_allowed(self, present, target, by):
        assert check_move(MOVES, present, target, by) == target

    @pytest.mark.parametrize(("present", "target", "by"), sorted(EVERY - ALLOWED))
    def test_refused(self, present, target, by):
        with pytest.raises((IllegalMove, Forbidden)):
            check_move(MOVES, present, target, by)

    def test_a_domain_is_looked_for_with_those_above_it(self):
        assert list(domain_and_parents("a@x.ext.orion.com")) == ["x.ext.orion.com", "ext.orion.com", "orion.com"]


async def activated_at(steps, email):
    await steps.sign_up(email)
    await steps.post("/activations", token=await steps.mailed_token(email))
    tokens = (await steps.log_in(email)).json()
    account = await steps.activated()
    account.id, account.email, account.tokens = steps.caller(tokens).member_id, email, tokens
    return account


async def client_domain(steps, role=Role.ACHETEUR):
    """A domain at which a company of that role's side has a member."""
    domain = f"orion-{uuid4().hex[:12]}.com"
    await steps.affiliate(await activated_at(steps, f"buyer@{domain}"), role)
    return domain


def staff_of(steps, scope=StaffScope.SUPPORT):
    return steps.h.headers(steps.h.staff(scope))


async def case_of(steps, member_id):
    listed = (await steps.client.get("/staff/flagged-members?limit=200", headers=staff_of(steps))).json()["items"]
    return next((case for case in listed if case["member_id"] == str(member_id)), None)


async def decide(steps, case_id, outcome, headers=None, comment="An employee of theirs"):
    body = {"outcome": outcome, "comment": comment}
    path = f"/staff/flagged-members/{case_id}/decision"
    return await steps.client.post(path, json=body, headers=headers or staff_of(steps))


class TestChoosing:
    @pytest.mark.req("ID-14")
    @pytest.mark.parametrize("profile", ["freelance", "consultancy"])
    @pytest.mark.parametrize("below", ["", "ext."])
    async def test_a_providers_profile_at_a_clients_domain_is_flagged(self, steps, profile, below):
        account = await activated_at(steps, f"dev@{below}{await client_domain(steps)}")
        for _ in range(2):
            assert steps.code(await steps.choose(account, profile)) == (403, "address_under_review")
        me = await steps.me(account.headers)
        assert (me["profile_type"], me["next_step"]) == (None, "await_review")
        assert (await case_of(steps, account.id))["profile_type"] == profile
        assert steps.code(await steps.choose(account, "client")) == (403, "address_under_review")
        assert await steps.count("audit_log", action="member.flagged", subject=str(account.id)) == 1

    @pytest.mark.req("ID-14")
    async def test_a_clients_profile_there_is_not(self, steps):
        account = await activated_at(steps, f"buyer2@{await client_domain(steps)}")
        assert (await steps.choose(account, "client")).status_code == 200

    @pytest.mark.req("ID-14")
    async def test_nor_a_providers_at_a_domain_of_nobody_or_of_a_provider(self, steps):
        providers = await client_domain(steps, Role.CONSULTANT)
        await steps.affiliate(await steps.activated(), Role.ACHETEUR)  # at example.com, a public provider's
        for email in (steps.new_address(), f"dev@{providers}", f"dev@other-{uuid4().hex}.com"):
            assert (await steps.choose(await activated_at(steps, email), "freelance")).status_code == 200


class TestDecision:
    @pytest.mark.req("ID-14")
    async def test_cleared_goes_on_where_they_stood(self, steps):
        account = await activated_at(steps, f"dev@{await client_domain(steps)}")
        await steps.choose(account, "freelance")
        case = await case_of(steps, account.id)
        answer = await decide(steps, case["id"], "cleared")
        assert (answer.status_code, answer.json()["status"]) == (200, "cleared")
        assert await case_of(steps, account.id) is None
        assert (await steps.choose(account, "freelance")).status_code == 200
        assert "acceptée" in steps.text_of((await steps.mails(account.email))[-1])
        assert await steps.count("audit_log", action="member.address_reviewed", subject=str(account.id)) == 1

    @pytest.mark.req("ID-14")
    async def test_refused_may_be_a_client_alone(self, steps):
        account = await activated_at(steps, f"dev@{await client_domain(steps)}")
        await steps.choose(account, "consultancy")
        await decide(steps, (await case_of(steps, account.id))["id"], "refused")
        assert steps.code(await steps.choose(account, "consultancy")) == (403, "address_refused")
        assert "propre société" in steps.text_of((await steps.mails(account.email))[-1])
        assert (await steps.choose(account, "client")).status_code == 200

    async def test_is_made_once_by_support_with_a_reason(self, steps):
        account = await activated_at(steps, f"dev@{await client_domain(steps)}")
        await steps.choose(account, "freelance")
        case = (await case_of(steps, account.id))["id"]
        for scope in set(StaffScope) - {StaffScope.SUPPORT}:
            assert (await decide(steps, case, "cleared", staff_of(steps, scope))).status_code == 403
        assert (await decide(steps, case, "cleared", account.headers)).status_code == 403
        for outcome, comment, field in (("open", "x", "outcome"), ("cleared", "", "comment")):
            answer = await decide(steps, case, outcome, comment=comment)
            assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert (await decide(steps, case, "cleared")).status_code == 200
        assert steps.code(await decide(steps, case, "refused")) == (409, "illegal_move")
        assert steps.code(await decide(steps, uuid4(), "refused")) == (404, "address_review_not_found")


class TestInvited:
    async def held(self, steps):
        email = f"dev@{await client_domain(steps)}"
        head = await steps.head()
        _, invitation_id, token = await steps.invited(head, email)
        answer = await steps.accept(token)
        assert (answer.status_code, answer.json()["status"]) == (201, "under_review")
        return (await steps.member(email)), head, invitation_id

    def joined(self, events, invitation_id):
        return [e for e in events if e.invitation_id == invitation_id]

    @pytest.mark.req("ID-14")
    async def test_to_a_provider_joins_once_cleared(self, steps):
        member, _, invitation_id = await self.held(steps)
        assert self.joined(await steps.h.emitted(InvitationAccepted), invitation_id) == []
        me = await steps.me(steps.bearer((await steps.log_in(member.email)).json()))
        assert (me["status"], me["next_step"]) == ("activated", "await_review")
        await decide(steps, (await case_of(steps, member.id))["id"], "cleared")
        assert len(self.joined(await steps.h.emitted(InvitationAccepted), invitation_id)) == 1
        assert (await steps.member(member.email)).profile_type == "consultancy"

    @pytest.mark.req("ID-14")
    async def test_to_a_provider_does_not_join_when_refused_or_withdrawn(self, steps):
        member, head, invitation_id = await self.held(steps)
        assert (await steps.client.delete(f"/invitations/{invitation_id}", headers=head.headers)).status_code == 204
        await decide(steps, (await case_of(steps, member.id))["id"], "cleared")
        other, _, other_invitation = await self.held(steps)
        await decide(steps, (await case_of(steps, other.id))["id"], "refused")
        events = await steps.h.emitted(InvitationAccepted)
        assert self.joined(events, invitation_id) + self.joined(events, other_invitation) == []

    async def test_to_a_client_is_not_looked_at(self, steps):
        domain = await client_domain(steps)
        _, _, token = await steps.invited(await steps.head(Role.DIRECTEUR_ACHATS), f"new@{domain}")
        assert (await steps.accept(token)).json()["status"] == "accepted"


class TestNextStep:
    @pytest.mark.req("ID-17", "ID-18")
    @pytest.mark.parametrize(
        ("profile", "step"),
        [("freelance", "create_company"), ("consultancy", "join_company"), ("client", "join_company")],
    )
    async def test_follows_the_profile_until_the_member_acts_for_a_company(self, steps, profile, step):
        account = await steps.activated()
        assert (await steps.me(account.headers))["next_step"] == "choose_profile"
        assert (await steps.choose(account, profile)).json()["next_step"] == step
        await steps.affiliate(account, Role.CONSULTANT)
        assert (await steps.me(account.headers))["next_step"] == "none"
