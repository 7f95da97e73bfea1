"""Ways to keep or take what is somebody else's account, or one's own former rights, and that they are closed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from contracts.company import AffiliationChanged, AffiliationEnded, AffiliationGranted
from contracts.identity import InvitationAccepted, MemberAccessRevoked
from contracts.roles import CompanyKind, Role, StaffScope
from identity.member.domain import Member, MemberStatus

NEW_PASSWORD = "another horse battery staple"
AGREED = {"accept_terms": True, "accept_privacy": True, "is_adult": True, "is_professional": True}


async def post(world, path, account=None, headers=None, **body):
    return await world.client.post(path, json=body, headers=account.headers if account else headers or {})


async def revoke(world, account):
    """Let what identity said about the member's tokens come back, as the broker would."""
    for event in await world.h.emitted(MemberAccessRevoked):
        if event.member_id == account.id:
            await world.h.deliver(event)
    await world.h.platform.revocations.refresh()


async def affiliate(world, account, role=Role.GERANT):
    granted = AffiliationGranted(
        affiliation_id=uuid4(),
        member_id=account.id,
        display_name="Ada Lovelace",
        company_id=uuid4(),
        company_kind=CompanyKind.PROVIDER,
        role=role,
        granted_at=datetime(2026, 11, 21, tzinfo=UTC),
    )
    await world.h.deliver(granted)
    account.tokens = (await world.log_in(account.email)).json()
    return granted


async def reset(world, account):
    await post(world, "/password-resets", email=account.email)
    token = await world.mailed_token(account.email)
    answer = await post(world, "/password-resets/completion", token=token, password=NEW_PASSWORD)
    assert answer.status_code == 200


async def change(world, account):
    body = {"current": world.password, "new": NEW_PASSWORD}
    answer = await world.client.put("/members/me/password", json=body, headers=account.headers)
    assert answer.status_code == 204


async def secure(world, account):
    body = {"kind": "unauthorised_use", "description": "Somebody was here", "secure_my_account": True}
    answer = await world.client.post("/security-incidents", json=body, headers=account.headers)
    assert answer.status_code == 201, answer.text


class TestAChangeOfAddressThatAThiefAskedFor:
    @pytest.mark.req("ID-31")
    @pytest.mark.parametrize("defence", [reset, change, secure])
    async def test_moves_nothing_once_the_owner_defended_the_account(self, world, defence):
        account = await world.activated()
        thiefs = world.new_address()
        assert (await post(world, "/members/me/email-changes", account, email=thiefs)).status_code == 202
        token = await world.mailed_token(thiefs)
        await defence(world, account)
        refused = await post(world, "/email-changes/confirmation", token=token)
        assert (refused.status_code, refused.json()["code"]) == (410, "link_replaced")


async def refreshed(world, account):
    body = {"refresh_token": account.tokens["refresh_token"]}
    return (await world.client.post("/sessions/refresh", json=body)).json()


async def stepped_up(world, account):
    body = {"password": world.password}
    return (await world.client.post("/sessions/current/step-up", json=body, headers=account.headers)).json()


async def logged_in(world, account):
    return (await world.log_in(account.email)).json()


def demoted(granted):
    values = {"affiliation_id", "member_id", "company_id", "company_kind"}
    changed_at = datetime(2026, 11, 22, tzinfo=UTC)
    return AffiliationChanged(
        **granted.model_dump(include=values), role=Role.CONSULTANT, changed_at=changed_at, version=2
    )


def removed(granted):
    values = granted.model_dump(include={"affiliation_id", "member_id", "company_id"})
    return AffiliationEnded(**values, ended_at=datetime(2026, 11, 22, tzinfo=UTC), version=2)


class TestATokenIssuedWhileItsRightsEnd:
    """The handler that ends them may have begun before the request that still read them."""

    @pytest.mark.req("ID-09")
    @pytest.mark.parametrize("way", [refreshed, stepped_up, logged_in])
    @pytest.mark.parametrize("event", [demoted, removed])
    async def test_by_a_change_of_role_is_void(self, world, way, event):
        account = await world.activated()
        granted = await affiliate(world, account)
        began = world.h.clock.offset
        world.h.clock.offset = began + timedelta(milliseconds=500)
        old = await way(world, account)
        assert world.caller(old).role == Role.GERANT
        world.h.clock.offset = began
        await world.h.deliver(event(granted))
        await revoke(world, account)
        world.h.clock.offset = began + timedelta(seconds=1)
        assert (await world.client.get("/members/me", headers=world.bearer(old))).status_code == 401

    @pytest.mark.req("ID-32")
    @pytest.mark.parametrize("way", [refreshed, stepped_up, logged_in])
    async def test_by_the_security_suspension_is_void(self, world, way):
        account = await world.activated()
        began = world.h.clock.offset
        world.h.clock.offset = began + timedelta(milliseconds=500)
        old = await way(world, account)
        world.h.clock.offset = began
        await secure(world, account)
        await revoke(world, account)
        world.h.clock.offset = began + timedelta(seconds=1)
        assert (await world.client.get("/members/me", headers=world.bearer(old))).status_code == 401


async def remove(world, member_id):
    """Support takes the account away; the event that empties every service is still on its way."""
    headers = world.h.headers(world.h.staff(StaffScope.SUPPORT))
    answer = await post(world, f"/staff/members/{member_id}/removal", headers=headers, reason="Opened by mistake")
    assert answer.status_code == 201, answer.text


class TestAnAccountThatStaffTookAway:
    async def member_at(self, world, email):
        async with world.h.tx() as tx:
            return UUID(str(await tx.scalar(select(Member.id).where(Member.email == email))))

    @pytest.mark.req("ID-20")
    async def test_is_not_activated_by_a_link_that_was_mailed_before(self, world):
        email = await world.pending()
        token = await world.mailed_token(email)
        member_id = await self.member_at(world, email)
        await remove(world, member_id)
        refused = await post(world, "/activations", token=token)
        assert (refused.status_code, refused.json()["code"]) == (403, "account_deactivated")
        async with world.h.tx() as tx:
            assert (await tx.get_one(Member, member_id)).status == MemberStatus.PENDING

    @pytest.mark.req("ID-20")
    async def test_accepts_no_invitation_that_was_mailed_before(self, world):
        head, email = await world.activated(), world.new_address()
        await affiliate(world, head)
        invited = await post(world, "/invitations", head, first_name="Bob", last_name="Durand", email=email)
        assert invited.status_code == 201
        token = await world.mailed_token(email)
        member_id = await self.member_at(world, email)
        await remove(world, member_id)
        refused = await post(world, "/invitations/acceptance", token=token, password=NEW_PASSWORD, **AGREED)
        assert (refused.status_code, refused.json()["code"]) == (403, "account_deactivated")
        assert member_id not in {event.member_id for event in await world.h.emitted(InvitationAccepted)}
        async with world.h.tx() as tx:
            assert (await tx.get_one(Member, member_id)).password_hash is None


class TestAnAddressUnderWhichSomebodySignedUpWithoutProvingIt:
    @pytest.mark.req("ID-21")
    async def test_is_its_mailboxs_readers_to_move_to(self, world):
        account, wanted = await world.activated(), await world.pending()
        activation = await world.mailed_token(wanted)
        assert (await post(world, "/members/me/email-changes", account, email=wanted)).status_code == 202
        token = await world.mailed_token(wanted)
        assert (await post(world, "/email-changes/confirmation", token=token)).status_code == 200
        me = await world.client.get("/members/me", headers=account.headers)
        assert me.json()["email"] == wanted
        refused = await post(world, "/activations", token=activation)
        assert (refused.status_code, refused.json()["code"]) == (403, "account_deactivated")
        assert (await world.log_in(wanted)).status_code == 201

    @pytest.mark.req("ID-21")
    async def test_is_whoevers_activates_first(self, world):
        account, wanted = await world.activated(), await world.pending()
        activation = await world.mailed_token(wanted)
        await post(world, "/members/me/email-changes", account, email=wanted)
        token = await world.mailed_token(wanted)
        assert (await post(world, "/activations", token=activation)).status_code == 200
        refused = await post(world, "/email-changes/confirmation", token=token)
        assert (refused.status_code, refused.json()["code"]) == (409, "email_taken")
