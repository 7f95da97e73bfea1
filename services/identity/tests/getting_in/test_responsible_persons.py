"""Naming the person who can engage the company."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts.roles import Role
from identity.responsible.domain import DAY, PER_ADDRESS, PER_MEMBER, parse_phone
from identity.responsible.personal import DATA, KEPT

PERSON = {
    "company_name": "Vega Conseil",
    "first_name": "Grace",
    "last_name": "Hopper",
    "position": "Directrice générale",
    "phone": "+33 1 23 45 67 89",
}


async def name(steps, account, email, **changes):
    return await steps.post("/responsible-persons", account, **{**PERSON, "email": email} | changes)


class TestPhone:
    @pytest.mark.parametrize(
        "typed", ["+33123456789", "+33 1 23 45 67 89", "+33.1.23.45.67.89", "+33-1-23-45-67-89", "+33 (1) 23456789"]
    )
    def test_is_one_whatever_separates_its_digits(self, typed):
        assert parse_phone(typed) == "+33123456789"

    @pytest.mark.parametrize("typed", ["+1234567", "+123456789012345"])
    def test_has_seven_to_fifteen_digits(self, typed):
        assert parse_phone(typed) == typed

    @pytest.mark.parametrize(
        "typed",
        [
            "0123456789",
            "+0123456789",
            "+123456",
            "+1234567890123456",
            "+33 1 23 45 67 8x",
            "+\u0663\u0663123456789",
            "",
        ],
    )
    def test_anything_else_is_refused(self, typed):
        with pytest.raises(ValueError, match="international"):
            parse_phone(typed)


class TestNaming:
    @pytest.mark.req("CO-06")
    async def test_mails_the_person_a_link_to_sign_up(self, steps):
        account, email = await steps.activated(), steps.new_address()
        answer = await name(steps, account, email)
        assert answer.status_code == 201
        assert {field: answer.json()[field] for field in ("company_name", "position", "phone", "email")} == {
            "company_name": "Vega Conseil",
            "position": "Directrice générale",
            "phone": "+33123456789",
            "email": email,
        }
        (mail,) = await steps.mails(email)
        said = steps.text_of(mail)
        assert mail["Subject"] == "Ada Lovelace vous demande d\u2019inscrire Vega Conseil sur Maillon"
        assert "Bonjour Grace Hopper," in said
        assert "(Directrice générale)" in said
        assert "https://maillon.example/sign-up" in said
        listed = await steps.client.get("/responsible-persons", headers=account.headers)
        assert [item["email"] for item in listed.json()["items"]] == [email]
        other = await steps.client.get("/responsible-persons", headers=(await steps.activated()).headers)
        assert other.json()["items"] == []

    @pytest.mark.req("CO-06")
    @pytest.mark.parametrize("missing", [*PERSON, "email"])
    async def test_needs_every_field(self, steps, missing):
        answer = (
            await name(steps, await steps.activated(), "x@example.com", **{missing: ...})
            if missing != "email"
            else (await steps.post("/responsible-persons", await steps.activated(), **PERSON))
        )
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, missing)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("phone", "0123456789"),
            ("phone", "call me +33123456789"),
            ("company_name", "Vega\nBcc: eve@example.com"),
            ("first_name", "G\x00race"),
            ("position", "x" * 201),
        ],
    )
    async def test_refuses_what_is_none(self, steps, field, value):
        answer = await name(steps, await steps.activated(), steps.new_address(), **{field: value})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    @pytest.mark.req("CO-06")
    async def test_shows_markup_in_names_as_text(self, steps):
        evil = '<a href="https://evil.example">click</a><mj-raw>'
        account, email = await steps.activated(first_name="<b>Ada</b>"), steps.new_address()
        await name(steps, account, email, company_name=evil, first_name="<img src=x>", position="<script>x</script>")
        html = steps.html_of((await steps.mails(email))[-1])
        for markup in ('<a href="https://evil', "<mj-raw", "<img src=x", "<script>", "<b>Ada"):
            assert markup not in html
        assert "&lt;script&gt;x&lt;/script&gt;" in html

    @pytest.mark.req("CO-06")
    async def test_is_for_members_without_company(self, steps):
        colleague = await steps.head(Role.CONSULTANT)
        assert steps.code(await name(steps, colleague, steps.new_address())) == (409, "acts_for_company")
        stranger = steps.h.headers(steps.h.member())
        answer = await steps.client.post(
            "/responsible-persons", json={**PERSON, "email": "x@example.com"}, headers=stranger
        )
        assert steps.code(answer) == (404, "member_not_found")

    async def test_stops_at_three_a_day_for_a_member(self, steps):
        account = await steps.activated()
        for _ in range(PER_MEMBER):
            assert (await name(steps, account, steps.new_address())).status_code == 201
        assert steps.code(await name(steps, account, steps.new_address())) == (429, "too_many_named")
        assert (await name(steps, await steps.activated(), steps.new_address())).status_code == 201
        steps.h.clock.offset += DAY
        account.tokens = (await steps.log_in(account.email)).json()
        assert (await name(steps, account, steps.new_address())).status_code == 201

    async def test_stops_at_three_mails_a_day_to_one_address_and_does_not_say_so(self, steps):
        email = steps.new_address()
        answers = [await name(steps, await steps.activated(), email) for _ in range(PER_ADDRESS + 1)]
        assert [answer.status_code for answer in answers] == [201] * (PER_ADDRESS + 1)
        assert len(await steps.mails(email)) == PER_ADDRESS

    @pytest.mark.req("CO-06")
    async def test_a_known_address_is_answered_and_written_to_alike(self, steps):
        account, known = await steps.activated(), await steps.activated()
        before = len(await steps.mails(known.email))
        answers = [await name(steps, account, email) for email in (known.email, steps.new_address())]
        assert {answer.status_code for answer in answers} == {201}
        assert len(await steps.mails(known.email)) == before + 1


@pytest.mark.req("CO-06", "PL-08")
class TestForgetting:
    async def kept(self, steps, email):
        persons = await steps.count("responsible_persons", email_key=email)
        async with steps.h.tx() as tx:
            query = "SELECT count(*) FROM notifications WHERE address = :a OR context::text LIKE :said"
            mails = await tx.scalar(text(query), {"a": email, "said": f"%{self.tag}%"})
        return persons, mails

    async def named(self, steps):
        self.tag = f"Vega {uuid4().hex}"
        account, email = await steps.activated(), steps.new_address()
        assert (await name(steps, account, email, company_name=self.tag)).status_code == 201
        return account, email

    @pytest.mark.parametrize(
        ("after", "left"), [(KEPT - timedelta(seconds=5), (1, 1)), (KEPT + timedelta(seconds=5), (0, 0))]
    )
    async def test_comes_after_90_days_and_takes_the_mail_along(self, steps, after, left):
        _, email = await self.named(steps)
        async with steps.h.tx() as tx:
            await DATA[0].forget(tx, tx.now + after)
        assert await self.kept(steps, email) == left

    async def test_comes_when_the_person_signed_up(self, steps):
        _, email = await self.named(steps)
        await steps.sign_up(email)
        assert await self.kept(steps, email) == (1, 1)
        token = await steps.mailed_token(email)
        assert (await steps.post("/activations", token=token)).status_code == 200
        assert await self.kept(steps, email) == (0, 0)

    async def test_comes_with_the_account_that_named_them(self, steps):
        account, email = await self.named(steps)
        async with steps.h.tx() as tx:
            (record,) = await DATA[0].gather(tx, account.id)
            assert (record["company_name"], "email" in record) == (self.tag, False)
            await DATA[0].erase(tx, account.id)
        assert await self.kept(steps, email) == (0, 0)
