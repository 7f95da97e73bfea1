"""The service as a whole: its description, its tables, its memory."""

import asyncio
import subprocess
import sys

from bank_desk import bank_objects
from billing_months import MissionMonth
from billing_payments import Finance
from facturx_builder import invoice_pdf
from issuing_world import issued_objects
from reform_objects import reform_objects
from self_billing_steps import own_objects

from chassis.fuzzing import fuzz, schema_differences, undocumented_routes
from contracts.roles import Role, StaffScope

HEAVY = {"facturx", "saxonche", "lxml", "pypdf", "holidays"}


async def test_any_request_is_answered_as_described(h, given):
    month = (due := await Finance(h, given).payable()).given
    run = await Finance(h, given).propose()
    order = (await Finance(h, given).orders(run))[due.id]
    known = {"bpf_id": month.bpf["id"], "invoice_id": due.id, "run_id": run["id"], "order_id": order["id"]}
    known |= {"mission_id": str(month.month.mission_id)}
    known |= await own_objects(h, month.month)
    known |= await reform_objects(h)
    known |= await bank_objects(h)
    known |= await issued_objects(h, month.month)
    callers = [month.seller(), month.manager(), h.headers(h.staff(*StaffScope))]
    statuses = await fuzz(h, callers=callers, known=known)
    assert {200, 403, 404, 422} <= statuses


def test_every_route_says_who_may_call_it_and_how_it_refuses(h):
    assert undocumented_routes(h.app) == []


async def test_the_tables_are_those_of_the_code(h):
    assert await asyncio.to_thread(schema_differences, "billing", h.database_url) == ""


class TestMemory:
    def test_nothing_heavy_is_imported_by_the_service_itself(self):
        code = "import sys, billing.main; print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not HEAVY & set(done.stdout.split())

    async def test_an_import_leaves_them_out_too(self, given, monkeypatch):
        monkeypatch.delitem(sys.modules, "billing.reading.checks", raising=False)
        monkeypatch.setitem(sys.modules, "saxonche", None)  # any import of it here would fail
        month = await given(MissionMonth())
        assert (await month.post(invoice_pdf(month.bpf), headers=month.seller(Role.FREELANCE))).status_code == 201
