"""What the bank is told, and what it tells of it: the file, executed transfers and returned ones."""

import asyncio
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from billing_months import NOW
from billing_payments import TODAY, Finance, account_of

from billing.ledger.domain import Account
from billing.ledger.posting import balance
from billing.payment.domain import OrderNotFound, PaymentRun
from billing.payment.pain001 import Debtor, Transfer, is_sepa, write
from billing.payment.progress import transfer_executed, transfer_returned
from billing.payment.runs import payment_file
from billing.settings import BillingSettings
from chassis.errors import IllegalMove
from contracts.billing import InvoicePaid, PaymentScheduled
from contracts.notification import NotificationRequested
from contracts.values import Money, PostalAddress

NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
IBAN = "FR7630006000011234567890189"
ODD = "Œuvre & <Fils> d'Ürküt"


@pytest.fixture
def finance(h, given):
    return Finance(h, given)


def text_of(root, path):
    return [found.text for found in root.iterfind(f".//{path}", NS)]


class TestFile:
    async def test_keeps_to_its_schema_and_says_whom_to_pay_what(self, finance):
        due = await finance.payable()
        run = await finance.propose()
        await finance.approve(run)
        async with finance.h.tx() as tx:
            content = await payment_file(tx, await tx.get(PaymentRun, run["id"]), BillingSettings(), check=True)
        root = ET.fromstring(content)
        order = (await finance.orders(run))[due.id]
        payments = {
            each.findtext("p:PmtId/p:EndToEndId", namespaces=NS): each for each in root.iterfind(".//p:CdtTrfTxInf", NS)
        }
        mine = payments[order["end_to_end_id"]]
        assert len(order["end_to_end_id"]) <= 35
        assert mine.findtext("p:Amt/p:InstdAmt", namespaces=NS) == "10350.00"
        assert text_of(mine, "p:Cdtr/p:PstlAdr/p:TwnNm") == ["Paris"]
        assert text_of(mine, "p:Cdtr/p:PstlAdr/p:Ctry") == ["FR"]
        assert text_of(mine, "p:RmtInf/p:Ustrd") == [due.invoice["number"]]
        assert text_of(root, "p:ReqdExctnDt/p:Dt") == [str(TODAY)]
        assert text_of(root, "p:GrpHdr/p:MsgId") == [run["id"].replace("-", "")]
        total = sum((Decimal(amount) for amount in text_of(root, "p:InstdAmt")), Decimal(0))
        assert [Decimal(each) for each in text_of(root, "p:CtrlSum")] == [total, total]
        assert (await finance.get(f"/staff/payment-runs/{run['id']}")).json()["amount"]["amount"] == f"{total:.2f}"

    def test_any_name_and_address_keeps_to_the_schema(self):
        place = PostalAddress(
            line1="É" * 100, postcode="1010", city="Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson", country="FR"
        )
        transfer = Transfer(
            "a" * 32 + "-99", Money.of("0.01"), ODD * 9, "FR7630006000011234567890189", None, place, ODD * 20
        )
        payer = Debtor(ODD, "FR7630006000011234567890189", "AGRIFRPP", place)
        first, second = (write("a" * 32, payer, TODAY, NOW, [transfer, transfer], check=True) for _ in range(2))
        assert first == second
        assert text_of(ET.fromstring(first), "p:CreDtTm") == ["2026-11-20T10:00:00"]

    @pytest.mark.parametrize(("iban", "sepa"), [("FR76", True), ("CH93", True), ("AE07", False), (None, False)])
    def test_holds_no_account_outside_sepa(self, iban, sepa):
        assert is_sepa(iban) is sepa

    async def test_leaves_accounts_without_iban_to_be_paid_by_hand(self, finance):
        due = await finance.payable(account=False)
        far = account_of(
            due.provider_id, finance.h.clock(), iban=None, bank_code="021000021", account_number="12345678"
        )
        await finance.h.deliver(far)
        run = await finance.pay()
        order = (await finance.orders(run))[due.id]
        assert (order["by_hand"], order["status"]) == (True, "ordered")
        file = await finance.file(run)
        assert file.status_code == 404 or order["end_to_end_id"].encode() not in file.content
        async with finance.h.tx() as tx:
            assert (await balance(tx, Account.PROVIDERS, due.provider_id)).amount == 0


class TestExecuted:
    async def ordered(self, finance):
        due = await finance.payable()
        return due, (await finance.orders(await finance.pay()))[due.id]["end_to_end_id"]

    @pytest.mark.req("BL-23", "BL-36")
    async def test_pays_the_invoice_and_says_so(self, finance):
        due, reference = await self.ordered(finance)
        assert ((await due.read())["status"], (await due.read())["paid_on"]) == ("in_payment", None)
        async with finance.h.tx() as tx:
            await transfer_executed(tx, reference, TODAY)
        shown = await due.read()
        assert (shown["status"], shown["paid_on"], shown["payment_on"]) == ("paid", str(TODAY), "2026-11-05")
        (paid,) = [e for e in await finance.h.emitted(InvoicePaid) if str(e.invoice_id) == due.id]
        assert (paid.paid_on, paid.payable.amount) == (TODAY, Decimal("10350.00"))
        told = [e for e in await finance.h.emitted(NotificationRequested) if str(e.subject_id) == due.id]
        assert [each.template for each in told] == ["payment_scheduled", "payment_sent"]
        assert told[-1].context["payable"] == "10350.00"

    async def test_is_said_once(self, finance):
        _, reference = await self.ordered(finance)

        async def execute():
            async with finance.h.tx() as tx:
                await transfer_executed(tx, reference, TODAY)

        done = await asyncio.gather(*(execute() for _ in range(4)), return_exceptions=True)
        assert sorted(type(each).__name__ for each in done) == ["IllegalMove"] * 3 + ["NoneType"]

    async def test_of_an_unknown_reference_is_no_transfer_of_ours(self, finance):
        with pytest.raises(OrderNotFound):
            async with finance.h.tx() as tx:
                await transfer_executed(tx, "0" * 32, TODAY)

    @pytest.mark.parametrize("shown_before", [False, True])
    async def test_a_returned_transfer_is_owed_again_and_tried_with_another_reference(self, finance, shown_before):
        due, reference = await self.ordered(finance)
        async with finance.h.tx() as tx:
            if shown_before:
                await transfer_executed(tx, reference, TODAY)
        async with finance.h.tx() as tx:
            order = await transfer_returned(tx, reference, "AC04 closed account")
        shown = await due.read()
        assert (shown["status"], shown["paid_on"]) == ("scheduled", None)
        assert [e for e in await finance.h.emitted(PaymentScheduled) if str(e.invoice_id) == due.id]
        async with finance.h.tx() as tx:
            assert (await balance(tx, Account.PROVIDERS, due.provider_id)).amount == Decimal("-10350.00")
        again = await finance.post(f"/staff/payment-orders/{order}/return", reason="twice")
        assert again.json()["code"] == "illegal_move"
        orders = await finance.orders(await finance.pay())
        assert orders[due.id]["end_to_end_id"] == reference + "-2"
        with pytest.raises(IllegalMove):
            async with finance.h.tx() as tx:
                await transfer_executed(tx, reference, TODAY)

    async def test_staff_marks_a_rejection_by_hand(self, finance):
        due = await finance.payable()
        order = (await finance.orders(await finance.pay()))[due.id]
        answer = await finance.post(f"/staff/payment-orders/{order['id']}/return", reason="AC01 wrong account")
        assert (answer.json()["status"], answer.json()["return_reason"]) == ("returned", "AC01 wrong account")
        assert (await due.read())["status"] == "scheduled"
