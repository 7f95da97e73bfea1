"""Many validated months at once, as earlier versions left them: pre-invoices whose clients are not invoiced yet."""

from dataclasses import replace
from uuid import uuid4

from billing_months import NOW, MissionMonth, french_identity

from billing.bpf.domain import SERIES, Bpf
from billing.bpf.lines import price_lines, reported_lines
from billing.bpf.vat import treatment_of
from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from chassis.numbering import next_number
from contracts.company import CompanyValidated
from contracts.roles import CompanyKind

CHUNK = 500


async def orders(h, count=20):
    """Orders of as many clients, one provider in all of them."""
    first = MissionMonth()
    await h.deliver(first.company_validated)
    found = []
    for _ in range(count):
        order = replace(first, bdc_id=uuid4(), mission_id=uuid4(), client_id=uuid4())
        client = CompanyValidated(
            company_id=order.client_id,
            kind=CompanyKind.CLIENT,
            legal=french_identity(name="Client SA"),
            verified_signatories=[],
            bank_details_on_file=True,
            validated_at=NOW,
        )
        await h.deliver(client)
        await h.deliver(order.bdc_issued)
        found.append(order)
    return found


async def validate(h, months, count):
    """Pre-invoices of `count` validated reports, spread over these orders."""
    for start in range(0, count, CHUNK):
        async with h.tx() as tx:
            size = min(CHUNK, count - start)
            first = await next_number(tx, f"{SERIES}-{tx.today.year}", count=size)
            terms = {each.bdc_id: await tx.get_one(MissionTerms, each.bdc_id) for each in months}
            provider = (await tx.get_one(Company, months[0].provider_id)).identity
            treatment = treatment_of(provider)
            for number in range(first, first + size):
                month = replace(months[number % len(months)], cra_id=uuid4())
                event, order = month.cra_validated, terms[month.bdc_id]
                rates = {order.bdc_id: order.daily_rate}
                lines = price_lines(reported_lines(event, order.title), order.bdc_id, rates, treatment)
                tx.add(Bpf.issue(event, order, provider, treatment, lines, number=number, today=tx.today))
