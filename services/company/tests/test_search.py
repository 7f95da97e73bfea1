from uuid import uuid4

import pytest

from company.company.search import SearchTooShort, normalise, search_terms
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
            search_terms(search)

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
        for search in (mark[1:], f"{mark} soeurs"):
            assert (await self.find(world, search)).json()["items"] == []

    async def test_takes_quotes_and_operators_as_plain_text(self, world) -> None:
        for search in ("l'oréal", "abc & !def", "abc:*", "';--", "\\\\abc"):
            assert (await self.find(world, search)).status_code in {200, 422}

    async def test_leaves_refused_companies_out(self, world) -> None:
        mark = uuid4().hex
        await world.refuse(await world.company(ProfileType.CLIENT, name=mark))
        assert (await self.find(world, mark)).json()["items"] == []
