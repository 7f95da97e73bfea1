"""A company's head invites somebody, who sets a password and is in."""

import asyncio
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from sqlalchemy import select

from chassis.audit import audit_log
from chassis.errors import Forbidden, IllegalMove
from chassis.transitions import check_move
from contracts.company import CompanyRegistered
from contracts.permissions import Permission, allows
from contracts.roles import CompanyKind, Role
from identity.invitation.domain import MOVES, InvitationActor, InvitationStatus
from identity.invitation.personal import DATA, KEPT
from identity.link.domain import LIFETIME

ALLOWED = {
    (InvitationStatus.OPEN, InvitationStatus.ACCEPTED, InvitationActor.INVITEE),
    (InvitationStatus.OPEN, InvitationStatus.CANCELLED, InvitationActor.HEAD),
}
EVERY = set(product(InvitationStatus, InvitationStatus, InvitationActor))


class TestMoves:
    @pytest.mark.parametrize(("present", "target", "by"), sorted(ALLOWED))
    def test_allowed(self, present, target, by):
        assert check_move(MOVES, present, target, by) == target

    @pytest.mark.parametrize(("present", "target", "by"), sorted(EVERY - ALLOWED))
    def test_refused(self, present, target, by):
        with pytest.raises((IllegalMove, Forbidden)):
            check_move(MOVES, present, target, by)


class TestInvite:
    @pytest.mark.req("ID-02", "ID-04")
    async def test_opens_an_account_without_password_and_mails_a_link_to_set_one(self, steps):
        head, email = await steps.head(), steps.new_address()
        await steps.h.deliver(
            CompanyRegistered(
                company_id=head.company_id,
                kind=CompanyKind.PROVIDER,
                name="Vega Conseil",
                country="FR",
                signatories=[],
                registered_at=steps.h.clock(),
            )
        )
        answer = await steps.invite(head, email)
        shown = answer.json()
        assert answer.status_code == 201
        assert (shown["email"], shown["first_name"], shown["last_name"]) == (email, "Grace", "Hopper")
        assert (shown["status"], shown["role"], shown["closed_at"]) == ("open", "consultant", None)
        mail = (await steps.mails(email))[-1]
        said = steps.text_of(mail)
        assert mail["Subject"] == "Ada Lovelace vous invite sur Maillon"
        assert "Ada Lovelace vous invite à rejoindre Vega Conseil sur Maillon, en tant que consultant." in said
        assert "Définir votre mot de passe" in steps.html_of(mail)
        assert f"https://maillon.example/invitation#token={await steps.mailed_token(email)}" in said
        member = await steps.member(email)
        assert (member.status, member.password_hash, member.opened_by) == ("pending", None, head.id)
        assert (await steps.log_in(email)).status_code == 401

    @pytest.mark.req("ID-02")
    @pytest.mark.parametrize("missing", ["last_name", "first_name", "email"])
    async def test_refused_without_one_of_the_three_fields(self, steps, missing):
        answer = await steps.invite(await steps.head(), steps.new_address(), **{missing: ...})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [missing]

    @pytest.mark.req("ID-02")
    @pytest.mark.parametrize("extra", ["role", "password", "phone", "company_id", "profile_type"])
    async def test_takes_nothing_else(self, steps, extra):
        answer = await steps.invite(await steps.head(), steps.new_address(), **{extra: "x"})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [extra]

    @pytest.mark.req("ID-28")
    @pytest.mark.parametrize(
        "email", ["grace", "gr\u0430ce@example.com", "grace@localhost", "grace@example.com\nBcc: eve@example.com"]
    )
    async def test_takes_no_address_that_cannot_be_written_to_or_looks_like_another(self, steps, email):
        answer = await steps.invite(await steps.head(), email)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "email")

    @pytest.mark.parametrize("role", list(Role))
    async def test_is_for_whoever_manages_people(self, steps, role):
        caller = steps.h.member(role)
        answer = await steps.client.get("/invitations", headers=steps.h.headers(caller))
        assert answer.status_code == (200 if allows(Permission.MANAGE_PEOPLE, role) else 403)

    async def test_is_not_for_a_member_without_company(self, steps):
        assert (await steps.invite(await steps.activated(), steps.new_address())).status_code == 403

    @pytest.mark.req("ID-22")
    async def test_answers_known_and_unknown_addresses_alike_and_tells_the_mailbox(self, steps):
        head, known = await steps.head(), await steps.activated()
        answers = [await steps.invite(head, email) for email in (known.email, steps.new_address())]
        shapes = [answer.json() | dict.fromkeys(("id", "email", "invited_at", "expires_at")) for answer in answers]
        assert shapes[0] == shapes[1]
        assert {answer.status_code for answer in answers} == {201}
        said = steps.text_of((await steps.mails(known.email))[-1])
        assert "Vous avez déjà un compte" in said

    async def test_invites_an_address_once(self, steps):
        head, other, email = await steps.head(), await steps.head(), steps.new_address()
        assert (await steps.invite(head, email)).status_code == 201
        assert steps.code(await steps.invite(head, email.upper())) == (409, "invitation_exists")
        assert (await steps.invite(other, email)).status_code == 201

    async def test_of_ten_at_once_for_one_address_one_is_sent(self, steps):
        head, email = await steps.head(), steps.new_address()
        answers = await asyncio.gather(*(steps.invite(head, email) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9

    async def test_shows_markup_in_a_name_as_text(self, steps):
        head, email = await steps.head(first_name="<script>alert(1)</script>"), steps.new_address()
        await steps.invite(head, email)
        html = steps.html_of((await steps.mails(email))[-1])
        assert "<script>" not in html
        assert "&lt;script&gt;" in html


class TestCompanysInvitations:
    async def test_are_listed_to_the_company_alone(self, steps):
        head, rival = await steps.head(), await steps.head()
        email, _, _ = await steps.invited(head)
        colleague = await steps.head(company_id=head.company_id)
        for reader, expected in ((head, [email]), (colleague, [email]), (rival, [])):
            answer = await steps.client.get("/invitations", headers=reader.headers)
            assert [item["email"] for item in answer.json()["items"]] == expected

    async def test_a_rivals_head_finds_none(self, steps):
        rival = await steps.head()
        _, invitation_id, token = await steps.invited(await steps.head())
        for method, path in (
            ("POST", f"/invitations/{invitation_id}/resend"),
            ("DELETE", f"/invitations/{invitation_id}"),
        ):
            answer = await steps.client.request(method, path, headers=rival.headers)
            assert steps.code(answer) == (404, "invitation_not_found")
        assert (await steps.accept(token)).status_code == 201

    @pytest.mark.req("ID-05")
    async def test_sent_again_work_with_the_new_link_only(self, steps):
        head = await steps.head()
        email, invitation_id, old = await steps.invited(head)
        steps.later(hours=30)
        head.tokens = (await steps.log_in(head.email)).json()
        answer = await steps.post(f"/invitations/{invitation_id}/resend", head)
        assert answer.status_code == 200
        assert answer.json()["expires_at"] > answer.json()["invited_at"]
        new = await steps.mailed_token(email)
        assert steps.code(await steps.accept(old)) == (410, "link_replaced")
        assert (await steps.accept(new)).status_code == 201

    async def test_two_companies_links_do_not_replace_each_other(self, steps):
        email, _, first = await steps.invited(await steps.head())
        _, _, second = await steps.invited(await steps.head(), email)
        assert first != second
        assert (await steps.accept(first)).status_code == 201

    async def test_taken_back_work_no_more(self, steps):
        head = await steps.head()
        email, invitation_id, token = await steps.invited(head)
        assert (await steps.client.delete(f"/invitations/{invitation_id}", headers=head.headers)).status_code == 204
        assert steps.code(await steps.accept(token)) == (410, "invitation_cancelled")
        again = await steps.client.delete(f"/invitations/{invitation_id}", headers=head.headers)
        assert steps.code(again) == (409, "illegal_move")
        assert steps.code(await steps.post(f"/invitations/{invitation_id}/resend", head)) == (409, "illegal_move")
        mails = len(await steps.mails(email))
        await steps.post("/password-resets", email=email)
        assert len(await steps.mails(email)) == mails

    async def test_accepted_are_neither_sent_again_nor_taken_back(self, steps):
        head = await steps.head()
        _, invitation_id, token = await steps.invited(head)
        await steps.accept(token)
        assert steps.code(await steps.post(f"/invitations/{invitation_id}/resend", head)) == (409, "illegal_move")
        answer = await steps.client.delete(f"/invitations/{invitation_id}", headers=head.headers)
        assert steps.code(answer) == (409, "illegal_move")

    async def test_every_act_is_in_the_audit_trail_without_address(self, steps):
        head = await steps.head()
        email, invitation_id, token = await steps.invited(head)
        await steps.accept(token)
        async with steps.h.tx() as tx:
            query = select(audit_log.c.action, audit_log.c.details).where(audit_log.c.subject == str(invitation_id))
            acts = (await tx.execute(query.order_by(audit_log.c.id))).all()
        assert [act.action for act in acts] == ["invitation.sent", "invitation.accepted"]
        assert email not in str(acts)


@pytest.mark.req("PL-08")
class TestRetention:
    async def forget(self, steps, as_of):
        async with steps.h.tx() as tx:
            await DATA[0].forget(tx, as_of)

    @pytest.mark.parametrize(("after", "left"), [(KEPT - timedelta(seconds=1), 1), (KEPT + timedelta(seconds=1), 0)])
    async def test_an_unanswered_one_goes_with_the_account_that_it_opened(self, steps, after, left):
        email, invitation_id, _ = await steps.invited(await steps.head())
        member = await steps.member(email)
        await self.forget(steps, member.signed_up_at + LIFETIME + after)
        assert await steps.count("invitations", id=invitation_id) == left
        assert await steps.count("members", email=email) == left

    async def test_an_account_that_was_taken_over_stays(self, steps):
        email, _, token = await steps.invited(await steps.head())
        await steps.accept(token)
        await self.forget(steps, steps.h.clock() + KEPT * 2)
        assert (await steps.log_in(email)).status_code == 201

    async def test_an_export_shows_the_members_own(self, steps):
        email, _, _ = await steps.invited(await steps.head())
        member = await steps.member(email)
        async with steps.h.tx() as tx:
            (record,) = await DATA[0].gather(tx, member.id)
            assert (record["email"], record["first_name"]) == (email, "Grace")
            assert await DATA[0].gather(tx, uuid4()) == []
            await DATA[0].erase(tx, member.id)
        assert await steps.count("invitations", member_id=member.id) == 0
