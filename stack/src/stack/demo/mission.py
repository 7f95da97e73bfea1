"""From the retained proposal to the platform's order: the five gates of the legal verification."""

from __future__ import annotations

from stack.demo.client import Json, Person, eventually

CONTRACTING = "/api/contracting"


def opened(person: Person, proposal_id: str) -> Json:
    """The mission that a retained proposal opened, once contracting has heard of it."""

    def look() -> Json | None:
        missions = person.all(f"{CONTRACTING}/missions")
        return next((mission for mission in missions if mission["proposal_id"] == proposal_id), None)

    return eventually(look, "the mission of the retained proposal")


def read(person: Person, mission_id: str) -> Json:
    """The mission with its gates."""
    return person.get(f"{CONTRACTING}/missions/{mission_id}")


def open_gates(mission: Json) -> list[Json]:
    """What still blocks the start: which gate, on whose side, and why (CT-12)."""
    return [gate for gate in mission["gates"] if not gate["holds"]]


def choose_payment(provider: Person, mission_id: str, option: str) -> Json:
    """Choose when to be paid, before the start (CT-18)."""
    return provider.put(f"{CONTRACTING}/missions/{mission_id}/payment-option", {"option": option})


def hand_in_order(client: Person, mission_id: str, reference: str, pdf: bytes) -> Json:
    """Hand in the client's own order (CT-09)."""
    path = f"{CONTRACTING}/missions/{mission_id}/client-order"
    return client.upload(path, pdf, f"{reference}.pdf", reference=reference)


def issue_bdc(staff: Person, mission_id: str) -> Json:
    """Issue the platform's order. Raises Refused, naming the gates that are open (CT-10)."""
    return staff.post(f"{CONTRACTING}/missions/{mission_id}/bdc")


def ready(staff: Person, mission_id: str) -> Json:
    """The mission once all five gates hold: what was decided elsewhere has reached contracting."""

    def look() -> Json | None:
        mission = read(staff, mission_id)
        return mission if mission["ready_to_issue"] else None

    return eventually(look, "the gates of the mission")


def renew(client: Person, provider: Person, mission_id: str, ends_on: str, days: str) -> Json:
    """Agree on the next order: the client asks, the provider agrees, the client makes it hold (CT-16, CT-17)."""
    asked = client.post(f"{CONTRACTING}/missions/{mission_id}/renewals", {"ends_on": ends_on, "days": days})
    provider.post(f"{CONTRACTING}/renewals/{asked['id']}/answer", {})
    return client.post(f"{CONTRACTING}/renewals/{asked['id']}/validation")
