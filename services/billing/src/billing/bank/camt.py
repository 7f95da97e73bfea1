"""From a camt.053 file (ISO 20022, versions .02 to .13) to its statements; runs in the reading process alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

MAX_MOVEMENTS = 50_000
_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(0[2-9]|1[0-3])")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
_LONGEST = 1000
_NO_REFERENCE = frozenset({"", "NOTPROVIDED", "NONREF", "NON REFERENCE"})


class Refused(Exception):
    """The file is not taken, with the code of a refusal and a sentence."""

    def __init__(self, code: str, detail: str):
        super().__init__(detail)
        self.code, self.detail = code, detail


def read(content: bytes) -> list[dict[str, Any]]:
    """Every statement of the file, as `document.Statement` takes it. Raises Refused."""
    statements = _all(_root(content), "BkToCstmrStmt", "Stmt")
    if not statements:
        raise Refused("statement_unreadable", "there is no statement in it")
    return [_statement(each) for each in statements]


def _root(content: bytes) -> etree._Element:
    """The document; nothing in it may refer elsewhere or grow while it is read."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as wrong:
        raise Refused("statement_unreadable", f"it is not well-formed: {_line(wrong)[:200]}") from wrong
    if root.getroottree().docinfo.doctype:
        raise Refused("statement_unreadable", "a document type declaration is not accepted")
    name = etree.QName(root)
    if name.localname != "Document" or not _NAMESPACE.fullmatch(name.namespace or ""):
        raise Refused("statement_unreadable", "it is not a camt.053 statement of version 02 to 13")
    return root


def _statement(found: etree._Element) -> dict[str, Any]:
    statement_id = _text(found, "Id")
    if not statement_id:
        raise _invalid("a statement has no Id")
    entries = [each for each in _all(found, "Ntry") if _status(each) == "BOOK"]
    _check_references(entries)
    movements = list(chain.from_iterable(_movements(each) for each in entries))
    if len(movements) > MAX_MOVEMENTS:
        raise _invalid(f"a statement has more than {MAX_MOVEMENTS} movements")
    opening, from_on = _balance(found, "OPBD", "PRCD")
    closing, to_on = _balance(found, "CLBD")
    return {
        "statement_id": statement_id[:35],
        "iban": _text(found, "Acct", "Id", "IBAN").replace(" ", "").upper()[:34],
        "from_on": min([from_on, to_on, *(each["booked_on"] for each in movements)]),
        "to_on": to_on,
        "opening": opening,
        "closing": closing,
        "movements": movements,
    }


def _check_references(entries: Sequence[etree._Element]) -> None:
    """The bank gives each entry a reference of its own: one met twice was put in twice."""
    used = Counter(reference for each in entries if (reference := _reference(each, "AcctSvcrRef")))
    twice = [reference for reference, times in used.items() if times > 1]
    if twice:
        raise _invalid(f"the bank reference {_line(twice[0])[:35]} stands on {used[twice[0]]} entries")


def _movements(entry: etree._Element) -> list[dict[str, Any]]:
    """The entry's single transfers where their sums explain it, and otherwise the entry as a whole."""
    amount, is_credit, booked_on = _amount(entry, "Amt"), _is_credit(entry), _day(entry, "BookgDt")
    if amount == 0:
        return []
    details = _all(entry, "NtryDtls", "TxDtls")
    parts = [_part(each, is_credit) for each in details] if len(details) > 1 else []
    total = sum((sum_ if credit else -sum_ for sum_, credit in parts if sum_), Decimal(0))
    if not parts or not all(sum_ for sum_, _ in parts) or total != (amount if is_credit else -amount):
        return [_movement(entry, details, amount, is_credit, booked_on)]
    return [
        _movement(entry, [each], sum_ or amount, credit, booked_on)
        for each, (sum_, credit) in zip(details, parts, strict=True)
    ]


def _part(details: etree._Element, entry_is_credit: bool) -> tuple[Decimal | None, bool]:
    """Amount, where it is told in euros, and direction of one transfer of an entry."""
    found = _all(details, "Amt") or _all(details, "AmtDtls", "TxAmt", "Amt")
    told = found and found[0].get("Ccy") == "EUR" and _AMOUNT.fullmatch(_line(found[0].text))
    is_credit = _is_credit(details) if _all(details, "CdtDbtInd") else entry_is_credit
    return (Decimal(_line(found[0].text)) if told else None), is_credit


def _movement(
    entry: etree._Element, details: Sequence[etree._Element], amount: Decimal, is_credit: bool, booked_on: str
) -> dict[str, Any]:
    other = "Dbtr" if is_credit else "Cdtr"
    said = [text for each in details for text in _remittance(each)]
    first = details[0] if len(details) == 1 else None
    named = (
        None
        if first is None
        else (_text(first, "RltdPties", other, "Nm"), _text(first, "RltdPties", other, "Pty", "Nm"))
    )
    account = "" if first is None else _text(first, "RltdPties", f"{other}Acct", "Id", "IBAN")
    reference = (
        _reference(entry, "NtryDtls", "Btch", "PmtInfId") if first is None else _reference(first, "Refs", "EndToEndId")
    )
    own = _reference(first, "Refs", "AcctSvcrRef") if first is not None else ""
    return {
        "amount": amount,
        "is_credit": is_credit,
        "booked_on": booked_on,
        "end_to_end_id": reference[:35] or None,
        "remittance": " ".join(said or [_text(entry, "AddtlNtryInf")])[:_LONGEST],
        "counterparty_name": (named and (named[0] or named[1])[:140]) or None,
        "counterparty_iban": account.replace(" ", "").upper()[:34] or None,
        "bank_reference": (_reference(entry, "AcctSvcrRef") or own or _reference(entry, "NtryRef"))[:35] or None,
    }


def _remittance(details: etree._Element) -> list[str]:
    free = [_line(each.text) for each in _all(details, "RmtInf", "Ustrd")]
    structured = [
        *_all(details, "RmtInf", "Strd", "RfrdDocInf", "Nb"),
        *_all(details, "RmtInf", "Strd", "CdtrRefInf", "Ref"),
    ]
    return [text for text in (*free, *(_line(each.text) for each in structured)) if text]


def _balance(statement: etree._Element, *codes: str) -> tuple[Decimal, str]:
    """The signed balance of the first of these kinds that is there, and its day. Raises Refused."""
    for code in codes:
        found = [each for each in _all(statement, "Bal") if _text(each, "Tp", "CdOrPrtry", "Cd") == code]
        if len(found) > 1:
            raise _invalid(f"there are {len(found)} balances {code}")
        if found:
            amount = _amount(found[0], "Amt")
            return (amount if _is_credit(found[0]) else -amount), _day(found[0], "Dt")
    raise _invalid(f"the balance {codes[0]} is missing")


def _status(entry: etree._Element) -> str:
    """A text until version 07, a code within it from 08 on."""
    return _text(entry, "Sts", "Cd") or _text(entry, "Sts")


def _is_credit(element: etree._Element) -> bool:
    said = _text(element, "CdtDbtInd")
    if said not in {"CRDT", "DBIT"}:
        raise _invalid("an amount is neither CRDT nor DBIT")
    return said == "CRDT"


def _amount(element: etree._Element, name: str) -> Decimal:
    """An amount in euros, not below zero: its sign is told apart. Raises Refused."""
    found = _all(element, name)
    said = _line(found[0].text) if found else ""
    if not _AMOUNT.fullmatch(said):
        raise _invalid(f"{said[:40] or 'nothing'} is not an amount with at most two decimals, without sign")
    if found[0].get("Ccy") != "EUR":
        raise _invalid(f"an amount is in {_line(found[0].get('Ccy'))[:3] or 'no currency'}, not in EUR")
    return Decimal(said)


def _day(element: etree._Element, name: str) -> str:
    said = (_text(element, name, "Dt") or _text(element, name, "DtTm"))[:10]
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError as wrong:
        raise _invalid(f"{said or 'nothing'} is not a day") from wrong


def _reference(element: etree._Element, *path: str) -> str:
    said = _text(element, *path)
    return "" if said.upper() in _NO_REFERENCE else said


def _all(element: etree._Element, *path: str) -> list[etree._Element]:
    """Every element at the end of the path, in whatever version's namespace."""
    found = [element]
    for name in path:
        found = [child for each in found for child in each.iterchildren(f"{{*}}{name}")]
    return found


def _text(element: etree._Element, *path: str) -> str:
    found = _all(element, *path)
    return _line(found[0].text) if found else ""


def _line(text: object) -> str:
    """One line of printable characters; empty for nothing."""
    return "".join(c for c in " ".join(str(text or "").split()) if c.isprintable())


def _invalid(detail: str) -> Refused:
    return Refused("statement_invalid", detail)
