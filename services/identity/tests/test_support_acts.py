"""What support does with accounts: wrong sign-ups, written requests, deaths and heirs."""

import asyncio
import io
import json
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
from pypdf import PdfWriter
from sqlalchemy import select

from chassis.audit import audit_log
from chassis.clock import business_date, months_after
from chassis.personal_data import seal
from contracts.company import AffiliationGranted
from contracts.contracting import BdcIssued, PaymentOption, PaymentRegime
from contracts.identity import DataExportRequested, MemberErased
from contracts.personal_data import MemberDataGathered
from contracts.roles import CompanyKind, Role, StaffScope
from contracts.topology import SERVICES
from contracts.values import Money, Period


def a_pdf():
    writer, content = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=100, height=100)
    writer.write(content)
    return content.getvalue()


PDF = a_pdf()


@pytest.fixture
def support(world):
    return lambda: world.h.headers(world.h.staff(StaffScope.SUPPORT))


async def sweep(world, name):
    found = next(sweep for sweep in world.h.service.sweeps if sweep.name == name)
    async with world.h.tx() as tx:
        tx.actor = f"sweep.{name}"
        await found.run(tx, tx.now)


def code(answer):
    return answer.json()["code"]


async def affiliate(world, member_id):
    event = AffiliationGranted(
        affiliation_id=uuid4(),
        member_id=member_id,
        display_name="Ada Lovelace",
        company_id=uuid4(),
        company_kind=CompanyKind.PROVIDER,
        role=Role.CONSULTANT,
        granted_at=world.h.clock(),
    )
    await world.h.deliver(event)


async def employ(world, member_id, days=10):
    today = business_date(world.h.clock())
    event = BdcIssued(
        bdc_id=uuid4(),
        reference="BDC-2026-000007",
        mission_id=uuid4(),
        title="Migration",
        client_company_id=uuid4(),
        provider_company_id=uuid4(),
        operational_manager_id=uuid4(),
        consultant_id=member_id,
        consultant_name="Ada Lovelace",
        daily_rate=Money.of(500),
        days="10.0",
        period=Period(start=today, end=today + timedelta(days=days)),
        payment_option=PaymentOption.BASIC,
        payment_regime=PaymentRegime.GUARANTEED_DATE,
        client_order_reference="PO-1",
        issued_at=world.h.clock(),
    )
    await world.h.deliver(event)


class TestRemoval:
    async def remove(self, world, account, headers, **said):
        body = {"reason": "Chose the wrong profile type"} | said
        return await world.client.post(f"/staff/members/{account.id}/removal", json=body, headers=headers)

    @pytest.mark.req("ID-20")
    async def test_of_somebody_without_company_is_immediate_and_the_address_registers_again(self, world, support):
        account = await world.activated()
        choice = {"profile_type": "client"}
        assert (await world.client.put("/members/me/profile-type", json=choice, headers=account.headers)).is_success
        answer = await self.remove(world, account, support())
        assert (answer.status_code, answer.json()["standing"]) == (201, "erased")
        assert [e.member_id for e in await world.h.emitted(MemberErased)].count(account.id) == 1
        assert (await world.mails(account.email))[-1]["Subject"] == "Votre compte est effacé"
        assert (await world.sign_up(account.email)).status_code == 202
        token = await world.mailed_token(account.email)
        assert (await world.client.post("/activations", json={"token": token})).status_code == 200
        headers = world.bearer((await world.log_in(account.email)).json())
        other = {"profile_type": "freelance"}
        assert (await world.client.put("/members/me/profile-type", json=other, headers=headers)).is_success

    @pytest.mark.req("ID-20")
    async def test_of_somebody_who_acted_for_a_company_waits_thirty_days(self, world, support):
        account = await world.activated()
        await affiliate(world, account.id)
        answer = await self.remove(world, account, support())
        assert answer.json()["standing"] == "deactivated"
        assert code(await world.log_in(account.email)) == "account_deactivated"
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        await world.sign_up(account.email)
        await world.mails(account.email)
        assert code(await world.log_in(account.email)) == "account_not_activated"

    @pytest.mark.req("ID-20")
    async def test_needs_a_reason_and_is_audited(self, world, support):
        account = await world.activated()
        for reason in ("", " ", None):
            refused = await self.remove(world, account, support(), reason=reason)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "reason")
        await self.remove(world, account, support())
        async with world.h.tx() as tx:
            said = select(audit_log.c.action).where(audit_log.c.subject == str(account.id))
            assert {"member.deactivated", "member.erased"} <= set(await tx.scalars(said))

    async def test_waits_for_running_orders(self, world, support):
        account = await world.activated()
        await employ(world, account.id)
        assert code(await self.remove(world, account, support())) == "orders_running"

    async def test_happens_once(self, world, support):
        account = await world.activated()
        answers = await asyncio.gather(*(self.remove(world, account, support()) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 404, 404]

    async def test_is_for_support_alone(self, world):
        account, other = await world.activated(), await world.activated()
        callers = [other.headers, *(world.h.headers(world.h.staff(s)) for s in StaffScope if s != StaffScope.SUPPORT)]
        for headers in callers:
            for path in ("removal", "deletion", "deletion/execution", "reactivation", "death", "content-handover"):
                url = f"/staff/members/{account.id}/{path}"
                assert (await world.client.post(url, json={}, headers=headers)).status_code == 403
            assert (await world.client.get(f"/staff/members/{account.id}/closures", headers=headers)).status_code == 403

    async def test_of_nobody_is_not_found(self, world, support):
        for path, body in (("removal", {"reason": "x"}), ("deletion", {"channel": "post", "reference": "x"})):
            answer = await world.client.post(f"/staff/members/{uuid4()}/{path}", json=body, headers=support())
            assert (answer.status_code, code(answer)) == (404, "member_not_found")


class TestWrittenRequest:
    async def register(self, world, account, headers, **said):
        body = {"channel": "post", "reference": "Letter 2026-118"} | said
        return await world.client.post(f"/staff/members/{account.id}/deletion", json=body, headers=headers)

    @pytest.mark.req("ID-43")
    @pytest.mark.parametrize("channel", ["email", "post"])
    async def test_is_registered_told_and_executed_by_support(self, world, support, channel):
        account = await world.activated(language="en")
        registered = await self.register(world, account, support(), channel=channel)
        assert (registered.status_code, registered.json()["status"]) == (201, "confirmed")
        assert (await world.mails(account.email))[-1]["Subject"] == "Your account will be deleted"
        url = f"/staff/members/{account.id}/deletion/execution"
        executed = await world.client.post(url, headers=support())
        assert (executed.status_code, executed.json()["status"]) == (201, "deactivated")
        assert code(await world.log_in(account.email)) == "account_deactivated"
        assert code(await world.client.post(url, headers=support())) == "illegal_move"
        listed = await world.client.get(f"/staff/members/{account.id}/closures", headers=support())
        assert [(c["kind"], c["channel"], c["reference"]) for c in listed.json()["items"]] == [
            ("written_request", channel, "Letter 2026-118")
        ]

    @pytest.mark.req("ID-43")
    async def test_is_carried_out_in_time_even_when_support_does_nothing(self, world, support):
        account = await world.activated()
        await self.register(world, account, support())
        world.h.clock.offset += timedelta(hours=24)
        await sweep(world, "execute_deletions")
        assert code(await world.log_in(account.email)) == "account_deactivated"

    async def test_that_the_member_did_not_write_is_withdrawn_by_them(self, world, support):
        account = await world.activated()
        await self.register(world, account, support())
        assert (await world.client.delete("/members/me/deletion", headers=account.headers)).status_code == 204
        world.h.clock.offset += timedelta(hours=24)
        await sweep(world, "execute_deletions")
        assert (await world.log_in(account.email)).status_code == 201

    async def test_waits_for_running_orders_and_for_one_under_way(self, world, support):
        account, busy = await world.activated(), await world.activated()
        await employ(world, busy.id)
        assert code(await self.register(world, busy, support())) == "orders_running"
        await self.register(world, account, support())
        await employ(world, account.id)
        url = f"/staff/members/{account.id}/deletion/execution"
        assert code(await world.client.post(url, headers=support())) == "orders_running"
        assert code(await self.register(world, account, support())) == "deletion_under_way"


class TestDeath:
    async def record(self, world, account, headers, content=PDF, name="acte.pdf", **said):
        url = f"/staff/members/{account.id}/death"
        form = {"reference": "Town hall of Lyon, 2026/118"} | said
        return await world.client.post(url, data=form, files={"file": (name, content)}, headers=headers)

    @pytest.mark.req("ID-36")
    async def test_deactivates_the_account_on_proof_that_support_can_read_again(self, world, support):
        account = await world.activated()
        before = len(await world.mails(account.email))
        recorded = await self.record(world, account, support())
        assert recorded.status_code == 201, recorded.text
        assert recorded.json() | {"kind": "death", "status": "deactivated"} == recorded.json()
        assert code(await world.log_in(account.email)) == "account_deactivated"
        proof = await world.client.get(f"/staff/closures/{recorded.json()['id']}/proof", headers=support())
        assert (proof.status_code, proof.content) == (200, PDF)
        assert len(await world.mails(account.email)) == before

    @pytest.mark.req("ID-36")
    @pytest.mark.parametrize(
        ("content", "name"), [(b"<html>%PDF-</html>", "acte.pdf"), (b"", "acte.pdf"), (PDF, "acte.exe")]
    )
    async def test_takes_nothing_that_is_no_document(self, world, support, content, name):
        account = await world.activated()
        refused = await self.record(world, account, support(), content, name)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "file")
        assert (await world.log_in(account.email)).status_code == 201

    async def test_happens_in_the_middle_of_an_order_too(self, world, support):
        account = await world.activated()
        await employ(world, account.id)
        assert (await self.record(world, account, support())).status_code == 201

    async def test_reported_in_error_is_reversed_until_day_30(self, world, support):
        account = await world.activated()
        await self.record(world, account, support())
        url = f"/staff/members/{account.id}/reactivation"
        assert (await world.client.post(url, headers=support())).status_code == 201
        assert (await world.log_in(account.email)).status_code == 201

    async def test_of_somebody_terminated_does_not_open_a_way_back(self, world, support):
        account = await world.activated()
        legal = world.h.headers(world.h.staff(StaffScope.LEGAL))
        said = {"type": "terminate", "reason": "false_data", "ground": "data_false", "explanation": "x"}
        assert (
            await world.client.post(f"/staff/members/{account.id}/sanctions", json=said, headers=legal)
        ).status_code == 201
        assert (await self.record(world, account, support())).status_code == 201
        url = f"/staff/members/{account.id}/reactivation"
        assert code(await world.client.post(url, headers=support())) == "return_not_open"

    async def test_twice_is_refused(self, world, support):
        account = await world.activated()
        await self.record(world, account, support())
        assert code(await self.record(world, account, support())) == "already_deactivated"

    @pytest.mark.req("ID-36")
    async def test_keeps_the_content_twelve_months_for_heirs(self, world, support):
        account = await world.activated()
        final = (await self.record(world, account, support())).json()["final_after"]
        today = business_date(world.h.clock())
        assert final == str(months_after(today, 12))
        erased = []
        for day in (0, 1):
            world.h.clock.offset = timedelta(days=(months_after(today, 12) - today).days + day)
            await sweep(world, "erase_closed")
            erased.append(account.id in {event.member_id for event in await world.h.emitted(MemberErased)})
        assert erased == [False, True]

    async def test_leaves_no_proof_behind_once_the_account_is_gone(self, world, support):
        from identity.closing.proofs import drop_next

        account = await world.activated()
        recorded = (await self.record(world, account, support())).json()
        url = f"/staff/closures/{recorded['id']}/proof"
        while await drop_next(world.h.platform):
            pass
        assert (await world.client.get(url, headers=support())).status_code == 200
        world.h.clock.offset = timedelta(days=400)
        await sweep(world, "erase_closed")
        while await drop_next(world.h.platform):
            pass
        assert code(await world.client.get(url, headers=support())) == "file_missing"


class TestHandover:
    DECISION = {"court_decision_reference": "TJ Lyon, RG 26/01234", "decided_on": "2026-11-02"}

    async def hand_over(self, world, account, headers, **said):
        url = f"/staff/members/{account.id}/content-handover"
        return await world.client.post(url, json=self.DECISION | said, headers=headers)

    @pytest.mark.req("ID-36")
    async def test_needs_a_death_and_a_courts_decision(self, world, support):
        account = await world.activated()
        assert code(await self.hand_over(world, account, support())) == "court_decision_only"
        await TestDeath().record(world, account, support())
        for missing in (None, "", " "):
            refused = await self.hand_over(world, account, support(), court_decision_reference=missing)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "court_decision_reference")
        tomorrow = str(business_date(world.h.clock()) + timedelta(days=1))
        assert code(await self.hand_over(world, account, support(), decided_on=tomorrow)) == "court_decision_only"

    @pytest.mark.req("ID-36")
    async def test_gathers_the_content_from_every_service_for_download(self, world, support):
        from identity.privacy.exports import build_next

        account = await world.activated()
        await TestDeath().record(world, account, support())
        handover = (await self.hand_over(world, account, support())).json()
        url = f"/staff/content-handovers/{handover['id']}/content"
        assert code(await world.client.get(url, headers=support())) == "export_not_ready"
        asked = next(e for e in await world.h.emitted(DataExportRequested) if e.member_id == account.id)
        assert str(asked.request_id) == handover["export_request_id"]
        for service in SERVICES:
            part = {"things": [{"of": service}]}
            gathered = MemberDataGathered(
                request_id=asked.request_id,
                member_id=account.id,
                service=service,
                sealed=seal(part, asked.public_key),
                gathered_at=world.h.clock(),
            )
            await world.h.deliver(gathered)
        while await build_next(world.h.platform):
            pass
        answer = await world.client.get(url, headers=support())
        assert answer.status_code == 200
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert json.loads(archive.read("billing.json")) == {"things": [{"of": "billing"}]}
        assert (await world.client.get(url, headers=account.headers)).status_code in {401, 403}
