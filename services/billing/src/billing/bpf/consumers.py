"""A validated CRA becomes a BPF."""

from uuid import UUID

from sqlalchemy import select

from billing.bpf.domain import SERIES, Bpf
from billing.bpf.lines import price_lines, reported_lines
from billing.bpf.vat import treatment_of
from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from billing.directory.queries import supervisors_of
from billing.issuing.client import bill
from billing.self_billing.queries import propose_specimen
from billing.settings import billing_settings
from chassis import Consumers, Tx, audit, emit, get_or
from chassis.errors import NotReady
from chassis.numbering import next_number, take_turns
from contracts.contracting import Offer
from contracts.timesheet import CraLine, CraValidated
from contracts.values import Money

consumers = Consumers("billing")


@consumers.on(CraValidated)
async def issue_bpf_on_CraValidated(event: CraValidated, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """Issue the one BPF of this CRA, at the terms of its order (BL-01), and its client's invoice with it.

    Raises:
        NotReady: the terms of an order or the identity of a party have not arrived yet.

    """
    terms = await get_or(tx, MissionTerms, event.bdc_id, NotReady(f"the terms of order {event.bdc_id}"))
    reported = reported_lines(event, terms.title)
    provider = await get_or(tx, Company, terms.provider_company_id, NotReady(f"company {terms.provider_company_id}"))
    treatment = treatment_of(provider.identity)
    lines = price_lines(reported, event.bdc_id, await _daily_rates(tx, event, reported), treatment)
    series = f"{SERIES}-{tx.today.year}"
    await take_turns(tx, series)  # so that each sees the BPF of those before it
    if await tx.scalar(select(Bpf.id).where(Bpf.cra_id == event.cra_id)):
        return
    number = await next_number(tx, series)
    bpf = Bpf.issue(event, terms, provider.identity, treatment, lines, number=number, today=tx.today)
    tx.add(bpf)
    emit(tx, bpf.available(await supervisors_of(tx, bpf.provider_company_id, bpf.consultant_id)))
    audit(tx, "bpf.issue", bpf.id, cra=event.cra_id, reference=bpf.reference)
    await propose_specimen(tx, bpf, Offer(terms.offer))
    await bill(tx, billing_settings(), [bpf])


async def _daily_rates(tx: Tx, event: CraValidated, reported: list[CraLine]) -> dict[UUID, Money]:
    """Of the report's order, and of those whose months it corrects."""
    orders = {event.bdc_id, *(line.bdc_id for line in reported if line.bdc_id)}
    rates = {}
    for order in sorted(orders):
        rates[order] = (await get_or(tx, MissionTerms, order, NotReady(f"the terms of order {order}"))).daily_rate
    return rates
