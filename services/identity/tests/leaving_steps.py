"""How a member leaves, step by step."""

from datetime import datetime, timedelta
from uuid import uuid4

from chassis.clock import business_date
from contracts.company import AffiliationGranted
from contracts.contracting import BdcIssued, PaymentOption, PaymentRegime
from contracts.roles import CompanyKind
from contracts.values import Money, Period

ME = "/members/me/deletion"


async def sweep(world, name):
    found = next(sweep for sweep in world.h.service.sweeps if sweep.name == name)
    async with world.h.tx() as tx:
        tx.actor = f"sweep.{name}"
        await found.run(tx, tx.now)


def code(answer):
    return answer.json()["code"]


def order(world, *, consultant=None, manager=None, ends=10, reference="BDC-2026-000042", **said):
    today = business_date(world.h.clock())
    whole = {
        "bdc_id": uuid4(),
        "reference": reference,
        "mission_id": uuid4(),
        "title": "Migration",
        "client_company_id": uuid4(),
        "provider_company_id": uuid4(),
        "operational_manager_id": manager or uuid4(),
        "consultant_id": consultant or uuid4(),
        "consultant_name": "Ada Lovelace",
        "daily_rate": Money.of(500),
        "days": "10.0",
        "period": Period(start=today - timedelta(days=30), end=today + timedelta(days=ends)),
        "payment_option": PaymentOption.BASIC,
        "payment_regime": PaymentRegime.GUARANTEED_DATE,
        "client_order_reference": "PO-1",
        "issued_at": world.h.clock(),
    }
    return BdcIssued(**(whole | said))


async def affiliate(world, member_id, role, company_id):
    event = AffiliationGranted(
        affiliation_id=uuid4(),
        member_id=member_id,
        display_name="Ada Lovelace",
        company_id=company_id,
        company_kind=CompanyKind.PROVIDER,
        role=role,
        granted_at=world.h.clock(),
    )
    await world.h.deliver(event)
    return event


async def log_in_again(world, account):
    account.tokens = (await world.log_in(account.email)).json()


async def ask(world, account, *, confirm=True):
    asked = await world.client.post(ME, headers=account.headers)
    if asked.status_code != 201 or not confirm:
        return asked
    return await world.client.post(f"{ME}/confirmation", headers=account.headers)


async def leave(world, account):
    """Ask, confirm, and let the time pass until the account is deactivated."""
    due = datetime.fromisoformat((await ask(world, account)).json()["due_at"])
    world.h.clock.set(due)
    await sweep(world, "execute_deletions")
    return due
