"""Request for proposals: drafted, published, found, answered, retained."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from stack.demo.client import Json, Person, eventually

MARKETPLACE = "/api/marketplace"
TITLE = "Développement Python d'un portail fournisseurs"


def publish(
    client: Person, manager: Person, start: date, end: date, days: Decimal, *, market_after_days: int = 0
) -> Json:
    """Draft a request and publish it as soon as the market knows the company and its contract (MK-17).

    The client's preferred providers see it at once, everybody else `market_after_days` later.
    """
    body = {
        "title": TITLE,
        "description": "Concevoir et livrer les échanges de commandes et de factures du portail.",
        "category": "it",
        "skills": ["python", "postgresql", "rabbitmq"],
        "city": "Lyon",
        "country": "FR",
        "remote_share": 60,
        "period": {"start": start.isoformat(), "end": end.isoformat()},
        "days": f"{days:.1f}",
        "operational_manager_id": manager.id,
        "market_after_days": market_after_days,
    }
    draft = eventually(lambda: client.ask("POST", f"{MARKETPLACE}/rfps", json=body), "a draft request")
    path = f"{MARKETPLACE}/rfps/{draft['id']}/publication"
    return eventually(lambda: client.post(path), "the publication of a request")


def acknowledge(provider: Person) -> Json:
    """Take note of what the law forbids to whoever provides people: no request is shown before (MK-21)."""
    path = f"{MARKETPLACE}/acknowledgements/labour-law"
    return provider.put(path, {"version": provider.get(path)["version"]})


def find(provider: Person, reference: str) -> Json:
    """Search by the number of the reference, as people do (MK-01), once the law is acknowledged."""
    acknowledge(provider)
    number = reference.split("-")[1]

    def look() -> Json | None:
        return next((rfp for rfp in provider.all(f"{MARKETPLACE}/rfps", query=number)), None)

    return eventually(look, "the published request")


def ask(provider: Person, rfp_id: str, text: str) -> Json:
    """Ask the client before proposing; everybody who sees the request reads it (MK-05)."""
    return provider.post(f"{MARKETPLACE}/rfps/{rfp_id}/questions", {"text": text})


def answer(client: Person, question_id: str, text: str) -> Json:
    """Answer for everybody who sees the request."""
    return client.post(f"{MARKETPLACE}/questions/{question_id}/answer", {"text": text})


def propose(provider: Person, rfp: Json, daily_rate: Decimal) -> Json:
    """Answer with oneself as the consultant."""
    body = {
        "consultant_id": provider.id,
        "daily_rate": {"amount": f"{daily_rate:.2f}", "currency": "EUR"},
        "pitch": "Dix ans de services Python en production, disponible aux dates demandées.",
        "available_on": rfp["period"]["start"],
    }
    return provider.post(f"{MARKETPLACE}/rfps/{rfp['id']}/proposals", body)


def read(client: Person, proposal_id: str) -> Json:
    """Open a proposal; the first reading by the client shows to its author (MK-08)."""
    return client.get(f"{MARKETPLACE}/proposals/{proposal_id}")


def qualify(client: Person, proposal_id: str) -> Json:
    """Say that it is interesting (MK-06)."""
    return client.post(f"{MARKETPLACE}/proposals/{proposal_id}/qualification", {"qualification": "interesting"})


def meet(client: Person, provider: Person, proposal_id: str, start: str) -> Json:
    """Propose a time to meet, which the provider takes (MK-07)."""
    invitation = {"slots": [{"start": start, "time_zone": "Europe/Paris"}], "minutes": 45, "place": "Lyon"}
    asked = client.post(f"{MARKETPLACE}/proposals/{proposal_id}/meetings", invitation)
    return provider.post(f"{MARKETPLACE}/meetings/{asked['id']}/confirmation", {"start": start})


def negotiate(client: Person, provider: Person, proposal_id: str, asked: Decimal, agreed: Decimal) -> Json:
    """The client offers a daily rate, the provider another, which the client accepts."""
    path = f"{MARKETPLACE}/proposals/{proposal_id}/negotiation-rounds"
    first = client.post(path, {"daily_rate": {"amount": f"{asked:.2f}", "currency": "EUR"}})
    counter = {"daily_rate": {"amount": f"{agreed:.2f}", "currency": "EUR"}}
    second = provider.post(f"{MARKETPLACE}/negotiation-rounds/{first['id']}/counter-offer", counter)
    return client.post(f"{MARKETPLACE}/negotiation-rounds/{second['id']}/acceptance")


def retain(client: Person, proposal_id: str) -> Json:
    """Choose it (MK-12)."""
    return client.post(f"{MARKETPLACE}/proposals/{proposal_id}/retention")


def decide(staff: Person, proposal_id: str) -> Json:
    """The platform agrees to what the client retained: only now the mission is prepared (MK-22)."""
    return staff.post(f"{MARKETPLACE}/staff/retentions/{proposal_id}/decision", {"outcome": "accepted"})
