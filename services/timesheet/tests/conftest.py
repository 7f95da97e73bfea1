"""The service under test, and a mission with everyone around it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis.auth import Caller
from chassis.rows import new_id
from chassis.testing import Harness, harness
from contracts.billing import InvoiceImported
from contracts.company import SupervisionChanged
from contracts.contracting import BdcIssued, PaymentOption, PaymentRegime
from contracts.roles import Role
from contracts.values import Money, Period
from timesheet.directory.missions import Mission
from timesheet.main import service
from timesheet.settings.domain import Choices

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside this file

MAY_20 = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
async def h() -> AsyncIterator[Harness]:
    async with harness(service) as running:
        yield running


def _order(**changes: Any) -> BdcIssued:
    terms: dict[str, Any] = {
        "bdc_id": uuid4(),
        "reference": "BDC-1",
        "mission_id": uuid4(),
        "title": "Refonte du portail",
        "client_company_id": uuid4(),
        "provider_company_id": uuid4(),
        "operational_manager_id": uuid4(),
        "consultant_id": uuid4(),
        "consultant_name": "Ada Martin",
        "daily_rate": Money.of("500"),
        "days": Decimal(60),
        "period": Period(start=date(2026, 4, 15), end=date(2026, 7, 14)),
        "payment_option": PaymentOption.BASIC,
        "payment_regime": PaymentRegime.GUARANTEED_DATE,
        "client_order_reference": "PO-1",
        "issued_at": MAY_20,
    }
    return BdcIssued(**(terms | changes))


@pytest.fixture(scope="session")
def make_order() -> Callable[..., BdcIssued]:
    return _order


@pytest.fixture(scope="session")
def make_mission() -> Callable[..., Mission]:
    """A mission in memory, for rules that need no database."""

    def make(
        start: date = date(2026, 4, 15), end: date = date(2026, 7, 14), days: str = "60", workplace: str = "FR"
    ) -> Mission:
        return Mission(
            bdc_id=uuid4(),
            mission_id=uuid4(),
            reference="BDC-1",
            title="Refonte du portail",
            client_company_id=uuid4(),
            provider_company_id=uuid4(),
            operational_manager_id=uuid4(),
            consultant_id=uuid4(),
            consultant_name="Ada Martin",
            days=Decimal(days),
            starts_on=start,
            ends_on=end,
            workplace=workplace,
            version=1,
        )

    return make


@dataclass
class Scene:
    """One issued mission, and each person who may, or may not, see it."""

    h: Harness
    order: BdcIssued
    consultant: Caller = field(init=False)
    manager: Caller = field(init=False)
    head: Caller = field(init=False)
    """Whoever runs the provider, and approves."""

    def __post_init__(self) -> None:
        o = self.order
        self.consultant = self.h.member(Role.CONSULTANT, o.provider_company_id, o.consultant_id)
        self.manager = self.h.member(Role.RESPONSABLE_PROJET, o.client_company_id, o.operational_manager_id)
        self.head = self.supplier(Role.GERANT)

    @property
    def mission_id(self) -> UUID:
        return self.order.mission_id

    def supplier(self, role: Role) -> Caller:
        """A colleague of the consultant."""
        return self.h.member(role, self.order.provider_company_id)

    def client(self, role: Role) -> Caller:
        """A colleague of the operational manager."""
        return self.h.member(role, self.order.client_company_id)

    async def supervise(self, caller: Caller, *consultants: UUID, version: int = 1) -> Caller:
        """Have a sales manager follow the missions of these consultants."""
        assert caller.company_id is not None
        event = SupervisionChanged(
            version=version,
            affiliation_id=caller.member_id,
            member_id=caller.member_id,
            company_id=caller.company_id,
            consultants=list(consultants),
            changed_at=MAY_20,
        )
        await self.h.deliver(event)
        return caller

    async def call(self, method: str, path: str, caller: Caller, **options: Any) -> httpx2.Response:
        headers = self.h.headers(caller) | options.pop("headers", {})
        return await self.h.client.request(method, path, headers=headers, **options)

    async def fill(
        self, month: str, days: list[str] | dict[str, str], caller: Caller | None = None, **options: Any
    ) -> httpx2.Response:
        """PUT whole days (a list) or chosen quantities (by date)."""
        quantities = days if isinstance(days, dict) else dict.fromkeys(days, "1.0")
        body = {"days": [{"date": day, "quantity": quantity} for day, quantity in quantities.items()]}
        path = f"/missions/{self.mission_id}/cras/{month}"
        return await self.call("PUT", path, caller or self.consultant, json=body, **options)

    async def drafted(self, month: str = "2026-05", days: list[str] | dict[str, str] | None = None) -> str:
        answer = await self.fill(month, days or {"2026-05-04": "1.0", "2026-05-05": "0.5"})
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    async def pending(self, *args: Any) -> str:
        """With the provider."""
        return await self._go(await self.drafted(*args), "submission", self.consultant)

    async def submitted(self, *args: Any) -> str:
        """With the client."""
        return await self._go(await self.pending(*args), "approval", self.head)

    async def _go(self, cra_id: str, action: str, caller: Caller) -> str:
        answer = await self.call("POST", f"/cras/{cra_id}/{action}", caller)
        assert answer.status_code == 200, answer.text
        return cra_id

    async def refused(self, *args: Any) -> str:
        cra_id = await self.submitted(*args)
        body = {"reason": "One day too many"}
        answer = await self.call("POST", f"/cras/{cra_id}/refusal", self.manager, json=body)
        assert answer.status_code == 200, answer.text
        return cra_id

    async def validated(self, *args: Any) -> str:
        return await self._go(await self.submitted(*args), "validation", self.manager)

    async def choose(self, **changes: bool) -> None:
        """The client's head of purchasing decides; what is not named is as by default."""
        choices = asdict(Choices()) | changes
        chooser = self.client(Role.DIRECTEUR_ACHATS)
        answer = await self.call("PUT", "/activity-settings", chooser, json=choices)
        assert answer.status_code == 200, answer.text

    async def read(self, cra_id: str) -> dict[str, Any]:
        answer = await self.call("GET", f"/cras/{cra_id}", self.consultant)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def invoice(self, cra_id: str | UUID, **changes: Any) -> InvoiceImported:
        """Billing's word that the CRA is invoiced."""
        facts: dict[str, Any] = {
            "invoice_id": new_id(),
            "bpf_id": uuid4(),
            "cra_id": UUID(str(cra_id)),
            "mission_id": self.mission_id,
            "provider_company_id": self.order.provider_company_id,
            "number": "F-2026-05",
            "net": Money.of("750"),
            "vat": Money.of("150"),
            "gross": Money.of("900"),
            "fee": Money.of("15"),
            "payable": Money.of("885"),
            "payment_on": date(2026, 7, 31),
            "imported_at": MAY_20,
        }
        return InvoiceImported(**(facts | changes))


@pytest.fixture
async def make_scene(h: Harness) -> Callable[..., Any]:
    """Issue an order (with changed terms) and set the scene, on 20 May 2026."""
    h.clock.set(MAY_20)

    async def make(**changes: Any) -> Scene:
        order = _order(**changes)
        await h.deliver(order)
        return Scene(h, order)

    return make


@pytest.fixture
async def scene(make_scene: Callable[..., Any]) -> Scene:
    return await make_scene()
