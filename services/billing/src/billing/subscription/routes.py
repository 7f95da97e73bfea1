"""Subscribing, the page "Statut", and what staff may do (BL-32 to BL-35)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import select

from billing.directory.companies import Company, CompanyNotValidated
from billing.own import OwnDep
from billing.subscription.billing import bill_term
from billing.subscription.catalogue import EndsAt, PaidPlan, offer_of, offers_on
from billing.subscription.domain import (
    AlreadyCancelled,
    AlreadySubscribed,
    EndReason,
    OfferNotFound,
    SaleTermsChanged,
    SaleTermsNotAccepted,
    Subscription,
    SubscriptionNotFound,
    TermOver,
    check_subscription,
)
from billing.words import Prose
from chassis import Tx, audit, emit, get_locked, get_or
from chassis.auth import StepUpRequired, may, staff
from chassis.errors import IllegalMove, require
from chassis.http import AlreadyExists, Body, CallerDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracts.billing import SubscriptionStatus
from contracts.permissions import Permission
from contracts.roles import StaffScope
from contracts.values import Money

router = Router("subscriptions")
MANAGING = may(Permission.MANAGE_BILLING)
STAFF = staff(StaffScope.FINANCE)


class OfferView(View):
    """What may be subscribed to today, and on which terms of sale."""

    code: str
    plan: PaidPlan
    months: int
    price: Money
    terms_version: str
    terms_sha256: str
    terms_text: dict[str, str]
    """By language; the French text binds."""
    unsubscribing: EndsAt


class SubscriptionBody(Body):
    """Which offer, which terms were read, and the ticked box."""

    offer: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    terms_version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,40}$")]
    accepted: bool


class SubscriptionView(View):
    """A subscription with its running term and the terms of sale that were accepted."""

    id: UUID
    company_id: UUID
    plan: PaidPlan
    offer_code: str
    months: int
    status: SubscriptionStatus
    first_day: date
    starts_on: date
    ends_on: date
    renews: bool = Field(validation_alias="renewed_at_term")
    end_reason: EndReason | None
    terms_version: str
    terms_text: str
    terms_sha256: str
    accepted_at: datetime
    cancelled_at: datetime | None
    ended_at: datetime | None


class TerminationBody(Body):
    """Which breach ends the subscription."""

    reason: Prose


@router.get("/subscription-offers", access=MANAGING)
async def list_offers(tx: TxDep) -> list[OfferView]:
    """What may be subscribed to today (BL-32)."""
    return [
        OfferView(
            code=offer.code,
            plan=offer.plan,
            months=offer.months,
            price=offer.price,
            terms_version=offer.terms.version,
            terms_sha256=offer.terms.sha256,
            terms_text={language.value: text for language, text in offer.terms.texts.items()},
            unsubscribing=offer.terms.unsubscribing,
        )
        for offer in offers_on(tx.today)
    ]


@router.post(
    "/subscriptions",
    access=MANAGING,
    status_code=201,
    responses=documented(
        StepUpRequired,
        OfferNotFound,
        CompanyNotValidated,
        SaleTermsNotAccepted,
        SaleTermsChanged,
        AlreadySubscribed,
        AlreadyExists,
    ),
)
async def subscribe(body: SubscriptionBody, caller: CallerDep, tx: TxDep, own: OwnDep) -> SubscriptionView:
    """Subscribe from today on; the accepted terms of sale are kept and the first term is invoiced (BL-32)."""
    caller.require_recent_proof(tx.now)
    offer = offer_of(body.offer, tx.today)
    if offer is None:
        raise OfferNotFound
    check_subscription(offer, terms_version=body.terms_version, accepted=body.accepted)
    await get_or(tx, Company, caller.company, CompanyNotValidated())
    await _check_free(tx, caller.company, offer.plan)
    subscription = Subscription.take_out(caller.company, offer, by=caller.member_id, at=tx.now, today=tx.today)
    tx.add(subscription)
    await tx.flush()
    await bill_term(tx, own.settings, subscription)
    _tell(tx, subscription)
    audit(tx, "subscription.take_out", subscription.id, offer=offer.code, terms_sha256=offer.terms.sha256)
    return SubscriptionView.model_validate(subscription)


@router.get("/subscriptions", access=MANAGING)
async def list_subscriptions(caller: CallerDep, tx: TxDep, page: PageDep) -> Page[SubscriptionView]:
    """The page "Statut": what the company subscribed to, newest first (BL-33)."""
    query = select(Subscription).where(Subscription.company_id == caller.company)
    return await page_of(tx, query, Subscription.id, page, SubscriptionView.model_validate)


@router.get("/subscriptions/{subscription_id}", access=MANAGING, responses=documented(SubscriptionNotFound))
async def read_subscription(subscription_id: UUID, caller: CallerDep, tx: TxDep) -> SubscriptionView:
    """One subscription of the company."""
    mine = select(Subscription).where(Subscription.id == subscription_id, Subscription.company_id == caller.company)
    found = (await tx.scalars(mine)).one_or_none()
    if found is None:
        raise SubscriptionNotFound
    return SubscriptionView.model_validate(found)


@router.post(
    "/subscriptions/{subscription_id}/cancellation",
    access=MANAGING,
    responses=documented(SubscriptionNotFound, IllegalMove, AlreadyCancelled, TermOver),
)
async def cancel_subscription(subscription_id: UUID, caller: CallerDep, tx: TxDep) -> SubscriptionView:
    """Do not renew it: it runs until its term (BL-33)."""
    subscription = await _own(tx, subscription_id, caller.company)
    subscription.cancel(caller.member_id, tx.now, tx.today)
    _tell(tx, subscription)
    audit(tx, "subscription.cancel", subscription.id)
    return SubscriptionView.model_validate(subscription)


@router.post(
    "/subscriptions/{subscription_id}/unsubscription",
    access=MANAGING,
    responses=documented(SubscriptionNotFound, IllegalMove, AlreadyCancelled, TermOver),
)
async def unsubscribe(subscription_id: UUID, caller: CallerDep, tx: TxDep) -> SubscriptionView:
    """Leave it as early as the accepted terms of sale say (BL-34)."""
    subscription = await _own(tx, subscription_id, caller.company)
    subscription.unsubscribe(caller.member_id, tx.now, tx.today)
    _tell(tx, subscription)
    audit(tx, "subscription.unsubscribe", subscription.id)
    return SubscriptionView.model_validate(subscription)


@router.get("/staff/subscriptions", access=STAFF)
async def list_all_subscriptions(tx: TxDep, page: PageDep, company_id: UUID | None = None) -> Page[SubscriptionView]:
    """Everybody's subscriptions, or one company's, newest first."""
    query = select(Subscription)
    if company_id is not None:
        query = query.where(Subscription.company_id == company_id)
    return await page_of(tx, query, Subscription.id, page, SubscriptionView.model_validate)


@router.post(
    "/staff/subscriptions/{subscription_id}/termination",
    access=STAFF,
    responses=documented(SubscriptionNotFound, IllegalMove),
)
async def terminate(subscription_id: UUID, body: TerminationBody, tx: TxDep) -> SubscriptionView:
    """End it at once for the company's breach; no price is paid back and no credit note made (BL-35)."""
    subscription = await get_locked(tx, Subscription, subscription_id, SubscriptionNotFound())
    subscription.terminate(tx.now, tx.today, body.reason)
    _tell(tx, subscription)
    audit(tx, "subscription.terminate", subscription.id)
    return SubscriptionView.model_validate(subscription)


async def _check_free(tx: Tx, company_id: UUID, plan: PaidPlan) -> None:
    running = (
        (Subscription.company_id == company_id)
        & (Subscription.plan == plan)
        & (Subscription.status != SubscriptionStatus.ENDED)
    )
    require(await tx.scalar(select(Subscription.id).where(running)) is None, AlreadySubscribed(field="offer"))


async def _own(tx: Tx, subscription_id: UUID, company_id: UUID) -> Subscription:
    mine = Subscription.company_id == company_id
    return await get_locked(tx, Subscription, subscription_id, SubscriptionNotFound(), mine)


def _tell(tx: Tx, subscription: Subscription) -> None:
    emit(tx, subscription.changed(tx.now))
    emit(tx, subscription.told("subscription_changed", status=subscription.status.value))
