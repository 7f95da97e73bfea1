"""Profiles that clients open because somebody was proposed to them (MK-13), and mails with a calendar file."""

from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.identity import MemberErased
from contracts.marketplace import ProposalSubmitted
from contracts.notification import NotificationRequested
from contracts.roles import Role

INVITATION = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"


async def member(world, profile_type):
    account = await world.activated()
    chosen = {"profile_type": profile_type}
    assert (await world.client.put("/members/me/profile-type", json=chosen, headers=account.headers)).is_success
    return account


async def buying(world):
    """Somebody who acts for a client."""
    return world.h.member(Role.RESPONSABLE_PROJET)


async def read(world, caller, account):
    return await world.client.get(f"/profiles/{account.id}", headers=world.h.headers(caller))


async def offered(world, caller, account, **changes):
    event = ProposalSubmitted(
        proposal_id=uuid4(),
        client_company_id=caller.company,
        provider_company_id=uuid4(),
        consultant_id=account.id,
        submitted_at=world.h.clock(),
    ).model_copy(update=changes)
    await world.h.deliver(event)
    return event


class TestOffered:
    @pytest.mark.req("MK-13")
    @pytest.mark.parametrize("profile_type", ["freelance", "consultancy"])
    async def test_a_client_reads_whom_it_was_offered_and_nobody_else(self, world, profile_type):
        account, client, rival = await member(world, profile_type), await buying(world), await buying(world)
        before = await read(world, client, account)
        assert (before.status_code, before.json()["code"]) == (404, "profile_not_found")
        await offered(world, client, account)
        assert (await read(world, client, account)).json()["member_id"] == str(account.id)
        colleague = world.h.member(Role.ACHETEUR, client.company)
        assert (await read(world, colleague, account)).status_code == 200
        assert (await read(world, rival, account)).status_code == 404

    @pytest.mark.req("MK-13")
    async def test_the_same_proposal_twice_is_known_once(self, world):
        account, client = await member(world, "freelance"), await buying(world)
        event = await offered(world, client, account)
        await world.h.deliver(event)
        await offered(world, client, account, submitted_at=event.submitted_at + timedelta(days=1))
        exported = await world.h.exported(account.id)
        [known] = exported["clients who were offered the member"]
        assert known["client_company_id"] == str(client.company)

    @pytest.mark.req("MK-13")
    async def test_a_candidate_opens_nobodys_profile(self, world):
        account, client = await member(world, "freelance"), await buying(world)
        await offered(world, client, account, consultant_id=None)
        assert (await read(world, client, account)).status_code == 404

    @pytest.mark.req("MK-13")
    async def test_providers_and_members_without_company_read_as_before(self, world):
        account = await member(world, "freelance")
        for reader in (world.h.member(Role.COMMERCIAL), world.h.member()):
            assert (await read(world, reader, account)).status_code == 200

    @pytest.mark.req("MK-13")
    async def test_clients_read_each_other_as_before(self, world):
        account = await member(world, "client")
        assert (await read(world, await buying(world), account)).status_code == 200

    @pytest.mark.req("ID-41")
    async def test_it_is_forgotten_with_the_account(self, world):
        account, client = await member(world, "freelance"), await buying(world)
        await offered(world, client, account)
        await world.h.deliver(MemberErased(member_id=account.id, erased_at=world.h.clock()))
        assert (await world.h.exported(account.id))["clients who were offered the member"] == []


class TestCalendar:
    @pytest.mark.req("MK-07")
    async def test_a_mail_carries_the_file_so_that_calendars_take_it(self, world):
        account = await world.activated()
        context = {"rfp_reference": "RFP-90064-1", "consultant_name": "Ada", "reason": "Ill"}
        asked = {"subject_id": uuid4(), "template": "meeting_cancelled", "members": [account.id], "context": context}
        await world.h.deliver(NotificationRequested(**asked, calendar=INVITATION))
        mail = (await world.mails(account.email))[-1]
        [file] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
        assert file.get_param("method") == "CANCEL"
        assert file.get_content().replace("\r\n", "\n") == INVITATION.replace("\r\n", "\n")
        await world.h.deliver(NotificationRequested(**asked))
        plain = (await world.mails(account.email))[-1]
        assert "text/calendar" not in {part.get_content_type() for part in plain.walk()}
