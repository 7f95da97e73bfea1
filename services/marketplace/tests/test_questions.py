"""Questions about a request: public, the asker hidden from competitors."""

import asyncio
from datetime import UTC, datetime
from itertools import product
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import select

from chassis.errors import Forbidden, IllegalMove
from contracts.identity import MemberErased
from contracts.notification import NotificationRequested
from contracts.roles import BUYERS, SELLERS, Role
from marketplace.actor import Actor
from marketplace.question.domain import MOVES, Question, QuestionStatus

TEXT = "Which cloud do you use?"
LONG_TEXTS = ["x" * 2001, "", "   ", "nul\x00"]
CONTACTS = ["Write to ada@example.com", "Call +33 6 12 34 56 78", "Appelez le 06.12.34.56.78", "ada @ example.fr"]


@pytest.fixture
async def scene(market):
    buyer, seller, rival = await market.buyer(), await market.seller(), await market.seller()
    rfp = await market.published(buyer)
    return SimpleNamespace(buyer=buyer, seller=seller, rival=rival, rfp=rfp)


async def ask(market, caller, rfp, text=TEXT):
    return await market.call("POST", f"/rfps/{rfp['id']}/questions", caller, json={"text": text})


async def asked(market, scene):
    answer = await ask(market, scene.seller, scene.rfp)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def act(market, caller, question, act, text="Ours.", **options):
    method, path = ("PUT", "") if act == "reword" else ("POST", f"/{act}")
    body = {} if act == "hiding" else {"json": {"text": text}}
    return await market.call(method, f"/questions/{question['id']}{path}", caller, **body, **options)


async def read(market, caller, rfp):
    answer = await market.call("GET", f"/rfps/{rfp['id']}/questions", caller)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


class TestAsk:
    @pytest.mark.req("MK-05")
    async def test_all_who_see_the_request_read_question_and_answer(self, market, scene):
        question = await asked(market, scene)
        assert (await act(market, scene.buyer, question, "answer")).status_code == 200
        for caller in (scene.buyer, scene.seller, scene.rival):
            [shown] = await read(market, caller, scene.rfp)
            assert (shown["text"], shown["answer"], shown["status"]) == (TEXT, "Ours.", "answered")

    @pytest.mark.req("MK-05")
    async def test_the_asker_is_hidden_from_competitors_alone(self, market, scene):
        await asked(market, scene)
        known = {"company_id": str(scene.seller.company), "name": "Provider SARL"}
        colleague = await market.seller(company_id=scene.seller.company)
        for caller, who, mine in (
            (scene.buyer, known, False),
            (scene.seller, known, True),
            (colleague, known, True),
            (scene.rival, None, False),
        ):
            [shown] = await read(market, caller, scene.rfp)
            assert (shown["asked_by"], shown["mine"]) == (who, mine)
        hidden = (await market.call("GET", f"/rfps/{scene.rfp['id']}/questions", scene.rival)).text
        for secret in (scene.seller.company, scene.seller.member_id, "Provider SARL"):
            assert str(secret) not in hidden

    @pytest.mark.req("MK-05")
    async def test_both_sides_are_told(self, market, scene):
        question = await asked(market, scene)
        await act(market, scene.buyer, question, "answer")
        told = await market.about(NotificationRequested, question["id"])
        assert [(notice.template, notice.members) for notice in told] == [
            ("question_asked", [scene.buyer.member_id]),
            ("question_answered", [scene.seller.member_id]),
        ]
        assert "provider_name" not in told[1].context

    @pytest.mark.parametrize("text", LONG_TEXTS + CONTACTS)
    async def test_refused_without_words_or_with_contact_data(self, market, scene, text):
        question = await asked(market, scene)
        for answer in (
            await ask(market, scene.seller, scene.rfp, text),
            await act(market, scene.seller, question, "reword", text),
            await act(market, scene.buyer, question, "answer", text),
        ):
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "text")

    async def test_two_thousand_characters_are_enough(self, market, scene):
        assert (await ask(market, scene.seller, scene.rfp, "x" * 2000)).status_code == 201

    async def test_about_what_one_sees_alone(self, market, scene):
        draft = await market.drafted(scene.buyer)
        for rfp in (draft, {"id": str(uuid4())}):
            assert (await ask(market, scene.seller, rfp)).status_code == 404

    @pytest.mark.parametrize("role", [Role.CONSULTANT, *sorted(BUYERS), Role.ACHETEUR])
    async def test_by_sellers_alone(self, market, scene, role):
        assert (await ask(market, market.h.member(role), scene.rfp)).status_code == 403


class TestReword:
    async def test_until_it_is_answered(self, market, scene):
        question = await asked(market, scene)
        answer = await act(market, scene.seller, question, "reword", "Which clouds?")
        assert (answer.json()["text"], answer.json()["version"]) == ("Which clouds?", 2)
        assert (await act(market, scene.buyer, question, "answer")).status_code == 200
        refused = await act(market, scene.seller, question, "reword", "Which?")
        assert (refused.status_code, refused.json()["code"]) == (409, "illegal_move")
        assert (await read(market, scene.rival, scene.rfp))[0]["text"] == "Which clouds?"

    async def test_only_what_was_read(self, market, scene):
        question = await asked(market, scene)
        stale = {"headers": {"If-Match": '"1"'}}
        assert (await act(market, scene.seller, question, "reword", "Which?", **stale)).status_code == 200
        assert (await act(market, scene.seller, question, "reword", "Who?", **stale)).status_code == 412
        assert (await act(market, scene.buyer, question, "answer", **stale)).status_code == 412


class TestAnswer:
    async def test_once_and_for_all(self, market, scene):
        question = await asked(market, scene)
        answers = await asyncio.gather(*(act(market, scene.buyer, question, "answer", f"{n}") for n in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        told = await market.about(NotificationRequested, question["id"])
        assert [notice.template for notice in told] == ["question_asked", "question_answered"]

    @pytest.mark.parametrize("what", ["answer", "hiding", "reword"])
    async def test_nobody_elses_question(self, market, scene, what):
        question = await asked(market, scene)
        strangers = [scene.rival] if what == "reword" else [await market.buyer()]
        for stranger in strangers:
            answer = await act(market, stranger, question, what)
            assert (answer.status_code, answer.json()["code"]) == (404, "question_not_found")


class TestHide:
    async def test_off_topic_ones_disappear_for_others(self, market, scene):
        question = await asked(market, scene)
        assert (await act(market, scene.buyer, question, "hiding")).status_code == 200
        assert await read(market, scene.rival, scene.rfp) == []
        for caller in (scene.buyer, scene.seller):
            assert [one["status"] for one in await read(market, caller, scene.rfp)] == ["hidden"]

    async def test_nothing_more_happens_to_them(self, market, scene):
        question = await asked(market, scene)
        await act(market, scene.buyer, question, "hiding")
        for caller, what in ((scene.buyer, "answer"), (scene.buyer, "hiding"), (scene.seller, "reword")):
            assert (await act(market, caller, question, what)).json()["code"] == "illegal_move"


ALLOWED = {
    (QuestionStatus.ASKED, QuestionStatus.ASKED): SELLERS,
    (QuestionStatus.ASKED, QuestionStatus.ANSWERED): BUYERS,
    (QuestionStatus.ASKED, QuestionStatus.HIDDEN): BUYERS,
    (QuestionStatus.ANSWERED, QuestionStatus.HIDDEN): BUYERS,
}


class TestMoves:
    @pytest.mark.parametrize(("source", "target", "role"), list(product(QuestionStatus, QuestionStatus, Role)))
    def test_every_status_and_role(self, source, target, role):
        question = Question(id=uuid4(), version=1, status=source)
        by = Actor(uuid4(), uuid4(), role)
        acts = {
            QuestionStatus.ASKED: lambda: question.reword("x", by),
            QuestionStatus.ANSWERED: lambda: question.reply("x", by, datetime.now(UTC)),
            QuestionStatus.HIDDEN: lambda: question.hide(by, datetime.now(UTC)),
        }
        assert acts.keys() == MOVES.keys()
        if role in ALLOWED.get((source, target), ()):
            acts[target]()
            assert (question.status, question.version) == (target, 2)
        else:
            with pytest.raises((IllegalMove, Forbidden)):
                acts[target]()
            assert (question.status, question.version) == (source, 1)


class TestPersonalData:
    async def test_exported_to_each_side_as_its_own(self, market, scene):
        question = await asked(market, scene)
        await act(market, scene.buyer, question, "answer")
        mine = (await market.h.exported(scene.seller.member_id))["questions and answers"]
        assert [(kept["text"], "answer" in kept) for kept in mine] == [(TEXT, False)]
        theirs = (await market.h.exported(scene.buyer.member_id))["questions and answers"]
        assert [(kept["answer"], "text" in kept) for kept in theirs] == [("Ours.", False)]

    async def test_nobodys_once_the_account_is_gone(self, market, scene):
        question = await asked(market, scene)
        await act(market, scene.buyer, question, "answer")
        for member in (scene.seller, scene.buyer):
            await market.h.deliver(MemberErased(member_id=member.member_id, erased_at=market.h.clock()))
            assert (await market.h.exported(member.member_id))["questions and answers"] == []
        assert [one["text"] for one in await read(market, scene.rival, scene.rfp)] == [TEXT]

    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize(("day", "kept"), [(26, True), (27, False)])
    async def test_kept_five_years_after_the_period(self, market, scene, day, kept):
        question = await asked(market, scene)
        async with market.h.forgetting(datetime(2032, 2, day, 12, tzinfo=UTC)) as tx:
            assert (await tx.scalar(select(Question.id).where(Question.id == question["id"])) is not None) is kept
