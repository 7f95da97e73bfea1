"""Steps of a provider whose invoices the platform writes, and of the staff that validates them."""

from datetime import UTC, datetime
from uuid import uuid4

from billing_months import NOW
from billing_payments import Finance
from billing_people import head, sign
from facturx_builder import invoice_pdf

from billing.payment.progress import transfer_executed
from contracts.roles import Role, StaffScope


async def listed(h, month, role=Role.GERANT):
    answer = await h.client.get("/self-bills", headers=head(h, month.provider_id, role))
    return answer.json()["items"]


def finance(h):
    return h.headers(h.staff(StaffScope.FINANCE))


async def decide(h, self_bill, what="validation", headers=None, **body):
    path = f"/staff/self-bills/{self_bill['id']}/{what}"
    return await h.client.post(path, json=body or None, headers=headers or finance(h))


async def contest(h, month, self_bill, headers=None):
    path = f"/self-bills/{self_bill['id']}/contest"
    body = {"reason": "Two days are missing"}
    return await h.client.post(path, json=body, headers=headers or head(h, month.provider_id))


async def issued(h, month):
    [specimen] = await listed(h, month)
    answer = await decide(h, specimen)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def bpf_of(h, month):
    return (await h.client.get("/bpfs", headers=head(h, month.provider_id))).json()["items"][0]


async def invoice_of(h, month, self_bill):
    path = f"/invoices/{self_bill['invoice_id']}"
    return (await h.client.get(path, headers=head(h, month.provider_id))).json()


async def import_own(h, month):
    bpf = await bpf_of(h, month)
    return await h.client.post(
        f"/bpfs/{bpf['id']}/invoice",
        files={"file": ("invoice.pdf", invoice_pdf(bpf, issued_on=NOW.date()), "application/pdf")},
        data={"confirmed": "true"},
        headers=head(h, month.provider_id),
    )


async def pay(h, given, self_bill):
    """Pay the invoice on the third business day after the report's validation."""
    due = datetime(2026, 11, 25, 9, tzinfo=UTC)
    h.clock.set(due)
    try:
        finance = Finance(h, given)
        order = (await finance.orders(await finance.pay(due.date())))[self_bill["invoice_id"]]
        async with h.tx() as tx:
            await transfer_executed(tx, order["end_to_end_id"], due.date())
    finally:
        h.clock.set(NOW)


async def own_objects(h, month):
    """A mandate, a specimen, a subscription and the order of a month's provider, by the names of path parameters."""
    company = month.provider_id
    mandate = (await sign(h, company)).json()
    later = month.with_(month="2026-11", cra_id=uuid4(), validated_at=NOW)
    await h.deliver(later.cra_validated)
    specimen = (await listed(h, month))[0]
    body = {"offer": "business-1", "terms_version": "CGV-ABO-2026-01", "accepted": True}
    taken = (await h.client.post("/subscriptions", json=body, headers=head(h, company))).json()
    ids = {"mandate_id": mandate["id"], "self_bill_id": specimen["id"], "subscription_id": taken["id"]}
    return ids | {"bdc_id": str(month.bdc_id)}
