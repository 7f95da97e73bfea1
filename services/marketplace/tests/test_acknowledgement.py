"""What is acknowledged before the first request is shown (MK-21)."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import func, select

from chassis.audit import audit_log
from contracts.contracting import ContractKind
from contracts.identity import MemberErased
from contracts.roles import CompanyKind, Role
from marketplace.acknowledgement.domain import Acknowledgement, LabourLawText, text_in_force

URL = "/acknowledgements/labour-law"


async def newcomer(market):
    """A provider's member who has acknowledged nothing yet."""
    seller = market.h.member(Role.COMMERCIAL)
    await market.affiliate(seller)
    await market.validate(seller.company, CompanyKind.PROVIDER, name="Provider SARL")
    await market.sign(seller.company, ContractKind.FRAMEWORK)
    return seller


class TestRead:
    @pytest.mark.req("MK-21")
    async def test_anybody_reads_both_articles_in_both_languages(self, market):
        text = (await market.client.get(URL)).json()
        assert text["articles"] == ["L8241-1", "L8231-1"]
        for language in ("fr", "en"):
            assert "L. 8241-1" in text[language]
            assert "L. 8231-1" in text[language]


class TestAcknowledge:
    @pytest.mark.req("MK-21")
    async def test_no_list_and_no_request_before(self, market):
        seller, rfp = await newcomer(market), await market.published(await market.buyer())
        urls = ("/rfps", f"/rfps/{rfp['id']}", f"/rfps/{rfp['id']}/questions")
        for url in urls:
            answer = await market.call("GET", url, seller)
            assert (answer.status_code, answer.json()["code"]) == (403, "acknowledgement_needed")
            assert URL in answer.json()["detail"]
        await market.acknowledge(seller)
        for url in urls:
            assert (await market.call("GET", url, seller)).status_code == 200

    @pytest.mark.req("MK-21")
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("PUT", "/rfps/{}/favourite", None),
            ("DELETE", "/rfps/{}/favourite", None),
            ("POST", "/rfps/{}/questions", {"text": "Which cloud?"}),
            ("POST", "/saved-searches", {"name": "All", "criteria": {}}),
        ],
    )
    async def test_nothing_else_of_a_request_before(self, market, method, path, body):
        seller, rfp = await newcomer(market), await market.published(await market.buyer())
        answer = await market.call(method, path.format(rfp["id"]), seller, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "acknowledgement_needed")

    @pytest.mark.req("MK-21")
    async def test_no_answer_before(self, market, proposal_content):
        seller, rfp = await newcomer(market), await market.published(await market.buyer())
        url, body = f"/rfps/{rfp['id']}/proposals", proposal_content((await market.consultant(seller)).member_id)
        answer = await market.call("POST", url, seller, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "acknowledgement_needed")

    async def test_it_is_each_members_own(self, market):
        seller = await newcomer(market)
        await market.seller(company_id=seller.company)
        assert (await market.call("GET", "/rfps", seller)).json()["code"] == "acknowledgement_needed"

    async def test_clients_need_none(self, market):
        assert (await market.call("GET", "/rfps", await market.buyer())).status_code == 200

    @pytest.mark.req("MK-21")
    async def test_recorded_and_audited_once(self, market):
        seller = await newcomer(market)
        first = await market.call("PUT", URL, seller, json={"version": "2026-01"})
        again = await market.call("PUT", URL, seller, json={"version": "2026-01"})
        assert first.status_code == again.status_code == 200
        assert again.json() == first.json()
        async with market.h.tx() as tx:
            told = select(audit_log.c.details).where(
                audit_log.c.action == "labour_law.acknowledge", audit_log.c.subject == str(seller.member_id)
            )
            assert (await tx.scalars(told)).all() == [{"version": "2026-01"}]
            mine = select(func.count()).where(Acknowledgement.member_id == seller.member_id)
            assert await tx.scalar(mine) == 1

    @pytest.mark.parametrize(
        ("version", "status", "code"),
        [
            ("2020-01", 409, "not_the_text_in_force"),
            ("latest", 422, "invalid_request"),
            ("2026-01\n", 422, "invalid_request"),
        ],
    )
    async def test_of_the_text_in_force_alone(self, market, version, status, code):
        answer = await market.call("PUT", URL, await newcomer(market), json={"version": version})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["errors"][0]["field"] == "version"


class TestTexts:
    OLD, NEW = (
        LabourLawText(version, start, (), "", "")
        for version, start in (("2026-01", date(2026, 1, 1)), ("2027-03", date(2027, 3, 1)))
    )

    @pytest.mark.parametrize(
        ("today", "version"),
        [
            (date(2025, 1, 1), "2026-01"),
            (date(2027, 2, 28), "2026-01"),
            (date(2027, 3, 1), "2027-03"),
        ],
    )
    def test_each_from_its_day_on(self, today, version):
        assert text_in_force(today, (self.OLD, self.NEW)).version == version


class TestPersonalData:
    async def test_exported_and_erased_with_the_account(self, market):
        seller = await market.seller()
        mine = (await market.h.exported(seller.member_id))["acknowledgements of labour law"]
        assert [kept["text_version"] for kept in mine] == ["2026-01"]
        await market.h.deliver(MemberErased(member_id=seller.member_id, erased_at=market.h.clock()))
        async with market.h.tx() as tx:
            assert await tx.get(Acknowledgement, (UUID(str(seller.member_id)), "2026-01")) is None
