"""Short ways around a proposal."""

from chassis.testing import small_pdf
from contracts.roles import Role, StaffScope

CANDIDATE = {"first_name": "Ada", "last_name": "King", "headline": "Analyst of engines"}
SLOT = {"start": "2026-11-10T10:00:00+01:00", "time_zone": "Europe/Paris"}
LATER = {"start": "2026-11-11T14:30:00+01:00", "time_zone": "Europe/Paris"}
RATE = {"daily_rate": {"amount": "520.00"}}
PDF = small_pdf()


async def sides(market, **changes):
    """A buyer, a seller, the seller's proposal that the buyer finds interesting."""
    buyer, seller = await market.buyer(), await market.seller()
    proposal = await market.proposed(seller, await market.published(buyer, **changes))
    await market.interesting(buyer, proposal)
    return buyer, seller, proposal


async def read(market, caller, proposal):
    return (await market.call("GET", f"/proposals/{proposal['id']}", caller)).json()


async def select(market, buyer, proposal):
    return await market.call("POST", f"/proposals/{proposal['id']}/selection", buyer)


async def approve(market, buyer, proposal, outcome="accepted", **more):
    approver = await market.buyer(Role.ACHETEUR, buyer.company)
    body = {"outcome": outcome} | more
    return await market.call("POST", f"/proposals/{proposal['id']}/approval", approver, json=body)


async def edit(market, seller, proposal, headers=None, **changes):
    body = {name: proposal[name] for name in ("consultant_id", "daily_rate", "pitch", "available_on")} | changes
    body = {name: value for name, value in body.items() if value is not None}
    return await market.call("PUT", f"/proposals/{proposal['id']}", seller, json=body, headers=headers or {})


async def offer(market, buyer, proposal, amount="500.00", **more):
    body = {"daily_rate": {"amount": amount}} | more
    return await market.call("POST", f"/proposals/{proposal['id']}/negotiation-rounds", buyer, json=body)


async def answer(market, caller, offered, what, **body):
    options = {"json": body} if body else {}
    return await market.call("POST", f"/negotiation-rounds/{offered['id']}/{what}", caller, **options)


async def invite(market, buyer, proposal, *slots, **more):
    body = {"slots": list(slots) or [SLOT, LATER]} | more
    return await market.call("POST", f"/proposals/{proposal['id']}/meetings", buyer, json=body)


async def attach(market, seller, proposal, content=PDF, name="cv.pdf"):
    files = {"file": (name, content, "application/pdf")}
    return await market.call("POST", f"/proposals/{proposal['id']}/attachments", seller, files=files)


async def spam(market, buyer, proposal):
    return await market.call("POST", f"/proposals/{proposal['id']}/spam", buyer)


async def report(market, caller, subject, about, **changes):
    body = {"subject": subject, "id": about["id"], "reason": "circumvention", "description": "They wrote to me."}
    return await market.call("POST", "/reports", caller, json=body | changes)


def support(market):
    return market.h.staff(StaffScope.SUPPORT)


async def around(market, buyer, seller, rfp, proposal, **changes):
    """Something of each kind around an interesting proposal, by the names of the routes' parameters."""
    other = await market.proposed(seller, rfp, **changes)
    added = (await attach(market, seller, other)).json()
    await market.call("GET", f"/proposals/{other['id']}", buyer)
    await spam(market, buyer, other)
    marks = (await market.call("GET", "/staff/spam-marks", support(market))).json()["items"]
    return {
        "candidate": None,
        **RATE,
        "slots": [SLOT, LATER],
        "other_slots": [],
        "start": SLOT["start"],
        "attachment_id": added["id"],
        "mark_id": next(mark["id"] for mark in marks if mark["proposal_id"] == other["id"]),
        "round_id": (await offer(market, buyer, proposal)).json()["id"],
        "meeting_id": (await invite(market, buyer, proposal)).json()["id"],
        "report_id": (await report(market, buyer, "proposal", other)).json()["id"],
    }
