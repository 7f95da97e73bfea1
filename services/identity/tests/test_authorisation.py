"""Every route with every role and company, and every object of a member asked for by another."""

from dataclasses import replace

import pytest

from chassis.matrix import World, try_every_caller, try_every_rival
from contracts.roles import Role, StaffScope
from identity.notification.domain import MAILBOX_REFUSES, Notification

OPEN_TO_ALL = frozenset({"GET /profiles/{member_id}"})
OWN_BY_CONSTRUCTION = frozenset(
    {
        "POST /members/me/identities/{provider}/authorizations",
        "POST /members/me/identities/{provider}",
        "DELETE /members/me/identities/{provider}",
        "PUT /members/me/sharing/{purpose}",
    }
)
"""What the path names is a word, and the object the caller's own."""


async def objects_of(world, account):
    """One of everything that belongs to a member, by the names that paths give it."""
    headers = {"headers": account.headers}
    await world.client.put("/members/me/profile-type", json={"profile_type": "freelance"}, **headers)
    request = await world.client.post("/privacy-requests", json={"kind": "access"}, **headers)
    legal = world.h.headers(world.h.staff(StaffScope.LEGAL))
    warned = {"breach": "Two accounts for one person", "demand": "Close one of them"}
    notice = await world.client.post(f"/staff/members/{account.id}/notices", json=warned, headers=legal)
    assert (request.status_code, notice.status_code) == (201, 201), request.text + notice.text
    async with world.h.tx() as tx:
        told = Notification.to(account.id, MAILBOX_REFUSES, subject_id=account.id, at=tx.now, mail=False)
        tx.add(told)
    return {
        "member_id": str(account.id),
        "request_id": request.json()["id"],
        "notice_id": notice.json()["id"],
        "notification_id": str(told.id),
        "session_id": str(world.caller(account.tokens).session_id),
    }


@pytest.mark.req("CO-22")
async def test_every_route_role_and_company(world, record_property):
    account = await world.activated()
    member = replace(world.caller(account.tokens), proven_at=world.h.clock())
    head = world.caller((await world.activated()).tokens)
    gerant = world.h.member(Role.GERANT, member_id=head.member_id)
    known = await objects_of(world, account)
    invited = {"first_name": "Ada", "last_name": "Martin", "email": "ada.invited@example.org"}
    invitation = await world.client.post("/invitations", json=invited, headers=world.h.headers(gerant))
    assert invitation.status_code == 201, invitation.text
    known["invitation_id"] = invitation.json()["id"]
    async with world.calling_from("203.0.113.7") as client:
        excepted = OPEN_TO_ALL | OWN_BY_CONSTRUCTION
        objects = World(world.h, gerant.company, known, [member, gerant], client=client, open_to_all=excepted)
        tried = await try_every_caller(objects) + await try_every_rival(objects)
    record_property("role x route x company pairs in identity", tried)
