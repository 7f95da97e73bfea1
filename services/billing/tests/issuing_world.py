"""Drafts of what the platform issues."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from billing.bpf.vat import NORMAL
from billing.issuing.sheet import Draft, DraftLine, Kind
from contracts.roles import Role
from contracts.values import Money, Period

OCTOBER = Period(start=date(2026, 10, 1), end=date(2026, 10, 31))


def line(quantity="18", price="500.00", vat=NORMAL, name="Refonte du portail", unit="DAY"):
    return DraftLine(name, Decimal(quantity), unit, Money.of(price), vat)


def draft(party_id, *lines, kind=Kind.CLIENT, **more):
    return Draft(kind, party_id, more.pop("source_id", None) or uuid4(), lines or (line(),), OCTOBER, "Refonte", **more)


async def newest(h, caller, path):
    """The newest document that this caller reads under a path."""
    return (await h.client.get(path, headers=h.headers(caller))).json()["items"][0]


async def issued_objects(h, month):
    """A client's invoice and one of the provider's, by the routes that show each."""
    client = h.member(Role.DIRECTEUR_ACHATS, month.client_id)
    provider = h.member(Role.GERANT, month.provider_id)
    sold, bought = await newest(h, client, "/client-invoices"), await newest(h, provider, "/platform-invoices")
    one = "/platform-invoices/{issued_invoice_id}"
    own = {"issued_invoice_id": bought["id"]}
    return {"issued_invoice_id": sold["id"], one: own, f"{one}/document": own, f"{one}/xml": own}
