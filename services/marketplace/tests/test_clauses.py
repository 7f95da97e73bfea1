"""Clauses: written once, carried by what is published, accepted one by one."""

from uuid import uuid4

import pytest
from market_steps import entity

from chassis.testing import small_pdf
from contracts.roles import Role
from marketplace.clause.domain import MAX_FILE_BYTES, ClausesNotAccepted, check_clauses_accepted


def _heaviest():
    """A PDF that weighs exactly what is taken."""
    note = "x" * (MAX_FILE_BYTES - 1000)
    return small_pdf(note + "x" * (MAX_FILE_BYTES - len(small_pdf(note))))


HEAVIEST = _heaviest()
SCRIPTED = small_pdf(page=b"/AA<</O<</S/JavaScript/JS(app.alert)>>>>")


async def write(market, caller, content=None, name="clause.pdf", **fields):
    files = {"file": (name, content, "application/pdf")} if content is not None else None
    data = {"title": "Confidentiality", "text": "Everything stays\nbetween us."} | fields
    return await market.call("POST", "/clauses", caller, data=data, files=files)


async def written(market, caller, *given, **fields):
    answer = await write(market, caller, *given, **fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def carried(market, caller, rfp):
    answer = await market.call("GET", f"/rfps/{rfp['id']}/clauses", caller)
    assert answer.status_code == 200, answer.text
    return [clause["id"] for clause in answer.json()]


@pytest.fixture
async def head(market):
    return await market.buyer(Role.DIRECTEUR_ACHATS)


class TestWriting:
    async def test_with_a_text_and_a_pdf(self, market, head):
        clause = await written(market, head, small_pdf())
        assert (clause["title"], clause["file_name"]) == ("Confidentiality", "clause.pdf")
        read = await market.call("GET", f"/clauses/{clause['id']}/file", head)
        assert (read.status_code, read.content) == (200, small_pdf())
        assert read.headers["content-security-policy"] == "sandbox"

    async def test_without_a_pdf(self, market, head):
        clause = await written(market, head)
        assert clause["file_name"] is None
        answer = await market.call("GET", f"/clauses/{clause['id']}/file", head)
        assert (answer.status_code, answer.json()["code"]) == (404, "clause_not_found")

    @pytest.mark.parametrize(
        ("content", "name", "refusal"),
        [
            (
                small_pdf(page=b"/AA<</O<</S/JavaScript/JS(app.alert)>>>>"),
                "clause.pdf",
                (422, "file_not_accepted", "file"),
            ),
            (b"<html><script>alert(1)</script></html>", "clause.pdf", (422, "file_not_accepted", "file")),
            (b"\x89PNG\r\n\x1a\n" + b"0" * 200, "clause.png", (422, "file_not_accepted", "file")),
            (small_pdf(), "clause.exe", (422, "file_not_accepted", "file")),
            (HEAVIEST + b"\n", "clause.pdf", (413, "file_too_large", "file")),
        ],
        ids=["script", "page", "picture", "name", "over 5 MB"],
    )
    async def test_refused_with_a_file_that_is_none_of_ours(self, market, head, content, name, refusal):
        answer = await write(market, head, content, name)
        told = answer.json()
        assert (answer.status_code, told["code"], told["errors"][0]["field"]) == refusal
        assert (await market.call("GET", "/clauses", head)).json()["items"] == []

    async def test_five_megabytes_are_taken(self, market, head):
        await written(market, head, HEAVIEST)

    @pytest.mark.parametrize(
        ("fields", "field"), [({"title": "two\nlines"}, "title"), ({"entity_id": str(uuid4())}, "entity_id")]
    )
    async def test_names_the_field_at_fault(self, market, head, fields, field):
        answer = await write(market, head, **fields)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    @pytest.mark.parametrize("role", [Role.RESPONSABLE_PROJET, Role.ACHETEUR])
    async def test_for_the_head_alone_and_read_by_colleagues(self, market, head, role):
        colleague = market.h.member(role, head.company)
        assert (await write(market, colleague)).status_code == 403
        clause = await written(market, head)
        assert (await market.call("GET", "/clauses", colleague)).json()["items"] == [clause]

    async def test_a_rival_finds_none(self, market, head):
        clause, rival = await written(market, head, small_pdf()), await market.buyer(Role.DIRECTEUR_ACHATS)
        url = f"/clauses/{clause['id']}"
        answers = [
            await market.call("GET", f"{url}/file", rival),
            await market.call("POST", f"{url}/withdrawal", rival),
        ]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "clause_not_found")] * 2
        assert (await market.call("GET", "/clauses", rival)).json()["items"] == []


class TestCarried:
    async def test_the_companys_and_the_entitys_own_as_they_stand_at_the_publication(self, market, head):
        mine, others = [await entity(market, head.company) for _ in range(2)]
        company = await written(market, head)
        own = await written(market, head, entity_id=str(mine))
        await written(market, head, entity_id=str(others))
        withdrawn = await written(market, head)
        url = f"/clauses/{withdrawn['id']}/withdrawal"
        assert [(await market.call("POST", url, head)).status_code for _ in range(2)] == [200, 200]
        rfp = await market.published(head, entity_id=str(mine))
        seller = await market.seller()
        assert rfp["clause_ids"] == [company["id"], own["id"]]
        assert await carried(market, seller, rfp) == [company["id"], own["id"]]
        await market.call("POST", f"/clauses/{own['id']}/withdrawal", head)
        await written(market, head)
        assert await carried(market, seller, rfp) == [company["id"], own["id"]]

    async def test_another_edition_carries_those_of_its_day(self, market, head, content):
        rfp = await market.published(head)
        clause = await written(market, head)
        assert await carried(market, head, rfp) == []
        assert (await market.call("POST", f"/rfps/{rfp['id']}/editions", head, json=content(head))).status_code == 201
        assert await carried(market, head, rfp) == [clause["id"]]

    async def test_the_pdf_is_read_by_whoever_sees_the_request(self, market, head):
        clause = await written(market, head, small_pdf())
        rfp, seller = await market.published(head), await market.seller()
        url = f"/rfps/{rfp['id']}/clauses/{clause['id']}/file"
        assert (await market.call("GET", url, seller)).content == small_pdf()
        assert (await market.call("GET", url, await market.buyer())).status_code == 404

    async def test_a_clause_of_another_request_is_none_of_this_one(self, market, head):
        rfp = await market.published(head)
        clause = await written(market, head, small_pdf())
        url = f"/rfps/{rfp['id']}/clauses/{clause['id']}/file"
        assert (await market.call("GET", url, await market.seller())).json()["code"] == "clause_not_found"

    async def test_each_is_accepted_or_the_answer_is_refused(self, market, head, proposal_content):
        clauses = [(await written(market, head))["id"] for _ in range(2)]
        rfp, seller = await market.published(head), await market.seller()
        consultant = await market.consultant(seller)
        answers = []
        for accepted in ([], clauses[:1], [*clauses, str(uuid4())], clauses):
            body = proposal_content(consultant.member_id) | {"accepted_clauses": accepted}
            answers.append(await market.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=body))
        assert [answer.status_code for answer in answers] == [422, 422, 422, 201]
        assert answers[0].json()["errors"][0]["field"] == "accepted_clauses"


class TestAcceptance:
    @pytest.mark.parametrize("accepted", [[0], [0, 1, 2], []])
    def test_neither_more_nor_less(self, accepted):
        ids = [uuid4() for _ in range(3)]
        with pytest.raises(ClausesNotAccepted):
            check_clauses_accepted([str(one) for one in ids[:2]], [ids[one] for one in accepted])

    def test_in_whatever_order(self):
        ids = [uuid4() for _ in range(2)]
        check_clauses_accepted([str(one) for one in ids], list(reversed(ids)))
        check_clauses_accepted([], [])
