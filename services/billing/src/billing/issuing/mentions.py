"""What the law makes an invoice say, by date and language (CGI ann. II, art. 242 nonies A; C. com. L441-9, D441-5).

Since 1 September 2026 the law on VAT stands in the code des impositions sur les biens et services (CIBS); references to
the code général des impôts (CGI) are tolerated until 31 December 2027.
"""

from __future__ import annotations

from datetime import date

from billing.bpf.vat import NOT_TAXED_HERE, OUT_OF_SCOPE, OUTLAY, REVERSE_CHARGE, SMALL_BUSINESS
from billing.issuing.legal_interest import late_rate
from billing.issuing.sheet import Kind, Language, Note, Party

LATE_PAYMENT = (
    "Tout retard de paiement donnera lieu, en plus des pénalités de retard (10 % par an), au versement d'une "
    "indemnité forfaitaire de 40€ pour frais de recouvrement"
)
"""Word for word on every invoice (BL-20)."""
SELF_BILLED = "Autofacturation"
_IN_ENGLISH = {
    LATE_PAYMENT: "Any late payment gives rise, besides late interest (10 % a year), to a fixed indemnity of €40 "
    "for recovery costs",
    SELF_BILLED: "Self-billing",
}

_CIBS_SINCE, _CGI_TOLERATED_UNTIL = date(2026, 9, 1), date(2027, 12, 31)
_CIBS = "code des impositions sur les biens et services"
_WORDINGS: dict[str | None, tuple[str, str, str]] = {
    SMALL_BUSINESS.mention: ("TVA non applicable", "franchise en base", "art. 293 B du CGI"),
    REVERSE_CHARGE.mention: ("Autoliquidation", "", "art. 283-2 du CGI"),
    OUT_OF_SCOPE.mention: ("Autoliquidation", "", "art. 283-2 du CGI"),
    OUTLAY.mention: ("Débours", "", "art. 267, II-2° du CGI"),
    NOT_TAXED_HERE.mention: (
        "TVA non applicable",
        "preneur établi hors de France",
        "art. 259, 1° du CGI",
    ),
}
"""What is said, why, and the article of the CGI it stood in."""


def exemption(reasons: str | None, on: date) -> str | None:
    """Why a group bears no VAT (12° and 13° of article 242 nonies A), as the law is cited on that day."""
    return "; ".join(_cited(reason, on) for reason in reasons.split("; ")) if reasons else None


def _cited(mention: str, on: date) -> str:
    if mention not in _WORDINGS or on < _CIBS_SINCE:
        return mention
    said, why, article = _WORDINGS[mention]
    source = f"{_CIBS} ; {article}" if on <= _CGI_TOLERATED_UNTIL else _CIBS
    return ", ".join(part for part in (said, why) if part) + f" ({source})"


def notes_for(
    kind: Kind, seller: Party, buyer: Party, on: date, language: Language, *, self_billed: bool
) -> list[Note]:
    """The mentions that go with every document: PMT, PMD and AAB once each (BR-FR-05, 06), and for whom it is."""
    notes = [
        Note(code="PMT", text=_said(LATE_PAYMENT, language)),
        Note(code="PMD", text=_late_interest(on, language)),
        Note(code="AAB", text=_discount(language)),
        Note(code="BAR", text="B2B" if _in_france(seller) and _in_france(buyer) else "B2BINT"),
    ]
    if self_billed:
        notes.append(Note(code=None, text=_said(SELF_BILLED, language)))
    if kind is Kind.FEE:
        notes.append(Note(code=None, text=_set_off(language)))
    return notes


def _said(mention: str, language: Language) -> str:
    """The mention of the law stays French; a translation follows it."""
    return mention if language is Language.FR else f"{mention}. ({_IN_ENGLISH[mention]}.)"


def _late_interest(on: date, language: Language) -> str:
    rate = f"{late_rate(on):.2f}"
    if language is Language.EN:
        return f"Late interest: 10 % a year, never below three times the legal rate; at the date of issue {rate} %."
    french = rate.replace(".", ",")
    return (
        "Pénalités de retard : 10 % par an, sans être inférieures à trois fois le taux d'intérêt légal ; "
        f"à la date d'émission {french} %."
    )


def _discount(language: Language) -> str:
    return "No discount for early payment." if language is Language.EN else "Pas d'escompte pour paiement anticipé."


def _set_off(language: Language) -> str:
    if language is Language.EN:
        return "Paid by set-off against the invoice that it refers to."
    return "Réglée par compensation avec la facture à laquelle elle se rapporte."


def _in_france(party: Party) -> bool:
    return party.siren is not None
