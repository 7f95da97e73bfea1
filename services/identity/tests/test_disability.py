"""The disability status: off by default, on in two steps by explicit consent, gone without trace when off."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from chassis.audit import audit_log
from identity.disability.domain import CONFIRM_WITHIN, DisabilityConfirmation, DisabilityStatus
from identity.disability.personal import DATA

PATH = "/members/me/disability-status"


async def ready(world):
    account = await world.activated()
    chosen = {"profile_type": "freelance"}
    assert (await world.client.put("/members/me/profile-type", json=chosen, headers=account.headers)).is_success
    return account


async def ask(world, account):
    return await world.client.post(PATH, headers=account.headers)


async def confirm(world, account, confirmation_id, consent=True):
    body = {"confirmation_id": str(confirmation_id), "consent": consent}
    return await world.client.post(f"{PATH}/confirmation", json=body, headers=account.headers)


async def turned_on(world, account=None):
    account = account or await ready(world)
    asked = (await ask(world, account)).json()
    assert (await confirm(world, account, asked["confirmation_id"])).status_code == 201
    return account


async def views(world, account):
    """The profile as its owner, another member and a third party see it."""
    viewer = await world.activated()
    link = (await world.client.post("/members/me/public-link", headers=account.headers)).json()
    own = await world.client.get("/members/me/profile", headers=account.headers)
    member = await world.client.get(f"/profiles/{account.id}", headers=viewer.headers)
    public = await world.client.get(f"/public-profiles/{link['slug']}")
    return [answer.json() for answer in (own, member, public)]


async def acts_on(world, account):
    async with world.h.tx() as tx:
        query = select(audit_log).where(audit_log.c.subject == str(account.id)).order_by(audit_log.c.id)
        return [dict(row) for row in (await tx.execute(query)).mappings()]


class TestDefault:
    @pytest.mark.req("ID-51", "ID-53")
    async def test_it_is_off_and_no_view_has_the_key(self, world):
        account = await ready(world)
        assert (await world.client.get(PATH, headers=account.headers)).json()["shown"] is False
        assert all("disability_status" not in view for view in await views(world, account))


class TestTurningOn:
    @pytest.mark.req("ID-51", "ID-52", "ID-53")
    async def test_takes_two_steps_and_then_every_view_shows_it(self, world):
        account = await ready(world)
        asked = await ask(world, account)
        assert asked.status_code == 201
        assert all(asked.json()[language] for language in ("fr", "en"))
        assert all("disability_status" not in view for view in await views(world, account))
        answer = await confirm(world, account, asked.json()["confirmation_id"])
        assert (answer.status_code, answer.json()["shown"]) == (201, True)
        assert [view["disability_status"] for view in await views(world, account)] == [True] * 3

    @pytest.mark.req("ID-52")
    async def test_a_confirmation_works_once(self, world):
        account = await ready(world)
        asked = (await ask(world, account)).json()["confirmation_id"]
        await confirm(world, account, asked)
        await world.client.delete(PATH, headers=account.headers)
        again = await confirm(world, account, asked)
        assert (again.status_code, again.json()["code"]) == (404, "confirmation_not_found")

    @pytest.mark.req("ID-52")
    @pytest.mark.parametrize(("late", "status"), [(timedelta(seconds=-2), 201), (timedelta(seconds=1), 410)])
    async def test_a_confirmation_lasts_a_quarter_of_an_hour(self, world, late, status):
        account = await ready(world)
        asked = (await ask(world, account)).json()["confirmation_id"]
        world.h.clock.offset = CONFIRM_WITHIN + late
        account.tokens = (await world.log_in(account.email)).json()
        assert (await confirm(world, account, asked)).status_code == status

    @pytest.mark.req("ID-52")
    async def test_a_newer_first_step_replaces_the_older(self, world):
        account = await ready(world)
        first, second = [(await ask(world, account)).json()["confirmation_id"] for _ in range(2)]
        assert (await confirm(world, account, first)).status_code == 404
        assert (await confirm(world, account, second)).status_code == 201

    async def test_nobody_confirms_for_another(self, world):
        account, rival = await ready(world), await ready(world)
        asked = (await ask(world, account)).json()["confirmation_id"]
        assert (await confirm(world, rival, asked)).status_code == 404
        assert (await confirm(world, account, uuid4())).status_code == 404

    @pytest.mark.parametrize("consent", [False, None, "yes"])
    async def test_needs_an_explicit_consent(self, world, consent):
        account = await ready(world)
        asked = (await ask(world, account)).json()["confirmation_id"]
        answer = await confirm(world, account, asked, consent)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "consent")
        assert (await world.client.get(PATH, headers=account.headers)).json()["shown"] is False

    async def test_is_refused_when_it_is_on(self, world):
        answer = await ask(world, await turned_on(world))
        assert (answer.status_code, answer.json()["code"]) == (409, "disability_status_on")


class TestAudience:
    @pytest.mark.req("ID-53")
    @pytest.mark.parametrize(
        ("visibility", "seen_by"),
        [("third_parties", [True, True, True]), ("members", [True, True, False]), ("nobody", [True, False, False])],
    )
    async def test_the_key_is_absent_for_whom_it_is_not(self, world, visibility, seen_by):
        account = await turned_on(world)
        answer = await world.client.put(PATH, json={"visibility": visibility}, headers=account.headers)
        assert answer.json()["visibility"] == visibility
        assert ["disability_status" in view for view in await views(world, account)] == seen_by

    async def test_there_is_none_to_choose_while_it_is_off(self, world):
        answer = await world.client.put(PATH, json={"visibility": "members"}, headers=(await ready(world)).headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "disability_status_off")


class TestTurningOff:
    @pytest.mark.req("ID-51", "ID-53")
    async def test_leaves_nothing_of_it_in_any_table(self, world):
        account = await turned_on(world)
        assert (await world.client.delete(PATH, headers=account.headers)).status_code == 204
        assert all("disability_status" not in view for view in await views(world, account))
        async with world.h.tx() as tx:
            for row in (DisabilityStatus, DisabilityConfirmation):
                assert (await tx.scalars(select(row).where(row.member_id == account.id))).all() == []
            kept = await tx.scalar(
                text("SELECT count(*) FROM idempotency_keys WHERE convert_from(body, 'UTF8') ILIKE '%handicap%'")
            )
        assert kept == 0

    async def test_the_trail_says_that_a_consent_came_and_went_and_not_to_what(self, world):
        account = await turned_on(world)
        await world.client.delete(PATH, headers=account.headers)
        await world.client.delete(PATH, headers=account.headers)
        acts = await acts_on(world, account)
        about = [act for act in acts if act["details"].get("document") == "sensitive_profile_data"]
        assert [act["action"] for act in about] == ["consent.given", "consent.withdrawn"]
        assert not any(word in str(acts).lower() for word in ("disab", "handicap", "health"))

    async def test_an_answer_is_not_kept_for_replays(self, world):
        account = await ready(world)
        headers = account.headers | {"Idempotency-Key": "k1"}
        first = (await world.client.post(PATH, headers=headers)).json()
        second = (await world.client.post(PATH, headers=headers)).json()
        assert first["confirmation_id"] != second["confirmation_id"]


class TestPersonalData:
    async def test_is_gathered_while_on_and_erased_with_the_account(self, world):
        account, other = await turned_on(world), await turned_on(world)
        (kind,) = DATA
        async with world.h.tx() as tx:
            assert [row["visibility"] for row in await kind.gather(tx, account.id)] == ["third_parties"]
            await kind.erase(tx, account.id)
        async with world.h.tx() as tx:
            assert await kind.gather(tx, account.id) == []
            assert len(await kind.gather(tx, other.id)) == 1

    @pytest.mark.req("PL-08")
    async def test_a_step_that_was_not_confirmed_is_forgotten_when_it_expires(self, world):
        account = await ready(world)
        await ask(world, account)
        (kind,) = DATA
        async with world.h.tx() as tx:
            expires = (await tx.get_one(DisabilityConfirmation, account.id)).expires_at
        for instant, left in ((expires - timedelta(microseconds=1), 1), (expires, 0)):
            async with world.h.tx() as tx:
                await kind.forget(tx, instant)
                query = select(DisabilityConfirmation).where(DisabilityConfirmation.member_id == account.id)
                assert len((await tx.scalars(query)).all()) == left
