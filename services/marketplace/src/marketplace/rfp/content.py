"""What a client writes in a request, step by step (domain facts 1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from chassis.errors import Conflict, NotFound, Unprocessable, require
from contracts.values import CountryCode, Name, Period, Value
from marketplace.values import Price, Prose, Skill, WorkedDays


class RfpType(StrEnum):
    """What the provider owes: days of work (régie), or a result (forfait)."""

    TIME_AND_MATERIALS = "time_and_materials"
    FIXED_PRICE = "fixed_price"


class Category(StrEnum):
    """The trades that the platform serves (MK-24)."""

    IT = "it"
    ENGINEERING = "engineering"


class Pricing(StrEnum):
    """What a fixed price is the price of."""

    PER_DELIVERABLE = "per_deliverable"
    MONTHLY = "monthly"


class Step(StrEnum):
    """A part of the form that a client fills."""

    ENTITY = "entity"
    MISSION = "mission"
    DESCRIPTION = "description"
    SKILLS = "skills"
    DELIVERABLES = "deliverables"
    PLACE = "place"
    DURATION = "duration"
    PRICE = "price"
    DELIVERY = "delivery"
    PUBLICATION = "publication"


class StepNotFound(NotFound):
    """No such step in a request of this type."""

    code, title = "step_not_found", "There is no such step in this request"


class FieldOfAnotherStep(Unprocessable):
    """The field is asked for elsewhere, or not at all in a request of this type."""

    code, title = "field_of_another_step", "This field does not belong here"


class StepsInOrder(Conflict):
    """The steps of a fixed-price request are filled one after the other."""

    code, title = "steps_in_order", "The steps before this one are not complete"


class RfpIncomplete(Conflict):
    """A step lacks what it must say."""

    code, title = "rfp_incomplete", "Not all steps are complete"


class DeliverableOutsidePeriod(Conflict):
    """What is delivered is delivered within the period."""

    code, title = "deliverable_outside_period", "A deliverable is due outside of the period"


class Deliverable(Value):
    """A result that the provider owes."""

    title: Name
    description: Prose | None = None
    due_on: date | None = None
    max_price: Price | None = None
    """Without VAT."""


class RfpContent(Value):
    """What a client has written so far; absent is what it has not. Frozen by the publication."""

    type: RfpType = RfpType.TIME_AND_MATERIALS
    entity_id: UUID | None = None
    """The part of the client that asks."""
    spending_line_id: UUID | None = None
    """Pays for it."""
    operational_manager_id: UUID | None = None
    """Who will follow the mission and validate the work."""
    buyer_id: UUID | None = None
    """Who is asked when the price is above the spending line's threshold."""
    title: Name | None = None
    category: Category | None = None
    description: Prose | None = None
    skills: Annotated[list[Skill] | None, Field(min_length=1, max_length=20)] = None
    deliverables: Annotated[list[Deliverable] | None, Field(min_length=1, max_length=50)] = None
    """What is owed at a fixed price."""
    pricing: Pricing | None = None
    max_monthly_price: Price | None = None
    """Of a fixed price by the month; without VAT."""
    city: Name | None = None
    country: CountryCode | None = None
    postcode: Annotated[str, Field(pattern=r"^[0-9A-Z][0-9A-Z -]{1,9}$")] | None = None
    """Says which public holidays hold at the place."""
    remote_share: Annotated[int | None, Field(ge=0, le=100, strict=True)] = None
    """Percentage of the days that may be worked elsewhere."""
    period: Period | None = None
    days: WorkedDays | None = None
    """Days expected, in halves."""
    max_daily_rate: Price | None = None
    """Proposals above it are refused; without VAT."""
    market_after_days: Annotated[int, Field(ge=0, le=90, strict=True)] = 0
    """Days that the client's preferred providers have before the market sees it; none for everybody at once."""

    @property
    def expected_amount(self) -> Decimal | None:
        """The highest price without VAT, as far as what is written says it."""
        if self.type == RfpType.TIME_AND_MATERIALS:
            rate, days = self.max_daily_rate, self.days
            return None if rate is None or days is None else rate.times(days).amount
        if self.pricing == Pricing.MONTHLY:
            month, period = self.max_monthly_price, self.period
            return None if month is None or period is None else month.amount * _months(period)
        prices = [one.max_price for one in self.deliverables or []]
        known = [price.amount for price in prices if price is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(prices) else None

    def check_belongs(self, fields: Iterable[str]) -> None:
        """Refuse what a request of this type never says. Raises FieldOfAnotherStep."""
        asked = {name for step in STEPS[self.type].values() for name in step.fields} | {"type"}
        for name in fields:
            require(name in asked or getattr(self, name) is None, FieldOfAnotherStep(field=name))

    def check_complete(self) -> None:
        """Raise RfpIncomplete or DeliverableOutsidePeriod unless it can be published."""
        missing = [name for step in completeness(self) for name in step.missing]
        require(not missing, RfpIncomplete(f"missing: {', '.join(missing)}"))
        assert self.period is not None
        due = [one.due_on for one in self.deliverables or [] if one.due_on]
        inside = all(self.period.start <= day <= self.period.end for day in due)
        require(inside, DeliverableOutsidePeriod(field="deliverables"))


def _months(period: Period) -> int:
    """Calendar months that a period touches: each is paid."""
    return (period.end.year - period.start.year) * 12 + period.end.month - period.start.month + 1


@dataclass(frozen=True)
class StepFields:
    """What a step must say, and what it may."""

    mandatory: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Both."""
        return self.mandatory + self.optional


_ENTITY = StepFields(("operational_manager_id",), ("entity_id", "spending_line_id", "buyer_id"))
_PLACE = ("city", "country", "remote_share")
_PUBLICATION = StepFields(("market_after_days",))

STEPS: Mapping[RfpType, Mapping[Step, StepFields]] = {
    RfpType.TIME_AND_MATERIALS: {
        Step.ENTITY: _ENTITY,
        Step.MISSION: StepFields(("title", "category")),
        Step.DESCRIPTION: StepFields(("description",)),
        Step.SKILLS: StepFields(("skills",)),
        Step.PLACE: StepFields(_PLACE, ("postcode",)),
        Step.DURATION: StepFields(("period", "days")),
        Step.PRICE: StepFields(optional=("max_daily_rate",)),
        Step.PUBLICATION: _PUBLICATION,
    },
    RfpType.FIXED_PRICE: {
        Step.ENTITY: _ENTITY,
        Step.MISSION: StepFields(("title", "category", "description", "skills")),
        Step.DELIVERABLES: StepFields(("deliverables", "pricing"), ("max_monthly_price",)),
        Step.DELIVERY: StepFields((*_PLACE, "period", "days"), ("postcode",)),
        Step.PUBLICATION: _PUBLICATION,
    },
}
"""Eight steps in any order, or five in theirs; beyond the first, their names are ours."""


@dataclass(frozen=True)
class StepState:
    """What a step still lacks."""

    step: Step
    missing: list[str]

    @property
    def complete(self) -> bool:
        """Whether all its mandatory fields are filled."""
        return not self.missing


def completeness(content: RfpContent) -> list[StepState]:
    """How far each step is."""
    return [
        StepState(step, [name for name in fields.mandatory if getattr(content, name) is None])
        for step, fields in STEPS[content.type].items()
    ]


def with_step(content: RfpContent, step: Step, part: RfpContent) -> RfpContent:
    """The content with one step written anew.

    Raises:
        StepNotFound: a request of this type has no such step.
        FieldOfAnotherStep: the part says something else.
        StepsInOrder: at a fixed price, one before is not complete.

    """
    steps = STEPS[content.type]
    if step not in steps:
        raise StepNotFound
    fields = steps[step].fields
    for name in sorted(part.model_fields_set):
        require(name in fields, FieldOfAnotherStep(field=name))
    if content.type == RfpType.FIXED_PRICE:
        order = list(steps)
        before = [state for state in completeness(content) if order.index(state.step) < order.index(step)]
        require(all(state.complete for state in before), StepsInOrder())
    return content.model_copy(update={name: getattr(part, name) for name in fields})
