"""One migrated database for the session; every test brings its own members and companies."""

import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select

from chassis.app import sweeps_of
from chassis.audit import audit_log
from chassis.auth import Caller
from chassis.clock import business_date
from chassis.testing import Harness, harness, small_pdf
from company.main import service
from contracts.contracting import BdcIssued, PaymentOption, PaymentRegime
from contracts.event import Event
from contracts.identity import MemberActivated
from contracts.notification import NotificationRequested
from contracts.roles import ProfileType, Role, StaffScope
from contracts.values import Money, Period

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside this file

LA_POSTE_VAT = "FR39356000000"
ADDRESS = {"line1": "9 rue du Colonel Pierre Avia", "postcode": "75015", "city": "Paris", "country": "FR"}
BANK = {"iban": "FR7630006000011234567890189", "bic": "AGRIFRPPXXX", "holder": "La Poste"}
OTHER_BANK = {"iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPPAR", "holder": "La Poste"}
FR_PROVIDER_TYPES = [
    "urssaf_certificate",
    "registration_extract",
    "sworn_tax_statement",
    "sworn_employment_statement",
    "foreign_worker_list",
]


def establishments() -> Iterator[str]:
    """SIRETs of La Poste's many establishments: their digits add up to a multiple of five."""
    for number in count(100):
        siret = f"356000000{number:05d}"
        if sum(map(int, siret)) % 5 == 0:
            yield siret


SIRETS = establishments()


def pdf() -> bytes:
    """A small PDF like no other."""
    return small_pdf(uuid4().hex)


@dataclass
class Founded:
    """A company, its founder and what the API answered."""

    id: str
    founder: Caller
    headers: dict[str, str]
    json: dict[str, Any]
    profile: ProfileType = ProfileType.CONSULTANCY


class World:
    """Short ways to bring about what a test starts from, through the API and events alone."""

    def __init__(self, h: Harness):
        self.h, self.client = h, h.client
        self.officer = h.staff(StaffScope.COMPLIANCE)

    @property
    def staff(self) -> dict[str, str]:
        return self.h.headers(self.officer)

    @property
    def today(self) -> date:
        return business_date(self.h.clock())

    def headers(self, caller: Caller) -> dict[str, str]:
        return self.h.headers(caller)

    def pdf(self) -> bytes:
        """A small PDF like no other."""
        return pdf()

    def siret(self) -> str:
        """An establishment that nobody registered yet."""
        return next(SIRETS)

    def proven(self, caller: Caller) -> dict[str, str]:
        """Headers of a member who just showed to be themselves."""
        return self.h.headers(replace(caller, proven_at=self.h.clock()))

    async def second_head(
        self, company: "Founded", role: Role = Role.GERANT, since: timedelta = timedelta(hours=48)
    ) -> Caller:
        """A colleague whom the founder made a head as well, so long ago."""
        first = Role.RESPONSABLE_PROJET if role is Role.DIRECTEUR_ACHATS else Role.CONSULTANT
        caller = await self.member(ProfileType(company.profile), "Zoe Second")
        request = (await self.ask(caller, company, first)).json()
        assert (await self.decide(request["id"], "acceptance", company.headers)).status_code == 200
        self.h.clock.offset -= since
        assert (await self.give_role(company, caller, role)).status_code == 200
        self.h.clock.offset += since
        return caller

    async def give_role(self, company: "Founded", to: Caller, role: Role) -> Any:
        path = f"/companies/{company.id}/members/{to.member_id}/role"
        return await self.client.put(path, json={"role": role}, headers=self.proven(company.founder))

    async def sweep(self, name: str, as_of: datetime | None = None) -> None:
        """Run one sweep as of an instant, whatever ran before."""
        chosen = next(sweep for sweep in sweeps_of(service) if sweep.name == name)
        async with self.h.tx() as tx:
            tx.actor = f"sweep.{name}"
            await chosen.run(tx, as_of or self.h.clock())

    async def member(self, profile: ProfileType = ProfileType.CONSULTANCY, name: str = "Ada Martin") -> Caller:
        caller = self.h.member()
        await self.h.deliver(
            MemberActivated(
                member_id=caller.member_id, display_name=name, profile_type=profile, activated_at=self.h.clock()
            )
        )
        return caller

    def body(self, **changes: Any) -> dict[str, Any]:
        """A valid registration of one of La Poste's establishments."""
        return {
            "name": "La Poste",
            "country": "FR",
            "siret": next(SIRETS),
            "vat_number": LA_POSTE_VAT,
            "tax_status": "vat_liable",
            "address": ADDRESS,
            "capacity": "legal_representative",
            "empowered": True,
        } | changes

    async def register(self, caller: Caller, **changes: Any) -> Any:
        return await self.client.post("/companies", json=self.body(**changes), headers=self.headers(caller))

    async def company(self, profile: ProfileType = ProfileType.CONSULTANCY, **changes: Any) -> Founded:
        founder = await self.member(profile)
        answer = await self.register(founder, **changes)
        assert answer.status_code == 201, answer.text
        return Founded(answer.json()["id"], founder, self.headers(founder), answer.json(), profile)

    async def validate(self, company: Founded, **changes: Any) -> Any:
        body = {
            "register": "sirene",
            "reference": "annuaire-entreprises.data.gouv.fr",
            "checked_on": str(self.today),
            "verified_signatories": [str(company.founder.member_id)],
        } | changes
        return await self.client.post(f"/companies/{company.id}/validation", json=body, headers=self.staff)

    async def refuse(self, company: Founded, reason: str = "Not in the register") -> Any:
        body = {"reason": reason}
        return await self.client.post(f"/companies/{company.id}/refusal", json=body, headers=self.staff)

    async def validated(self, profile: ProfileType = ProfileType.CONSULTANCY, **changes: Any) -> Founded:
        company = await self.company(profile, **changes)
        assert (await self.validate(company)).status_code == 200
        return company

    async def ask(self, caller: Caller, company: Founded, role: Role) -> Any:
        path = f"/companies/{company.id}/join-requests"
        return await self.client.post(path, json={"role": role}, headers=self.headers(caller))

    async def decide(self, request_id: str, decision: str, headers: dict[str, str]) -> Any:
        return await self.client.post(f"/join-requests/{request_id}/{decision}", headers=headers)

    async def colleague(self, company: Founded, role: Role = Role.CONSULTANT) -> dict[str, str]:
        profile = ProfileType.CONSULTANCY if company.json["kind"] == "provider" else ProfileType.CLIENT
        caller = await self.member(profile, "Bob Durand")
        request = (await self.ask(caller, company, role)).json()
        assert (await self.decide(request["id"], "acceptance", company.headers)).status_code == 200
        return self.headers(caller)

    async def upload(
        self,
        company: Founded,
        kind: str,
        issued_on: date | None = None,
        *,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
        name: str = "certificate.pdf",
        **fields: str,
    ) -> Any:
        return await self.client.post(
            f"/companies/{company.id}/documents",
            data={"type": kind, "issued_on": str(issued_on or self.today)} | fields,
            files={"file": (name, pdf() if content is None else content)},
            headers=headers or self.headers(company.founder),
        )

    async def review(self, document_id: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
        body = {"exists": True, "authentic": True, "method": "issuer"} | body
        return await self.client.post(f"/documents/{document_id}/review", json=body, headers=headers or self.staff)

    async def accepted(self, company: Founded, kind: str, issued_on: date | None = None) -> Any:
        uploaded = await self.upload(company, kind, issued_on)
        assert uploaded.status_code == 201, uploaded.text
        reviewed = await self.review(uploaded.json()["id"])
        assert reviewed.status_code == 200, reviewed.text
        return reviewed.json()

    async def compliant(self, issued_on: date | None = None) -> Founded:
        """A validated French consultancy with every document accepted."""
        company = await self.validated()
        for kind in FR_PROVIDER_TYPES:
            await self.accepted(company, kind, issued_on)
        return company

    def order(
        self,
        client: Founded,
        provider: Founded,
        ordered_on: date = date(2027, 1, 15),
        ends_on: date = date(2027, 12, 31),
    ) -> BdcIssued:
        """The platform's order of a mission that begins on the day of the order."""
        return BdcIssued(
            bdc_id=uuid4(),
            reference="PO-1",
            mission_id=uuid4(),
            title="Refonte du portail",
            client_company_id=UUID(client.id),
            provider_company_id=UUID(provider.id),
            operational_manager_id=client.founder.member_id,
            consultant_id=provider.founder.member_id,
            consultant_name="Ada Martin",
            daily_rate=Money.of("500"),
            days=Decimal(10),
            period=Period(start=ordered_on, end=ends_on),
            payment_option=PaymentOption.BASIC,
            payment_regime=PaymentRegime.GUARANTEED_DATE,
            client_order_reference="CMD-1",
            issued_at=datetime.fromisoformat(f"{ordered_on}T10:00:00+00:00"),
        )

    async def events(self, event: type[Event], company_id: str) -> list[Any]:
        return [e for e in await self.h.emitted(event) if str(getattr(e, "company_id", None)) == company_id]

    async def messages(self, template: str, company_id: str) -> list[NotificationRequested]:
        found = await self.h.emitted(NotificationRequested)
        return [m for m in found if m.template == template and str(m.subject_id) == company_id]

    async def audited(self, subject: object) -> list[Any]:
        query = select(audit_log).where(audit_log.c.subject == str(subject)).order_by(audit_log.c.id)
        async with self.h.tx() as tx:
            return list((await tx.execute(query)).all())

    def move_to(self, day: date) -> None:
        """Make it noon in Paris on that day."""
        self.h.clock.set(datetime.fromisoformat(f"{day}T11:00:00+00:00"))


@pytest_asyncio.fixture(scope="session")
async def h() -> AsyncIterator[Harness]:
    async with harness(service) as running:
        yield running


@pytest.fixture
def world(h: Harness) -> Iterator[World]:
    yield World(h)
    h.clock.offset = timedelta()


def problem(answer: Any, status: int, code: str, field: str | None = None) -> None:
    """Assert that the answer is this refusal, naming this field."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    if field:
        assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.fixture
def refused() -> Any:
    return problem


@pytest.fixture
def stranger_id() -> UUID:
    return uuid4()
