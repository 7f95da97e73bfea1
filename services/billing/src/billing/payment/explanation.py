"""Why a month is not paid yet: every reason that holds, as a code and as a sentence (BL-26)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.bpf.domain import Bpf
from billing.invoice.domain import Invoice
from billing.invoice.statuses import InvoiceStatus
from billing.payment.domain import executes_by
from contracts.contracting import PaymentOption, PaymentRegime
from contracts.values import Month

_SHORT = 3
"""Days that three business days last when nothing lies between them."""


class Language(StrEnum):
    """In which an explanation is given."""

    FRENCH = "fr"
    ENGLISH = "en"

    @classmethod
    def asked_for(cls, accepted: str) -> Language:
        """The first of the two that an Accept-Language header names; French otherwise."""
        named = [part.split(";")[0].strip().lower()[:2] for part in accepted.split(",")]
        return next((cls(one) for one in named if one in {"fr", "en"}), cls.FRENCH)


class ReasonCode(StrEnum):
    """What a payment waits for, or what became of it."""

    CRA_NOT_VALIDATED = "cra_not_validated"
    CRA_VALIDATED_LATE = "cra_validated_late"
    INVOICE_NOT_IMPORTED = "invoice_not_imported"
    ON_HOLD = "on_hold"
    CLIENT_UNPAID = "client_unpaid"
    CLIENT_DUE_DATE_AHEAD = "client_due_date_ahead"
    TERM_RUNNING = "term_running"
    DUE_DATE_AHEAD = "due_date_ahead"
    WEEKEND_OR_HOLIDAY = "weekend_or_holiday"
    ACCOUNT_MISSING = "account_missing"
    DUE = "due"
    IN_PAYMENT = "in_payment"
    PAID = "paid"
    CANCELLED = "cancelled"


TEXTS: dict[ReasonCode, dict[Language, str]] = {
    ReasonCode.CRA_NOT_VALIDATED: {
        Language.FRENCH: "Le CRA de ce mois n'est pas encore validé par le client : le paiement ne peut pas démarrer.",
        Language.ENGLISH: "The client has not validated this month's activity report: the payment cannot start.",
    },
    ReasonCode.CRA_VALIDATED_LATE: {
        Language.FRENCH: "Le CRA a été validé après la fin du mois, le {day} : le délai de paiement court de ce jour.",
        Language.ENGLISH: "The activity report was validated after the month's end, on {day}: the term runs from then.",
    },
    ReasonCode.INVOICE_NOT_IMPORTED: {
        Language.FRENCH: "La facture n'est pas encore importée : aucun paiement n'est enclenché.",
        Language.ENGLISH: "The invoice is not imported yet: no payment is under way.",
    },
    ReasonCode.ON_HOLD: {
        Language.FRENCH: "La facture est contestée ou bloquée : son paiement est suspendu.",
        Language.ENGLISH: "The invoice is contested or blocked: its payment is on hold.",
    },
    ReasonCode.CLIENT_UNPAID: {
        Language.FRENCH: "Le paiement du client n'est pas encore reçu ; votre facture est réglée après lui.",
        Language.ENGLISH: "The client's payment has not arrived yet; your invoice is paid after it.",
    },
    ReasonCode.CLIENT_DUE_DATE_AHEAD: {
        Language.FRENCH: "L'échéance de la facture du client n'est pas encore passée : il a jusqu'au {day} pour payer.",
        Language.ENGLISH: "The due date of the client's invoice is still ahead: it has until {day} to pay.",
    },
    ReasonCode.TERM_RUNNING: {
        Language.FRENCH: "Le délai de l'option choisie court encore : paiement le {day}.",
        Language.ENGLISH: "The term of the chosen option is still running: payment on {day}.",
    },
    ReasonCode.DUE_DATE_AHEAD: {
        Language.FRENCH: "La date d'échéance de la facture n'est pas encore passée : paiement le {day}.",
        Language.ENGLISH: "The invoice's due date is still ahead: payment on {day}.",
    },
    ReasonCode.WEEKEND_OR_HOLIDAY: {
        Language.FRENCH: "Un week-end ou un jour férié décale le paiement ; la banque l'exécute le {day}.",
        Language.ENGLISH: "A week-end or a public holiday moves the payment; the bank makes it on {day}.",
    },
    ReasonCode.ACCOUNT_MISSING: {
        Language.FRENCH: "Aucun compte bancaire de votre entreprise n'est en vigueur.",
        Language.ENGLISH: "No bank account of your company is in force.",
    },
    ReasonCode.DUE: {
        Language.FRENCH: "La facture est à payer depuis le {day} : elle part avec le prochain ordre de paiement.",
        Language.ENGLISH: "The invoice has been payable since {day}: it leaves with the next payment run.",
    },
    ReasonCode.IN_PAYMENT: {
        Language.FRENCH: "Le virement est ordonné ; la banque le confirmera.",
        Language.ENGLISH: "The transfer is ordered; the bank will confirm it.",
    },
    ReasonCode.PAID: {
        Language.FRENCH: "La facture a été payée le {day}.",
        Language.ENGLISH: "The invoice was paid on {day}.",
    },
    ReasonCode.CANCELLED: {
        Language.FRENCH: "La facture a été annulée par un avoir.",
        Language.ENGLISH: "The invoice was cancelled by a credit note.",
    },
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, and the day that it is about."""

    code: ReasonCode
    day: date | None = None

    def text(self, language: Language) -> str:
        """The sentence, with the day as people of that language write it."""
        day = self.day.strftime("%d/%m/%Y" if language is Language.FRENCH else "%d %B %Y") if self.day else ""
        return TEXTS[self.code][language].format(day=day)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one month's payment."""

    month: Month
    bpf: Bpf | None
    invoice: Invoice | None
    today: date
    has_account: bool
    client_due_on: date | None = None
    """Until when the client may pay the platform for the month."""


def explain(facts: Facts) -> list[Reason]:
    """Every reason that holds, from the first step of the way to the last; at least one."""
    if facts.bpf is None:
        return [Reason(ReasonCode.CRA_NOT_VALIDATED)]
    late = facts.bpf.validated_on > facts.month.last
    reasons = [Reason(ReasonCode.CRA_VALIDATED_LATE, facts.bpf.validated_on)] if late else []
    if facts.invoice is None:
        return [*reasons, Reason(ReasonCode.INVOICE_NOT_IMPORTED)]
    match InvoiceStatus(facts.invoice.status):
        case InvoiceStatus.PAID:
            return [Reason(ReasonCode.PAID, facts.invoice.paid_on)]
        case InvoiceStatus.CANCELLED:
            return [Reason(ReasonCode.CANCELLED)]
        case InvoiceStatus.IN_PAYMENT:
            return [Reason(ReasonCode.IN_PAYMENT)]
        case InvoiceStatus.ON_HOLD:
            reasons.append(Reason(ReasonCode.ON_HOLD))
        case InvoiceStatus.AWAITING_CLIENT_PAYMENT:
            reasons.append(Reason(ReasonCode.CLIENT_UNPAID))
            if facts.client_due_on and facts.client_due_on >= facts.today:
                reasons.append(Reason(ReasonCode.CLIENT_DUE_DATE_AHEAD, facts.client_due_on))
        case InvoiceStatus.SCHEDULED:
            reasons += _waiting(facts.bpf, facts.invoice, facts.today)
    return reasons if facts.has_account else [*reasons, Reason(ReasonCode.ACCOUNT_MISSING)]


def _waiting(bpf: Bpf, invoice: Invoice, today: date) -> Iterator[Reason]:
    """A date is known: it is ahead, perhaps further for days that do not count, or here."""
    assert invoice.payment_on is not None
    leaves_on = executes_by(invoice.payment_on)
    if today > leaves_on:
        yield Reason(ReasonCode.DUE, invoice.payment_on)
        return
    guaranteed = invoice.payment_regime == PaymentRegime.GUARANTEED_DATE or invoice.immediate
    yield Reason(ReasonCode.TERM_RUNNING if guaranteed else ReasonCode.DUE_DATE_AHEAD, invoice.payment_on)
    counts_business_days = invoice.payment_option == PaymentOption.FLASH or invoice.immediate
    stretched = counts_business_days and (invoice.payment_on - bpf.validated_on).days > _SHORT
    if stretched or leaves_on != invoice.payment_on:
        yield Reason(ReasonCode.WEEKEND_OR_HOLIDAY, leaves_on)
