"""Paid subscriptions: taken out on stored terms, renewed, cancelled, left, terminated (BL-32 to BL-35)."""

import asyncio
import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest
from billing_months import NOW, MissionMonth
from billing_people import head
from sqlalchemy import select

from billing.issuing.domain import IssuedInvoice
from billing.issuing.sheet import Kind
from billing.ledger.domain import Account
from billing.ledger.posting import balance
from billing.subscription import sweeps
from billing.subscription.domain import Subscription
from chassis.personal_data import NOBODY
from contracts.billing import SubscriptionChanged, SubscriptionStatus
from contracts.notification import NotificationRequested
from contracts.roles import Role, StaffScope


@pytest.fixture
async def company(h):
    month = MissionMonth()
    await h.deliver(month.company_validated)
    return month.provider_id


@pytest.fixture
def subscribe(h):
    async def post(company_id, code="business-1", role=Role.GERANT, **changes):
        offers = (await h.client.get("/subscription-offers", headers=head(h, company_id, role))).json()
        known = {one["code"]: one["terms_version"] for one in offers}
        body = {"offer": code, "terms_version": known.get(code, "none"), "accepted": True} | changes
        return await h.client.post("/subscriptions", json=body, headers=head(h, company_id, role))

    return post


async def act(h, subscription, what, company_id=None):
    headers = head(h, company_id or subscription["company_id"])
    return await h.client.post(f"/subscriptions/{subscription['id']}/{what}", headers=headers)


async def terminate(h, subscription, headers=None):
    path = f"/staff/subscriptions/{subscription['id']}/termination"
    headers = headers or h.headers(h.staff(StaffScope.FINANCE))
    return await h.client.post(path, json={"reason": "Fees unpaid for two terms"}, headers=headers)


async def read(h, subscription):
    headers = head(h, subscription["company_id"])
    return (await h.client.get(f"/subscriptions/{subscription['id']}", headers=headers)).json()


async def sweep(h, run, day):
    """Run a sweep at noon of a day, on the rows as they are, until nothing is left."""
    as_of = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=11)
    more = True
    while more:
        async with h.tx() as tx:
            more = await run(tx, as_of)


async def invoices(h, company_id):
    async with h.tx() as tx:
        query = select(IssuedInvoice).where(IssuedInvoice.party_id == company_id).order_by(IssuedInvoice.id)
        return (await tx.scalars(query)).all()


async def told(h, template, subscription):
    return [
        m
        for m in await h.emitted(NotificationRequested)
        if (m.template, str(m.subject_id)) == (template, subscription["id"])
    ]


class TestSubscribe:
    @pytest.mark.req("BL-32")
    async def test_keeps_the_accepted_terms_and_invoices_a_fixed_term(self, h, company, subscribe):
        made = (await subscribe(company, "business-3")).json()
        assert (made["starts_on"], made["ends_on"], made["renews"]) == ("2026-11-20", "2027-02-19", True)
        assert hashlib.sha256(made["terms_text"].encode()).hexdigest() == made["terms_sha256"]
        assert (made["terms_version"], made["accepted_at"][:10]) == ("CGV-ABO-2026-01", "2026-11-20")
        [invoice] = await invoices(h, company)
        assert (invoice.kind, str(invoice.net_amount), str(invoice.gross_amount)) == (
            Kind.SUBSCRIPTION,
            "159.00",
            "190.80",
        )
        async with h.tx() as tx:
            assert (await balance(tx, Account.CLIENTS, company)).amount == invoice.gross_amount
        [event] = [e for e in await h.emitted(SubscriptionChanged) if str(e.subscription_id) == made["id"]]
        assert (event.company_id, event.plan, event.status) == (company, "business", SubscriptionStatus.ACTIVE)

    @pytest.mark.req("BL-32")
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"accepted": False}, "sale_terms_not_accepted"),
            ({"terms_version": "older"}, "sale_terms_changed"),
            ({"code": "business-2"}, "subscription_offer_not_found"),
            ({"terms_version": "é"}, "invalid_request"),
        ],
    )
    async def test_without_the_terms_of_today_is_refused(self, h, company, subscribe, changes, code):
        refused = await subscribe(company, **changes)
        assert refused.json()["code"] == code
        assert await invoices(h, company) == []

    async def test_happens_once_at_a_time(self, h, company, subscribe):
        answers = await asyncio.gather(*(subscribe(company) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        assert (await subscribe(company)).json()["code"] == "already_subscribed"
        assert len(await invoices(h, company)) == 1

    async def test_is_for_companies_that_documents_can_name(self, h, subscribe):
        assert (await subscribe(h.member(Role.GERANT).company_id)).json()["code"] == "company_not_validated"


class TestRenewal:
    @pytest.mark.req("BL-33")
    async def test_is_for_the_same_term_the_day_after_it_ends_and_invoiced_once(self, h, company, subscribe):
        made = (await subscribe(company)).json()
        await sweep(h, sweeps.renew_or_end, date(2026, 12, 19))
        assert (await read(h, made))["ends_on"] == "2026-12-19"
        for _ in range(2):
            await sweep(h, sweeps.renew_or_end, date(2026, 12, 20))
        renewed = await read(h, made)
        assert (renewed["starts_on"], renewed["ends_on"]) == ("2026-12-20", "2027-01-19")
        assert len(await invoices(h, company)) == 2

    @pytest.mark.req("BL-33")
    async def test_is_made_up_for_after_a_long_silence(self, h, company, subscribe):
        made = (await subscribe(company)).json()
        await sweep(h, sweeps.renew_or_end, date(2027, 3, 1))
        assert (await read(h, made))["ends_on"] == "2027-03-19"
        assert len(await invoices(h, company)) == 4

    @pytest.mark.req("BL-33")
    async def test_does_not_follow_a_cancellation_before_the_term(self, h, company, subscribe):
        made = (await subscribe(company)).json()
        cancelled = (await act(h, made, "cancellation")).json()
        assert (cancelled["status"], cancelled["ends_on"], cancelled["renews"]) == ("cancelled", "2026-12-19", False)
        assert (await act(h, made, "cancellation")).json()["code"] == "subscription_already_cancelled"
        await sweep(h, sweeps.renew_or_end, date(2026, 12, 19))
        assert (await read(h, made))["status"] == "cancelled"
        await sweep(h, sweeps.renew_or_end, date(2026, 12, 20))
        ended = await read(h, made)
        assert (ended["status"], ended["end_reason"]) == ("ended", "not_renewed")
        assert len(await invoices(h, company)) == 1
        assert (await act(h, made, "cancellation")).status_code == 409
        assert (await subscribe(company)).status_code == 201

    async def test_is_announced_once_thirty_days_before(self, h, company, subscribe):
        made = (await subscribe(company, "business-12")).json()
        assert made["ends_on"] == "2027-11-19"
        await sweep(h, sweeps.announce, date(2027, 10, 19))
        assert await told(h, "subscription_renewing", made) == []
        for _ in range(2):
            await sweep(h, sweeps.announce, date(2027, 10, 20))
        [notice] = await told(h, "subscription_renewing", made)
        assert notice.context == {"plan": "business", "ends_on": "2027-11-19", "price": "590.00", "months": "12"}


class TestUnsubscribe:
    @pytest.mark.req("BL-34")
    async def test_takes_effect_as_the_accepted_terms_say(self, h, company, subscribe):
        made = (await subscribe(company, "business-12")).json()
        left = (await act(h, made, "unsubscription")).json()
        assert (left["status"], left["ends_on"]) == ("cancelled", "2026-12-19")
        assert (await act(h, made, "unsubscription")).json()["code"] == "subscription_already_cancelled"
        await sweep(h, sweeps.renew_or_end, date(2026, 12, 20))
        assert (await read(h, made))["end_reason"] == "unsubscribed"
        [invoice] = await invoices(h, company)
        assert invoice.credited_amount == 0

    @pytest.mark.req("BL-34")
    async def test_is_possible_after_a_cancellation(self, h, company, subscribe):
        made = (await subscribe(company, "business-12")).json()
        await act(h, made, "cancellation")
        assert (await act(h, made, "unsubscription")).json()["ends_on"] == "2026-12-19"


class TestTerminate:
    @pytest.mark.req("BL-35")
    async def test_ends_it_at_once_and_pays_nothing_back(self, h, company, subscribe):
        made = (await subscribe(company, "business-12")).json()
        ended = (await terminate(h, made)).json()
        assert (ended["status"], ended["ends_on"], ended["end_reason"]) == ("ended", "2026-11-20", "breach")
        [invoice] = await invoices(h, company)
        assert (invoice.credited_amount, invoice.status.value) == (0, "issued")
        assert (await terminate(h, made)).json()["code"] == "illegal_move"
        assert (await act(h, made, "unsubscription")).json()["code"] == "illegal_move"
        events = [e for e in await h.emitted(SubscriptionChanged) if str(e.subscription_id) == made["id"]]
        assert [(event.version, event.status) for event in events] == [(1, "active"), (2, "ended")]

    async def test_is_for_finance_staff(self, h, company, subscribe):
        made = (await subscribe(company)).json()
        for headers in (head(h, company), h.headers(h.staff(StaffScope.SUPPORT))):
            assert (await terminate(h, made, headers)).status_code == 403
        everybody = {"headers": h.headers(h.staff(StaffScope.FINANCE)), "params": {"company_id": str(company)}}
        listed = await h.client.get("/staff/subscriptions", **everybody)
        assert [one["id"] for one in listed.json()["items"]] == [made["id"]]

    async def test_and_all_else_of_another_companys_finds_nothing(self, h, company, subscribe):
        made, rival = (await subscribe(company)).json(), h.member(Role.GERANT).company_id
        for what in ("cancellation", "unsubscription"):
            assert (await act(h, made, what, rival)).json()["code"] == "subscription_not_found"
        assert (await h.client.get("/subscriptions", headers=head(h, rival))).json()["items"] == []


@pytest.mark.req("PL-08")
async def test_who_accepted_is_forgotten_ten_years_after_the_end(h, company, subscribe):
    made = (await subscribe(company)).json()
    await terminate(h, made)
    for as_of, kept in ((NOW.replace(year=2036), True), (NOW.replace(year=2036, day=21), False)):
        async with h.forgetting(as_of) as tx:
            row = (await tx.scalars(select(Subscription).where(Subscription.id == made["id"]))).one()
            assert (row.accepted_by != NOBODY) is kept
