"""The platform's finance staff: client invoices, payments to providers, the bank's statements, the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stack.demo.client import Json, Person, eventually

BILLING = "/api/billing"
_CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@dataclass(frozen=True)
class Line:
    """A movement of the platform's account: above zero it came in."""

    amount: Decimal
    name: str
    end_to_end_id: str = "NOTPROVIDED"
    remittance: str = ""

    def xml(self, day: date) -> str:
        """As the bank writes it."""
        came_in = self.amount > 0
        size = f'<Amt Ccy="EUR">{abs(self.amount):.2f}</Amt><CdtDbtInd>{"CRDT" if came_in else "DBIT"}</CdtDbtInd>'
        other = "Dbtr" if came_in else "Cdtr"
        return (
            f"<Ntry>{size}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
            f"<BkTxCd><Prtry><Cd>05</Cd></Prtry></BkTxCd><NtryDtls><TxDtls>"
            f"<Refs><EndToEndId>{self.end_to_end_id}</EndToEndId></Refs>{size}"
            f"<RltdPties><{other}><Pty><Nm>{self.name}</Nm></Pty></{other}></RltdPties>"
            f"<RmtInf><Ustrd>{self.remittance}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        )


def end_month(author: Person, month: str) -> Json:
    """End a month, or go through it again; how far it came once a worker has finished."""
    started = eventually(
        lambda: author.post(f"{BILLING}/staff/month-ends", {"month": month}), "the start of a month end"
    )

    def look() -> Json | None:
        now = author.get(f"{BILLING}/staff/month-ends/{started['id']}")
        return now if now["status"] == "finished" else None

    return eventually(look, f"the end of {month}")


def invoice_by_hand(author: Person, company_id: str, title: str, price: Decimal, day: date) -> Json:
    """Issue an invoice that follows from no report."""
    line = {
        "name": title,
        "quantity": "1.00",
        "unit": "C62",
        "unit_price": {"amount": f"{price:.2f}", "currency": "EUR"},
    }
    period = {"start": day.isoformat(), "end": day.isoformat()}
    body = {"party_id": company_id, "title": title, "period": period, "lines": [line]}
    return author.post(f"{BILLING}/staff/issued-invoices", body)


def credit(author: Person, invoice_id: str, reason: str) -> Json:
    """Take all of an invoice back."""
    return author.post(f"{BILLING}/staff/issued-invoices/{invoice_id}/credit-note", {"reason": reason})


def our_account(person: Person) -> str:
    """The IBAN to which clients pay (BL-08)."""
    return str(person.get(f"{BILLING}/platform-account")["iban"])


def propose_run(author: Person, executes_on: date) -> Json:
    """Propose to pay everything due by a day."""
    return author.post(f"{BILLING}/staff/payment-runs", {"executes_on": executes_on.isoformat()})


def approve_run(colleague: Person, run_id: str) -> Json:
    """Let it go, as a second person."""
    return colleague.post(f"{BILLING}/staff/payment-runs/{run_id}/approval")


def sepa_file(colleague: Person, run_id: str) -> bytes:
    """The file for the bank."""
    colleague.post(f"{BILLING}/staff/payment-runs/{run_id}/file")
    return colleague.download(f"{BILLING}/staff/payment-runs/{run_id}/file")


def orders(colleague: Person, run_id: str) -> list[Json]:
    """The payments of a run."""
    return colleague.all(f"{BILLING}/staff/payment-runs/{run_id}/orders")


def statement(colleague: Person, iban: str, number: str, day: date, *lines: Line) -> bytes:
    """The bank's statement that follows the newest one that was imported."""
    newest = colleague.get(f"{BILLING}/staff/bank-statements", limit="1")["items"]
    opening = Decimal(newest[0]["closing"]["amount"]) if newest else Decimal(0)
    day = max([day, *(date.fromisoformat(each["to_on"]) for each in newest)])
    closing = opening + sum((line.amount for line in lines), Decimal(0))
    balances = _balance("OPBD", opening, day) + _balance("CLBD", closing, day)
    entries = "".join(line.xml(day) for line in lines)
    body = (
        f"<GrpHdr><MsgId>{number}</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{number}</Id><CreDtTm>{day}T20:00:00</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>"
        f"{balances}{entries}</Stmt>"
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{head}<Document xmlns="{_CAMT}"><BkToCstmrStmt>{body}</BkToCstmrStmt></Document>'.encode()


def import_statement(colleague: Person, content: bytes) -> Json:
    """Hand over what the bank sent."""
    files = {"file": ("statement.xml", content, "application/xml")}
    imported: Json = colleague.ask("POST", f"{BILLING}/staff/bank-statements", files=files)["statements"][0]
    return imported


def movements(colleague: Person, count: int) -> list[Json]:
    """The newest movements, as they are matched by now."""
    found: list[Json] = colleague.get(f"{BILLING}/staff/bank-movements", limit=str(count))["items"]
    return found


def trial_balance(colleague: Person) -> Json:
    """What every account stands at, the bank's dates to come included."""
    return colleague.get(f"{BILLING}/staff/ledger/trial-balance", until="2099-12-31")


def _balance(kind: str, amount: Decimal, day: date) -> str:
    side = "CRDT" if amount >= 0 else "DBIT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="EUR">{abs(amount):.2f}</Amt><CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>'
    )
