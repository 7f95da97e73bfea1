"""The service over a real database."""

import sys
from pathlib import Path
from uuid import uuid4

import pytest

from billing.main import service
from billing.reading.reader import Reader
from chassis.testing import harness
from contracts.company import CompanyValidated
from contracts.roles import CompanyKind, Role

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside this file

from bank_desk import BankDesk
from billing_months import NOW, Given, MissionMonth, french_identity
from issued_invoices import Seller


@pytest.fixture(scope="session")
async def h():
    async with harness(service) as running:
        running.clock.set(NOW)
        yield running
        await running.platform.own.reader.close()
        await running.platform.own.statements.close()


@pytest.fixture(scope="session")
async def reader():
    """The process that reads invoices, shared by the tests that ask it directly."""
    started = Reader()
    yield started
    await started.close()


@pytest.fixture
def given(h):
    """Deliver what makes a BPF: order, identity, validated CRA; read the BPF back."""

    async def arrange(month=None):
        month = month or MissionMonth()
        for event in (*month.known, month.cra_validated):
            await h.deliver(event)
        seller = h.headers(h.member(Role.GERANT, month.provider_id))
        bpf = (await h.client.get("/bpfs", headers=seller)).json()["items"][0]
        return Given(h, month, bpf)

    return arrange


@pytest.fixture
def reopen(h):
    """The one BPF of a month delivered before, as its provider reads it now."""

    async def read(month):
        seller = h.headers(h.member(Role.GERANT, month.provider_id))
        return Given(h, month, (await h.client.get("/bpfs", headers=seller)).json()["items"][0])

    return read


@pytest.fixture
def desk(h):
    return BankDesk(h)


@pytest.fixture
def seller(h):
    return Seller(h)


@pytest.fixture
def known(h):
    """A company whose identity was told."""

    async def tell(identity=None):
        company_id = uuid4()
        await h.deliver(
            CompanyValidated(
                company_id=company_id,
                kind=CompanyKind.CLIENT,
                legal=identity or french_identity(),
                verified_signatories=[],
                bank_details_on_file=True,
                validated_at=NOW,
            )
        )
        return company_id

    return tell
