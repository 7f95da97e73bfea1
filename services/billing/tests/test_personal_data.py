"""What billing knows of somebody: exported, anonymous in time, and once the account is gone; the books stay."""

from datetime import UTC, datetime

import pytest
from facturx_builder import invoice_pdf
from sqlalchemy import select

from billing.bpf.domain import Bpf
from billing.directory.missions import MissionTerms
from billing.invariants import broken
from billing.invoice.domain import Invoice
from chassis.personal_data import NOBODY
from contracts.identity import MemberErased

NAMED = (MissionTerms, Bpf, Invoice)


@pytest.fixture
async def invoiced(given):
    month = await given()
    answer = await month.post(invoice_pdf(month.bpf))
    assert answer.status_code == 201, answer.text
    return month


async def rows(tx, month):
    who = {MissionTerms: MissionTerms.bdc_id, Bpf: Bpf.bdc_id, Invoice: Invoice.mission_id}
    wanted = {MissionTerms: month.month.bdc_id, Bpf: month.month.bdc_id, Invoice: month.month.mission_id}
    return [(await tx.scalars(select(table).where(who[table] == wanted[table]))).one() for table in NAMED]


@pytest.mark.req("PL-06")
async def test_an_export_holds_the_members_own_records_alone(h, invoiced):
    mine = await h.exported(invoiced.month.consultant_id)
    for name in ("terms of missions", "pre-invoices", "invoices"):
        assert [kept["consultant_name"] for kept in mine[name]] == ["Camille Martin"]
    assert mine["pre-invoices"][0]["lines_json"][0]["title"] == "Refonte du portail"
    assert len((await h.exported(invoiced.month.manager_id))["pre-invoices"]) == 1
    stranger = await h.exported(h.member().member_id)
    assert all(records == [] for records in stranger.values())


@pytest.mark.req("ID-41", "PL-08")
async def test_an_erased_consultant_is_named_nowhere_and_the_books_stay(h, invoiced):
    async with h.tx() as tx:
        before = [(row.consultant_id, getattr(row, "net_amount", None)) for row in await rows(tx, invoiced)]
    await h.deliver(MemberErased(member_id=invoiced.month.consultant_id, erased_at=h.clock()))
    async with h.tx() as tx:
        after = await rows(tx, invoiced)
        assert [row.consultant_name for row in after] == ["—"] * 3
        assert [(row.consultant_id, getattr(row, "net_amount", None)) for row in after] == before
        assert await broken(tx) == {}
    file = await h.platform.files.read(after[2].file_key)
    assert file.startswith(b"%PDF")


@pytest.mark.req("PL-08")
@pytest.mark.parametrize(
    ("as_of", "forgotten"),
    [
        (datetime(2036, 11, 10, 12, tzinfo=UTC), [False, False, False]),
        (datetime(2036, 11, 11, 12, tzinfo=UTC), [False, False, True]),
        (datetime(2036, 11, 20, 12, tzinfo=UTC), [False, False, True]),
        (datetime(2036, 11, 21, 12, tzinfo=UTC), [False, True, True]),
        (datetime(2036, 12, 31, 12, tzinfo=UTC), [False, True, True]),
        (datetime(2037, 1, 1, 12, tzinfo=UTC), [True, True, True]),
    ],
)
async def test_whose_days_they_were_is_forgotten_ten_years_after_each_document(h, invoiced, as_of, forgotten):
    async with h.forgetting(as_of) as tx:
        kept = await rows(tx, invoiced)
        assert [row.consultant_name == "—" for row in kept] == forgotten
        assert [row.consultant_id == NOBODY for row in kept] == forgotten
        assert await broken(tx) == {}
