"""A market to test in: companies, people and requests with fresh ids, brought about as in production."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis.auth import Caller
from chassis.testing import Harness, harness
from contracts.company import AffiliationGranted, CompanyValidated, LegalIdentity, TaxStatus
from contracts.contracting import ContractKind, ContractSigned
from contracts.event import Event
from contracts.roles import CompanyKind, Role, StaffScope
from contracts.values import PostalAddress
from marketplace.main import service

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside this file

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ADDRESS = PostalAddress(line1="1 rue de la Paix", postcode="75002", city="Paris", country="FR")


@dataclass
class Market:
    """What tests do with the service."""

    h: Harness

    @property
    def client(self) -> httpx2.AsyncClient:
        return self.h.client

    async def call(self, method: str, url: str, caller: Caller, **options: Any) -> httpx2.Response:
        headers = self.h.headers(caller) | options.pop("headers", {})
        return await self.client.request(method, url, headers=headers, **options)

    async def validate(self, company_id: UUID, kind: CompanyKind, **changes: Any) -> CompanyValidated:
        legal = LegalIdentity(
            name=changes.pop("name", "ACME"),
            country="FR",
            siret=None,
            vat_number=None,
            tax_status=TaxStatus.VAT_LIABLE,
            address=ADDRESS,
        )
        known = {"verified_signatories": [], "bank_details_on_file": True, "validated_at": NOW, "version": 2}
        event = CompanyValidated(company_id=company_id, kind=kind, legal=legal, **(known | changes))
        await self.h.deliver(event)
        return event

    async def sign(self, company_id: UUID, kind: ContractKind) -> ContractSigned:
        event = ContractSigned(
            contract_id=uuid4(),
            kind=kind,
            company_id=company_id,
            terms_version="2026-01",
            signed_by=uuid4(),
            signed_at=NOW,
        )
        await self.h.deliver(event)
        return event

    async def affiliate(self, caller: Caller, name: str = "Ada Lovelace", **changes: Any) -> AffiliationGranted:
        known = {
            "affiliation_id": uuid4(),
            "member_id": caller.member_id,
            "display_name": name,
            "company_id": caller.company_id,
            "company_kind": caller.company_kind,
            "role": caller.role,
            "granted_at": NOW,
        }
        event = AffiliationGranted(**(known | changes))
        await self.h.deliver(event)
        return event

    async def buyer(self, role: Role = Role.RESPONSABLE_PROJET, company_id: UUID | None = None) -> Caller:
        """A member of a client that may publish; a colleague when the company is given."""
        caller = self.h.member(role, company_id)
        await self.affiliate(caller, "Grace Hopper")
        if company_id is None:
            await self.validate(caller.company, CompanyKind.CLIENT, name="Client SA")
            await self.sign(caller.company, ContractKind.PRINCIPAL)
        return caller

    async def seller(self, role: Role = Role.COMMERCIAL, company_id: UUID | None = None) -> Caller:
        """A member of a provider that may answer; a colleague when the company is given."""
        caller = self.h.member(role, company_id)
        await self.affiliate(caller)
        if company_id is None:
            await self.validate(caller.company, CompanyKind.PROVIDER, name="Provider SARL")
            await self.sign(caller.company, ContractKind.FRAMEWORK)
        await self.acknowledge(caller)
        return caller

    async def acknowledge(self, seller: Caller) -> None:
        """Take note of the law before the first request (MK-21)."""
        url = "/acknowledgements/labour-law"
        version = (await self.client.get(url)).json()["version"]
        answer = await self.call("PUT", url, seller, json={"version": version})
        assert answer.status_code == 200, answer.text

    async def consultant(self, seller: Caller, name: str = "Alan Turing") -> Caller:
        caller = self.h.member(Role.CONSULTANT, seller.company)
        await self.affiliate(caller, name)
        return caller

    async def drafted(self, buyer: Caller, **changes: Any) -> dict[str, Any]:
        answer = await self.call("POST", "/rfps", buyer, json=content(buyer) | changes)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def published(self, buyer: Caller, **changes: Any) -> dict[str, Any]:
        rfp = await self.drafted(buyer, **changes)
        answer = await self.call("POST", f"/rfps/{rfp['id']}/publication", buyer)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def proposed(self, seller: Caller, rfp: dict[str, Any], **changes: Any) -> dict[str, Any]:
        consultant_id = changes.pop("consultant_id", None) or (await self.consultant(seller)).member_id
        body = offer(consultant_id) | {"accepted_clauses": rfp["clause_ids"]}
        answer = await self.call("POST", f"/rfps/{rfp['id']}/proposals", seller, json=body | changes)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def interesting(self, buyer: Caller, proposal: dict[str, Any]) -> None:
        assert (await self.call("GET", f"/proposals/{proposal['id']}", buyer)).status_code == 200
        answer = await self.qualify(buyer, proposal, "interesting")
        assert answer.status_code == 200, answer.text

    async def qualify(self, buyer: Caller, proposal: dict[str, Any], opinion: str) -> httpx2.Response:
        body = {"qualification": opinion}
        return await self.call("POST", f"/proposals/{proposal['id']}/qualification", buyer, json=body)

    async def retain(self, buyer: Caller, proposal: dict[str, Any]) -> httpx2.Response:
        return await self.call("POST", f"/proposals/{proposal['id']}/retention", buyer)

    async def decide(self, proposal: dict[str, Any], outcome: str = "accepted", **more: Any) -> httpx2.Response:
        """The platform's word on what a client retained."""
        url, body = f"/staff/retentions/{proposal['id']}/decision", {"outcome": outcome} | more
        return await self.call("POST", url, self.h.staff(StaffScope.CONTRACTS), json=body)

    async def won(self, buyer: Caller, proposal: dict[str, Any]) -> dict[str, Any]:
        """Everybody decides for it."""
        await self.interesting(buyer, proposal)
        for answer in (await self.retain(buyer, proposal), await self.decide(proposal)):
            assert answer.status_code == 200, answer.text
        return (await self.call("GET", f"/proposals/{proposal['id']}", buyer)).json()

    async def about(self, kind: type[Event], subject: str) -> list[Any]:
        """The events of a type that speak of this subject."""
        return [event for event in await self.h.emitted(kind) if event.subject == subject]


def content(buyer: Caller) -> dict[str, Any]:
    """A request's content that holds every rule."""
    return {
        "title": "Data engineer",
        "description": "Build pipelines.\nRun them.",
        "category": "it",
        "skills": ["Python", "PostgreSQL"],
        "city": "Lyon",
        "country": "FR",
        "remote_share": 60,
        "period": {"start": "2026-12-01", "end": "2027-02-26"},
        "days": "57.5",
        "operational_manager_id": str(buyer.member_id),
    }


def offer(consultant_id: UUID) -> dict[str, Any]:
    """A proposal's content that holds every rule."""
    return {
        "consultant_id": str(consultant_id),
        "daily_rate": {"amount": "550.00", "currency": "EUR"},
        "pitch": "Ten years of pipelines.",
        "available_on": "2026-12-01",
    }


@pytest.fixture(scope="session")
async def h() -> AsyncIterator[Harness]:
    async with harness(service) as running:
        running.clock.set(NOW)
        yield running


@pytest.fixture
def market(h: Harness) -> Iterator[Market]:
    before = h.clock.offset
    yield Market(h)
    h.clock.offset = before


@pytest.fixture(name="content")
def _content() -> Callable[[Caller], dict[str, Any]]:
    return content


@pytest.fixture(name="proposal_content")
def _proposal_content() -> Callable[[UUID], dict[str, Any]]:
    return offer
