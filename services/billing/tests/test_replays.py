"""Events in any order, each as often as the broker likes: what becomes of them is the same."""

import random
from dataclasses import replace
from uuid import uuid4

import pytest
from billing_months import NOW, MissionMonth, french_identity
from sqlalchemy import select, text

from billing.invariants import broken
from billing.issuing.domain import IssuedInvoice
from billing.ledger.domain import Account
from billing.ledger.posting import balance
from chassis.errors import NotReady
from chassis.rows import new_id
from contracts.company import CompanyValidated, SupervisionChanged
from contracts.notification import NotificationRequested
from contracts.roles import CompanyKind, Role

REPEATS = 3


def told(month):
    """Everything that billing hears of a mission's month, in the order in which it happened."""
    client = CompanyValidated(
        company_id=month.client_id,
        kind=CompanyKind.CLIENT,
        legal=french_identity(name="Client SA"),
        verified_signatories=[],
        bank_details_on_file=True,
        validated_at=NOW,
    )
    followed = SupervisionChanged(
        version=2,
        affiliation_id=uuid4(),
        member_id=uuid4(),
        company_id=month.provider_id,
        consultants=[month.consultant_id],
        changed_at=NOW,
    )
    earlier = followed.model_copy(update={"version": 1, "consultants": []})
    return [month.company_validated, client, earlier, followed, month.bdc_issued, month.cra_validated]


async def deliver(h, events):
    """As the broker does: what is not ready comes back later, with the id that it had."""
    waiting = [(event, new_id()) for event in events]
    while waiting:
        event, event_id = waiting.pop(0)
        try:
            await h.deliver(event, event_id=event_id)
        except NotReady:
            waiting.append((event, event_id))


async def became(h, month):
    """What billing made of it, without the ids and numbers that differ from month to month."""
    seller = h.headers(h.member(Role.GERANT, month.provider_id))
    bpfs = (await h.client.get("/bpfs", headers=seller)).json()["items"]
    async with h.tx() as tx:
        issued = list(await tx.scalars(select(IssuedInvoice).where(IssuedInvoice.party_id == month.client_id)))
        owed = await balance(tx, Account.CLIENTS, month.client_id)
        followed = await tx.scalar(
            text("SELECT count(*) FROM supervisions WHERE :consultant = ANY(consultants)"),
            {"consultant": month.consultant_id},
        )
        assert await broken(tx) == {}
    mails = [each for each in await h.emitted(NotificationRequested) if str(each.subject_id) in {b["id"] for b in bpfs}]
    return {
        "bpfs": [(bpf["net"], bpf["vat"], bpf["status"], len(bpf["lines"])) for bpf in bpfs],
        "issued": [(row.kind, row.net_amount, row.gross_amount, row.status) for row in issued],
        "owed": owed,
        "followed": followed,
        "mails": sorted(mail.template for mail in mails),
    }


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_with_any_repeats_comes_to_the_same(h, seed):
    chance = random.Random(seed)
    first = MissionMonth()
    await deliver(h, told(first))
    wanted = await became(h, first)
    assert (len(wanted["bpfs"]), len(wanted["issued"])) == (1, 1)
    other = replace(MissionMonth(), identity=first.identity)
    events = told(other)
    shuffled = [event for event in events for _ in range(chance.randint(1, REPEATS))]
    chance.shuffle(shuffled)
    await deliver(h, shuffled)
    assert await became(h, other) == wanted
