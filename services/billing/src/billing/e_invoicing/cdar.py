"""Status messages between the parties of an invoice: UN/CEFACT CDAR D22B, as the French rules narrow it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from pydantic import ValidationError

from billing.e_invoicing.codes import NAMES, Actor, Code
from billing.e_invoicing.domain import EInvoice, RateAmount, Rule, Said
from chassis.clock import PARIS

_SPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _SPACES.items())
_GUIDELINE = "urn.cpro.gouv.fr:1p0:CDV:invoice"
_TREATMENT = "23"
"""The parties' own statuses, as against 305, the platforms'."""
_ROLES = {Actor.SELLER: "SE", Actor.BUYER: "BY", Actor.PLATFORM: "WK"}
_OF_THE_BUYER = frozenset({"BY", "AB", "DL", "PR", "II", "IV"})
"""Whoever speaks for it: its agent, its payer, the address of its invoices."""
_COLLECTED = "MEN"
MAX_BYTES = 1024 * 1024


class UnreadableMessageError(ValueError):
    """Not a status message about an invoice, or with a code that moves none."""


@dataclass(frozen=True, slots=True)
class Message:
    """A status message that was read: which invoice, and what is said of it."""

    number: str
    seller_siren: str | None
    said: Said


def write(invoice: EInvoice, said: Said, message_id: UUID) -> bytes:
    """The message that tells the other party, and the administration, what we say of an invoice."""
    theirs = Actor.BUYER if said.by is Actor.SELLER else Actor.SELLER
    siren = {Actor.SELLER: invoice.seller_siren, Actor.BUYER: invoice.buyer_siren}
    at = _in("ram:IssueDateTime", f'<udt:DateTimeString format="204">{_stamp(said.at)}</udt:DateTimeString>')
    scope = "REGULATED" if invoice.rule == Rule.B2B else "B2BINT"
    context = _in("ram:BusinessProcessSpecifiedDocumentContextParameter", _in("ram:ID", scope)) + _in(
        "ram:GuidelineSpecifiedDocumentContextParameter", _in("ram:ID", _GUIDELINE)
    )
    envelope = (
        _in("ram:ID", str(message_id))
        + at
        + _in("ram:SenderTradeParty", _in("ram:RoleCode", _ROLES[said.by]))
        + _in("ram:IssuerTradeParty", _party(said.by, siren[said.by]))
        + _in("ram:RecipientTradeParty", _recipient(theirs, siren[theirs]))
    )
    content = (
        _in("ram:MultipleReferencesIndicator", _in("udt:Indicator", "false"))
        + _in("ram:TypeCode", _TREATMENT)
        + at
        + _in("ram:ReferenceReferencedDocument", _reference(invoice, said))
    )
    body = (
        _in("rsm:ExchangedDocumentContext", context)
        + _in("rsm:ExchangedDocument", envelope)
        + _in("rsm:AcknowledgementDocument", content)
    )
    root = "rsm:CrossDomainAcknowledgementAndResponse"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {_DECLARED}>{body}</{root}>\n'.encode()


def read(content: bytes, received_at: datetime) -> Message:
    """Read another party's, or a platform's, message.

    Raises:
        UnreadableMessageError: too large, not such a message, or not a code that moves an invoice.

    """
    if len(content) > MAX_BYTES or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnreadableMessageError("too large, or with a document type of its own")
    try:
        root = ET.fromstring(content)  # noqa: S314 - without a document type there are no entities to expand
    except (ET.ParseError, ValueError, LookupError) as wrong:
        raise UnreadableMessageError("not XML") from wrong
    about = root.find("rsm:AcknowledgementDocument/ram:ReferenceReferencedDocument", _SPACES)
    number = _text(about, "ram:IssuerAssignedID")
    if about is None or not number:
        raise UnreadableMessageError("it is about no invoice")
    try:
        code = Code(_text(about, "ram:ProcessConditionCode") or "")
    except ValueError as unknown:
        raise UnreadableMessageError("its code moves no invoice") from unknown
    role = _text(root.find("rsm:ExchangedDocument", _SPACES), "ram:IssuerTradeParty/ram:RoleCode")
    said = Said(
        code=code,
        by=Actor.SELLER if role in {"SE", "SR", "PE"} else Actor.BUYER if role in _OF_THE_BUYER else Actor.PLATFORM,
        at=received_at,
        reason=(_text(about, "ram:SpecifiedDocumentStatus/ram:ReasonCode") or "")[:32] or None,
        text=(_text(about, "ram:SpecifiedDocumentStatus/ram:Reason") or "")[:1000] or None,
        amounts=_amounts(about),
    )
    return Message(number, _text(about, "ram:IssuerTradeParty/ram:GlobalID"), said)


def _amounts(about: ET.Element) -> list[RateAmount]:
    found = []
    for block in about.iterfind("ram:SpecifiedDocumentStatus/ram:SpecifiedDocumentCharacteristic", _SPACES):
        if _text(block, "ram:TypeCode") != _COLLECTED:
            continue
        said = {"rate": _text(block, "ram:ValuePercent"), "amount": _text(block, "ram:ValueAmount")}
        try:
            found.append(RateAmount.model_validate(said))
        except ValidationError as wrong:
            raise UnreadableMessageError("an amount that is none") from wrong
    return found


def _text(within: ET.Element | None, path: str) -> str | None:
    found = within.findtext(path, None, _SPACES) if within is not None else None
    return found.strip() if found else None


def _reference(invoice: EInvoice, said: Said) -> str:
    issued = f'<qdt:DateTimeString format="102">{invoice.issued_on:%Y%m%d}</qdt:DateTimeString>'
    return (
        _in("ram:IssuerAssignedID", escape(invoice.number))
        + _in("ram:TypeCode", escape(invoice.type_code))
        + _in("ram:FormattedIssueDateTime", issued)
        + _in("ram:ProcessConditionCode", said.code.value)
        + _in("ram:ProcessCondition", NAMES[said.code][0])
        + _in("ram:IssuerTradeParty", _party(Actor.SELLER, invoice.seller_siren))
        + _status(said)
    )


def _status(said: Said) -> str:
    reason = _in("ram:ReasonCode", escape(said.reason)) if said.reason else ""
    reason += _in("ram:Reason", escape(said.text)) if said.text else ""
    amounts = "".join(
        _in(
            "ram:SpecifiedDocumentCharacteristic",
            _in("ram:TypeCode", _COLLECTED)
            + f'<ram:ValueAmount currencyID="EUR">{each.amount:.2f}</ram:ValueAmount>'
            + _in("ram:ValuePercent", f"{each.rate:.2f}"),
        )
        for each in said.amounts
    )
    if not reason and not amounts:
        return ""
    return _in("ram:SpecifiedDocumentStatus", reason + _in("ram:SequenceNumeric", "1") + amounts)


def _recipient(actor: Actor, siren: str | None) -> str:
    """The other party at its electronic address; one without a SIREN is told by no message: its platform is."""
    if siren is None:
        return _in("ram:RoleCode", _ROLES[Actor.PLATFORM])
    address = f'<ram:URIID schemeID="0225">{siren}</ram:URIID>'
    return _party(actor, siren) + _in("ram:URIUniversalCommunication", address)


def _party(actor: Actor, siren: str | None) -> str:
    named = f'<ram:GlobalID schemeID="0002">{siren}</ram:GlobalID>' if siren else ""
    return named + _in("ram:RoleCode", _ROLES[actor])


def _in(tag: str, content: str) -> str:
    return f"<{tag}>{content}</{tag}>"


def _stamp(at: datetime) -> str:
    return at.astimezone(PARIS).strftime("%Y%m%d%H%M%S")
