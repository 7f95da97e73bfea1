"""The deal of the demonstration: who takes part, and how far they have come."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from stack.demo import companies, contracts, people
from stack.demo.client import Door, Json, Person
from stack.demo.companies import Account, Company
from stack.demo.postbox import Postbox
from stack.demo.traces import Traces
from stack.demo.workdays import Plan, today
from stack.wiring import Platform

DAILY_RATE = Decimal("500.00")
PAYMENT_OPTION = "express"
IBAN, BIC = "FR7630006000011234567890189", "AGRIFRPPXXX"
BACKDATED = timedelta(days=31)
"""How long before its publication a request may say that the mission began."""


class Broken(AssertionError):
    """The platform answered, but not what it must."""


def check(holds: bool, otherwise: str) -> None:
    """Raise Broken unless the condition holds."""
    if not holds:
        raise Broken(otherwise)


@dataclass
class Stage:
    """Where deals are played: the gateway, the mailboxes, the operator's own means."""

    platform: Platform
    door: Door
    postbox: Postbox
    traces: Traces

    @classmethod
    def of(cls, platform: Platform) -> Stage:
        """The stage of a running platform."""
        catcher = platform.catcher_url
        return cls(platform, Door(platform.gateway.url), Postbox(catcher), Traces(catcher))

    def close(self) -> None:
        """Let go of all connections."""
        for part in (self.door, self.postbox, self.traces):
            part.close()

    def staff(self) -> Person:
        """Somebody of the platform's staff who may review companies and issue orders."""
        return people.hire_staff(self.door, "Sofia", "Lindqvist", self.platform, "compliance", "contracts")

    def finance(self, first_name: str, last_name: str) -> Person:
        """Somebody of the platform's staff who handles its money."""
        return people.hire_staff(self.door, first_name, last_name, self.platform, "finance")

    def sweep(self, service: str, name: str) -> None:
        """Run a sweep of a service now, as an operator does, in the place of waiting for its hour."""
        command = [sys.executable, "-m", "chassis.sweeps", service, name]
        environment = self.platform.service_environment(service)
        subprocess.run(command, env=environment, check=True, capture_output=True)

    def freelancer(self, first_name: str, last_name: str, siren: str) -> tuple[Person, Company]:
        """A freelancer whose company has its documents handed in and its contract signed."""
        person = people.somebody(self.door, first_name, last_name)
        people.sign_up(person, self.postbox, "freelance")
        account = Account(IBAN, BIC, person.name)
        company = Company(f"{last_name} Conseil", siren, "1 rue de la Paix", "75002", "Paris", account=account)
        settle(person, company)
        return person, company


def settle(person: Person, company: Company) -> None:
    """Found a company, hand in its documents and sign its contract."""
    companies.found(person, company)
    companies.hand_in_documents(person, company, today())
    contracts.sign(person)


def admit(staff: Person, person: Person, company: Company) -> None:
    """Staff reviews the documents of a company and validates it with this signatory."""
    companies.review_documents(staff, company)
    companies.validate(staff, company, person, today())


@dataclass
class Deal:
    """One deal; each chapter fills in what it brings about."""

    stage: Stage
    plan: Plan = field(default_factory=lambda: Plan.beginning(today(), backdated=BACKDATED))
    staff: Person = field(init=False)
    camille: Person = field(init=False)
    freelance: Company = field(init=False)
    helene: Person = field(init=False)
    marc: Person = field(init=False)
    client: Company = field(init=False)
    rfp: Json = field(init=False)
    proposal: Json = field(init=False)
    mission: Json = field(init=False)
    bdc: Json = field(init=False)
    cra: Json = field(init=False)
    bpf: Json = field(init=False)
    invoice: Json = field(init=False)
    invoice_pdf: bytes = field(init=False)
    nadia: Person = field(init=False)
    olivier: Person = field(init=False)
    client_invoice: Json = field(init=False)
    orders: list[Json] = field(init=False)
    sepa: bytes = field(init=False)
    traces: dict[str, str] = field(default_factory=dict)
    """Trace ids of the decisions, by name."""

    def note(self, decision: str) -> None:
        """Remember the trace of the request just sent."""
        self.traces[decision] = self.stage.door.traces[-1]

    @property
    def mission_id(self) -> str:
        """Which mission the deal is about."""
        return str(self.mission["id"])

    @property
    def net(self) -> Decimal:
        """What the entered days cost, without VAT."""
        return DAILY_RATE * self.plan.days
