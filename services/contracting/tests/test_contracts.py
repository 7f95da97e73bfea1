"""Contracts over HTTP: read, open, sign; what a rival may not see; the event and the trail."""

import hashlib

import pytest
from sqlalchemy import select

from chassis.audit import audit_log
from contracting.contract.domain import Contract
from contracts.company import Signatory
from contracts.contracting import ContractSigned
from contracts.roles import Role, SignatoryCapacity, StaffScope

ROUTES = [
    ("GET", ""),
    ("GET", "/document"),
    ("POST", "/opening"),
    ("PUT", "/ticks/object"),
    ("POST", "/signature"),
    ("POST", "/successor"),
]


@pytest.fixture
async def contract(h, deal):
    await h.deliver(deal.provider.registered())
    return await deal.contract_of(deal.provider)


def body(path: str) -> dict:
    return {"json": {"accepted_clauses": []}} if path == "/signature" else {}


async def keys_of(deal, contract) -> list[str]:
    read = (await deal.call("GET", f"/contracts/{contract['id']}", deal.provider.head)).json()
    return [clause["key"] for clause in read["clauses"] if clause["mandatory"]]


async def tick(deal, contract, by, keys):
    for key in keys:
        answer = await deal.call("PUT", f"/contracts/{contract['id']}/ticks/{key}", by)
        assert answer.status_code == 200, answer.text


async def sign(deal, contract, by, keys, **options):
    url = f"/contracts/{contract['id']}/signature"
    return await deal.call("POST", url, by, json={"accepted_clauses": keys}, **options)


class TestRead:
    async def test_the_text_and_its_clauses_are_shown_before_it_is_opened(self, deal, contract):
        read = (await deal.call("GET", f"/contracts/{contract['id']}", deal.provider.head)).json()
        assert read["status"] == "to_sign"
        assert read["signature"] is None
        assert all(clause["text"] in read["text"] for clause in read["clauses"])
        assert read["sha256"] == hashlib.sha256(read["text"].encode()).hexdigest()

    @pytest.mark.parametrize(("method", "path"), ROUTES)
    @pytest.mark.parametrize("rival", ["rival_provider", "rival_client"])
    async def test_a_rival_company_finds_nothing(self, deal, contract, method, path, rival):
        answer = await deal.call(method, f"/contracts/{contract['id']}{path}", getattr(deal, rival), **body(path))
        assert (answer.status_code, answer.json()["code"]) == (404, "contract_not_found")

    @pytest.mark.parametrize(("method", "path"), ROUTES)
    async def test_nobody_without_a_token(self, h, contract, method, path):
        answer = await h.client.request(method, f"/contracts/{contract['id']}{path}", **body(path))
        assert answer.status_code == 401

    async def test_a_consultant_neither_reads_nor_signs(self, deal, contract):
        consultant = deal.provider.member(Role.CONSULTANT)
        for method, path in ROUTES:
            answer = await deal.call(method, f"/contracts/{contract['id']}{path}", consultant, **body(path))
            assert answer.status_code == 403
        assert (await deal.call("GET", "/contracts", consultant)).status_code == 403

    async def test_staff_read_every_contract_and_sign_none(self, h, deal, contract):
        assert (await deal.call("GET", f"/contracts/{contract['id']}", deal.staff)).status_code == 200
        assert (await sign(deal, contract, deal.staff, [])).status_code == 403
        others = h.staff(StaffScope.COMPLIANCE)
        assert (await deal.call("GET", f"/contracts/{contract['id']}", others)).status_code == 403

    async def test_the_list_holds_the_own_company_s_only(self, deal, contract):
        mine = (await deal.call("GET", "/contracts", deal.provider.head)).json()["items"]
        assert [one["id"] for one in mine] == [contract["id"]]
        assert (await deal.call("GET", "/contracts", deal.rival_client)).json()["items"] == []


@pytest.mark.req("CT-02", "CT-03")
class TestSign:
    async def test_puts_the_contract_in_force_with_its_evidence(self, h, deal, contract):
        signed = await deal.sign(deal.provider)
        assert signed["status"] == "signed"
        evidence = signed["signature"]
        assert evidence["signed_by"] == str(deal.provider.head.member_id)
        assert (evidence["capacity"], evidence["terms_version"]) == ("legal_representative", "2026-11")
        assert evidence["sha256"] == hashlib.sha256(signed["text"].encode()).hexdigest()
        async with h.tx() as tx:
            row = await tx.get(Contract, contract["id"])
            query = select(audit_log.c.action).where(audit_log.c.subject == contract["id"]).order_by(audit_log.c.id)
            acts = (await tx.scalars(query)).all()
        assert row.signed_from == "127.0.0.1"
        ticks = ["contract.clause_ticked"] * len(evidence["accepted_clauses"])
        assert acts == ["contract.drafted", "contract.opened", *ticks, "contract.signed"]

    async def test_is_announced_once(self, deal, contract):
        await deal.sign(deal.provider)
        keys = await keys_of(deal, contract)
        again = await sign(deal, contract, deal.provider.head, keys)
        assert (again.status_code, again.json()["code"]) == (409, "contract_already_signed")
        [event] = await deal.of(ContractSigned)
        assert (str(event.contract_id), event.kind) == (contract["id"], "framework")

    async def test_the_same_request_sent_again_has_one_effect_and_one_answer(self, deal, contract):
        keys = await keys_of(deal, contract)
        await deal.call("POST", f"/contracts/{contract['id']}/opening", deal.provider.head)
        await tick(deal, contract, deal.provider.head, keys)
        key = {"headers": {"Idempotency-Key": contract["id"]}}
        first = await sign(deal, contract, deal.provider.head, keys, **key)
        second = await sign(deal, contract, deal.provider.head, keys, **key)
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        assert len(await deal.of(ContractSigned)) == 1

    async def test_refused_before_the_opening(self, deal, contract):
        answer = await sign(deal, contract, deal.provider.head, await keys_of(deal, contract))
        assert (answer.status_code, answer.json()["code"]) == (409, "contract_not_opened")
        assert await deal.of(ContractSigned) == []

    async def test_names_every_mandatory_clause_that_is_not_ticked(self, deal, contract):
        keys = await keys_of(deal, contract)
        await deal.call("POST", f"/contracts/{contract['id']}/opening", deal.provider.head)
        await tick(deal, contract, deal.provider.head, keys)
        answer = await sign(deal, contract, deal.provider.head, keys[1:-1])
        assert (answer.status_code, answer.json()["code"]) == (422, "clauses_not_accepted")
        named = [error["detail"].split(":")[0] for error in answer.json()["errors"]]
        assert named == [keys[0], keys[-1]]
        assert (await deal.contract_of(deal.provider))["status"] == "opened"

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({}, "accepted_clauses"),
            ({"accepted_clauses": "object"}, "accepted_clauses"),
            ({"accepted_clauses": ["OBJECT\x00"]}, "accepted_clauses.0"),
            ({"accepted_clauses": ["object"] * 51}, "accepted_clauses"),
            ({"accepted_clauses": [], "capacity": "king"}, "capacity"),
        ],
    )
    async def test_a_bad_body_is_refused_with_its_field(self, deal, contract, sent, field):
        answer = await deal.call("POST", f"/contracts/{contract['id']}/signature", deal.provider.head, json=sent)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]

    async def test_refused_to_a_colleague_without_declared_capacity(self, deal, contract):
        colleague = deal.provider.member(Role.GERANT)
        for method, path in (("POST", "/opening"), ("PUT", "/ticks/object"), ("POST", "/signature")):
            answer = await deal.call(method, f"/contracts/{contract['id']}{path}", colleague, **body(path))
            assert (answer.status_code, answer.json()["code"]) == (403, "not_a_signatory")

    async def test_may_come_before_the_company_is_validated_or_after(self, h, deal, contract):
        await h.deliver(deal.client.registered())
        assert (await deal.sign(deal.client))["status"] == "signed"
        await h.deliver(deal.provider.validated())
        assert (await deal.sign(deal.provider))["status"] == "signed"

    async def test_whom_staff_verified_signs_in_the_verified_capacity(self, h, deal, contract):
        delegate = deal.provider.member(Role.COMMERCIAL)
        verified = [Signatory(member_id=delegate.member_id, capacity=SignatoryCapacity.DELEGATION)]
        await h.deliver(deal.provider.validated(verified_signatories=verified))
        refused = await deal.call("POST", f"/contracts/{contract['id']}/opening", deal.provider.head)
        assert refused.status_code == 403
        signed = await deal.sign(deal.provider, by=delegate)
        assert signed["signature"]["capacity"] == "delegation"
