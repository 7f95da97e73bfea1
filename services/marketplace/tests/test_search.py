"""Finding requests: by words, by number, page by page, whatever is typed."""

from uuid import uuid4

import pytest
from sqlalchemy import update

from marketplace.rfp.domain import Rfp


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [rfp["id"] for rfp in answer.json()["items"]]


async def search(market, caller, query):
    return await market.call("GET", "/rfps", caller, params={"query": query})


class TestWords:
    @pytest.mark.parametrize(
        ("changes", "query"),
        [
            ({"title": "Développeurs confirmés {}"}, "développeur {}"),
            ({"title": "Développeurs {}"}, "DÉVELOPPEURS {}"),
            ({"description": "Refonte des chaînes {}\nde données"}, "chaîne {}"),
            ({"skills": ["Kubernetes", "{}"]}, "kubernetes {}"),
            ({"skills": ["Node.js", "{}"]}, "node.js {}"),
            ({"skills": ["C++", "{}"]}, "C++ {}"),
            ({"title": "The {} of it"}, "the {}"),
            ({"title": "pilote de chantier {}"}, '"pilote de chantier" {}'),
        ],
    )
    async def test_found_in_title_description_and_skills(self, market, changes, query):
        word = f"w{uuid4().hex}"
        fill = lambda value: [item.format(word) for item in value] if isinstance(value, list) else value.format(word)  # noqa: E731
        rfp = await market.published(await market.buyer(), **{name: fill(value) for name, value in changes.items()})
        await market.published(await market.buyer())
        assert ids(await search(market, await market.seller(), query.format(word))) == [rfp["id"]]

    async def test_excluded_words(self, market):
        word = f"w{uuid4().hex}"
        buyer = await market.buyer()
        kept = await market.published(buyer, title=f"{word} java")
        await market.published(buyer, title=f"{word} cobol")
        assert ids(await search(market, await market.seller(), f"{word} -cobol")) == [kept["id"]]

    async def test_excluded_phrases(self, market):
        word = f"w{uuid4().hex}"
        buyer = await market.buyer()
        kept = await market.published(buyer, title=f"{word} java full-stack")
        await market.published(buyer, title=f"{word} chef de projet full-stack")
        seller = await market.seller()
        assert ids(await search(market, seller, f'{word} -"chef de projet" full-stack')) == [kept["id"]]

    async def test_drafts_are_found_by_their_client_alone(self, market):
        word = f"w{uuid4().hex}"
        buyer = await market.buyer()
        draft = await market.drafted(buyer, title=word)
        assert ids(await search(market, buyer, word)) == [draft["id"]]
        assert ids(await search(market, await market.seller(), word)) == []
        assert ids(await search(market, await market.buyer(), word)) == []

    async def test_nothing_typed_finds_all_one_may_see(self, market):
        buyer = await market.buyer()
        rfp = await market.published(buyer)
        for nothing in ("", "   "):
            assert ids(await search(market, buyer, nothing)) == [rfp["id"]]

    @pytest.mark.parametrize(
        "query",
        [
            "'; DROP TABLE rfps; --",
            "' OR 1=1 --",
            "(" * 200,
            "a" * 200,
            "(a+)+$" * 30,
            "& | ! <-> :* \\",
            '"""',
            "-" * 200,
            " -" * 100,
            "(-" * 100,
            '-"' * 100,
            '-"a ' * 50,
            "a-a" * 66,
            "or " * 66,
            "%_%",
            "${jndi:x}",
            "le la les",
            "🦆",
            "999999999999999999999",
            "RFP-999999999-1",
            "٣٤",
        ],
    )
    async def test_nothing_typed_breaks_it(self, market, query):
        buyer = await market.buyer()
        await market.published(buyer)
        assert ids(await search(market, buyer, query)) == []

    @pytest.mark.parametrize("query", ["x" * 201, "x" * 10_000, "nul\x00", "line\nbreak"])
    async def test_refused_when_too_long_or_unreadable(self, market, query):
        answer = await search(market, await market.buyer(), query)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert answer.json()["errors"][0]["field"] == "query"


class TestNumber:
    @pytest.mark.req("MK-01")
    async def test_found_by_its_number_in_every_writing(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        rfp, other = await market.published(buyer), await market.published(buyer)
        number = 1_000_000 + int(rfp["reference"].split("-")[1])
        async with market.h.tx() as tx:
            await tx.execute(update(Rfp).where(Rfp.id == rfp["id"]).values(number=number))
        for query in (f"{number}", f"RFP-{number}-1", f"rfp-{number}", f" {number} "):
            for caller in (buyer, seller):
                assert ids(await search(market, caller, query)) == [rfp["id"]]
        assert rfp["id"] != other["id"]

    async def test_a_part_of_a_number_finds_nothing(self, market):
        buyer = await market.buyer()
        rfp = await market.published(buyer)
        async with market.h.tx() as tx:
            await tx.execute(update(Rfp).where(Rfp.id == rfp["id"]).values(number=90064))
        assert ids(await search(market, buyer, "9006")) == []


class TestPages:
    async def test_the_last_published_comes_first(self, market):
        buyer = await market.buyer()
        early, late = await market.drafted(buyer), await market.drafted(buyer)
        for rfp in (late, early):
            assert (await market.call("POST", f"/rfps/{rfp['id']}/publication", buyer)).status_code == 200
        assert ids(await market.call("GET", "/rfps", buyer)) == [early["id"], late["id"]]

    async def test_every_request_once(self, market):
        buyer = await market.buyer()
        made = [(await market.drafted(buyer))["id"] for _ in range(5)]
        seen, cursor = [], None
        while True:
            page = await market.call(
                "GET", "/rfps", buyer, params={"limit": 2} | ({"cursor": cursor} if cursor else {})
            )
            seen += ids(page)
            cursor = page.json()["next"]
            if cursor is None:
                break
        assert seen == made[::-1]

    @pytest.mark.parametrize("cursor", ["AAAA", "!!!", "%00", "x" * 65, "A" * 21])
    @pytest.mark.parametrize("url", ["/rfps", "/proposals"])
    async def test_refused_with_a_cursor_of_ones_own(self, market, cursor, url):
        answer = await market.call("GET", url, await market.seller(), params={"cursor": cursor})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")
