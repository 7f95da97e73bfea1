"""A deal to test with: two companies, their people and a retained proposal, brought about as in production."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chassis.testing import Harness, harness, small_pdf
from contracting.main import service
from contracts.company import (
    CompanyDetailsChanged,
    CompanyRegistered,
    CompanyValidated,
    ComplianceChanged,
    LegalIdentity,
    Signatory,
    SupervisionChanged,
    TaxStatus,
)
from contracts.marketplace import ProposalRetained
from contracts.roles import CompanyKind, Role, SignatoryCapacity, StaffScope
from contracts.values import Money, Period, PostalAddress

sys.path.insert(0, str(Path(__file__).parent))  # for what several test modules share

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 16)
PDF = small_pdf()
LEGAL = SignatoryCapacity.LEGAL_REPRESENTATIVE


class Side:
    """One company with somebody who runs it."""

    def __init__(self, h: Harness, kind: CompanyKind, country: str = "FR"):
        self.h, self.kind, self.country, self.id = h, kind, country, uuid4()
        head = Role.GERANT if kind is CompanyKind.PROVIDER else Role.DIRECTEUR_ACHATS
        self.head = h.member(head, self.id)

    def member(self, role: Role, member_id: UUID | None = None):
        return self.h.member(role, self.id, member_id)

    def registered(self, **changes) -> CompanyRegistered:
        facts = {
            "company_id": self.id,
            "kind": self.kind,
            "name": f"{self.kind} SA",
            "country": self.country,
            "signatories": [Signatory(member_id=self.head.member_id, capacity=LEGAL)],
            "registered_at": NOW,
        }
        return CompanyRegistered(**facts | changes)

    def legal(self, **changes) -> LegalIdentity:
        address = PostalAddress(line1="1 rue de la Paix", postcode="75002", city="Paris", country="FR")
        facts = {"name": f"{self.kind} SA", "country": self.country, "siret": None, "vat_number": None}
        return LegalIdentity(**facts | {"tax_status": TaxStatus.VAT_LIABLE, "address": address} | changes)

    def validated(self, *, version: int = 2, bank: bool = True, **changes) -> CompanyValidated:
        facts = {
            "company_id": self.id,
            "kind": self.kind,
            "legal": self.legal(),
            "verified_signatories": [Signatory(member_id=self.head.member_id, capacity=LEGAL)],
            "bank_details_on_file": bank,
            "validated_at": NOW,
            "version": version,
        }
        return CompanyValidated(**facts | changes)

    def changed(self, *, version: int, bank: bool = True, **legal) -> CompanyDetailsChanged:
        return CompanyDetailsChanged(
            company_id=self.id,
            legal=self.legal(**legal),
            bank_details_on_file=bank,
            changed_at=NOW,
            version=version,
        )

    def compliance(self, *, version: int = 1, missing=(), valid_until: date | None = None, compliant=None):
        return ComplianceChanged(
            company_id=self.id,
            compliant=not missing if compliant is None else compliant,
            missing=list(missing),
            valid_until=valid_until,
            changed_at=NOW,
            version=version,
        )


class Deal:
    """Client, provider and a proposal; each step of the way to the order may be left out."""

    def __init__(self, h: Harness, country: str = "FR"):
        self.h = h
        self.client = Side(h, CompanyKind.CLIENT)
        self.provider = Side(h, CompanyKind.PROVIDER, country)
        self.rival_provider = h.member(Role.GERANT)
        self.rival_client = h.member(Role.DIRECTEUR_ACHATS)
        self.staff = h.staff(StaffScope.CONTRACTS)
        self.proposal_id, self.consultant_id = uuid4(), uuid4()
        self.mission_id = ""

    async def call(self, method: str, url: str, caller, **options):
        headers = self.h.headers(caller) | options.pop("headers", {})
        return await self.h.client.request(method, url, headers=headers, **options)

    async def supervise(self, caller, *consultants, version: int = 1):
        """Have a sales manager follow the missions of these consultants."""
        event = SupervisionChanged(
            version=version,
            affiliation_id=caller.member_id,
            member_id=caller.member_id,
            company_id=caller.company_id,
            consultants=list(consultants),
            changed_at=NOW,
        )
        await self.h.deliver(event)
        return caller

    async def contract_of(self, side: Side) -> dict:
        """The newest one: what waits for a signature, or is in force."""
        return (await self.call("GET", "/contracts", side.head)).json()["items"][0]

    async def sign(self, side: Side, *, by=None) -> dict:
        by = by or side.head
        url = f"/contracts/{(await self.contract_of(side))['id']}"
        opened = (await self.call("POST", f"{url}/opening", by)).json()
        keys = [clause["key"] for clause in opened["clauses"] if clause["mandatory"]]
        for key in keys:
            assert (await self.call("PUT", f"{url}/ticks/{key}", by)).status_code == 200
        signed = await self.call("POST", f"{url}/signature", by, json={"accepted_clauses": keys})
        assert signed.status_code == 200, signed.text
        return signed.json()

    def retained(self, **changes) -> ProposalRetained:
        facts = {
            "proposal_id": self.proposal_id,
            "rfp_id": uuid4(),
            "rfp_reference": "RFP-90064-1",
            "title": "Data platform",
            "client_company_id": self.client.id,
            "provider_company_id": self.provider.id,
            "operational_manager_id": uuid4(),
            "consultant_id": self.consultant_id,
            "consultant_name": "Ada L.",
            "daily_rate": Money.of("500"),
            "days": "18.0",
            "period": Period(start=date(2026, 12, 1), end=date(2026, 12, 31)),
            "retained_by": uuid4(),
            "retained_at": NOW,
        }
        return ProposalRetained(**facts | changes)

    async def retain(self, **changes) -> str:
        await self.h.deliver(self.retained(**changes))
        [mission] = (await self.call("GET", "/missions", self.provider.head)).json()["items"]
        self.mission_id = mission["id"]
        return self.mission_id

    async def choose(self, option: str, *, by=None, **options):
        url = f"/missions/{self.mission_id}/payment-option"
        return await self.call("PUT", url, by or self.provider.head, json={"option": option}, **options)

    async def order(self, reference: str = "CMD-42", *, by=None, file: bytes = PDF, name: str = "order.pdf", **options):
        url = f"/missions/{self.mission_id}/client-order"
        files = {"file": (name, file, "application/pdf")}
        return await self.call(
            "POST", url, by or self.client.head, data={"reference": reference}, files=files, **options
        )

    async def issue(self, *, by=None, **options):
        return await self.call("POST", f"/missions/{self.mission_id}/bdc", by or self.staff, **options)

    async def mission(self, *, by=None) -> dict:
        answer = await self.call("GET", f"/missions/{self.mission_id}", by or self.staff)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def gates(self) -> dict[str, dict]:
        return {gate["gate"]: gate for gate in (await self.mission())["gates"]}

    async def ready(self, *without: str, option: str = "express", **proposal) -> str:
        """Go all the way to just before the order, but for the named steps; the mission's id."""
        for side in (self.client, self.provider):
            await self.h.deliver(side.registered())
            if f"sign_{side.kind}" not in without:
                await self.sign(side)
            if f"validate_{side.kind}" not in without:
                await self.h.deliver(side.validated(bank="bank" not in without))
            if f"comply_{side.kind}" not in without:
                await self.h.deliver(side.compliance())
        await self.retain(**proposal)
        if "option" not in without:
            assert (await self.choose(option)).status_code == 200
        if "order" not in without:
            assert (await self.order()).status_code == 201
        return self.mission_id

    async def of(self, event):
        """The events of this type that speak of this deal."""
        own = {str(self.client.id), str(self.provider.id), self.mission_id, str(self.proposal_id)}
        found = await self.h.emitted(event)
        return [one for one in found if own & {str(value) for value in one.model_dump().values()}]


@pytest.fixture(scope="session")
async def running():
    async with harness(service) as started:
        yield started


@pytest.fixture
def h(running):
    """The service, at one fixed instant until a test moves the clock."""
    running.clock.set(NOW)
    return running


@pytest.fixture
def deal(h):
    return Deal(h)


@pytest.fixture
def deal_from(h):
    """A deal whose provider is established in another country."""
    return lambda country: Deal(h, country)
