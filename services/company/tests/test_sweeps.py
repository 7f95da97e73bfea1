import os
import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest

from chassis.clock import months_after
from chassis.sweeps import run_if_due
from company.company.domain import Company
from company.compliance import sweeps
from contracts.company import ComplianceChanged
from contracts.roles import HEADS

ISSUED = date(2027, 1, 15)
EXPIRES = date(2027, 7, 15)
WARNED = date(2027, 6, 15)


async def sweep(world, run, day: date) -> None:
    """As the daily run of that day, in its own transaction, by its own actor."""
    async with world.h.tx() as tx:
        tx.actor = "sweep.test"
        await run(tx, datetime.fromisoformat(f"{day}T02:00:00+02:00"))


async def changes(world, company):
    return await world.events(ComplianceChanged, company.id)


@pytest.fixture
def issued(world):
    """Everything in these tests begins on the same day."""
    world.move_to(ISSUED)
    return world


class TestRecheck:
    @pytest.mark.req("CO-30", "CO-37")
    async def test_ends_compliance_on_the_day_the_certificate_is_six_months_old(self, issued) -> None:
        company = await issued.compliant()
        before = await changes(issued, company)
        assert before[-1].valid_until == EXPIRES - timedelta(1)
        await sweep(issued, sweeps.recheck_compliance, EXPIRES - timedelta(1))
        assert await changes(issued, company) == before
        await sweep(issued, sweeps.recheck_compliance, EXPIRES)
        *_, last = await changes(issued, company)
        assert last.compliant is False
        assert set(last.missing) == {
            "urssaf_certificate",
            "sworn_tax_statement",
            "sworn_employment_statement",
            "foreign_worker_list",
        }
        assert last.version > before[-1].version
        listed = await issued.client.get(f"/companies/{company.id}/documents", headers=company.headers)
        statuses = {line["type"]: line["status"] for line in listed.json()["items"]}
        assert statuses.pop("registration_extract") == "accepted"
        assert set(statuses.values()) == {"expired"}

    async def test_repeated_tells_nothing_new(self, issued) -> None:
        company = await issued.compliant()
        await sweep(issued, sweeps.recheck_compliance, EXPIRES)
        told = len(await changes(issued, company))
        for day in (EXPIRES, EXPIRES + timedelta(1)):
            await sweep(issued, sweeps.recheck_compliance, day)
        assert len(await changes(issued, company)) == told

    async def test_expires_documents_of_companies_that_nobody_validated_in_silence(self, issued) -> None:
        company = await issued.company()
        document = await issued.accepted(company, "urssaf_certificate")
        await sweep(issued, sweeps.recheck_compliance, EXPIRES)
        assert await changes(issued, company) == []
        acts = [act.action for act in await issued.audited(document["id"])]
        assert acts == ["document.uploaded", "document.reviewed", "document.expired"]

    async def test_looks_again_at_everybody_when_a_rule_changes(self, issued, monkeypatch) -> None:
        company = await issued.validated()
        before = len(await changes(issued, company))
        async with issued.h.tx() as tx:
            row = await tx.get(Company, company.id)
            row.compliance_shortcomings = [{"requirement": "something_of_the_past", "reason": "absent"}]
        await sweep(issued, sweeps.recheck_compliance, ISSUED + timedelta(1))
        assert len(await changes(issued, company)) == before
        monkeypatch.setattr(sweeps, "last_change", lambda _: ISSUED + timedelta(1))
        await sweep(issued, sweeps.recheck_compliance, ISSUED + timedelta(1))
        assert len(await changes(issued, company)) == before + 1

    async def test_is_due_once_a_day(self, issued) -> None:
        names = ["recheck_compliance", "open_rechecks", "lapse_rechecks", "warn_of_expiring_documents"]
        assert [known.name for known in sweeps.SWEEPS] == names
        for known in sweeps.SWEEPS:
            night = datetime.fromisoformat("2031-03-01T00:00:05+00:00")
            database = issued.h.platform.database
            runs = [await run_if_due(database, known, night + timedelta(hours=hours)) for hours in (0, 12, 24)]
            assert runs == [True, False, True]

    def test_may_be_run_by_hand_for_any_day(self, h) -> None:
        environment = {
            **os.environ,
            "MAILLON_SERVICE": "company",
            "MAILLON_DATABASE_URL": h.platform.settings.database_url.get_secret_value(),
            "MAILLON_AMQP_URL": "amqp://unused",
            "MAILLON_JWKS_FILE": "unused",
        }
        command = [sys.executable, "-m", "chassis.sweeps", "company", "recheck_compliance", "--as-of", "2020-01-01"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


class TestWarn:
    @pytest.mark.req("CO-42")
    async def test_tells_the_heads_a_month_before_once_per_document(self, issued) -> None:
        company = await issued.validated()
        await issued.accepted(company, "urssaf_certificate", ISSUED)
        await issued.accepted(company, "registration_extract", ISSUED)
        await sweep(issued, sweeps.warn_of_expiring_documents, WARNED - timedelta(1))
        assert await issued.messages("document_expiring", company.id) == []
        for day in (WARNED, WARNED, WARNED + timedelta(1)):
            await sweep(issued, sweeps.warn_of_expiring_documents, day)
            (message,) = await issued.messages("document_expiring", company.id)
        assert message.context == {
            "company_name": "La Poste",
            "document_type": "urssaf_certificate",
            "expires_on": str(EXPIRES),
        }
        assert set(message.roles[0].roles) == HEADS

    @pytest.mark.req("CO-42")
    @pytest.mark.parametrize(("day", "told"), [(EXPIRES - timedelta(1), 1), (EXPIRES, 0)])
    async def test_makes_up_for_missed_days_until_the_document_has_ended(self, issued, day, told) -> None:
        company = await issued.validated()
        await issued.accepted(company, "urssaf_certificate", ISSUED)
        await sweep(issued, sweeps.warn_of_expiring_documents, day)
        assert len(await issued.messages("document_expiring", company.id)) == told

    async def test_says_nothing_of_documents_that_are_not_accepted(self, issued) -> None:
        company = await issued.validated()
        await issued.upload(company, "urssaf_certificate", ISSUED)
        await sweep(issued, sweeps.warn_of_expiring_documents, WARNED)
        assert await issued.messages("document_expiring", company.id) == []

    @pytest.mark.req("CO-42")
    @pytest.mark.parametrize(
        ("issued_on", "warned_on"),
        [
            (date(2026, 8, 31), date(2027, 1, 28)),
            (date(2027, 9, 30), date(2028, 2, 29)),
            (date(2026, 12, 31), date(2027, 5, 30)),
        ],
    )
    async def test_counts_months_to_their_last_day(self, world, issued_on, warned_on) -> None:
        world.move_to(issued_on)
        company = await world.validated()
        await world.accepted(company, "urssaf_certificate", issued_on)
        await sweep(world, sweeps.warn_of_expiring_documents, warned_on - timedelta(1))
        assert await world.messages("document_expiring", company.id) == []
        for _ in range(2):
            await sweep(world, sweeps.warn_of_expiring_documents, warned_on)
            assert len(await world.messages("document_expiring", company.id)) == 1

    def test_counts_a_month_back_from_the_end(self) -> None:
        assert months_after(EXPIRES, -1) == WARNED
