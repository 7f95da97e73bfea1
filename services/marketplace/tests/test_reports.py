"""Reporting what breaks the rules of the platform."""

import asyncio
from uuid import uuid4

import pytest
from proposal_steps import report, sides, support

from contracts.notification import NotificationRequested
from contracts.roles import Role, StaffScope


async def waiting(market, made):
    listed = (await market.call("GET", "/staff/reports?limit=200", support(market))).json()["items"]
    return next((one for one in listed if one["id"] == made["id"]), None)


async def close(market, made, outcome="upheld"):
    url = f"/staff/reports/{made['id']}/closing"
    return await market.call("POST", url, support(market), json={"outcome": outcome, "note": "They did."})


class TestReport:
    @pytest.mark.req("MK-26")
    async def test_circumvention_is_told_with_whoever_would_be_sanctioned(self, market):
        buyer, seller, proposal = await sides(market)
        about = {"id": proposal["id"]}
        by_client = (await report(market, buyer, "proposal", about)).json()
        by_provider = (await report(market, seller, "rfp", {"id": proposal["rfp_id"]})).json()
        of_its_own = (await report(market, seller, "proposal", about)).json()
        for made, company, member in (
            (by_client, seller.company, seller.member_id),
            (by_provider, buyer.company, buyer.member_id),
            (of_its_own, buyer.company, buyer.member_id),
        ):
            found = await waiting(market, made)
            assert (found["about_company_id"], found["about_member_id"]) == (str(company), str(member))
            assert found["reason"] == "circumvention"
            assert "about_member_id" not in made

    @pytest.mark.req("MK-26")
    async def test_of_a_question_its_asker_though_the_reporter_never_learns_who(self, market):
        buyer, seller = await market.buyer(), await market.seller()
        rfp = await market.published(buyer)
        asked = await market.call("POST", f"/rfps/{rfp['id']}/questions", seller, json={"text": "Call me?"})
        made = (await report(market, buyer, "question", asked.json())).json()
        assert (await waiting(market, made))["about_member_id"] == str(seller.member_id)
        assert str(seller.member_id) not in str(made)

    async def test_what_one_may_not_see_is_not_there(self, market):
        buyer, _, proposal = await sides(market)
        draft = await market.drafted(buyer)
        rivals = (await market.buyer(), await market.seller())
        for caller, subject, about in (
            (rivals[0], "proposal", proposal),
            (rivals[1], "proposal", proposal),
            (rivals[1], "rfp", draft),
            (rivals[0], "rfp", draft),
            (rivals[0], "question", {"id": str(uuid4())}),
            (rivals[1], "rfp", proposal),
        ):
            answer = await report(market, caller, subject, {"id": about["id"]})
            assert (answer.status_code, answer.json()["code"]) == (404, "report_subject_not_found")

    async def test_once_until_it_was_looked_into(self, market):
        buyer, _, proposal = await sides(market)
        answers = await asyncio.gather(*(report(market, buyer, "proposal", proposal) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        [made] = [answer.json() for answer in answers if answer.status_code == 201]
        assert (await report(market, buyer, "proposal", proposal)).json()["code"] == "already_reported"
        assert (await close(market, made)).status_code == 200
        assert (await report(market, buyer, "proposal", proposal)).status_code == 201

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"reason": "rude"}, "reason"), ({"description": ""}, "description"), ({"id": "me"}, "id")],
    )
    async def test_names_the_field_at_fault(self, market, change, field):
        buyer, _, proposal = await sides(market)
        answer = await report(market, buyer, "proposal", proposal, **change)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    async def test_refused_to_a_consultant(self, market):
        _, seller, proposal = await sides(market)
        consultant = market.h.member(Role.CONSULTANT, seller.company)
        assert (await report(market, consultant, "proposal", proposal)).status_code == 403


class TestClose:
    @pytest.mark.req("MK-26")
    @pytest.mark.parametrize("outcome", ["upheld", "dismissed"])
    async def test_whoever_reported_is_told_the_outcome(self, market, outcome):
        buyer, _, proposal = await sides(market)
        made = (await report(market, buyer, "proposal", proposal)).json()
        assert (await close(market, made, outcome)).json()["finding"] == outcome
        [notice] = await market.about(NotificationRequested, made["id"])
        assert (notice.template, notice.members, notice.context) == (
            "report_closed", [buyer.member_id], {"outcome": outcome},
        )  # fmt: skip
        own = (await market.call("GET", "/reports", buyer)).json()["items"]
        assert [(one["id"], one["finding"]) for one in own] == [(made["id"], outcome)]
        assert await waiting(market, made) is None
        again = await close(market, made)
        assert (again.status_code, again.json()["code"]) == (409, "report_closed")

    @pytest.mark.parametrize("scope", sorted(set(StaffScope) - {StaffScope.SUPPORT}))
    async def test_is_for_support(self, market, scope):
        assert (await market.call("GET", "/staff/reports", market.h.staff(scope))).status_code == 403
