"""The chapters that close the deal: the month is ended, the provider paid, the client's payment matched."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal

from stack.demo import finance
from stack.demo.client import Json, Refused, eventually
from stack.demo.deal import Deal, check
from stack.demo.finance import BILLING, Line
from stack.demo.month import TIMESHEET

VAT = Decimal("1.20")
FAREST = 7
"""Days before a date within which a bank works on one at least."""


def month_end(deal: Deal) -> str:
    """Two people of finance are hired; Nadia ends the month, and the client finds its invoice."""
    deal.nadia, deal.olivier = deal.stage.finance("Nadia", "Bensaïd"), deal.stage.finance("Olivier", "Marchetti")
    ended = finance.end_month(deal.nadia, deal.plan.month)
    deal.client_invoice = eventually(lambda: _of_this_month(deal), "the client's invoice")
    gross = Decimal(deal.client_invoice["gross"]["amount"])
    check(gross == deal.net * VAT, f"the client owes {gross}, not {deal.net * VAT}")
    pdf = eventually(lambda: _document(deal), "the document of the client's invoice")
    check(pdf.startswith(b"%PDF-"), "the client's invoice is no PDF")
    counted = ", ".join(f"{count} {step.replace('_', ' ')}" for step, count in ended["done"].items())
    return f"{deal.client_invoice['number']}: {gross} EUR due on {deal.client_invoice['due_on']}; month end: {counted}"


def payment_run(deal: Deal) -> str:
    """Nadia proposes what is due by Camille's date, which she may not approve; Olivier does, and has the file made."""
    run = _proposed(deal)
    try:
        finance.approve_run(deal.nadia, run["id"])
    except Refused as refusal:
        check(refusal.code == "approved_by_author", f"refused as {refusal.code}")
    else:
        raise AssertionError("whoever proposed a run approved it")
    finance.approve_run(deal.olivier, run["id"])
    deal.sepa = finance.sepa_file(deal.olivier, run["id"])
    check(b"pain.001.001.09" in deal.sepa, "the file is no pain.001.001.09")
    deal.orders = finance.orders(deal.olivier, run["id"])
    paid = next((each for each in deal.orders if each["invoice_id"] == deal.invoice["id"]), None)
    check(paid is not None, "Camille's invoice is not in the run")
    total, digest = run["amount"]["amount"], hashlib.sha256(deal.sepa).hexdigest()[:12]
    return (
        f"SEPA pain.001.001.09: {len(deal.orders)} transfers of {total} EUR on {run['executes_on']}, sha256 {digest}…"
    )


def statement(deal: Deal) -> str:
    """The bank's statement shows the transfers and the client's payment; rules match every line."""
    owed, day = deal.client_invoice["gross"]["amount"], date.fromisoformat(deal.orders[0]["payment_on"])
    out = [
        Line(-Decimal(order["amount"]["amount"]), order["holder"], order["end_to_end_id"], order["invoice_number"])
        for order in deal.orders
    ]
    came = Line(Decimal(owed), deal.client.name, remittance=f"Facture {deal.client_invoice['number']}")
    number = f"REL-{deal.invoice['id'][-12:]}"
    imported = finance.import_statement(
        deal.nadia, finance.statement(deal.nadia, finance.our_account(deal.helene), number, day, *out, came)
    )
    deal.stage.sweep("billing", "match_movements")
    found = finance.movements(deal.nadia, len(out) + 1)
    unmatched = [each["remittance"] for each in found if each["status"] != "matched"]
    check(not unmatched, f"not matched: {', '.join(unmatched)}")
    status = deal.helene.get(f"{BILLING}/client-invoices/{deal.client_invoice['id']}")["status"]
    check(status == "paid", f"the client's invoice is {status}")
    eventually(lambda: _paid(deal), "the payment on the CRA")
    return f"{imported['statement_id']}: {imported['movements']} movements matched, client and provider paid"


def credit_note(deal: Deal) -> str:
    """An invoice is made in error and taken back by a credit note: the only way to cancel it."""
    wrong = finance.invoice_by_hand(deal.nadia, deal.client.id, "Formation", Decimal("300.00"), deal.plan.worked[0])
    note = finance.credit(deal.nadia, wrong["id"], "Facture émise par erreur")
    cancelled = deal.nadia.get(f"{BILLING}/staff/issued-invoices/{wrong['id']}")
    check(cancelled["status"] == "cancelled", f"the invoice is {cancelled['status']}")
    check(note["gross"] == wrong["gross"], f"the credit note takes back {note['gross']}")
    return f"{note['number']} takes {wrong['number']} back: {note['gross']['amount']} EUR, which is cancelled"


def ledger(deal: Deal) -> str:
    """The books are in balance."""
    balance = finance.trial_balance(deal.olivier)
    check(balance["difference"]["amount"] == "0.00", f"debits and credits differ by {balance['difference']}")
    standing = {each["account"]: each["balance"]["amount"] for each in balance["accounts"]}
    check(standing.get("471", "0.00") == "0.00", f"{standing.get('471')} EUR stand unmatched")
    shown = ", ".join(f"{account}: {amount}" for account, amount in standing.items())
    return f"debits {balance['debit']['amount']} = credits {balance['credit']['amount']}; {shown}"


def _of_this_month(deal: Deal) -> Json | None:
    found = deal.helene.all(f"{BILLING}/client-invoices")
    return next((each for each in found if deal.plan.month in each["title"]), None)


def _document(deal: Deal) -> bytes:
    return deal.helene.download(f"{BILLING}/client-invoices/{deal.client_invoice['id']}/document")


def _paid(deal: Deal) -> bool:
    return bool(deal.camille.get(f"{TIMESHEET}/cras/{deal.cra['id']}").get("paid_on"))


def _proposed(deal: Deal) -> Json:
    """On the last day up to Camille's date on which banks work."""
    due = date.fromisoformat(deal.invoice["payment_on"])
    for before in range(FAREST):
        try:
            return finance.propose_run(deal.nadia, due - timedelta(days=before))
        except Refused as refusal:
            if refusal.code != "not_a_bank_day":
                raise
    raise AssertionError(f"no bank works in the week before {due}")
