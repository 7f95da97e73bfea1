"""Bank statements as a bank writes them, in every version, right or wrong in one place."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import count
from xml.sax.saxutils import escape

OURS = "FR7630006000011234567890189"
VERSIONS = [f"{number:02d}" for number in range(2, 14)]
_number = count(1)


@dataclass(frozen=True)
class Line:
    """One entry; `parts` are the transfers that it puts together."""

    amount: str
    credit: bool = True
    on: date | str | None = None
    end_to_end: str = "NOTPROVIDED"
    remittance: str = ""
    name: str = "Client SA"
    iban: str = "FR1420041010050500013M02606"
    reference: str | None = None
    status: str = "BOOK"
    currency: str = "EUR"
    parts: tuple["Line", ...] = ()
    batch: str | None = None

    @property
    def signed(self):
        return Decimal(self.amount) if self.credit else -Decimal(self.amount)

    @property
    def indicator(self):
        return f"<CdtDbtInd>{'CRDT' if self.credit else 'DBIT'}</CdtDbtInd>"

    def xml(self, version, day):
        on = self.on or day
        status = f"<Cd>{self.status}</Cd>" if version >= "08" else self.status
        details = "".join(part.details(version) for part in self.parts or (self,))
        if self.batch:
            details = f"<Btch><PmtInfId>{self.batch}</PmtInfId></Btch>"
        return (
            f'<Ntry><Amt Ccy="{self.currency}">{self.amount}</Amt>{self.indicator}<Sts>{status}</Sts>'
            f"<BookgDt><Dt>{on}</Dt></BookgDt><ValDt><Dt>{on}</Dt></ValDt>"
            f"<AcctSvcrRef>{self.reference or f'REF{next(_number)}'}</AcctSvcrRef>"
            f"<BkTxCd><Prtry><Cd>05</Cd></Prtry></BkTxCd><NtryDtls>{details}</NtryDtls></Ntry>"
        )

    def details(self, version):
        other = "Dbtr" if self.credit else "Cdtr"
        party = f"<Nm>{escape(self.name)}</Nm>"
        party = f"<Pty>{party}</Pty>" if version >= "08" else party
        amount = f'<Amt Ccy="{self.currency}">{self.amount}</Amt>'
        amount = f"<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>" if version == "02" else amount + self.indicator
        return (
            f"<TxDtls><Refs><EndToEndId>{escape(self.end_to_end)}</EndToEndId></Refs>{amount}"
            f"<RltdPties><{other}>{party}</{other}>"
            f"<{other}Acct><Id><IBAN>{self.iban}</IBAN></Id></{other}Acct></RltdPties>"
            f"<RmtInf><Ustrd>{escape(self.remittance)}</Ustrd></RmtInf></TxDtls>"
        )


@dataclass(frozen=True)
class Account:
    """An account whose statements follow one another; `with_` tells a wrong one."""

    version: str = "08"
    iban: str = OURS
    opening: Decimal = Decimal(0)
    closing: Decimal | None = None
    currency: str = "EUR"
    statement_id: str = field(default_factory=lambda: f"STM-{next(_number)}")
    on: date = date(2026, 11, 19)

    def with_(self, **changes):
        return replace(self, **changes)

    def file(self, *lines, head=""):
        return (head + document(self.version, self.xml(*lines))).encode()

    def xml(self, *lines):
        closing = self.closing
        if closing is None:
            closing = self.opening + sum((each.signed for each in lines if each.status == "BOOK"), Decimal(0))
        body = "".join(each.xml(self.version, self.on) for each in lines)
        return (
            f"<Stmt><Id>{self.statement_id}</Id><CreDtTm>{self.on}T20:00:00</CreDtTm>"
            f"<Acct><Id><IBAN>{self.iban}</IBAN></Id></Acct>"
            f"{self.balance('OPBD', self.opening)}{self.balance('CLBD', closing)}{body}</Stmt>"
        )

    def balance(self, kind, amount):
        indicator = "CRDT" if amount >= 0 else "DBIT"
        return (
            f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="{self.currency}">{abs(amount)}</Amt>'
            f"<CdtDbtInd>{indicator}</CdtDbtInd><Dt><Dt>{self.on}</Dt></Dt></Bal>"
        )


def document(version, *statements):
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    head = "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-19T20:00:00</CreDtTm></GrpHdr>"
    body = f"<BkToCstmrStmt>{head}{''.join(statements)}</BkToCstmrStmt>"
    return f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{namespace}">{body}</Document>'
