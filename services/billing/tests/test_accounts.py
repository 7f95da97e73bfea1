"""Where companies are paid: history by effective time, and what each invoice keeps of it (CO-45)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from facturx_builder import invoice_pdf

from billing.directory.accounts import CompanyAccount
from billing.directory.queries import account_in_force
from contracts.company import BankDetailsChanged


def account(company_id, at, version=2, iban="FR7630006000011234567890189"):
    return BankDetailsChanged(
        version=version,
        company_id=company_id,
        bank_details_id=uuid4(),
        holder="Fournisseur SAS",
        iban=iban,
        bic="AGRIFRPPXXX",
        effective_at=at,
    )


class TestAccounts:
    async def test_are_in_force_from_their_time_until_the_next_in_any_order(self, h):
        company_id, now = uuid4(), h.clock()
        first, second = account(company_id, now), account(company_id, now + timedelta(days=3), 4)
        for event in (second, first, second, first):
            await h.deliver(event)
        async with h.tx() as tx:
            found = [
                await account_in_force(tx, company_id, now + timedelta(days=3) + delta)
                for delta in (-timedelta(days=4), -timedelta(microseconds=1), timedelta())
            ]
        assert [row and row.bank_details_id for row in found] == [None, first.bank_details_id, second.bank_details_id]

    async def test_without_iban_are_a_bank_and_an_account(self, h):
        event = account(uuid4(), h.clock()).model_copy(
            update={"iban": None, "bic": None, "bank_code": "021000021", "account_number": "12345678"}
        )
        await h.deliver(event)
        async with h.tx() as tx:
            row = await tx.get(CompanyAccount, event.bank_details_id)
        assert (row.iban, row.bank_code, row.account_number) == (None, "021000021", "12345678")


class TestInvoices:
    @pytest.mark.req("CO-45")
    async def test_keep_the_account_that_was_in_force_at_their_import(self, h, given):
        month = await given()
        provider = month.month.provider_id
        first = account(provider, h.clock() - timedelta(days=10))
        await h.deliver(first)
        await h.deliver(account(provider, h.clock() + timedelta(hours=1), 5))
        said = (await month.post(invoice_pdf(month.bpf))).json()
        assert said["account_id"] == str(first.bank_details_id)
        await h.deliver(account(provider, h.clock(), 9))
        again = (await h.client.get(f"/invoices/{said['id']}", headers=month.seller())).json()
        assert again["account_id"] == str(first.bank_details_id)

    async def test_of_a_company_without_account_have_none(self, given):
        month = await given()
        assert (await month.post(invoice_pdf(month.bpf))).json()["account_id"] is None
