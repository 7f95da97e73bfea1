"""Accepting an invitation: once, within a day, by the person invited."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from chassis.outbox import outbox
from contracts.identity import InvitationAccepted, MemberActivated
from contracts.roles import Role
from identity.link.domain import LIFETIME

SIDES = [(Role.GERANT, "consultant", "consultancy"), (Role.DIRECTEUR_ACHATS, "responsable_projet", "client")]


class TestAcceptance:
    @pytest.mark.req("ID-04", "ID-07", "ID-08")
    @pytest.mark.parametrize(("role", "offered", "profile"), SIDES)
    async def test_sets_the_password_and_makes_the_member_what_the_side_offers(self, steps, role, offered, profile):
        head = await steps.head(role)
        email, invitation_id, token = await steps.invited(head)
        answer = await steps.accept(token)
        assert (answer.status_code, answer.json()) == (
            201,
            {"status": "accepted", "company_id": str(head.company_id)},
        )
        tokens = (await steps.log_in(email)).json()
        me = await steps.me(steps.bearer(tokens))
        assert (me["status"], me["profile_type"], me["first_name"]) == ("ready", profile, "Grace")
        (event,) = [e for e in await steps.h.emitted(InvitationAccepted) if e.invitation_id == invitation_id]
        assert (event.company_id, event.role, event.profile_type) == (head.company_id, offered, profile)
        assert (str(event.member_id), event.invited_by, event.display_name) == (me["id"], head.id, "Grace Hopper")

    @pytest.mark.req("ID-07")
    async def test_says_first_that_the_member_is_active_then_that_they_accepted_each_once(self, steps):
        email, _, token = await steps.invited(await steps.head())
        await steps.accept(token)
        member = await steps.member(email)
        async with steps.h.tx() as tx:
            query = select(outbox.c.type).where(outbox.c.body.contains(str(member.id))).order_by(outbox.c.id)
            said = (await tx.scalars(query)).all()
        assert said == [MemberActivated.type_name, InvitationAccepted.type_name]

    @pytest.mark.req("ID-11", "ID-12", "ID-26", "ID-27")
    @pytest.mark.parametrize("unticked", ["accept_terms", "accept_privacy", "is_adult", "is_professional"])
    @pytest.mark.parametrize("value", [False, ...])
    async def test_needs_every_acceptance_and_declaration(self, steps, unticked, value):
        answer = await steps.accept("x", **{unticked: value})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, unticked)

    @pytest.mark.req("ID-11", "ID-12")
    async def test_keeps_the_evidence_of_both_acceptances(self, steps):
        email, _, token = await steps.invited(await steps.head())
        member = await steps.member(email)
        assert await steps.count("consents", member_id=member.id) == 0
        await steps.accept(token)
        assert await steps.count("consents", member_id=member.id) == 2
        assert await steps.count("declarations", member_id=member.id) == 2

    @pytest.mark.req("ID-05")
    async def test_works_until_the_last_moment_of_24_hours(self, steps):
        email, _, token = await steps.invited(await steps.head())
        steps.h.clock.set((await steps.last_link(email)).issued_at + LIFETIME - timedelta(seconds=2))
        assert (await steps.accept(token)).status_code == 201

    @pytest.mark.req("ID-05")
    async def test_is_refused_as_expired_from_24_hours_on(self, steps):
        email, _, token = await steps.invited(await steps.head())
        steps.h.clock.set((await steps.last_link(email)).issued_at + LIFETIME)
        assert steps.code(await steps.accept(token)) == (410, "link_expired")

    @pytest.mark.req("ID-06")
    async def test_goes_on_after_expiry_with_the_link_of_a_forgotten_password(self, steps):
        email, _, token = await steps.invited(await steps.head())
        steps.later(hours=25)
        assert steps.code(await steps.accept(token)) == (410, "link_expired")
        assert (await steps.post("/password-resets", email=email)).status_code == 202
        fresh = await steps.mailed_token(email)
        assert fresh != token
        assert (await steps.accept(fresh)).status_code == 201
        assert (await steps.log_in(email)).status_code == 201

    @pytest.mark.req("ID-04")
    async def test_works_once(self, steps):
        _, _, token = await steps.invited(await steps.head())
        assert (await steps.accept(token)).status_code == 201
        assert steps.code(await steps.accept(token)) == (409, "link_already_used")

    @pytest.mark.req("ID-04")
    async def test_of_two_at_once_one_wins(self, steps):
        email, _, token = await steps.invited(await steps.head())
        passwords = [f"a password of number {n}" for n in range(2)]
        answers = await asyncio.gather(*(steps.accept(token, password=chosen) for chosen in passwords))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        winner = passwords[[answer.status_code for answer in answers].index(201)]
        assert [(await steps.log_in(email, p)).status_code == 201 for p in passwords] == [
            p == winner for p in passwords
        ]
        member = await steps.member(email)
        assert len([e for e in await steps.h.emitted(InvitationAccepted) if e.member_id == member.id]) == 1

    @pytest.mark.parametrize("token", ["x", "0" * 32, "a.b", "0198c0de" * 4 + "." + "A" * 43])
    async def test_a_token_that_was_never_sent_is_refused(self, steps, token):
        assert steps.code(await steps.accept(token)) == (422, "link_invalid")

    async def test_another_links_token_is_refused(self, steps):
        email = await steps.pending()
        assert steps.code(await steps.accept(await steps.mailed_token(email))) == (422, "link_invalid")

    async def test_proves_the_mailbox_so_an_earlier_strangers_password_is_void(self, steps):
        email = await steps.pending(password="the password of a stranger")
        _, _, token = await steps.invited(await steps.head(), email)
        assert (await steps.accept(token)).status_code == 201
        assert (await steps.log_in(email, "the password of a stranger")).status_code == 401
        assert (await steps.log_in(email)).status_code == 201

    async def test_the_person_may_sign_up_alone_instead(self, steps):
        email, invitation_id, _ = await steps.invited(await steps.head())
        assert (await steps.sign_up(email, first_name="Admiral")).status_code == 202
        token = await steps.mailed_token(email)
        assert (await steps.post("/activations", token=token)).status_code == 200
        me = await steps.me(steps.bearer((await steps.log_in(email)).json()))
        assert (me["status"], me["first_name"], me["profile_type"]) == ("activated", "Admiral", None)
        assert await steps.count("consents", member_id=me["id"]) == 2
        assert await steps.count("invitations", id=invitation_id, status="open") == 1


class TestExistingAccount:
    async def test_accepts_once_logged_in(self, steps):
        account, head = await steps.activated(), await steps.head()
        await steps.choose(account, "freelance")
        _, invitation_id, token = await steps.invited(head, account.email)
        assert steps.code(await steps.accept(token)) == (409, "log_in_to_accept")
        answer = await steps.post("/members/me/accepted-invitations", account, token=token)
        assert (answer.status_code, answer.json()["status"]) == (201, "accepted")
        (event,) = [e for e in await steps.h.emitted(InvitationAccepted) if e.invitation_id == invitation_id]
        assert (event.member_id, event.profile_type) == (account.id, "freelance")
        again = await steps.post("/members/me/accepted-invitations", account, token=token)
        assert steps.code(again) == (409, "link_already_used")

    async def test_without_a_profile_gets_the_sides(self, steps):
        account, head = await steps.activated(), await steps.head(Role.DIRECTEUR_ACHATS)
        _, _, token = await steps.invited(head, account.email)
        assert (await steps.post("/members/me/accepted-invitations", account, token=token)).status_code == 201
        assert (await steps.me(account.headers))["profile_type"] == "client"

    @pytest.mark.req("ID-19")
    @pytest.mark.parametrize(("role", "profile"), [(Role.GERANT, "client"), (Role.DIRECTEUR_ACHATS, "freelance")])
    async def test_of_the_other_side_is_refused_and_the_link_stays(self, steps, role, profile):
        account, head = await steps.activated(), await steps.head(role)
        await steps.choose(account, profile)
        _, invitation_id, token = await steps.invited(head, account.email)
        for _ in range(2):
            answer = await steps.post("/members/me/accepted-invitations", account, token=token)
            assert steps.code(answer) == (409, "profile_does_not_fit")
        assert await steps.count("invitations", id=invitation_id, status="open") == 1

    async def test_acts_for_one_company_at_a_time(self, steps):
        account = await steps.head(Role.CONSULTANT)
        _, _, token = await steps.invited(await steps.head(), account.email)
        answer = await steps.post("/members/me/accepted-invitations", account, token=token)
        assert steps.code(answer) == (409, "acts_for_company")

    async def test_nobody_accepts_for_another(self, steps):
        account, thief = await steps.activated(), await steps.activated()
        _, _, token = await steps.invited(await steps.head(), account.email)
        answer = await steps.post("/members/me/accepted-invitations", thief, token=token)
        assert steps.code(answer) == (422, "link_invalid")
        answer = await steps.post("/members/me/accepted-invitations", account, token=token)
        assert answer.status_code == 201
