"""What each plan offers, as dated data (CO-47): the platform is free, some of its functions need a subscription."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Feature(StrEnum):
    """A function that not every plan has."""

    DOCUMENT_ARCHIVE = "document_archive"
    """All of the platform's legal documents in one file."""
    SUPPLIER_EXPORT = "supplier_export"
    """The suppliers of a client as a table."""


class Plan(StrEnum):
    """What a company subscribes to."""

    FREE = "free"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class Offer:
    """The features of a plan from `valid_from` to `valid_until`, both included."""

    plan: Plan
    features: frozenset[Feature]
    valid_from: date
    valid_until: date | None = None


OFFERS: Sequence[Offer] = (
    Offer(Plan.FREE, frozenset(), date(2026, 1, 1)),
    Offer(Plan.BUSINESS, frozenset(Feature), date(2026, 1, 1)),
)


def features_of(plan: Plan, on: date, offers: Sequence[Offer] = OFFERS) -> frozenset[Feature]:
    """What the plan offers on that day; nothing when it is not offered."""
    found = [o for o in offers if o.plan is plan and o.valid_from <= on and (not o.valid_until or on <= o.valid_until)]
    return max(found, key=lambda o: o.valid_from).features if found else frozenset()
