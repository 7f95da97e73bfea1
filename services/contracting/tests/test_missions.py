"""Missions over HTTP: live gates, the payment option, the client's order."""

from datetime import UTC, datetime

import pytest

from contracts.notification import NotificationRequested
from contracts.roles import Role, StaffScope

PDF_AS_TEXT = b"not a pdf at all"


class TestOpen:
    @pytest.mark.req("CT-06", "CT-12", "CT-30", "MK-12")
    async def test_a_retained_proposal_opens_a_mission_in_legal_verification(self, deal):
        await deal.retain()
        mission = await deal.mission()
        assert mission["status"] == "legal_verification"
        assert (mission["rfp_reference"], mission["proposal_id"]) == ("RFP-90064-1", str(deal.proposal_id))
        assert mission["daily_rate"] == {"amount": "500.00", "currency": "EUR"}
        assert (mission["days"], mission["period"]) == ("18.0", {"start": "2026-12-01", "end": "2026-12-31"})
        holds = {gate["gate"]: gate["holds"] for gate in mission["gates"]}
        assert holds == {
            "client_approval": True,
            "documents": False,
            "signatory_capacity": False,
            "client_order": False,
            "platform_order": False,
        }
        assert not mission["ready_to_issue"]

    @pytest.mark.req("CT-12")
    async def test_each_side_is_told_what_it_must_bring_and_nothing_of_the_other(self, h, deal):
        await deal.retain()
        told = {
            one.roles[0].company_id: one
            for one in await h.emitted(NotificationRequested)
            if str(one.subject_id) == deal.mission_id
        }
        assert {one.template for one in told.values()} == {"mission_blocked"}
        assert "bon de commande du client" in told[deal.client.id].context["blockers"]
        assert "coordonnées bancaires" in told[deal.provider.id].context["blockers"]
        assert "coordonnées bancaires" not in told[deal.client.id].context["blockers"]

    async def test_a_side_that_blocks_nothing_is_not_told(self, h, deal):
        for event in (deal.provider.registered(), deal.provider.validated(), deal.provider.compliance()):
            await h.deliver(event)
        await deal.sign(deal.provider)
        await deal.retain()
        told = [one for one in await h.emitted(NotificationRequested) if str(one.subject_id) == deal.mission_id]
        sides = {one.roles[0].company_id: one.context["blockers"] for one in told}
        assert sides[deal.provider.id] == "option de paiement à choisir"
        assert set(sides) == {deal.provider.id, deal.client.id}

    @pytest.mark.req("CT-12")
    async def test_the_gates_are_as_they_are_now(self, h, deal):
        await deal.ready()
        assert (await deal.gates())["documents"]["holds"]
        await h.deliver(deal.client.compliance(version=2, missing=["urssaf_attestation"]))
        gate = (await deal.gates())["documents"]
        assert (gate["holds"], gate["side"]) == (False, "client")
        assert [(one["code"], one["item"]) for one in gate["reasons"]] == [("document_missing", "urssaf_attestation")]
        await h.deliver(deal.client.compliance(version=3))
        assert (await deal.gates())["documents"]["holds"]


@pytest.mark.req("CT-14", "CT-24")
class TestRead:
    async def test_both_sides_and_staff_see_the_mission(self, deal):
        await deal.retain()
        for caller in (deal.client.head, deal.provider.head, deal.staff, deal.client.member(Role.ACHETEUR)):
            mission = await deal.mission(by=caller)
            assert (mission["id"], mission["consultant_id"]) == (deal.mission_id, str(deal.consultant_id))
            listed = (await deal.call("GET", "/missions?limit=200", caller)).json()["items"]
            assert deal.mission_id in {one["id"] for one in listed}

    async def test_a_consultant_sees_their_own_without_its_rate(self, deal):
        await deal.retain()
        own = deal.provider.member(Role.CONSULTANT, deal.consultant_id)
        assert (await deal.mission(by=own))["daily_rate"] is None
        colleague = deal.provider.member(Role.CONSULTANT)
        assert (await deal.call("GET", f"/missions/{deal.mission_id}", colleague)).status_code == 404

    @pytest.mark.parametrize("rival", ["rival_provider", "rival_client"])
    async def test_a_rival_company_finds_nothing(self, deal, rival):
        await deal.ready()
        by = getattr(deal, rival)
        for path in ("", "/client-order/file"):
            answer = await deal.call("GET", f"/missions/{deal.mission_id}{path}", by)
            assert (answer.status_code, answer.json()["code"]) == (404, "mission_not_found")
        assert (await deal.call("GET", "/missions", by)).json()["items"] == []

    async def test_staff_of_another_scope_and_members_of_no_company_are_refused(self, h, deal):
        await deal.retain()
        for caller in (h.staff(StaffScope.SUPPORT), h.member()):
            assert (await deal.call("GET", f"/missions/{deal.mission_id}", caller)).status_code == 403

    async def test_the_list_can_be_narrowed_to_a_status(self, deal):
        await deal.retain()
        head = deal.provider.head
        waiting = (await deal.call("GET", "/missions?status=legal_verification", head)).json()["items"]
        running = (await deal.call("GET", "/missions?status=in_progress", head)).json()["items"]
        assert ([one["id"] for one in waiting], running) == ([deal.mission_id], [])


@pytest.mark.req("CT-18")
class TestPaymentOption:
    @pytest.mark.parametrize("option", ["basic", "express", "flash"])
    async def test_is_chosen_and_chosen_again_before_the_order(self, deal, option):
        await deal.ready("option")
        assert (await deal.choose("flash")).json()["payment_option"] == "flash"
        chosen = await deal.choose(option)
        assert (chosen.status_code, chosen.json()["payment_option"]) == (200, option)

    @pytest.mark.req("CT-19")
    async def test_frozen_once_the_order_is_issued(self, deal):
        await deal.ready()
        await deal.issue()
        answer = await deal.choose("basic")
        assert (answer.status_code, answer.json()["code"]) == (409, "payment_option_frozen")
        assert (await deal.mission())["payment_option"] == "express"

    @pytest.mark.req("CT-29")
    @pytest.mark.parametrize(
        ("signed_at", "regime", "status"),
        [
            (datetime(2025, 4, 27, 21, 59, tzinfo=UTC), "back_to_back", 422),
            (datetime(2025, 4, 27, 22, 1, tzinfo=UTC), "guaranteed_date", 200),
        ],
    )
    async def test_28_april_2025_in_paris_opens_express_and_flash(self, h, deal, signed_at, regime, status):
        h.clock.set(signed_at)
        await deal.ready("option", "order")
        assert (await deal.mission())["payment_regime"] == regime
        for option in ("express", "flash"):
            assert (await deal.choose(option)).status_code == status
        assert (await deal.choose("basic")).status_code == 200

    @pytest.mark.req("CT-29")
    async def test_a_provider_abroad_has_basic_only(self, deal_from):
        deal = deal_from("BE")
        await deal.ready("option")
        assert (await deal.mission())["payment_regime"] == "back_to_back"
        answer = await deal.choose("flash")
        assert (answer.status_code, answer.json()["code"]) == (422, "payment_option_not_available")
        assert [error["field"] for error in answer.json()["errors"]] == ["option"]
        assert (await deal.choose("basic")).status_code == 200

    async def test_only_basic_before_the_framework_contract_is_signed(self, deal):
        await deal.retain()
        answer = await deal.choose("express")
        assert (answer.status_code, answer.json()["code"]) == (409, "payment_regime_unknown")
        assert (await deal.choose("basic")).status_code == 200

    @pytest.mark.parametrize("role", Role)
    async def test_is_for_who_sells(self, deal, role):
        await deal.ready("option")
        side = deal.provider if role in {"consultant", "commercial", "gerant", "freelance"} else deal.client
        caller = await deal.supervise(side.member(role), deal.consultant_id)
        answer = await deal.choose("basic", by=caller)
        assert answer.status_code == (200 if role in {"commercial", "gerant", "freelance"} else 403)

    async def test_a_rival_finds_nothing(self, deal):
        await deal.retain()
        assert (await deal.choose("basic", by=deal.rival_provider)).status_code == 404

    async def test_an_unknown_option_is_refused_with_its_field(self, deal):
        await deal.retain()
        answer = await deal.choose("yesterday")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "option")

    async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(self, deal):
        await deal.ready("option")
        read = await deal.call("GET", f"/missions/{deal.mission_id}", deal.provider.head)
        await deal.choose("flash")
        answer = await deal.choose("basic", headers={"If-Match": read.headers["etag"]})
        assert (answer.status_code, answer.json()["code"]) == (412, "version_conflict")


@pytest.mark.req("CT-09")
class TestClientOrder:
    async def test_is_stored_and_can_be_read_back_by_the_client_and_staff(self, deal):
        await deal.ready("order")
        answer = await deal.order("CMD-7", name="commande n°7.pdf")
        assert answer.status_code == 201
        kept = answer.json()["client_order"]
        assert (kept["reference"], kept["file_name"]) == ("CMD-7", "commande n°7.pdf")
        for caller in (deal.client.head, deal.staff):
            file = await deal.call("GET", f"/missions/{deal.mission_id}/client-order/file", caller)
            assert file.content.startswith(b"%PDF-")
            assert file.headers["content-disposition"].startswith("attachment")

    async def test_the_provider_does_not_read_the_client_s_file(self, deal):
        await deal.ready()
        answer = await deal.call("GET", f"/missions/{deal.mission_id}/client-order/file", deal.provider.head)
        assert (answer.status_code, answer.json()["code"]) == (404, "client_order_not_found")

    async def test_there_is_none_before_it_was_handed_over(self, deal):
        await deal.ready("order")
        answer = await deal.call("GET", f"/missions/{deal.mission_id}/client-order/file", deal.client.head)
        assert (answer.status_code, answer.json()["code"]) == (404, "client_order_not_found")

    async def test_a_later_one_takes_its_place(self, deal):
        await deal.ready()
        assert (await deal.order("CMD-43")).status_code == 201
        assert (await deal.mission())["client_order"]["reference"] == "CMD-43"

    async def test_frozen_once_the_order_is_issued(self, deal):
        await deal.ready()
        await deal.issue()
        answer = await deal.order("CMD-44")
        assert (answer.status_code, answer.json()["code"]) == (409, "client_order_frozen")
        assert (await deal.mission())["client_order"]["reference"] == "CMD-42"

    @pytest.mark.parametrize("role", Role)
    async def test_is_for_the_client_s_people(self, deal, role):
        await deal.ready("order")
        client = role in {"responsable_projet", "directeur_achats", "acheteur"}
        answer = await deal.order(by=(deal.client if client else deal.provider).member(role))
        assert answer.status_code == (201 if client else 403)

    async def test_a_rival_finds_nothing(self, deal):
        await deal.retain()
        assert (await deal.order(by=deal.rival_client)).status_code == 404

    @pytest.mark.parametrize("reference", ["", "   ", "x" * 61, "a\x00b", "a\nb"])
    async def test_a_bad_reference_is_refused_with_its_field(self, deal, reference):
        await deal.ready("order")
        answer = await deal.order(reference)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reference")

    @pytest.mark.parametrize("reference", ["x", "x" * 60])
    async def test_the_longest_and_the_shortest_reference_are_taken(self, deal, reference):
        await deal.ready("order")
        assert (await deal.order(reference)).status_code == 201

    @pytest.mark.parametrize(
        ("file", "name"), [(PDF_AS_TEXT, "order.pdf"), (b"%PDF-1.7\n", "order.exe"), (b"", "a.pdf")]
    )
    async def test_anything_but_a_pdf_is_refused_and_the_gate_stays_open(self, deal, file, name):
        await deal.ready("order")
        answer = await deal.order(file=file, name=name)
        assert answer.status_code == 422
        assert not (await deal.gates())["client_order"]["holds"]
