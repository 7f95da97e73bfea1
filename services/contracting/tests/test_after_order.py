"""After the order: the calendar moves the mission, both sides read and keep the order."""

import hashlib
from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from contracting.mission.consumers import advance_missions
from contracts.roles import Role


def words_of(pdf: bytes) -> str:
    """The words of a PDF, one space between two."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


class TestCalendar:
    @pytest.mark.parametrize(
        ("now", "status"),
        [
            (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), "yet_to_start"),  # 30 November in Paris
            (datetime(2026, 11, 30, 23, 1, tzinfo=UTC), "in_progress"),  # 1 December in Paris
            (datetime(2027, 1, 1, 9, 0, tzinfo=UTC), "completed"),
        ],
    )
    async def test_an_order_issued_late_starts_at_once(self, h, deal, now, status):
        await deal.ready()
        h.clock.set(now)
        assert (await deal.issue()).status_code == 201
        assert (await deal.mission())["status"] == status

    async def test_the_sweep_starts_and_completes_on_the_day_and_may_run_twice(self, h, deal):
        await deal.ready()
        await deal.issue()
        for as_of, status in [
            (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), "yet_to_start"),
            (datetime(2026, 11, 30, 23, 1, tzinfo=UTC), "in_progress"),
            (datetime(2026, 11, 30, 23, 1, tzinfo=UTC), "in_progress"),
            (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "in_progress"),
            (datetime(2026, 12, 31, 23, 1, tzinfo=UTC), "completed"),
        ]:
            async with h.tx() as tx:
                await advance_missions(tx, as_of)
            assert (await deal.mission())["status"] == status

    @pytest.mark.req("CT-11")
    async def test_the_calendar_never_starts_a_mission_without_its_order(self, h, deal):
        await deal.ready("comply_provider")
        async with h.tx() as tx:
            await advance_missions(tx, datetime(2026, 12, 15, tzinfo=UTC))
        assert (await deal.mission())["status"] == "legal_verification"


@pytest.mark.req("CT-23")
class TestRead:
    async def test_both_sides_list_read_and_download_it(self, deal):
        await deal.ready()
        bdc = (await deal.issue()).json()
        for caller in (deal.provider.head, deal.client.head, deal.client.member(Role.ACHETEUR)):
            [listed] = (await deal.call("GET", "/bdcs", caller)).json()["items"]
            assert listed["reference"] == bdc["reference"]
            assert (await deal.call("GET", f"/bdcs/{bdc['id']}", caller)).json() == bdc
            document = await deal.call("GET", f"/bdcs/{bdc['id']}/document", caller)
            assert hashlib.sha256(document.content).hexdigest() == bdc["sha256"]
            for part in (
                bdc["reference"],
                "provider SA",
                "client SA",
                "2,5 % du taux journalier",
                "30 jours calendaires",
                "1 mois",
            ):
                assert part in words_of(document.content)
        assert (await deal.call("GET", f"/bdcs/{bdc['id']}", deal.staff)).status_code == 200

    @pytest.mark.parametrize("option", ["basic", "flash"])
    async def test_the_document_says_how_it_is_settled(self, deal, option):
        await deal.ready(option=option)
        bdc = (await deal.issue()).json()
        document = words_of((await deal.call("GET", f"/bdcs/{bdc['id']}/document", deal.provider.head)).content)
        said = {"basic": ("aucun", "60 jours calendaires"), "flash": ("450,00 EUR", "3 jours ouvrés")}
        for part in said[option]:
            assert part in document

    async def test_the_document_of_a_provider_abroad_waits_for_the_client(self, deal_from):
        deal = deal_from("BE")
        await deal.ready(option="basic")
        bdc = (await deal.issue()).json()
        document = words_of((await deal.call("GET", f"/bdcs/{bdc['id']}/document", deal.provider.head)).content)
        assert "après règlement de la facture par le Client" in document

    @pytest.mark.parametrize("path", ["", "/document"])
    async def test_rivals_and_consultants_find_nothing(self, deal, path):
        await deal.ready()
        bdc = (await deal.issue()).json()
        consultant = deal.provider.member(Role.CONSULTANT, deal.consultant_id)
        for caller in (deal.rival_provider, deal.rival_client, consultant):
            answer = await deal.call("GET", f"/bdcs/{bdc['id']}{path}", caller)
            assert (answer.status_code, answer.json()["code"]) == (404, "bdc_not_found")
            assert (await deal.call("GET", "/bdcs", caller)).json()["items"] == []
