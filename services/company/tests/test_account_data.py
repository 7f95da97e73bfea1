"""What a company's account keeps of people, for how long, and what goes with them (PL-06, PL-08, PL-09)."""

from datetime import timedelta

import pytest
from account_steps import ask_for_identity, declare_capacity, propose_account
from sqlalchemy import select

from company.bank.change import BankChange
from company.company.billing import BillingContact
from company.company.personal import DATA, KEPT_AFTER_DECISION
from company.company.signatory import Signatory
from company.identity_change.domain import IdentityChange
from contracts.identity import MemberErased
from contracts.roles import Role

BILLING = {
    "name": "Ada Martin",
    "address": {"line1": "1 rue Neuve", "postcode": "69001", "city": "Lyon", "country": "FR"},
    "email": "ada@example.com",
    "phone": "+33478000000",
}


async def bill(world, company):
    answer = await world.client.put(f"/companies/{company.id}/billing", json=BILLING, headers=company.headers)
    assert answer.status_code == 200, answer.text


async def gathered(world, member_id):
    async with world.h.tx() as tx:
        return {kind.name: list(await kind.gather(tx, member_id)) for kind in DATA}


async def forget(world, as_of):
    async with world.h.tx() as tx:
        for kind in DATA:
            if kind.forget:
                await kind.forget(tx, as_of)


async def one(world, row, company):
    async with world.h.tx() as tx:
        return (await tx.scalars(select(row).where(row.company_id == company.id))).one_or_none()


class TestGather:
    @pytest.mark.req("PL-06")
    async def test_shows_a_member_their_part_and_no_whole_account(self, world) -> None:
        company = await world.validated()
        await bill(world, company)
        await propose_account(world, company)
        await ask_for_identity(world, company)
        found = await gathered(world, company.founder.member_id)
        assert found["billing contacts"][0]["email"] == "ada@example.com"
        assert found["bank details"][0]["ending"] == "2606"
        assert found["signatories"][0]["capacity"] == "legal_representative"
        assert found["changes of name or registration"][0]["name"] == "Poste Nouvelle"
        assert found["decisions of two people"][0]["kind"] == "bank_change"
        assert "FR1420041010050500013M02606" not in str(found)


class TestErase:
    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize("alone", [True, False])
    async def test_takes_the_mailbox_of_who_was_alone(self, world, alone) -> None:
        company = await world.company()
        await bill(world, company)
        if not alone:
            await world.second_head(company)
        erased = MemberErased(member_id=company.founder.member_id, erased_at=world.h.clock())
        await world.h.deliver(erased)
        assert (await one(world, BillingContact, company) is None) is alone

    @pytest.mark.req("PL-08")
    async def test_takes_the_proof_of_a_capacity(self, world) -> None:
        company = await world.validated()
        headers = await world.colleague(company, Role.COMMERCIAL)
        said = (await declare_capacity(world, company, headers)).json()
        await world.h.deliver(MemberErased(member_id=said["member_id"], erased_at=world.h.clock()))
        async with world.h.tx() as tx:
            row = await tx.get_one(Signatory, said["id"])
        assert (row.file_key, row.file_name, row.sha256) == (None, None, None)


class TestForget:
    @pytest.mark.req("PL-08")
    async def test_drops_what_came_to_nothing_after_five_years(self, world) -> None:
        company = await world.validated()
        change_id = await propose_account(world, company)
        await world.client.post(f"/bank-changes/{change_id}/cancellation", headers=company.headers)
        asked = (await ask_for_identity(world, company)).json()["id"]
        refusal = f"/staff/identity-changes/{asked}/refusal"
        await world.client.post(refusal, json={"remark": "Not so"}, headers=world.staff)
        cancelled, refused = await one(world, BankChange, company), await one(world, IdentityChange, company)
        for row, kind, ended in (
            (cancelled, BankChange, cancelled.cancelled_at),
            (refused, IdentityChange, refused.decided_at),
        ):
            await forget(world, ended + KEPT_AFTER_DECISION - timedelta(microseconds=1))
            assert (await one(world, kind, company)).id == row.id
            await forget(world, ended + KEPT_AFTER_DECISION)
            assert await one(world, kind, company) is None
