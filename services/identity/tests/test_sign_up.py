"""Signing up: what is asked, what is kept, and what nobody is told."""

import asyncio

import pytest
from sqlalchemy import select

from chassis.audit import audit_log
from identity.declaration.domain import Declaration
from identity.member.domain import Member
from identity.terms.domain import Consent

FIELDS = ["first_name", "last_name", "email", "password"]
DECLARATIONS = ["accept_terms", "accept_privacy", "is_adult", "is_professional"]


async def member_of(world, email):
    async with world.h.tx() as tx:
        return (await tx.scalars(select(Member).where(Member.email == email))).one()


class TestSignUp:
    @pytest.mark.req("ID-01", "ID-10", "ID-15")
    async def test_opens_a_pending_account_without_asking_for_money(self, world):
        email = world.new_address()
        answer = await world.sign_up(email)
        assert (answer.status_code, answer.json()) == (202, {"status": "activation_sent"})
        member = await member_of(world, email)
        assert (member.status, member.profile_type, member.first_name) == ("pending", None, "Ada")

    @pytest.mark.req("ID-10")
    @pytest.mark.parametrize("missing", FIELDS + DECLARATIONS)
    async def test_refused_without_any_of_the_fields(self, world, missing):
        answer = await world.sign_up(world.new_address(), **{missing: ...})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [missing]

    @pytest.mark.req("ID-11", "ID-12", "ID-26", "ID-27")
    @pytest.mark.parametrize("unticked", DECLARATIONS)
    async def test_refused_with_a_box_unticked(self, world, unticked):
        answer = await world.sign_up(world.new_address(), **{unticked: False})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [unticked]

    @pytest.mark.parametrize("extra", ["status", "staff_scopes", "is_admin", "profile_type"])
    async def test_refuses_fields_that_nobody_may_set(self, world, extra):
        answer = await world.sign_up(world.new_address(), **{extra: "ready"})
        assert answer.status_code == 422

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", "ada"),
            ("email", "ada@nowhere"),
            ("email", "ada@example.com\nBcc: eve@example.com"),
            ("email", "adà@example.com"),
            ("email", "ada@localhost"),
            ("first_name", ""),
            ("first_name", "A\x00da"),
            ("first_name", "A" * 81),
            ("last_name", "Love\nlace"),
            ("last_name", "Love\u202elace"),
            ("password", "eleven char"),
            ("password", "x" * 129),
            ("language", "de"),
        ],
    )
    async def test_names_the_field_at_fault_and_never_repeats_a_password(self, world, field, value):
        answer = await world.sign_up(world.new_address(), **{field: value})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert field != "password" or value not in answer.text

    @pytest.mark.parametrize("length", [12, 128])
    async def test_takes_passwords_up_to_both_limits(self, world, length):
        assert (await world.sign_up(world.new_address(), password="é" * length)).status_code == 202

    @pytest.mark.req("ID-11", "ID-12", "ID-26", "ID-27", "PL-21")
    async def test_keeps_evidence_of_both_acceptances_and_both_declarations(self, world):
        email = await world.pending()
        member = await member_of(world, email)
        async with world.h.tx() as tx:
            consents = (await tx.scalars(select(Consent).where(Consent.member_id == member.id))).all()
            declared = (await tx.scalars(select(Declaration).where(Declaration.member_id == member.id))).all()
            acts = (await tx.scalars(select(audit_log.c.details).where(audit_log.c.subject == str(member.id)))).all()
        assert {str(c.document) for c in consents} == {"terms", "privacy"}
        assert all(c.document_version == "2026-11-01" for c in consents)
        assert all(c.accepted_at == member.signed_up_at and str(c.ip) == world.place for c in consents)
        assert {(str(d.kind), d.text_version) for d in declared} == {
            ("adulthood", "2026-11-01"),
            ("professional_use", "2026-11-01"),
        }
        assert all(d.declared_at == member.signed_up_at and str(d.ip) == world.place for d in declared)
        assert {"document": "terms", "version": "2026-11-01"} in acts
        assert world.place not in str(acts)
        assert email not in str(acts)

    @pytest.mark.req("ID-30")
    async def test_stores_the_password_as_an_argon2id_hash_only(self, world):
        member = await member_of(world, await world.pending())
        assert member.password_hash.startswith("$argon2id$")
        assert world.password not in member.password_hash

    @pytest.mark.req("ID-30")
    async def test_logs_neither_password_nor_address(self, world, caplog):
        caplog.set_level("DEBUG")
        email = await world.pending()
        await world.log_in(email, "a wrong password")
        await world.mails(email)
        ours = "\n".join(r.getMessage() + str(r.__dict__) for r in caplog.records if r.name != "mail.log")
        assert "/sessions" in ours
        for secret in (world.password, "a wrong password", email, "Lovelace"):
            assert secret not in ours


class TestKnownAddress:
    @pytest.mark.req("ID-03", "ID-22")
    @pytest.mark.parametrize("typed", [str.upper, str.title, lambda e: e.replace("m", "\uff4d", 1)])
    async def test_is_answered_alike_and_its_mailbox_told(self, world, typed):
        account = await world.activated()
        first = await world.sign_up(world.new_address())
        again = await world.sign_up(typed(account.email), first_name="Eve", password="another password, longer")
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert set(again.headers) == set(first.headers)
        told = (await world.mails(account.email))[-1]
        assert told["Subject"] == "Vous avez déjà un compte Maillon"
        assert "Connectez-vous" in world.text_of(told)
        assert "Eve" not in told.as_string()
        assert (await member_of(world, account.email)).first_name == "Ada"
        assert (await world.log_in(account.email)).status_code == 201

    async def test_signed_up_ten_times_at_once_is_one_account_and_ten_equal_answers(self, world):
        email = world.new_address()
        answers = await asyncio.gather(*(world.sign_up(email) for _ in range(10)))
        assert {(a.status_code, a.text) for a in answers} == {(202, '{"status":"activation_sent"}')}
        assert (await member_of(world, email)).status == "pending"

    async def test_is_not_flooded_with_mail_by_strangers(self, world):
        account = await world.activated()
        for _ in range(8):
            await world.sign_up(account.email)
        assert len(await world.mails(account.email)) == 5

    async def test_the_same_request_sent_again_has_one_effect(self, world):
        email, key = world.new_address(), {"Idempotency-Key": "sign-up-1"}
        body = {"first_name": "A", "last_name": "L", "email": email, "password": world.password}
        body |= dict.fromkeys(DECLARATIONS, True)
        for _ in range(2):
            assert (await world.client.post("/members", json=body, headers=key)).status_code == 202
        assert len(await world.mails(email)) == 1
