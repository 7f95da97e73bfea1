"""The service as a whole: its description holds for any request, its tables are those of the code."""

import asyncio

from chassis.fuzzing import fuzz, schema_differences, undocumented_routes
from contracts.roles import StaffScope
from identity.notification.domain import MAILBOX_REFUSES, Notification

PUBLIC = {
    ("/members", "post"),
    ("/activations", "post"),
    ("/activations/resend", "post"),
    ("/password-resets", "post"),
    ("/password-resets/completion", "post"),
    ("/invitations/acceptance", "post"),
    ("/oidc/providers", "get"),
    ("/oidc/{provider}/authorizations", "post"),
    ("/oidc/{provider}/sign-ups", "post"),
    ("/oidc/{provider}/sessions", "post"),
    ("/reactivations", "post"),
    ("/sessions", "post"),
    ("/sessions/refresh", "post"),
    ("/email-changes/confirmation", "post"),
    ("/security-incidents/without-session", "post"),
    ("/.well-known/jwks.json", "get"),
    ("/declaration-texts", "get"),
    ("/public-profiles/{slug}", "get"),
    ("/unsubscriptions", "get"),
    ("/unsubscriptions", "post"),
    ("/terms", "get"),
    ("/terms/{document}", "get"),
    ("/terms/{document}/versions", "get"),
    ("/terms/{document}/versions/{version}", "get"),
}


async def _profile_and_message(world, account):
    """What exists of a member, by the names that paths give it."""
    await world.client.put("/members/me/profile-type", json={"profile_type": "freelance"}, headers=account.headers)
    link = (await world.client.post("/members/me/public-link", headers=account.headers)).json()
    async with world.h.tx() as tx:
        told = Notification.to(account.id, MAILBOX_REFUSES, subject_id=account.id, at=tx.now, mail=False)
        tx.add(told)
    return {"member_id": str(account.id), "slug": link["slug"], "notification_id": str(told.id)}


async def test_any_request_is_answered_as_described(world):
    account = await world.activated()
    staff = world.h.staff(StaffScope.SUPPORT, StaffScope.LEGAL)
    callers = [account.headers, world.h.headers(staff)]
    known = await _profile_and_message(world, account) | {
        "session_id": str(world.caller(account.tokens).session_id),
        "email": account.email,
    }
    async with world.calling_from("203.0.113.1") as client:
        statuses = await fuzz(world.h, callers=callers, known=known, client=client)
    assert {200, 202, 401, 404, 422} <= statuses


def test_every_route_says_who_may_call_it_and_how_it_refuses(world):
    assert undocumented_routes(world.h.app) == []


async def test_every_other_route_needs_a_token(world):
    for path, operations in world.h.app.openapi()["paths"].items():
        for method, operation in operations.items():
            assert ("security" not in operation) == ((path, method) in PUBLIC)
            if (path, method) not in PUBLIC:
                answer = await world.client.request(method.upper(), path.replace("{session_id}", "x"))
                assert answer.status_code == 401, (method, path)


async def test_the_tables_are_those_of_the_code(world):
    assert await asyncio.to_thread(schema_differences, "identity", world.h.database_url) == ""
