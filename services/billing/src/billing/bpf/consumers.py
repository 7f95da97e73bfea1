"""A validated CRA becomes a BPF."""

from sqlalchemy import select

from billing.bpf.domain import SERIES, Bpf
from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from chassis import Consumers, Tx, audit, emit, get_or
from chassis.errors import NotReady
from chassis.numbering import next_number, take_turns
from contracts.timesheet import CraValidated

consumers = Consumers("billing")


@consumers.on(CraValidated)
async def issue_bpf_on_CraValidated(event: CraValidated, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """Issue the one BPF of this CRA, at the terms of its order (BL-01).

    Raises:
        NotReady: the order's terms or the provider's identity have not arrived yet.

    """
    terms = await get_or(tx, MissionTerms, event.bdc_id, NotReady(f"the terms of order {event.bdc_id}"))
    provider = await get_or(tx, Company, terms.provider_company_id, NotReady(f"company {terms.provider_company_id}"))
    series = f"{SERIES}-{tx.today.year}"
    await take_turns(tx, series)  # so that each sees the BPF of those before it
    if await tx.scalar(select(Bpf.id).where(Bpf.cra_id == event.cra_id)):
        return
    bpf = Bpf.issue(event, terms, provider.identity, number=await next_number(tx, series), today=tx.today)
    tx.add(bpf)
    emit(tx, bpf.available())
    audit(tx, "bpf.issue", bpf.id, cra=event.cra_id, reference=bpf.reference)
