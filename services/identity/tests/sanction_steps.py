"""How staff sanction a member, step by step."""

from uuid import uuid4

from contracts.roles import StaffScope

MESSAGES = [str(uuid4())]


DETAILS = {
    "suspend": {"demand": "Take the advertisement down."},
    "hide_profile": {"sections": ["missions", "skills"]},
    "block_service": {"services": ["marketplace"]},
    "delete_messages": {"messages": MESSAGES},
}


BREACH = {"reason": "breach", "ground": "terms_breached"}


MANIFEST = {"reason": "manifest_violation", "ground": "law_violated"}


def body(type_, **said):
    return {"type": type_, "explanation": "Advertising for a rival."} | DETAILS.get(type_, {}) | BREACH | said


async def impose(world, account, type_, **said):
    headers = world.h.headers(world.h.staff(StaffScope.LEGAL))
    return await world.client.post(f"/staff/members/{account.id}/sanctions", json=body(type_, **said), headers=headers)


async def lift(world, account, sanction):
    headers = world.h.headers(world.h.staff(StaffScope.LEGAL))
    return await world.client.post(f"/staff/members/{account.id}/sanctions/{sanction['id']}/lifting", headers=headers)


async def give_notice(world, account):
    said = {"breach": "Advertising.", "demand": "Take it down."}
    headers = world.h.headers(world.h.staff(StaffScope.LEGAL))
    answer = await world.client.post(f"/staff/members/{account.id}/notices", json=said, headers=headers)
    assert answer.status_code == 201
    return answer.json()


async def sweep(world, name="end_sanctions"):
    found = next(sweep for sweep in world.h.service.sweeps if sweep.name == name)
    async with world.h.tx() as tx:
        tx.actor = f"sweep.{name}"
        await found.run(tx, tx.now)


async def refresh(world, account):
    return await world.client.post("/sessions/refresh", json={"refresh_token": account.tokens["refresh_token"]})


def code(answer):
    return answer.json()["code"]
