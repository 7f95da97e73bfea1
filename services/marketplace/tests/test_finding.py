"""Finding requests by more than their words: skills, place, terms, references; and in which order."""

from uuid import uuid4

import pytest

from contracts.company import SupplierDereferenced, SupplierReferenced
from contracts.roles import Role
from marketplace.rfp import finding


@pytest.fixture
def word():
    """A word of one test alone: other tests' requests are not found by it."""
    return f"w{uuid4().hex}"


async def find(market, caller, **criteria):
    answer = await market.call("GET", "/rfps", caller, params=criteria)
    assert answer.status_code == 200, answer.text
    return [rfp["id"] for rfp in answer.json()["items"]]


async def pages(market, caller, **criteria):
    seen, cursor = [], {}
    while True:
        answer = await market.call("GET", "/rfps", caller, params=criteria | cursor)
        assert answer.status_code == 200, answer.text
        seen += [rfp["id"] for rfp in answer.json()["items"]]
        if answer.json()["next"] is None:
            return seen
        cursor = {"cursor": answer.json()["next"]}


class TestLanguages:
    @pytest.mark.req("MK-01")
    @pytest.mark.parametrize(
        ("written", "typed"),
        [
            ("Ingénieure système", "ingenieures systemes"),
            ("Ingenieur systeme", "ingénieur système"),
            ("Developing services", "developed service"),
            ("Développeur/euse", "développeurs"),
            ("Développeur/euse", "euse"),
            ("Cœur de réseau", "coeur réseaux"),
            ("De\u0301veloppeurs", "développeur"),
            ("CI/CD", "cd"),
        ],
    )
    async def test_stems_of_both_languages_accents_forgiven(self, market, word, written, typed):
        rfp = await market.published(await market.buyer(), title=f"{written} {word}")
        assert await find(market, await market.seller(), query=f"{typed} {word}") == [rfp["id"]]

    async def test_the_city_is_a_word_as_well(self, market, word):
        rfp = await market.published(await market.buyer(), title=word, city="Orléans")
        assert await find(market, await market.seller(), query=f"{word} orleans") == [rfp["id"]]


class TestSkills:
    @pytest.mark.parametrize(
        ("criteria", "found"),
        [
            ({"skills": ["python"]}, {0, 1}),
            ({"skills": ["PYTHON", "django"]}, {0}),
            ({"skills": ["c++", "réseaux"], "skills_match": "any"}, {1, 2}),
            ({"skills": ["reseaux"]}, {2}),
            ({"skills": ["C"]}, set()),
            ({"skills": ["C#", "Rust"], "skills_match": "any"}, set()),
            ({"skills": ["Py"]}, set()),
        ],
    )
    async def test_whole_skills_all_or_any(self, market, word, criteria, found):
        buyer = await market.buyer()
        made = [
            await market.published(buyer, title=word, skills=skills)
            for skills in (["Python", "Django"], ["Python", "C++"], ["Réseaux"])
        ]
        ids = await find(market, await market.seller(), query=word, **criteria)
        assert set(ids) == {made[number]["id"] for number in found}

    @pytest.mark.parametrize(
        ("skills", "field"), [(["++"], "skills.0"), (["x" * 61], "skills.0"), (["a"] * 11, "skills")]
    )
    async def test_refused_without_a_letter_or_when_too_many(self, market, skills, field):
        answer = await market.call("GET", "/rfps", await market.seller(), params={"skills": skills})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


FIRST = {
    "city": "Saint-Étienne",
    "country": "FR",
    "category": "it",
    "remote_share": 40,
    "max_daily_rate": {"amount": "500.00", "currency": "EUR"},
    "period": {"start": "2026-12-01", "end": "2027-02-26"},
    "days": "10.0",
}
SECOND = {
    "city": "Bruxelles",
    "country": "BE",
    "category": "engineering",
    "remote_share": 60,
    "max_daily_rate": None,
    "period": {"start": "2027-01-15", "end": "2027-02-26"},
    "days": "20.5",
}


class TestTerms:
    @pytest.mark.parametrize(
        ("criteria", "found"),
        [
            ({"city": "saint etienne"}, "1"),
            ({"city": "Étienne"}, "1"),
            ({"city": "Lyon"}, ""),
            ({"country": "BE"}, "2"),
            ({"country": "LU"}, ""),
            ({"category": "it"}, "1"),
            ({"remote_from": 40}, "12"),
            ({"remote_from": 41}, "2"),
            ({"rate_from": "500.00"}, "12"),
            ({"rate_from": "500.01"}, "2"),
            ({"starts_from": "2026-12-01"}, "12"),
            ({"starts_from": "2026-12-02"}, "2"),
            ({"starts_until": "2027-01-15"}, "12"),
            ({"starts_until": "2027-01-14"}, "1"),
            ({"days_from": "10.0"}, "12"),
            ({"days_from": "10.5"}, "2"),
            ({"days_until": "20.5"}, "12"),
            ({"days_until": "20.0"}, "1"),
            ({"city": "Bruxelles", "category": "it"}, ""),
        ],
    )
    async def test_each_on_both_sides(self, market, word, criteria, found):
        buyer = await market.buyer()
        first = await market.published(buyer, title=word, **FIRST)
        second = await market.published(buyer, title=word, **SECOND)
        ids = await find(market, await market.seller(), query=word, **criteria)
        assert set(ids) == {rfp["id"] for name, rfp in (("1", first), ("2", second)) if name in found}

    @pytest.mark.parametrize(
        ("criteria", "field"),
        [
            ({"starts_from": "2027-01-02", "starts_until": "2027-01-01"}, "starts_until"),
            ({"days_from": "2.0", "days_until": "1.5"}, "days_until"),
            ({"rate_from": "1.234"}, "rate_from"),
            ({"rate_from": "NaN"}, "rate_from"),
            ({"country": "fr"}, "country"),
            ({"remote_from": "101"}, "remote_from"),
            ({"sort": "random()"}, "sort"),
            ({"limit": "0"}, "limit"),
            ({"order_by": "title"}, "order_by"),
            ({"city": "x" * 10_000}, "city"),
        ],
    )
    async def test_refused_with_the_field(self, market, criteria, field):
        answer = await market.call("GET", "/rfps", await market.seller(), params=criteria)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    @pytest.mark.parametrize("text", ["'; DROP TABLE rfps; --", "a' & !b:*", "(a+)+$", "%a_", "a <-> b", "${jndi:x}"])
    async def test_plain_text_whatever_it_holds(self, market, text):
        for criteria in ({"query": text, "sort": "best"}, {"skills": [text]}, {"city": text}):
            assert await find(market, await market.seller(), **criteria) == []


class TestReferenced:
    def reference(self, market, buyer, seller):
        return SupplierReferenced(
            version=1,
            reference_id=uuid4(),
            client_company_id=buyer.company,
            provider_company_id=seller.company,
            list_id=uuid4(),
            list_name="Data",
            preferred=False,
            referenced_at=market.h.clock(),
        )

    @pytest.mark.req("MK-02")
    async def test_only_clients_that_reference_my_company_while_they_do(self, market, word):
        buyer, other, seller = await market.buyer(), await market.buyer(), await market.seller()
        rfp, another = await market.published(buyer, title=word), await market.published(other, title=word)
        event = self.reference(market, buyer, seller)
        await market.h.deliver(event)
        await market.h.deliver(self.reference(market, other, await market.seller()))
        assert await find(market, seller, query=word, referenced=True) == [rfp["id"]]
        assert set(await find(market, seller, query=word)) == {rfp["id"], another["id"]}
        kept = event.model_dump(include={"reference_id", "client_company_id", "provider_company_id", "list_id"})
        await market.h.deliver(SupplierDereferenced(**kept, version=2, dereferenced_at=market.h.clock()))
        assert await find(market, seller, query=word, referenced=True) == []

    async def test_a_client_has_no_use_for_it(self, market):
        buyer = await market.buyer()
        await market.published(buyer)
        assert await find(market, buyer, referenced=True) == []


class TestOrder:
    async def made(self, market, word):
        buyer = await market.buyer()
        titled = await market.published(buyer, title=f"Chef {word}", description="Rien d'autre.")
        skilled = await market.published(buyer, title="Autre", skills=[word])
        told = await market.published(buyer, title="Autre", description=f"Avec {word} parfois.")
        return [rfp["id"] for rfp in (titled, skilled, told)]

    async def test_the_newest_first_or_the_best(self, market, word):
        made, seller = await self.made(market, word), await market.seller()
        assert await find(market, seller, query=word) == made[::-1]
        assert await find(market, seller, query=word, sort="best") == made

    @pytest.mark.parametrize("sort", ["newest", "best"])
    @pytest.mark.parametrize("newest", [2_000, 3, 1])
    async def test_each_once_page_by_page_wherever_they_are_found(self, market, word, sort, newest, monkeypatch):
        monkeypatch.setattr(finding, "NEWEST", newest)
        buyer, seller = await market.buyer(), await market.seller()
        made = [(await market.published(buyer, title=word))["id"] for _ in range(5)]
        assert await pages(market, seller, query=word, sort=sort, limit=2) == made[::-1]

    async def test_the_best_stay_where_they_are_while_others_are_published(self, market, word):
        made, seller = await self.made(market, word), await market.seller()
        first = (await market.call("GET", "/rfps", seller, params={"query": word, "sort": "best", "limit": 1})).json()
        await market.published(await market.buyer(), title=f"{word} {word}")
        more = {"query": word, "sort": "best", "limit": 5, "cursor": first["next"]}
        assert [first["items"][0]["id"], *await find(market, seller, **more)] == made

    async def test_best_without_words_is_the_newest(self, market):
        buyer = await market.buyer()
        made = [(await market.published(buyer))["id"] for _ in range(2)]
        assert await find(market, buyer, sort="best") == made[::-1]

    async def test_a_cursor_fits_its_own_order_alone(self, market, word):
        await self.made(market, word)
        seller = await market.seller()
        page = (await market.call("GET", "/rfps", seller, params={"query": word, "limit": 1})).json()
        more = {"query": word, "sort": "best", "cursor": page["next"]}
        answer = await market.call("GET", "/rfps", seller, params=more)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


class TestFree:
    @pytest.mark.req("MK-18")
    async def test_consulting_costs_nothing_and_asks_for_no_plan(self, market, word):
        """A company that never chose a plan, and of which no event names one."""
        rfp = await market.published(await market.buyer(), title=word)
        seller = await market.seller(Role.FREELANCE)
        assert await find(market, seller, query=word, sort="best") == [rfp["id"]]
        for url in (f"/rfps/{rfp['id']}", f"/rfps/{rfp['id']}/questions", "/favourites", "/saved-searches"):
            assert (await market.call("GET", url, seller)).status_code == 200
        assert (await market.call("PUT", f"/rfps/{rfp['id']}/favourite", seller)).status_code == 204
        body = {"text": "Which cloud?"}
        assert (await market.call("POST", f"/rfps/{rfp['id']}/questions", seller, json=body)).status_code == 201
