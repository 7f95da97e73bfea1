"""Invoices are automatic or manual as the company chooses; automatic ones need its signed mandate (BL-04)."""

import asyncio
import hashlib
from datetime import UTC, date, datetime

import pytest
from billing_months import NOW, MissionMonth
from billing_people import choose, head, mode_of, read_text, sign
from sqlalchemy import select

from billing.self_billing.mandate import Mandate
from billing.self_billing.texts import MandateText, mandate_text_on
from chassis.audit import audit_log
from chassis.personal_data import NOBODY
from contracts.roles import Role


@pytest.fixture
async def provider(h):
    """A validated provider."""
    month = MissionMonth()
    await h.deliver(month.company_validated)
    return month


async def act(h, mandate_id, company_id, what="revocation", role=Role.GERANT):
    return await h.client.post(f"/self-billing-mandates/{mandate_id}/{what}", headers=head(h, company_id, role))


class TestInvoiceMode:
    @pytest.mark.req("BL-04")
    async def test_is_manual_until_a_mandate_is_signed_and_automatic_from_then_on(self, h, provider):
        assert await mode_of(h, provider.provider_id) == "manual"
        assert (await choose(h, provider.provider_id, "automatic")).json()["code"] == "mandate_required"
        await sign(h, provider.provider_id)
        assert await mode_of(h, provider.provider_id) == "automatic"

    @pytest.mark.req("BL-04")
    async def test_stays_what_the_company_chose(self, h, provider):
        await choose(h, provider.provider_id, "manual")
        mandate = (await sign(h, provider.provider_id)).json()
        assert await mode_of(h, provider.provider_id) == "manual"
        assert (await choose(h, provider.provider_id, "automatic")).json()["invoice_mode"] == "automatic"
        await act(h, mandate["id"], provider.provider_id)
        assert await mode_of(h, provider.provider_id) == "manual"

    async def test_is_not_overwritten_by_who_read_an_older_one(self, h, provider):
        read = await h.client.get("/billing-settings", headers=head(h, provider.provider_id))
        assert read.headers["etag"] == '"0"'
        first = await choose(h, provider.provider_id, language="en", **{"If-Match": '"0"'})
        assert (first.headers["etag"], first.json()["language"]) == ('"1"', "en")
        second = await choose(h, provider.provider_id, **{"If-Match": '"0"'})
        assert (second.status_code, second.json()["code"]) == (412, "version_conflict")

    async def test_is_chosen_once_by_two_at_a_time(self, h, provider):
        answers = await asyncio.gather(*(choose(h, provider.provider_id, **{"If-Match": '"0"'}) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 412])

    async def test_of_another_kind_is_named(self, h, provider):
        refused = await choose(h, provider.provider_id, "sometimes")
        assert refused.json()["errors"][0]["field"] == "invoice_mode"


class TestSign:
    @pytest.mark.req("BL-04")
    async def test_keeps_text_signatory_and_document(self, h, provider):
        text = await read_text(h, provider.provider_id)
        assert provider.identity.name in text["text"]
        assert "15 jours" in text["text"]
        mandate = (await sign(h, provider.provider_id)).json()
        path = f"/self-billing-mandates/{mandate['id']}"
        file = await h.client.get(f"{path}/file", headers=head(h, provider.provider_id))
        assert file.content.startswith(b"%PDF")
        assert hashlib.sha256(file.content).hexdigest() == mandate["file_sha256"]
        assert (await h.client.get(path, headers=head(h, provider.provider_id))).json() == mandate
        async with h.tx() as tx:
            kept = (await tx.scalars(select(Mandate).where(Mandate.company_id == provider.provider_id))).one()
            assert hashlib.sha256(kept.text.encode()).hexdigest() == text["sha256"] == mandate["text_sha256"]
            assert kept.network_address_sha256
            logged = select(audit_log.c.action).where(audit_log.c.subject == str(kept.id))
            assert (await tx.scalars(logged)).all() == ["mandate.sign"]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"accepted": False}, "mandate_not_accepted"),
            ({"text_sha256": "a" * 64}, "mandate_text_changed"),
            ({"capacity": "cousin"}, "invalid_request"),
            ({"name": "a\nb"}, "invalid_request"),
        ],
    )
    async def test_of_what_was_not_read_or_accepted_is_refused(self, h, provider, changes, code):
        refused = (await sign(h, provider.provider_id, **changes)).json()
        assert (refused["code"], refused["errors"][0]["field"]) == (code, next(iter(changes)))
        assert await mode_of(h, provider.provider_id) == "manual"

    async def test_needs_a_recent_proof_of_who_signs(self, h, provider):
        stale = h.headers(h.member(Role.GERANT, provider.provider_id))
        refused = await sign(h, provider.provider_id, stale)
        assert (refused.status_code, refused.json()["code"]) == (401, "step_up_required")

    async def test_is_for_validated_providers(self, h, provider):
        unknown = h.member(Role.GERANT).company_id
        assert (await sign(h, unknown)).json()["code"] == "company_not_validated"
        buyer = head(h, provider.provider_id, Role.DIRECTEUR_ACHATS)
        assert (await sign(h, provider.provider_id, buyer)).json()["code"] == "not_a_seller"

    async def test_happens_once_at_a_time(self, h, provider):
        answers = await asyncio.gather(*(sign(h, provider.provider_id) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        assert (await sign(h, provider.provider_id)).json()["code"] == "mandate_in_force"


class TestRevoke:
    async def test_is_for_the_future_and_happens_once(self, h, provider):
        mandate = (await sign(h, provider.provider_id)).json()
        assert (await act(h, mandate["id"], provider.provider_id)).json()["revoked_at"]
        assert (await act(h, mandate["id"], provider.provider_id)).json()["code"] == "mandate_revoked"
        assert (await sign(h, provider.provider_id)).status_code == 201
        listed = await h.client.get("/self-billing-mandates", headers=head(h, provider.provider_id))
        assert [bool(one["revoked_at"]) for one in listed.json()["items"]] == [False, True]

    async def test_by_another_company_finds_nothing(self, h, provider):
        mandate = (await sign(h, provider.provider_id)).json()
        rival = h.member(Role.GERANT).company_id
        assert (await act(h, mandate["id"], rival)).json()["code"] == "mandate_not_found"
        assert (await h.client.get("/self-billing-mandates", headers=head(h, rival))).json()["items"] == []


class TestMandate:
    @pytest.mark.parametrize(
        ("signed_at", "prior"),
        [(datetime(2026, 10, 31, 22, 59, tzinfo=UTC), True), (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), False)],
    )
    def test_is_prior_to_a_service_that_is_not_complete(self, signed_at, prior):
        assert Mandate(signed_at=signed_at).is_prior_to(date(2026, 10, 31)) is prior

    def test_text_is_that_of_the_day(self):
        texts = [MandateText("one", "", (), date(2026, 1, 1)), MandateText("two", "", (), date(2026, 7, 1))]
        days = [date(2025, 1, 1), date(2026, 6, 30), date(2026, 7, 1)]
        assert [mandate_text_on(day, texts).version for day in days] == ["one", "one", "two"]


class TestPersonalData:
    @pytest.mark.req("PL-06", "PL-08")
    async def test_names_the_signatory_until_ten_years_after_the_end(self, h, provider):
        caller = h.member(Role.GERANT, provider.provider_id)
        mandate = (await sign(h, provider.provider_id)).json()
        async with h.tx() as tx:
            signed_by = (await tx.get(Mandate, mandate["id"])).signed_by
        assert [one["signatory_name"] for one in (await h.exported(signed_by))["self-billing mandates"]] == [
            "Camille Martin"
        ]
        assert (await h.exported(caller.member_id))["self-billing mandates"] == []
        await act(h, mandate["id"], provider.provider_id)
        for as_of, kept in ((NOW.replace(year=2036), True), (NOW.replace(year=2036, day=21), False)):
            async with h.forgetting(as_of) as tx:
                found = (await tx.scalars(select(Mandate).where(Mandate.id == mandate["id"]))).one()
                assert ((found.signed_by != NOBODY), (found.signatory_name != "—")) == (kept, kept)
