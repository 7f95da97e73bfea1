"""The deal to its last cent: client invoiced, provider paid in a file, statement matched, books in balance."""

from datetime import date
from xml.etree import ElementTree as ET

import pytest

from stack.demo import finance
from stack.demo.client import Refused


def test_money_moves_once_and_the_books_stay_in_balance(stage):
    deal = stage.deal(through="payment")
    stage.go_on(deal, after="renewal", through="ledger")
    transfer = ET.fromstring(deal.sepa).find(".//{*}CdtTrfTxInf")
    assert transfer.findtext(".//{*}CdtrAcct//{*}IBAN") == deal.freelance.account.iban
    assert transfer.findtext("{*}Amt/{*}InstdAmt") == deal.invoice["payable"]["amount"]
    with pytest.raises(Refused) as again:
        finance.propose_run(deal.nadia, date.fromisoformat(deal.orders[0]["payment_on"]))
    assert again.value.code == "nothing_due"
