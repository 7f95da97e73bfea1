"""What members want to be told, and where; and unsubscribing by one click in the mail program."""

import asyncio
from itertools import product
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from contracts.notification import NotificationRequested
from identity.notification.domain import MAIL_ONLY, TEMPLATES
from identity.own import own_of
from identity.preference.domain import CATEGORY_OF, MANDATORY, Category, Channel, category_of
from identity.preference.personal import DATA
from identity.preference.unsubscribing import unsubscribe_token

PATH = "/members/me/notification-preferences"
OPTIONAL = sorted(set(Category) - MANDATORY)
CRA = ("cra_submitted", {"title": "Data platform", "month": "2026-11", "consultant_name": "Zoé", "days": "1"})
ORDER = ("company_validated", {"company_name": "Exemple SA"})


async def choose(world, account, *categories):
    return await world.client.put(PATH, json={"categories": list(categories)}, headers=account.headers)


async def tell(world, account, template, context):
    event = NotificationRequested(subject_id=uuid4(), template=template, members=[account.id], context=context)
    before = len(await world.mails(account.email))
    await world.h.deliver(event)
    items = (await world.client.get("/notifications", headers=account.headers)).json()["items"]
    return len(await world.mails(account.email)) - before, sum(i["subject_id"] == str(event.subject_id) for i in items)


class TestChoosing:
    async def test_everything_is_told_everywhere_at_first(self, world):
        account = await world.activated()
        shown = (await world.client.get(PATH, headers=account.headers)).json()["categories"]
        assert [row["category"] for row in shown] == list(Category)
        assert all(row["mail"] and row["inbox"] for row in shown)
        assert {row["category"] for row in shown if row["mandatory"]} == {"security", "contract", "payment"}

    @pytest.mark.parametrize(("mail", "inbox"), list(product((True, False), repeat=2)))
    async def test_a_choice_holds_for_its_channel_and_category_alone(self, world, mail, inbox):
        account = await world.activated()
        await choose(world, account, {"category": "activity", "mail": mail, "inbox": inbox})
        assert await tell(world, account, *CRA) == (mail, inbox)
        assert await tell(world, account, *ORDER) == (1, 1)

    async def test_what_is_not_named_is_told_again(self, world):
        account = await world.activated()
        await choose(world, account, {"category": "activity", "mail": False})
        answer = await choose(world, account, {"category": "people", "inbox": False})
        told = {row["category"]: (row["mail"], row["inbox"]) for row in answer.json()["categories"]}
        assert (told["activity"], told["people"]) == ((True, True), (True, False))

    @pytest.mark.parametrize(("category", "channel"), sorted(product(MANDATORY, Channel)))
    async def test_security_contracts_and_payments_cannot_be_turned_off(self, world, category, channel):
        account = await world.activated()
        answer = await choose(world, account, {"category": category, channel: False})
        assert (answer.status_code, answer.json()["code"]) == (422, "mandatory_category")
        assert answer.json()["errors"][0]["field"] == "categories"
        shown = (await world.client.get(PATH, headers=account.headers)).json()["categories"]
        assert all(row["mail"] and row["inbox"] for row in shown)

    async def test_two_choices_at_once_leave_one_of_them(self, world):
        account = await world.activated()
        wishes = [{"category": category, "mail": False} for category in OPTIONAL[:2]]
        answers = await asyncio.gather(*(choose(world, account, wish) for wish in wishes))
        assert [answer.status_code for answer in answers] == [200, 200]
        shown = (await world.client.get(PATH, headers=account.headers)).json()["categories"]
        assert sum(not row["mail"] for row in shown) == 1


class TestTable:
    def test_names_only_texts_that_exist(self):
        assert set(CATEGORY_OF) <= set(TEMPLATES)

    @pytest.mark.parametrize("template", sorted(MAIL_ONLY))
    def test_what_proves_an_address_is_never_held_back(self, template):
        assert category_of(template) == Category.SECURITY

    def test_a_text_that_nobody_sorted_is_never_held_back(self):
        assert category_of("some_new_text") in MANDATORY


class TestUnsubscribing:
    async def link_of(self, world, account):
        await tell(world, account, *CRA)
        mail = (await world.mails(account.email))[-1]
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        url = urlsplit(mail["List-Unsubscribe"].strip("<>"))
        assert (url.scheme, url.netloc, url.path) == ("https", "maillon.example", "/api/identity/unsubscriptions")
        return parse_qs(url.query)["token"][0]

    async def post(self, world, token):
        return await world.client.post(
            "/unsubscriptions", params={"token": token}, data={"List-Unsubscribe": "One-Click"}
        )

    async def test_one_click_ends_the_mails_of_that_category(self, world):
        account = await world.activated()
        token = await self.link_of(world, account)
        looked = await world.client.get("/unsubscriptions", params={"token": token})
        assert looked.json() == {"category": "activity", "mail": True}
        assert await tell(world, account, *CRA) == (1, 1), "looking changes nothing"
        for _ in range(2):
            answer = await self.post(world, token)
            assert (answer.status_code, answer.json()) == (200, {"category": "activity", "mail": False})
        assert await tell(world, account, *CRA) == (0, 1)
        assert await tell(world, account, *ORDER) == (1, 1)

    async def test_a_mandatory_mail_offers_no_way_out(self, world):
        account = await world.activated()
        await tell(world, account, *ORDER)
        assert all(mail["List-Unsubscribe"] is None for mail in await world.mails(account.email))

    async def test_a_token_is_for_one_member_and_one_category(self, world):
        account, rival = await world.activated(), await world.activated()
        token = await self.link_of(world, account)
        _, category, mac = token.split(".")
        forged = [
            f"{rival.id.hex}.{category}.{mac}",
            f"{account.id.hex}.people.{mac}",
            f"{account.id.hex}.{category}.{mac[:-2]}xx",
            unsubscribe_token(own_of(world.h.platform).links, account.id, Category.SECURITY),
            unsubscribe_token(own_of(world.h.platform).links, uuid4(), Category.ACTIVITY),
            "x",
        ]
        for wrong in forged:
            answer = await self.post(world, wrong)
            assert (answer.status_code, answer.json()["code"]) == (422, "unsubscribe_token_invalid")
        assert await tell(world, rival, *CRA) == (1, 1)


class TestPersonalData:
    async def test_is_gathered_and_goes_with_the_account(self, world):
        account, other = await world.activated(), await world.activated()
        for one in (account, other):
            await choose(world, one, {"category": "activity", "mail": False})
        (kind,) = DATA
        async with world.h.tx() as tx:
            assert [(r["category"], r["channel"]) for r in await kind.gather(tx, account.id)] == [("activity", "mail")]
            await kind.erase(tx, account.id)
        async with world.h.tx() as tx:
            assert await kind.gather(tx, account.id) == []
            assert len(await kind.gather(tx, other.id)) == 1
