"""The last chapters of the deal: from the pre-invoice to the date of payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from stack.demo import invoice as verbs
from stack.demo.accounting import Invoice, Party
from stack.demo.client import Refused
from stack.demo.deal import DAILY_RATE, Deal, check
from stack.demo.month import invoiced
from stack.demo.workdays import in_french, on_which_day, today

EXPRESS_SHARE = Decimal("0.025")
EXPRESS_DAYS = timedelta(days=30)
MISMATCH = "invoice_mismatch"


def bpf(deal: Deal) -> str:
    """Billing heard of the validated CRA and issued the pre-invoice."""
    deal.bpf = verbs.bpf_of(deal.camille, deal.cra["id"])
    check(Decimal(deal.bpf["net"]["amount"]) == deal.net, f"the BPF says {deal.bpf['net']}, not {deal.net}")
    return f"{deal.bpf['reference']}: {deal.plan.days} days at {DAILY_RATE} EUR = {deal.net:.2f} EUR"


def accounted(deal: Deal) -> Invoice:
    """The invoice as Camille's accounting software makes it from the pre-invoice."""
    company = deal.freelance
    assert company.account is not None
    seller = Party(
        company.name, company.siren, company.vat_number, company.line1, company.postcode, company.city, company.siret
    )
    return Invoice(
        number=f"FA-{today():%Y%m}-{company.siret[9:]}",
        seller=seller,
        buyer=Party.told(deal.bpf["buyer"]),
        iban=company.account.iban,
        bic=company.account.bic,
        order_reference=deal.bdc["reference"],
        issued_on=today(),
        first_day=date.fromisoformat(deal.bpf["period"]["start"]),
        last_day=date.fromisoformat(deal.bpf["period"]["end"]),
        days=deal.plan.days,
        daily_rate=DAILY_RATE,
    )


def wrong_invoice(deal: Deal) -> str:
    """One day too many: refused, with each difference named; nothing is scheduled for payment."""
    right = accounted(deal)
    wrong = replace(right, number=f"{right.number}-X", days=right.days + 1)
    try:
        verbs.hand_in(deal.camille, deal.bpf["id"], wrong.facturx(), f"{wrong.number}.pdf")
    except Refused as refusal:
        check(refusal.code == MISMATCH, f"refused as {refusal.code}")
        named = {error["field"]: error["detail"] for error in refusal.errors}
        check("lines.0.quantity" in named, f"the quantity is not among {', '.join(named)}")
        return f"{len(named)} differences, among them the quantity: {named['lines.0.quantity']}"
    raise AssertionError("an invoice of another amount was imported")


def invoice(deal: Deal) -> str:
    """The invoice that agrees: imported, the fee withheld, the payment scheduled."""
    made = accounted(deal)
    deal.invoice_pdf = made.facturx()
    imported = verbs.hand_in(deal.camille, deal.bpf["id"], deal.invoice_pdf, f"{made.number}.pdf")
    deal.note("import")
    deal.invoice = imported
    fee = (deal.net * EXPRESS_SHARE).quantize(Decimal("0.01"))
    expected = {"net": made.net, "vat": made.vat, "gross": made.gross, "fee": fee, "payable": made.gross - fee}
    for name, amount in expected.items():
        check(Decimal(imported[name]["amount"]) == amount, f"{name} is {imported[name]['amount']}, not {amount}")
    due = on_which_day(deal.bpf["validated_at"]) + EXPRESS_DAYS
    check(imported["payment_on"] == due.isoformat(), f"payment on {imported['payment_on']}, not {due}")
    return f"{made.number}: {made.gross} EUR with VAT, fee {fee} EUR, payable {imported['payable']['amount']} EUR"


def payment_mail(deal: Deal) -> str:
    """Camille reads the date in an e-mail, and Marc sees the invoice on the CRA."""
    number, due = deal.invoice["number"], deal.invoice["payment_on"]
    letter = deal.stage.postbox.wait_for(deal.camille.email, number)
    check(in_french(date.fromisoformat(due)) in letter["text"], "the e-mail does not say when it is paid")
    cra = invoiced(deal.marc, deal.cra["id"])
    check(cra["invoice_number"] == number, f"the CRA shows invoice {cra['invoice_number']}")
    return f"« {letter['subject']} »: paid on {due}"
