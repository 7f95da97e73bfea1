from uuid import uuid4

import pytest

from company.company.search import SearchTooShort, normalise, searched
from contracts.roles import ProfileType


class TestNormalise:
    @pytest.mark.parametrize(
        ("written", "found"),
        [
            ("Société Générale", "societe generale"),
            ("  L'ORÉAL-Paris S.A. ", "l oreal paris s a"),
            ("3M", "3m"),
            ("Straße", "strasse"),
            ("!!!", ""),
        ],
    )
    def test_forgives_accents_case_and_punctuation(self, written, found) -> None:
        assert normalise(written) == found

    def test_makes_no_word_longer_than_the_index_takes(self) -> None:
        assert len(normalise("\ufdfa" * 200 + "x" * 200).split()[-1]) <= 60


class TestSearch:
    async def find(self, world, search, headers=None):
        headers = headers or world.headers(await world.member())
        return await world.client.get("/companies", params={"search": search, "limit": 200}, headers=headers)

    @pytest.mark.req("CO-01")
    @pytest.mark.parametrize("search", ["", "ab", "a b", " a ", "a-b", "éé"])
    async def test_needs_three_characters(self, world, refused, search) -> None:
        refused(await self.find(world, search), 422, "search_too_short", "search")
        with pytest.raises(SearchTooShort):
            searched(search)

    async def test_must_be_asked_for(self, world, refused) -> None:
        headers = world.headers(await world.member())
        refused(await world.client.get("/companies", headers=headers), 422, "invalid_request", "search")

    @pytest.mark.req("CO-01")
    async def test_finds_by_the_beginning_of_words_whatever_accents_and_case(self, world) -> None:
        mark = uuid4().hex
        company = await world.company(name=f"Établissements {mark} Frères")
        for search in (mark, mark[:20].upper(), f"freres {mark}", f"ETABL {mark}"):
            (found,) = (await self.find(world, search)).json()["items"]
            assert found == {"id": company.id, "name": company.json["name"], "city": "Paris", "kind": "provider"}
        for search in (mark[26:], f"{mark} soeurs"):
            assert (await self.find(world, search)).json()["items"] == []

    @pytest.mark.req("CO-01")
    @pytest.mark.parametrize(
        "search",
        ["xaleronde", "zaleronde", "zalerondde", "zalernode zephix", "Zaleronde ZEFIX", "zaleronde xephix"],
    )
    async def test_forgives_a_typing_error(self, world, search) -> None:
        company = await world.company(name="Zalerondé Zéphix")
        assert company.id in [found["id"] for found in (await self.find(world, search)).json()["items"]]

    @pytest.mark.req("CO-01")
    async def test_does_not_take_anything_for_a_typing_error(self, world) -> None:
        mark = uuid4().hex
        await world.company(name=mark)
        for search in ("quixotry", mark[::-1], f"{mark[:6]} quixotry"):
            assert (await self.find(world, search)).json()["items"] == []

    @pytest.mark.req("CO-01")
    async def test_gives_the_best_match_first(self, world) -> None:
        names = ["Vorlinde", "Vorlinde Nord", "Groupe Vorlinde", "Vorlende", "Vorlinge et Fils"]
        for name in reversed(names):
            await world.company(name=name)
        found = (await self.find(world, "vorlinde")).json()["items"]
        assert [line["name"] for line in found] == names

    async def test_pages_through_equal_matches_without_loss_or_repeat(self, world) -> None:
        companies = {
            (await world.company(name=name)).id for name in ["Ostrelle"] * 3 + ["Ostrelle B"] * 2 + ["Ostrele"]
        }
        headers = world.headers(await world.member())
        seen, cursor = [], None
        while True:
            params = {"search": "ostrelle", "limit": 2} | ({"cursor": cursor} if cursor else {})
            answer = (await world.client.get("/companies", params=params, headers=headers)).json()
            seen += [line["id"] for line in answer["items"]]
            cursor = answer["next"]
            if cursor is None:
                break
        assert len(seen) == 6
        assert set(seen) == companies

    async def test_takes_no_cursor_but_its_own(self, world, refused) -> None:
        headers = world.headers(await world.member())
        for cursor in ("x", "AAAA", "A" * 22):
            params = {"search": "abc", "cursor": cursor}
            refused(
                await world.client.get("/companies", params=params, headers=headers), 422, "invalid_request", "cursor"
            )

    @pytest.mark.req("CO-08")
    async def test_that_finds_nothing_offers_two_ways_on_and_help(self, world) -> None:
        mark = uuid4().hex
        answer = (await self.find(world, mark)).json()
        assert [offer["path"] for offer in answer["offers"]] == ["create_company", "name_responsible_person"]
        assert answer["support"] == "mailto:support@maillon.example"
        await world.company(name=mark)
        answer = (await self.find(world, mark)).json()
        assert (len(answer["items"]), answer["offers"], answer["support"]) == (1, [], None)

    async def test_takes_quotes_and_operators_as_plain_text(self, world) -> None:
        for search in ("l'oréal", "abc & !def", "abc:*", "';--", "\\\\abc"):
            assert (await self.find(world, search)).status_code in {200, 422}

    async def test_leaves_refused_companies_out(self, world) -> None:
        mark = uuid4().hex
        await world.refuse(await world.company(ProfileType.CLIENT, name=mark))
        assert (await self.find(world, mark)).json()["items"] == []
