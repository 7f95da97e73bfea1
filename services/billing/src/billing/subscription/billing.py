"""The invoice of each term of a subscription."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from billing.bpf.vat import treatment_of_sale
from billing.company_settings.queries import language_of
from billing.directory.companies import Company
from billing.issuing.issue import issue
from billing.issuing.sheet import Draft, DraftLine, Kind, Language
from billing.settings import BillingSettings
from billing.subscription.catalogue import offer_of
from billing.subscription.domain import Subscription, SubscriptionTerm
from chassis import Tx
from chassis.rows import new_id
from contracts.values import Money

_PIECE = "C62"
"""One, UN/ECE recommendation 20."""
_TITLES = {Language.FR: "Abonnement {plan}, {n} mois", Language.EN: "Subscription {plan}, {n} months"}


async def bill_term(tx: Tx, settings: BillingSettings, subscription: Subscription) -> SubscriptionTerm:
    """Invoice the running term at the price of its first day; once, since each term has one row (BL-32)."""
    company = await tx.get_one(Company, subscription.company_id)
    language = await language_of(tx, subscription.company_id)
    term = SubscriptionTerm(
        id=new_id(),
        subscription_id=subscription.id,
        term=subscription.term,
        starts_on=subscription.starts_on,
        ends_on=subscription.ends_on,
        price_amount=(await _price(tx, subscription)).amount,
    )
    title = _TITLES[language].format(plan=subscription.plan.value.capitalize(), n=subscription.months)
    line = DraftLine(title, Decimal(1), _PIECE, term.price, treatment_of_sale(company.identity))
    draft = Draft(
        kind=Kind.SUBSCRIPTION,
        party_id=subscription.company_id,
        source_id=term.id,
        lines=[line],
        period=term.period,
        title=title,
        language=language,
    )
    term.issued_invoice_id = (await issue(tx, settings, draft)).id
    tx.add(term)
    return term


async def _price(tx: Tx, subscription: Subscription) -> Money:
    """Today's price of the offer; that of the term before when it is not sold any more."""
    offer = offer_of(subscription.offer_code, subscription.starts_on)
    if offer is not None:
        return offer.price
    before = SubscriptionTerm.subscription_id == subscription.id
    query = select(SubscriptionTerm).where(before).order_by(SubscriptionTerm.term.desc()).limit(1)
    return (await tx.scalars(query)).one().price
