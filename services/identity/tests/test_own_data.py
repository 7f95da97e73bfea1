"""Changing one's own data: name, phone, language, password and address."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from contracts.identity import MemberRenamed
from identity.account.domain import EmailChange
from identity.account.personal import KEPT, _forget

SETTINGS = {"first_name": "Augusta", "last_name": "King", "phone": "+33612345678", "language": "en"}


async def put(world, account, **changes):
    headers = account.headers | changes.pop("headers", {})
    return await world.client.put("/members/me", json=SETTINGS | changes, headers=headers)


async def read(world, account):
    return await world.client.get("/members/me", headers=account.headers)


async def renames_of(world, account):
    return [e for e in await world.h.emitted(MemberRenamed) if e.member_id == account.id]


async def ready(world):
    account = await world.activated()
    chosen = await world.client.put(
        "/members/me/profile-type", json={"profile_type": "consultancy"}, headers=account.headers
    )
    assert chosen.status_code == 200
    return account


class TestSettings:
    @pytest.mark.req("ID-21", "ID-54")
    async def test_replace_name_phone_and_language(self, world):
        account = await world.activated()
        answer = await put(world, account)
        assert answer.status_code == 200
        assert {name: answer.json()[name] for name in SETTINGS} == SETTINGS
        assert (await read(world, account)).json() == answer.json()

    @pytest.mark.req("ID-21")
    async def test_tell_the_others_of_a_new_name_and_of_nothing_else(self, world):
        account = await ready(world)
        await put(world, account)
        await put(world, account, phone=None)
        (event,) = await renames_of(world, account)
        assert event.display_name == "Augusta King"
        await put(world, account, last_name="Byron")
        assert [e.display_name for e in await renames_of(world, account)] == ["Augusta King", "Augusta Byron"]
        assert (await renames_of(world, account))[1].version > event.version

    async def test_tell_nobody_while_nobody_knows_the_member(self, world):
        account = await world.activated()
        await put(world, account)
        assert await renames_of(world, account) == []

    async def test_of_two_people_who_edit_at_once_the_second_is_told(self, world):
        account = await world.activated()
        etag = (await read(world, account)).headers["etag"]
        answers = await asyncio.gather(
            *(put(world, account, last_name=name, headers={"If-Match": etag}) for name in ("King", "Byron"))
        )
        assert sorted(a.status_code for a in answers) == [200, 412]
        newest = (await read(world, account)).headers["etag"]
        assert (await put(world, account, headers={"If-Match": newest})).headers["etag"] != newest

    @pytest.mark.parametrize(
        "phone", ["0612345678", "+33 6 12 34 56 78", "+0612345678", "+123456", "+1234567890123456", "+3361234567٨", ""]
    )
    async def test_refuse_a_phone_number_in_another_form(self, world, phone):
        account = await world.activated()
        refused = await put(world, account, phone=phone)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"].endswith("phone")

    @pytest.mark.parametrize(
        "changes", [{"first_name": ""}, {"last_name": "A" * 81}, {"language": "de"}, {"email": "a@b.fr"}]
    )
    async def test_refuse_what_is_no_setting(self, world, changes):
        account = await world.activated()
        assert (await put(world, account, **changes)).status_code == 422


class TestPassword:
    async def change(self, world, account, current=None, new="another long password"):
        body = {"current": current or world.password, "new": new}
        return await world.client.put("/members/me/password", json=body, headers=account.headers)

    @pytest.mark.req("ID-31")
    async def test_changed_ends_the_other_sessions_and_tells_the_mailbox(self, world):
        account = await world.activated()
        other = (await world.log_in(account.email)).json()
        assert (await self.change(world, account)).status_code == 204
        gone = await world.client.post("/sessions/refresh", json={"refresh_token": other["refresh_token"]})
        kept = await world.client.post("/sessions/refresh", json={"refresh_token": account.tokens["refresh_token"]})
        assert (gone.status_code, kept.status_code) == (401, 200)
        assert (await world.log_in(account.email)).status_code == 401
        assert (await world.log_in(account.email, "another long password")).status_code == 201
        assert "mot de passe a changé" in (await world.mails(account.email))[-1]["Subject"]

    async def test_needs_the_present_one_and_counts_wrong_ones(self, world):
        account = await world.activated()
        statuses = [(await self.change(world, account, "not the password")).status_code for _ in range(11)]
        assert statuses == [401] * 10 + [429]
        assert (await self.change(world, account)).status_code == 429

    async def test_too_short_is_refused(self, world):
        account = await world.activated()
        refused = await self.change(world, account, new="eleven char")
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"].endswith("new")

    async def test_changed_while_the_old_one_logs_in_leaves_no_session_of_it(self, world):
        account = await world.activated()
        results = await asyncio.gather(self.change(world, account), *(world.log_in(account.email) for _ in range(6)))
        assert results[0].status_code == 204
        opened = [a.json() for a in results[1:] if a.status_code == 201]
        refreshed = [
            (await world.client.post("/sessions/refresh", json={"refresh_token": t["refresh_token"]})).status_code
            for t in opened
        ]
        assert set(refreshed) <= {401}


async def ask(world, account, email):
    return await world.client.post("/members/me/email-changes", json={"email": email}, headers=account.headers)


async def confirm(world, token):
    return await world.client.post("/email-changes/confirmation", json={"token": token})


class TestAddress:
    @pytest.mark.req("ID-21")
    async def test_moves_once_its_new_mailbox_confirms(self, world):
        account, new = await world.activated(), world.new_address()
        other = (await world.log_in(account.email)).json()
        asked = await ask(world, account, new)
        assert (asked.status_code, asked.json()) == (202, {"status": "confirmation_sent"})
        assert (await read(world, account)).json()["email"] == account.email
        token = await world.mailed_token(new)
        assert "Changement d" in (await world.mails(account.email))[-1]["Subject"]
        moved = await confirm(world, token)
        assert (moved.status_code, moved.json()) == (200, {"status": "email_changed"})
        assert (await read(world, account)).json()["email"] == new
        assert (await world.log_in(account.email)).status_code == 401
        assert (await world.log_in(new.upper())).status_code == 201
        gone = await world.client.post("/sessions/refresh", json={"refresh_token": other["refresh_token"]})
        kept = await world.client.post("/sessions/refresh", json={"refresh_token": account.tokens["refresh_token"]})
        assert (gone.status_code, kept.status_code) == (401, 200)

    async def test_the_warning_reaches_the_old_mailbox_however_late_it_is_sent(self, world):
        account, new = await world.activated(), world.new_address()
        await ask(world, account, new)
        token = await world.mailed_token(new)
        async with world.h.tx() as tx:
            due = "UPDATE notifications SET next_attempt_at = now(), address = :old"
            retry = f"{due} WHERE template = :t AND member_id = :m"
            late = {"old": account.email, "t": "address_change_asked", "m": account.id}
            await tx.execute(text(retry), late)
        await confirm(world, token)
        before = len(world.mailbox.to(account.email))
        assert len(await world.mails(account.email)) == before + 1
        async with world.h.tx() as tx:
            kept = await tx.scalars(text("SELECT address FROM notifications WHERE member_id = :m"), {"m": account.id})
            assert set(kept) == {None}

    @pytest.mark.parametrize(("age", "status"), [(timedelta(hours=24, seconds=-5), 200), (timedelta(hours=24), 410)])
    async def test_its_link_works_for_a_day(self, world, age, status):
        account, new = await world.activated(), world.new_address()
        await ask(world, account, new)
        token = await world.mailed_token(new)
        world.h.clock.offset = age
        assert (await confirm(world, token)).status_code == status

    async def test_its_link_works_once_though_ten_use_it(self, world):
        account, new = await world.activated(), world.new_address()
        await ask(world, account, new)
        token = await world.mailed_token(new)
        answers = await asyncio.gather(*(confirm(world, token) for _ in range(10)))
        assert sorted(a.status_code for a in answers) == [200] + [409] * 9

    async def test_asked_again_only_the_newest_link_works(self, world):
        account, first, second = await world.activated(), world.new_address(), world.new_address()
        await ask(world, account, first)
        old = await world.mailed_token(first)
        await ask(world, account, second)
        assert (await confirm(world, old)).json()["code"] == "link_replaced"
        assert (await confirm(world, await world.mailed_token(second))).status_code == 200

    @pytest.mark.req("ID-22")
    async def test_a_taken_one_is_answered_alike_and_its_mailbox_told(self, world):
        account, holder = await world.activated(), await world.activated()
        taken, free = await ask(world, account, holder.email), await ask(world, account, world.new_address())
        assert (taken.status_code, taken.json()) == (free.status_code, free.json())
        told = (await world.mails(holder.email))[-1]
        assert "a déjà un compte" in told["Subject"]
        assert "token" not in world.text_of(told)
        assert len([m for m in await world.mails(account.email) if "Changement" in m["Subject"]]) == 2

    async def test_of_two_accounts_that_want_the_same_one_the_first_to_confirm_has_it(self, world):
        one, other, new = await world.activated(), await world.activated(), world.new_address()
        tokens = []
        for account in (one, other):
            await ask(world, account, new)
            tokens.append(await world.mailed_token(new))
        answers = await asyncio.gather(*(confirm(world, token) for token in tokens))
        assert sorted(a.status_code for a in answers) == [200, 409]
        assert next(a for a in answers if a.status_code == 409).json()["code"] == "email_taken"
        addresses = {(await read(world, account)).json()["email"] for account in (one, other)}
        assert new in addresses
        assert len(addresses) == 2

    async def test_the_present_one_is_refused_whatever_its_case(self, world):
        account = await world.activated()
        refused = await ask(world, account, account.email.upper())
        assert (refused.status_code, refused.json()["code"]) == (409, "email_unchanged")

    async def test_a_mailbox_is_asked_five_times_an_hour_at_most(self, world):
        new = world.new_address()
        for _ in range(2):
            account = await world.activated()
            for _ in range(3):
                assert (await ask(world, account, new)).status_code == 202
                await world.mails(new)
        assert len(await world.mails(new)) == 5

    @pytest.mark.parametrize("purpose", ["activation", "nothing"])
    async def test_no_other_token_serves(self, world, purpose):
        token = await world.mailed_token(await world.pending()) if purpose == "activation" else "x"
        assert (await confirm(world, token)).json()["code"] == "link_invalid"

    async def test_the_trail_of_a_change_is_kept_for_a_year(self, world):
        account = await world.activated()
        await ask(world, account, world.new_address())

        async def left_after(age):
            async with world.h.tx() as tx:
                await _forget(tx, tx.now + age)
                mine = select(EmailChange).where(EmailChange.member_id == account.id)
                return len((await tx.scalars(mine)).all())

        assert await left_after(KEPT - timedelta(minutes=1)) == 1
        assert await left_after(KEPT + timedelta(minutes=1)) == 0
