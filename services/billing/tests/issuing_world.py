"""Drafts of what the platform issues."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from billing.bpf.vat import NORMAL
from billing.issuing.sheet import Draft, DraftLine, Kind
from contracts.values import Money, Period

OCTOBER = Period(start=date(2026, 10, 1), end=date(2026, 10, 31))


def line(quantity="18", price="500.00", vat=NORMAL, name="Refonte du portail", unit="DAY"):
    return DraftLine(name, Decimal(quantity), unit, Money.of(price), vat)


def draft(party_id, *lines, kind=Kind.CLIENT, **more):
    return Draft(kind, party_id, more.pop("source_id", None) or uuid4(), lines or (line(),), OCTOBER, "Refonte", **more)
