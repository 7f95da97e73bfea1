"""Short ways to a client's entities and budgets."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from contracts.company import EntityChanged
from contracts.contracting import BdcIssued, PaymentOption, PaymentRegime
from contracts.values import Money, Period

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


async def entity(market, company_id, version=1, entity_id=None, **changes):
    known = {
        "name": "Agence de Lyon",
        "legal": False,
        "parent_id": None,
        "active": True,
        "responsible_id": None,
        "substitute_id": None,
        "presentation": "Nous livrons.",
    }
    event = EntityChanged(
        entity_id=entity_id or uuid4(), company_id=company_id, version=version, changed_at=NOW, **(known | changes)
    )
    await market.h.deliver(event)
    return event.entity_id


def budget_body(keeper, entity_id, **changes):
    return {
        "name": "Data 2026",
        "external_id": "B-17",
        "period": {"start": "2026-11-01", "end": "2027-10-31"},
        "currency": "EUR",
        "entity_ids": [str(entity_id)],
        "responsible_id": str(keeper.member_id),
        "amount": "100000.00",
        "additional_amount": "5000.00",
        "notes": "First half.",
    } | changes


def line_body(entity_id, **changes):
    return {
        "name": "Pipelines",
        "entity_id": str(entity_id),
        "amount": "50000.00",
        "currency": "EUR",
        "buyer_threshold": "10000.00",
    } | changes


async def budget(market, keeper, entity_id, **changes):
    answer = await market.call("POST", "/budgets", keeper, json=budget_body(keeper, entity_id, **changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def line(market, keeper, of, **changes):
    body = line_body(UUID(of["entity_ids"][0]), **changes)
    answer = await market.call("POST", f"/budgets/{of['id']}/lines", keeper, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def ordered(proposal_id, rate="500.00", days="20", **changes):
    """An order for December 2026."""
    known = {
        "bdc_id": uuid4(),
        "reference": "PO-00001-1",
        "mission_id": uuid4(),
        "title": "Data engineer",
        "client_company_id": uuid4(),
        "provider_company_id": uuid4(),
        "operational_manager_id": uuid4(),
        "consultant_id": uuid4(),
        "consultant_name": "Alan Turing",
        "daily_rate": Money.of(rate),
        "days": days,
        "period": Period(start=date(2026, 12, 1), end=date(2026, 12, 31)),
        "payment_option": next(iter(PaymentOption)),
        "payment_regime": next(iter(PaymentRegime)),
        "client_order_reference": "4500",
        "proposal_id": proposal_id,
        "issued_at": NOW,
    }
    return BdcIssued(**(known | changes))
